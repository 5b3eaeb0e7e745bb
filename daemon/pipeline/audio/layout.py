"""What the bytes of a file hold, beyond what a decoder tells: its real length, what is missing, and what follows."""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from daemon.pipeline.audio.chunks import JOINED, ByteSpan, WavFormat, has_second_movie, joined_files, read_chunks
from daemon.pipeline.audio.mpeg_frames import MpegStream, scan_frames, skip_id3
from daemon.pipeline.audio.ogg_pages import scan_links

FLAC_STARTS = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")  # a first metadata block is always of 34 bytes
SNDFILE_STARTS = (b"RIFF", b"RIFX", b"RF64", b"BW64", b"riff", b"FORM", b"fLaC", b"OggS", b".snd", b"dns.", b"caff")
# Eleven bits of frame sync, then version and layer; ISO 11172-3.
MPEG_STARTS = (b"\xff\xe2", b"\xff\xe3", *(bytes((0xFF, 0xF0 | low)) for low in range(2, 16)))


@dataclass(frozen=True, slots=True)
class FileLayout:
    """`promised_seconds` by the header, None where it does not tell; `mpeg` of an MP3.

    `files` are whole files one behind the other, if there are several; `chunks` are the pieces of the sound of a WAV
    with `format`, if there are several. `ended` is False for a stream that lacks its last page, `holes` are the
    numbers of the files in which pages are missing or damaged, `goes_on` says that bytes follow which no header names.
    """

    promised_seconds: float | None = None
    mpeg: MpegStream | None = None
    files: tuple[ByteSpan, ...] = ()
    chunks: tuple[ByteSpan, ...] = ()
    format: WavFormat | None = None
    ended: bool = True
    holes: tuple[int, ...] = ()
    goes_on: bool = False
    is_broken: bool = False


def suits_libsndfile(path: Path) -> bool:
    """libsndfile also takes what it does not know for MP3, and its decoder then complains on the terminal."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        start = skip_id3(data, 0)
        return data[start : start + 4] in SNDFILE_STARTS


def read_layout(path: Path) -> FileLayout:
    """Cheap for all but MP3 and Ogg, whose frames and pages are counted."""
    with path.open("rb") as file:
        if not file.read(1):
            return FileLayout()
        with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            return _read(data)


def _read(data: mmap) -> FileLayout:
    start = skip_id3(data, 0) if data[:3] == b"ID3" else 0
    magic = bytes(data[start : start + 4])
    if magic == b"OggS":
        return _read_ogg(data)
    if magic == b"fLaC":
        return FileLayout(files=tuple(_flac_files(data, start)))
    if magic in JOINED and (joined := joined_files(data)):
        return FileLayout(files=joined)
    if (found := read_chunks(data)) is not None:
        plain = found.format is not None and found.format.subtype is not None
        several = len(found.sound) > 1 and plain and not found.files
        chunks = found.sound if several else ()
        return FileLayout(
            found.promised_seconds, files=found.files, chunks=chunks, format=found.format, goes_on=found.goes_on
        )
    if magic == b"RIFF" and data[8:12] == b"AVI ":
        return FileLayout(ended=len(data) >= sum(struct.unpack_from("<4xI", data)) + 8)
    if data[4:8] == b"ftyp":
        return FileLayout(goes_on=has_second_movie(data))
    if magic[:2] in MPEG_STARTS or start:
        stream = scan_frames(data)
        return FileLayout(stream.promised_seconds if stream else None, stream)
    return FileLayout()


def _read_ogg(data: mmap) -> FileLayout:
    links = scan_links(data)
    chained = len(links) > 1 and all(link.streams == 1 for link in links)
    files = tuple(ByteSpan(link.start, link.stop) for link in links) if chained else ()
    holes = tuple(number for number, link in enumerate(links) if not link.whole)
    return FileLayout(files=files, ended=all(link.ended for link in links), holes=holes, is_broken=not links)


def _flac_files(data: mmap, start: int) -> Iterator[ByteSpan]:
    """The streams, where there are several."""
    places = [start]
    while found := [at for mark in FLAC_STARTS if (at := data.find(mark, places[-1] + 42)) > 0]:
        places.append(min(found))
    if len(places) > 1:
        yield from (ByteSpan(*pair) for pair in zip(places, [*places[1:], len(data)], strict=True))


class FileSlice(io.RawIOBase):
    """A part of an open file that reads like a file of its own."""

    def __init__(self, file: io.BufferedReader, span: ByteSpan) -> None:
        self._file = file
        self._span = span
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._span.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        self._file.seek(self._span.start + self._at)
        data = self._file.read(min(len(view), max(0, self._span.size - self._at)))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


@contextmanager
def open_sound(path: Path, span: ByteSpan | None = None, raw: WavFormat | None = None) -> Iterator[Any]:
    """libsndfile's view of the file, of a part of it, or of the bare samples there. Raises LibsndfileError."""
    import soundfile

    if span is None:
        with soundfile.SoundFile(path) as sound:
            yield sound
        return
    known: dict[str, Any] = {}
    if raw:
        known = {"samplerate": raw.rate, "channels": raw.channels, "subtype": raw.subtype}
        known |= {"format": "RAW", "endian": "LITTLE"}
    with path.open("rb") as file, soundfile.SoundFile(FileSlice(file, span), **known) as sound:
        yield sound
