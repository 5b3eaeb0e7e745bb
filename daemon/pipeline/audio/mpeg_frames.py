"""How long an MP3 is, from its frames: the header tells it only where an encoder wrote it there, and then of one file.

Libraries estimate the length from the first frames' bit rate, which is wrong by any factor for a variable one.
"""

import struct
from dataclasses import dataclass
from mmap import mmap

from daemon.pipeline.audio.mpeg_checksum import MusicChecksum, read_checksum

KBITS = {
    (3, 3): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By version (3: MPEG-1, 2: MPEG-2 and 2.5) and layer bits (3: I, 2: II, 1: III), ISO 11172-3 and 13818-3."""
RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # Hz, by version
LEAD = 1 << 16  # bytes in which the first frame must start, tags not counted
IN_A_ROW = 4  # frames that prove a stream
LONGEST = 1 << 28  # bytes; 1:50 hours at the highest bit rate
MOST_GARBAGE = 1 << 20  # bytes between frames that are searched for the next one

_TAGS = (b"ID3", b"APETAGEX", b"TAG")


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """One frame: its bytes, samples, sample rate and channels; `kind` is the same in all frames of a stream."""

    size: int
    samples: int
    rate: int
    channels: int
    kind: int
    layer: int
    side: int


@dataclass(frozen=True, slots=True)
class InfoFrame:
    """The Xing, Info or VBRI header: `frames` that follow, and samples that the encoder added at both ends, if told."""

    frames: int
    delay: int | None
    padding: int
    music: MusicChecksum | None = None


@dataclass(frozen=True, slots=True)
class MpegStream:
    """A whole file. `frames` counts all but the first header frame, `garbage` bytes between frames.

    `hole` is the number of frames before the first such bytes in the middle; `more_seconds` is how long what is joined
    at another rate lasts.
    """

    rate: int
    channels: int
    layer: int
    frame_samples: int
    frames: int
    info: InfoFrame | None
    garbage: int
    complete: bool
    hole: int | None = None
    more_seconds: float = 0.0

    @property
    def delay(self) -> int | None:
        """Samples that the encoder added in front, if told."""
        return self.info.delay if self.info else None

    @property
    def hole_seconds(self) -> float | None:
        return None if self.hole is None else self._length(self.hole)

    @property
    def seconds(self) -> float | None:
        """None where the search was given up."""
        return self._length(self.frames) + self.more_seconds if self.complete else None

    @property
    def promised_seconds(self) -> float | None:
        return self._length(self.info.frames) if self.info else None

    @property
    def music(self) -> MusicChecksum | None:
        """The encoder's checksum of what it wrote, if told."""
        return self.info.music if self.info else None

    def _length(self, frames: int) -> float:
        trimmed = (self.info.delay or 0) + self.info.padding if self.info else 0
        return max(0, frames * self.frame_samples - trimmed) / self.rate


def scan_frames(data: mmap) -> MpegStream | None:
    """None for what is no MPEG audio."""
    start = skip_id3(data, 0)
    place = _find_stream(data, start, LEAD, IN_A_ROW)
    if place is None:
        return None
    first = parse_header(data, place)
    if first is None or place + first.size > len(data):
        return None
    found = _FrameCount(first, _read_info(data, place, first), place - start if any(data[start:place]) else 0)
    at: int | None = place + first.size
    kind = first.kind
    while at is not None and at < len(data):
        if at > LONGEST:
            return found.close(complete=False)
        frame = parse_header(data, at)
        if frame is not None and frame.kind != kind and _count_frames(data, at, IN_A_ROW, frame.kind) >= IN_A_ROW:
            kind = frame.kind  # another file was joined to this one
        if frame is not None and frame.kind == kind:
            found.add(frame, is_whole=at + frame.size <= len(data))
            at += frame.size
            continue
        begin = _skip_tag(data, at)
        if begin != at:
            at = begin
            continue
        at = _find_stream(data, begin, MOST_GARBAGE - found.garbage, 2, kind)
        lost = (len(data) if at is None else at) - begin
        is_sound = any(data[begin : begin + min(lost, LEAD)])
        found.garbage += lost if is_sound else 0
        if at is not None and found.hole is None and (is_sound or lost >= first.size):
            found.hole = found.frames
        if found.garbage >= MOST_GARBAGE:
            return found.close(complete=False)
    return found.close(complete=True)


@dataclass(slots=True)
class _FrameCount:
    """What has been counted so far."""

    first: FrameHeader
    info: InfoFrame | None
    garbage: int
    frames: int = 0
    hole: int | None = None
    more_seconds: float = 0.0

    def add(self, frame: FrameHeader, *, is_whole: bool) -> None:
        if frame.kind == self.first.kind:
            self.frames += is_whole
        elif is_whole:
            self.more_seconds += frame.samples / frame.rate

    def close(self, *, complete: bool) -> MpegStream:
        first, frames, more = self.first, self.frames + (self.info is None), self.more_seconds
        told = (first.rate, first.channels, first.layer, first.samples, frames, self.info, self.garbage)
        return MpegStream(*told, complete, self.hole, more)


def parse_header(data: mmap, at: int) -> FrameHeader | None:
    """The frame at `at`, None where there is none. Free-format frames do not tell their length and count as none."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    second, third, fourth = data[at + 1], data[at + 2], data[at + 3]
    version, layer, bits, rates = second >> 3 & 3, second >> 1 & 3, third >> 4, third >> 2 & 3
    if version == 1 or layer == 0 or bits in (0, 15) or rates == 3:
        return None
    old, rate = version == 3, RATES[version][rates]
    bit_rate, padding = 1000 * KBITS[3 if old else 2, layer][bits], third >> 1 & 1
    samples = 384 if layer == 3 else 1152 if layer == 2 or old else 576
    size = (12 * bit_rate // rate + padding) * 4 if layer == 3 else samples // 8 * bit_rate // rate + padding
    mono = fourth >> 6 == 3
    side = (17 if mono else 32) if old else (9 if mono else 17)
    return FrameHeader(size, samples, rate, 1 if mono else 2, version << 4 | layer << 2 | rates, 4 - layer, side)


def skip_id3(data: mmap, at: int) -> int:
    """The first byte behind the ID3v2 tags that start at `at`."""
    while data[at : at + 3] == b"ID3" and at + 10 <= len(data):
        size = sum((byte & 0x7F) << shift for byte, shift in zip(data[at + 6 : at + 10], (21, 14, 7, 0), strict=True))
        at += 10 + size + (10 if data[at + 5] & 0x10 else 0)
    return min(at, len(data))


def _skip_tag(data: mmap, at: int) -> int:
    """Behind the tag at `at`, or `at` itself."""
    if data[at : at + 3] == b"TAG" and len(data) - at >= 128:
        return at + 128
    if data[at : at + 8] == b"APETAGEX" and len(data) - at >= 32:
        (size,) = struct.unpack_from("<I", data, at + 12)
        return min(len(data), at + 32 + int(size))
    if data[at : at + 11] == b"LYRICSBEGIN" and (end := data.find(b"LYRICS200", at)) >= 0:
        return end + 9
    return skip_id3(data, at)


def _find_stream(data: mmap, start: int, reach: int, in_a_row: int, kind: int | None = None) -> int | None:
    """Where, from `start` on and within `reach` bytes, so many frames follow each other; the end of the file is one."""
    at = start
    stop = min(len(data), start + max(0, reach))
    while (at := data.find(b"\xff", at, stop)) >= 0:
        if _count_frames(data, at, in_a_row, kind) >= in_a_row:
            return at
        at += 1
    return None


def _count_frames(data: mmap, at: int, enough: int, kind: int | None) -> int:
    """Frames of one kind in a row; whole ones up to the end of the file or a tag are enough."""
    found = 0
    while found < enough:
        if found and (at >= len(data) or data[at : at + 3] in _TAGS or data[at : at + 8] in _TAGS):
            return enough
        frame = parse_header(data, at)
        if frame is None or (kind is not None and frame.kind != kind):
            return found
        kind = frame.kind
        found += 1
        at += frame.size
    return found


def _read_info(data: mmap, at: int, frame: FrameHeader) -> InfoFrame | None:
    """What the first frame says of the others, if it is one that does."""
    tag, end = at + 4 + frame.side, at + frame.size
    if data[tag : tag + 4] in (b"Xing", b"Info") and tag + 16 <= len(data):
        flags, frames = struct.unpack_from(">II", data, tag + 4)
        more = tag + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
        told = (*_read_delay(data, more, end), read_checksum(data, at, more, end))
        return InfoFrame(int(frames), *told) if flags & 1 else None
    if data[at + 36 : at + 40] == b"VBRI" and at + 54 <= len(data):
        return InfoFrame(int(struct.unpack_from(">I", data, at + 50)[0]), None, 0)
    return None


def _read_delay(data: mmap, at: int, end: int) -> tuple[int | None, int]:
    """Samples that the encoder added before and behind, from the LAME part of the header."""
    packed = data[at + 21 : at + 24]
    if at + 24 > end or len(packed) < 3 or not any(data[at : at + 4]):
        return None, 0
    both = int.from_bytes(packed, "big")
    return both >> 12, both & 0xFFF
