"""A ZIP that is packed while it is sent: no file of its own, and one block in memory."""

import io
import string
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bridge.midi.file import to_bytes
from daemon.errors import Rejected
from daemon.inlets.http.context import Front
from daemon.outlets.arrange import Score
from daemon.outlets.stems import Sound

BLOCK = 1 << 18

_PLAIN = frozenset(string.ascii_letters + string.digits + " .-_()&+,=!#$@^~")


class _Pipe(io.RawIOBase):
    """What zipfile writes, to be taken away at once."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._kept += data
        return len(data)

    def taken(self) -> bytes:
        found = bytes(self._kept)
        self._kept.clear()
        return found


def archived(here: Front, job: str, form: str) -> Iterator[bytes]:
    """Stems as `form`, the MIDI and the manifest. Raises Rejected now, not in the middle, if there is nothing."""
    found = here.job(job)
    score = here.score(job)
    sounds = here.held(job).sounds()
    if not sounds and not score.hits and not any(score.notes.values()):
        raise Rejected("no_result", f"There is nothing of {found.name} to pack.")
    texts = dict(_midi(here, score))
    texts[Path(found.manifest).name] = Path(found.manifest).read_bytes()
    return _packed(here, texts, sounds, form, score.name)


def _midi(here: Front, score: Score) -> Iterator[tuple[str, bytes]]:
    """All parts together, and each in a file of its own."""
    notes, parts = here.drum_map(score), score.options.parts
    yield f"{score.name}.mid", to_bytes(score.clip(notes))
    for part in parts if len(parts) > 1 else ():
        yield f"{score.name}.{part}.mid", to_bytes(score.clip(notes, (part,)))


def _packed(here: Front, texts: dict[str, bytes], sounds: dict[str, Sound], form: str, title: str) -> Iterator[bytes]:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as packed:
        for name, data in texts.items():
            packed.writestr(name, data, zipfile.ZIP_DEFLATED)
        yield pipe.taken()
        for name in sounds:
            path = here.lab.encoded(sounds, name, form)
            about = zipfile.ZipInfo(f"{title}.stems/{name}.{form}", time.localtime()[:6])
            with path.open("rb") as file, packed.open(about, "w", force_zip64=True) as entry:
                while block := file.read(BLOCK):
                    entry.write(block)
                    yield pipe.taken()
    yield pipe.taken()


def disposition(name: str, how: str) -> str:
    """Content-Disposition for any name: plain letters for old clients, all of them for the others."""
    plain = "".join(letter if letter in _PLAIN else "_" for letter in name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
