"""The pages of an Ogg file: where one stream ends and another is chained to it, and whether each has its end."""

import struct
from dataclasses import dataclass
from mmap import mmap

HEADER = struct.Struct("<4sBBqIIIB")
FIRST, LAST = 2, 4  # flags of a page
MOST_GARBAGE = 1 << 16  # bytes between pages that are searched for the next one


@dataclass(frozen=True, slots=True)
class OggLink:
    """Bytes `start` to `stop` hold a file of its own. `ended` says that its last page calls itself that."""

    start: int
    stop: int
    streams: int
    ended: bool


@dataclass(slots=True)
class _Open:
    """A link on its way: the streams in it, and those that have ended."""

    start: int
    serials: set[int]
    ended: set[int]
    has_sound: bool = False

    def close(self, stop: int) -> OggLink:
        return OggLink(self.start, stop, len(self.serials), self.ended >= self.serials)


def scan_links(data: mmap) -> list[OggLink]:
    """The links in order, none where the first page is none. What lies between pages is skipped."""
    links: list[OggLink] = []
    link: _Open | None = None
    at, garbage = 0, 0
    while at < len(data):
        size = _page_size(data, at)
        if size is None:
            after = data.find(b"OggS", at + 1, at + 1 + MOST_GARBAGE)
            garbage += after - at
            if link is None or after < 0 or garbage > MOST_GARBAGE:
                break
            at = after
            continue
        flags, serial = data[at + 5], struct.unpack_from("<I", data, at + 14)[0]
        if flags & FIRST and (link is None or link.has_sound):
            links += [link.close(at)] if link else []
            link = _Open(at, set(), set())
        if link is None:
            break
        link.serials.add(serial)
        link.has_sound |= not flags & FIRST
        link.ended |= {serial} if flags & LAST else set()
        at += size
    return [*links, link.close(len(data))] if link else links


def _page_size(data: mmap, at: int) -> int | None:
    """Bytes of the page at `at`, None where there is none or it is cut."""
    if at + HEADER.size > len(data):
        return None
    magic, version, *_, segments = HEADER.unpack_from(data, at)
    if magic != b"OggS" or version:
        return None
    size = HEADER.size + segments + sum(data[at + HEADER.size : at + HEADER.size + segments])
    return size if at + size <= len(data) else None
