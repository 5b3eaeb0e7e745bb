"""The pages of an Ogg file: where one stream ends and another is chained to it, and whether each has its end."""

import struct
import zlib
from dataclasses import dataclass, field
from mmap import mmap

HEADER = struct.Struct("<4sBBqIIIB")
FIRST, LAST = 2, 4  # flags of a page
MOST_GARBAGE = 1 << 22  # bytes between pages that are searched for the next one
MOST_SEARCHES = 1000  # for the next page; a file with more damage is given up
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class OggLink:
    """Bytes `start` to `stop` hold a file of its own.

    `ended` says that its last page calls itself that, `whole` that no page is missing or damaged.
    """

    start: int
    stop: int
    streams: int
    ended: bool
    whole: bool


@dataclass(slots=True)
class _Open:
    """A link on its way: the streams in it, and those that have ended."""

    start: int
    serials: set[int]
    ended: set[int]
    has_sound: bool = False
    whole: bool = True
    numbers: dict[int, int] = field(default_factory=dict)

    def close(self, stop: int) -> OggLink:
        return OggLink(self.start, stop, len(self.serials), self.ended >= self.serials, self.whole)

    def add(self, flags: int, serial: int, number: int) -> None:
        """A page; the pages of a stream are numbered in order."""
        self.serials.add(serial)
        self.has_sound |= not flags & FIRST
        self.ended |= {serial} if flags & LAST else set()
        self.whole &= number == self.numbers.get(serial, number)
        self.numbers[serial] = number + 1


def scan_links(data: mmap) -> list[OggLink]:
    """The links in order, none where the first page is none. What lies between pages is skipped."""
    links: list[OggLink] = []
    link: _Open | None = None
    at, searches = 0, 0
    while at < len(data):
        size = _page_size(data, at)
        if size is None or (link is not None and not _is_intact(data, at, size)):
            after = data.find(b"OggS", at + 1, at + 1 + MOST_GARBAGE)
            searches += 1
            if link is None or after < 0 or searches > MOST_SEARCHES:
                break
            link.whole = False
            at = after
            continue
        _, _, flags, _, serial, number, *_ = HEADER.unpack_from(data, at)
        if flags & FIRST and (link is None or link.has_sound):
            links += [link.close(at)] if link else []
            link = _Open(at, set(), set())
        if link is None:
            break
        link.add(flags, serial, number)
        at += size
    return [*links, link.close(len(data))] if link else links


def _is_intact(data: mmap, at: int, size: int) -> bool:
    """Whether the checksum is right: CRC-32 as in zlib, but from the highest bit down and from 0 (RFC 3533)."""
    page = bytearray(data[at : at + size])
    told = int.from_bytes(page[22:26], "little")
    page[22:26] = bytes(4)
    found = zlib.crc32(page.translate(MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{found:032b}"[::-1], 2) == told


def _page_size(data: mmap, at: int) -> int | None:
    """Bytes of the page at `at`, None where there is none or it is cut."""
    if at + HEADER.size > len(data):
        return None
    magic, version, *_, segments = HEADER.unpack_from(data, at)
    if magic != b"OggS" or version:
        return None
    size = HEADER.size + segments + sum(data[at + HEADER.size : at + HEADER.size + segments])
    return size if at + size <= len(data) else None
