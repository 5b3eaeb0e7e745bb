"""A ZIP that is packed while it is sent: no file of its own, and one block in memory."""

import io
import string
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

from daemon.errors import Rejected
from daemon.inlets.http.context import HttpContext
from daemon.inlets.http.media_cache import MOST_PROCESSES
from daemon.outlets.arrange import Arrangement
from daemon.outlets.note_files import midi_bytes
from daemon.outlets.stems import StemSound

BLOCK = 1 << 18

_PLAIN_LETTERS = frozenset(string.ascii_letters + string.digits + " .-_()&+,=!#$@^~")


class _Pipe(io.RawIOBase):
    """What zipfile writes, to be taken away at once."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._buffer += data
        return len(data)

    def take(self) -> bytes:
        found = bytes(self._buffer)
        self._buffer.clear()
        return found


def pack_archive(context: HttpContext, job: str, audio_format: str) -> Iterator[bytes]:
    """Stems as `form`, the MIDI and the manifest. Raises Rejected now, not in the middle, if there is nothing."""
    found = context.core.job(job)
    score = context.core.score(job)
    sounds = context.find_results(job).sounds()
    if not sounds and not score.hits and not any(score.notes.values()):
        raise Rejected("no_result", f"There is nothing of {found.name} to pack.")
    texts = dict(_midi_files(context, score))
    texts[Path(found.manifest).name] = Path(found.manifest).read_bytes()
    return _pack(context, texts, sounds, audio_format, score.name)


def _midi_files(context: HttpContext, score: Arrangement) -> Iterator[tuple[str, bytes]]:
    """All parts together, and each in a file of its own."""
    notes, parts = context.core.drum_map(score), score.options.parts
    yield f"{score.name}.mid", midi_bytes(score, notes)
    for part in filter(score.has_notes, parts if len(parts) > 1 else ()):
        yield f"{score.name}.{part}.mid", midi_bytes(score, notes, part)


def _pack(
    context: HttpContext, texts: dict[str, bytes], sounds: dict[str, StemSound], audio_format: str, title: str
) -> Iterator[bytes]:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as packed:
        for name, data in texts.items():
            packed.writestr(name, data, zipfile.ZIP_DEFLATED)
        yield pipe.take()
        for name, path in _encode_all(context, sounds, audio_format):
            about = zipfile.ZipInfo(f"{title}.stems/{name}.{audio_format}", time.localtime()[:6])
            with path.open("rb") as file, packed.open(about, "w", force_zip64=True) as entry:
                while block := file.read(BLOCK):
                    entry.write(block)
                    yield pipe.take()
    yield pipe.take()


def _encode_all(context: HttpContext, sounds: dict[str, StemSound], audio_format: str) -> Iterator[tuple[str, Path]]:
    """Each sound in its turn, while the next ones are encoded already."""
    with ThreadPoolExecutor(MOST_PROCESSES, "archive") as pool:
        try:
            pending = [(name, pool.submit(context.media_cache.encode, sounds, name, audio_format)) for name in sounds]
            for name, path in pending:
                yield name, path.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # who asked is gone, or has it all


def disposition(name: str, how: str) -> str:
    """Content-Disposition for any name: plain letters for old clients, all of them for the others."""
    plain = "".join(letter if letter in _PLAIN_LETTERS else "_" for letter in name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
