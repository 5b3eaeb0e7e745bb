"""The chunks of WAV, RF64, W64, CAF and AU: how much sound their headers promise, and every piece of it that is there.

libsndfile and FFmpeg both take a length that passes the end of the file for a mistake, and read what there is.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

UNKNOWN = 0x7FFFF000  # bytes; sizes from here on stand for "to be written when the recording ends"
MOST_CHUNKS = 10_000  # a file with more is damaged or made to waste time; chosen by hand
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE  # format tags of a WAV, as registered by Microsoft
LEFT_OVER = 0.25  # seconds of sound; what is shorter behind the last chunk is filling; chosen by hand
TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")
JOINED = (b"FORM", b"caff", b".snd")  # the starts of files that may lie one behind the other
AU_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}  # of a sample, by the header's encoding


@dataclass(frozen=True, slots=True)
class ByteSpan:
    """Bytes of a file."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class WavFormat:
    """The `fmt ` chunk."""

    tag: int
    channels: int
    rate: int
    bytes_per_second: int
    frame_bytes: int
    bits: int

    @property
    def subtype(self) -> str | None:
        """libsndfile's name of plain samples, None for coded ones."""
        names = {(PCM, 1): "PCM_U8", (PCM, 2): "PCM_16", (PCM, 3): "PCM_24", (PCM, 4): "PCM_32"}
        names |= {(FLOAT, 4): "FLOAT", (FLOAT, 8): "DOUBLE"}
        return names.get((self.tag, self.frame_bytes // self.channels)) if self.channels else None


@dataclass(frozen=True, slots=True)
class ChunkedSound:
    """`sound` are the pieces that are there; `promised_bytes` None where the header does not tell.

    `goes_on` says that more than a little follows behind the last chunk.
    """

    bytes_per_second: float
    sound: tuple[ByteSpan, ...]
    promised_bytes: int | None
    format: WavFormat | None = None
    files: tuple[ByteSpan, ...] = ()
    goes_on: bool = False

    @property
    def promised_seconds(self) -> float | None:
        if self.promised_bytes is None or self.bytes_per_second <= 0:
            return None
        return self.promised_bytes / self.bytes_per_second


def read_chunks(data: mmap) -> ChunkedSound | None:
    """None for other containers, and for those that hold no sound."""
    readers = {b"RIFF": _read_riff, b"RF64": _read_riff, b"BW64": _read_riff, b"riff": _read_w64, b"caff": _read_caf}
    readers |= {b".snd": _read_au, b"dns.": _read_au}
    reader = readers.get(bytes(data[:4]))
    try:
        return reader(data) if reader else None
    except (struct.error, ZeroDivisionError):
        return None


def _read_riff(data: mmap) -> ChunkedSound | None:
    wave, sound, long = None, [], None
    promised: int | None = 0
    files, start, end = [], 0, 12
    for name, at, size in _riff_chunks(data):
        end = at + size + (size & 1)
        if name == b"ds64":
            long = struct.unpack_from("<Q", data, at + 8)[0]
        elif name == b"fmt " and wave is None:
            wave = _read_format(data, at, size)
        elif name == b"data":
            size = long if size == 0xFFFFFFFF and long else size
            end = at + size
            known = 0 < size < UNKNOWN or size == long
            sound.append(ByteSpan(at, min(len(data), at + size) if known else len(data)))
            promised = promised + size if known and promised is not None else None
        elif name == b"RIFF":
            files.append(ByteSpan(start, at - 8))
            start = at - 8
    if wave is None or not sound:
        return None
    files = [*files, ByteSpan(start, len(data))] if files else []
    if wave.subtype is None and promised == sum(span.size for span in sound):
        promised = None  # coded sound: the bytes are all there, and how long they are is only estimated
    goes_on = promised is not None and not files and _holds_more(data, end, round(LEFT_OVER * wave.bytes_per_second))
    return ChunkedSound(wave.bytes_per_second, tuple(sound), promised, wave, tuple(files), goes_on)


def _holds_more(data: mmap, at: int, least: int) -> bool:
    """Whether at least so many bytes that are neither a tag nor zeros follow `at`."""
    rest = data[at : at + least] if at < len(data) else b""
    return len(rest) >= least > 0 and any(rest) and not rest.startswith(TAGS)


def _riff_chunks(data: mmap) -> Iterator[tuple[bytes, int, int]]:
    """Name, first byte and size of each; a whole file behind the first one is a chunk RIFF."""
    at, long = 12, None
    for _ in range(MOST_CHUNKS):
        if at + 8 > len(data):
            return
        name, size = struct.unpack_from("<4sI", data, at)
        if not all(32 <= letter < 127 for letter in name):
            return
        yield name, at + 8, size
        if name == b"ds64":
            long = struct.unpack_from("<Q", data, at + 16)[0]
        size = long if name == b"data" and size == 0xFFFFFFFF and long else size
        at = at + 12 if name == b"RIFF" else at + 8 + size + (size & 1)


def _read_format(data: mmap, at: int, size: int) -> WavFormat:
    tag, channels, rate, second, frame, bits = struct.unpack_from("<HHIIHH", data, at)
    if tag == EXTENSIBLE and size >= 26:
        (tag,) = struct.unpack_from("<H", data, at + 24)
    plain = tag in (PCM, FLOAT) and channels and frame
    return WavFormat(tag, channels, rate, rate * frame if plain else second, frame, bits)


def _read_w64(data: mmap) -> ChunkedSound | None:
    wave, at = None, 40
    for _ in range(MOST_CHUNKS):
        name, size = struct.unpack_from("<4s12xQ", data, at)
        if size < 24:
            return None
        if name == b"fmt ":
            wave = _read_format(data, at + 24, size - 24)
        if name == b"data" and wave is not None:
            span = ByteSpan(at + 24, min(len(data), at + size))
            return ChunkedSound(wave.bytes_per_second, (span,), size - 24 if size < 1 << 62 else None, wave)
        at += size + -size % 8
    return None


def _read_caf(data: mmap) -> ChunkedSound | None:
    rate, at = 0.0, 8
    for _ in range(MOST_CHUNKS):
        name, size = struct.unpack_from(">4sq", data, at)
        if name == b"desc":
            hertz, _, _, packet, frames = struct.unpack_from(">d4sIII", data, at + 12)
            rate = hertz * packet / frames if frames else 0.0
        if name == b"data":
            stop = len(data) if size < 4 else min(len(data), at + 12 + size)
            return ChunkedSound(rate, (ByteSpan(at + 16, stop),), size - 4 if size > 4 else None)
        if size < 0:
            return None
        at += 12 + size
    return None


def _read_au(data: mmap) -> ChunkedSound | None:
    order = ">" if data[:4] == b".snd" else "<"
    start, size, coding, rate, channels = struct.unpack_from(f"{order}5I", data, 4)
    known = 0 < size < UNKNOWN
    span = ByteSpan(start, min(len(data), start + size) if known else len(data))
    return ChunkedSound(rate * channels * AU_BYTES.get(coding, 0), (span,), size if known else None)


def joined_files(data: mmap) -> tuple[ByteSpan, ...]:
    """AIFF, CAF or AU files that lie one behind the other; none where there is only one."""
    ends = {b"FORM": _form_end, b"caff": _caf_end, b".snd": _au_end}
    magic, starts = bytes(data[:4]), [0]
    try:
        while len(starts) < MOST_CHUNKS:
            end = ends[magic](data, starts[-1])
            if end <= starts[-1] or data[end : end + 4] != magic:
                break
            starts.append(end)
    except struct.error:
        pass  # the last one is cut
    pairs = zip(starts, [*starts[1:], len(data)], strict=True)
    return tuple(ByteSpan(*pair) for pair in pairs) if len(starts) > 1 else ()


def _form_end(data: mmap, at: int) -> int:
    (size,) = struct.unpack_from(">I", data, at + 4)
    return at + 8 + int(size) + (size & 1)


def _au_end(data: mmap, at: int) -> int:
    start, size = struct.unpack_from(">2I", data, at + 4)
    return at + int(start) + int(size)


def _caf_end(data: mmap, at: int) -> int:
    at += 8
    for _ in range(MOST_CHUNKS):
        name, size = struct.unpack_from(">4sq", data, at)
        if name == b"caff" or size < 0:
            return at
        at += 12 + size
    return at


def has_second_movie(data: mmap) -> bool:
    """Whether another MP4 lies behind the first: a player shows only that."""
    seen: set[bytes] = set()
    at = 0
    for _ in range(MOST_CHUNKS):
        if at + 16 > len(data):
            return False
        size, name, long = struct.unpack_from(">I4sQ", data, at)
        if name == b"ftyp" and {b"moov", b"mdat"} <= seen:
            return True
        seen.add(name)
        size = long if size == 1 else size
        if size < 8:
            return False
        at += size
    return False
