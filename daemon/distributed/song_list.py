"""The songs of a catalogue: all sound files below an address, or the addresses in a CSV file."""

import csv
import io
from collections.abc import Iterator
from urllib.parse import urlsplit

from daemon.distributed.catalogue_run import CatalogueSong
from daemon.distributed.object_store import SCHEMES, open_store
from daemon.errors import Rejected
from daemon.pipeline.audio.probe import AUDIO_SUFFIXES


def list_songs(address: str) -> Iterator[CatalogueSong]:
    """The songs in an order that stays the same from call to call; one that is named twice comes once.

    A CSV has a column `url`, or addresses alone. Raises Rejected for a list that cannot be used.
    """
    if address.lower().endswith(".csv"):
        yield from _read_list(address)
        return
    for found in open_store(address).list():
        hidden = any(part.startswith(".") for part in found.path.split("/"))
        if _suffix(found.path) in AUDIO_SUFFIXES and not hidden:
            yield CatalogueSong(f"{address.rstrip('/')}/{found.path}", found.path)


def _read_list(address: str) -> Iterator[CatalogueSong]:
    folder, _, name = address.rpartition("/")
    text = open_store(folder).read(name)
    if text is None:
        raise Rejected("no_songs", f"There is no list {address}.")
    try:
        rows = [row for row in csv.reader(io.StringIO(text.decode("utf-8-sig"))) if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Rejected("bad_list", f"{address} is no CSV in UTF-8 ({error}). Save it as one.") from None
    column = rows[0].index("url") if rows and "url" in rows[0] else 0
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        url = row[column].strip() if column < len(row) else ""
        if (number == 1 and url == "url") or url in seen:
            continue
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.path.strip("/"):
            names = ", ".join(f"{each}://" for each in SCHEMES)
            raise Rejected("bad_list", f"Row {number} of {address} has no address of a song: {url!r}. Known: {names}")
        seen.add(url)
        yield CatalogueSong(url, f"{parts.netloc}{parts.path}".strip("/"))


def _suffix(path: str) -> str:
    dot = path.rfind(".")
    return path[dot:].lower() if dot > path.rfind("/") else ""
