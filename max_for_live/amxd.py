"""Reads and writes Max for Live devices (.amxd), in the form Max edits and in the frozen, self-contained one.

Layout, as found in devices saved by Max: chunks `id | u32 little-endian size | payload`, namely `ampf` (the device
type), `meta` (0 or 1 as edited, 7 frozen) and `ptch`. As edited, `ptch` is the patcher's JSON and a zero byte. Frozen,
it is a big-endian archive: `mx@c`, 16, the u64 place of the directory, the file bodies, then the directory `dlst` with
one `dire` per file. Sizes in the directory count their own 8-byte header; `of32` counts from the start of `mx@c`.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

AUDIO_EFFECT = "aaaa"
FROZEN = 7
PATCHER_FLAG = 17

_ARCHIVE = b"mx@c"
_HEADER = 16
_FIELDS = (b"type", b"fnam", b"sz32", b"of32", b"vers", b"flag", b"mdat")


class AmxdError(ValueError):
    """The bytes are no device that can be written back as it was. The text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a frozen device. `modified` is in seconds since 1904; `type` has four letters, TEXT for scripts."""

    name: str
    type: str
    body: bytes
    modified: int
    version: int = 0
    flag: int = 0


@dataclass(frozen=True, slots=True)
class Device:
    """A device of one of the types above. `patcher` is the JSON text without its final zero byte.

    `entries` are the files of a frozen device behind the patcher, which is the first and has `name` and `modified`.
    """

    type: str
    meta: int
    patcher: str
    name: str = ""
    modified: int = 0
    entries: tuple[Entry, ...] = ()

    @property
    def is_frozen(self) -> bool:
        return self.meta == FROZEN


def encode(device: Device) -> bytes:
    """The bytes of the file. Raises AmxdError for a type or name that the format cannot hold."""
    body = _archive(device) if device.is_frozen else _patcher(device)
    meta = struct.pack("<I", device.meta)
    return _chunk(b"ampf", _type_code(device.type)) + _chunk(b"meta", meta) + _chunk(b"ptch", body)


def decode(data: bytes) -> Device:
    """The device in `data`. Raises AmxdError unless `encode` gives back exactly these bytes."""
    try:
        device = _device(dict(_chunks(data)))
    except (struct.error, KeyError, UnicodeDecodeError, IndexError) as error:
        raise AmxdError(f"This is not a Max for Live device: {type(error).__name__} {error}.") from None
    if encode(device) != data:
        raise AmxdError("The device holds something between its files that would be lost.")
    return device


def _device(chunks: dict[bytes, bytes]) -> Device:
    kind = chunks[b"ampf"].decode("ascii")
    (meta,) = struct.unpack("<I", chunks[b"meta"])
    body = chunks[b"ptch"]
    if meta != FROZEN:
        return Device(kind, meta, _text(body))
    entries = tuple(_entries(body))
    first, others = entries[0], entries[1:]
    if first.type != "JSON" or first.flag != PATCHER_FLAG:
        raise AmxdError("The first file of the device is not its patcher.")
    return Device(kind, meta, _text(first.body), first.name, first.modified, others)


def _text(body: bytes) -> str:
    if not body.endswith(b"\0"):
        raise AmxdError("The patcher does not end with a zero byte; the file is cut short.")
    return body[:-1].decode()


def _patcher(device: Device) -> bytes:
    return device.patcher.encode() + b"\0"


def _chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at + 4)
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size


def _archive(device: Device) -> bytes:
    own = Entry(device.name, "JSON", _patcher(device), device.modified, flag=PATCHER_FLAG)
    place, bodies, directory = _HEADER, b"", b""
    for entry in (own, *device.entries):
        directory += _directory_entry(entry, place)
        bodies += entry.body
        place += len(entry.body)
    return _ARCHIVE + struct.pack(">IQ", _HEADER, place) + bodies + _part(b"dlst", directory)


def _directory_entry(entry: Entry, place: int) -> bytes:
    numbers = (len(entry.body), place, entry.version, entry.flag, entry.modified)
    values = (_type_code(entry.type), _name(entry.name), *(struct.pack(">I", number) for number in numbers))
    return _part(b"dire", b"".join(_part(*field) for field in zip(_FIELDS, values, strict=True)))


def _entries(archive: bytes) -> Iterator[Entry]:
    mark, _, directory = struct.unpack_from(">4sIQ", archive)
    if mark != _ARCHIVE:
        raise AmxdError("A frozen device must hold an archive.")
    found = dict(_parts(archive[directory:]))
    for _, entry in _parts(found[b"dlst"]):
        yield _entry(dict(_parts(entry)), archive)


def _entry(fields: dict[bytes, bytes], archive: bytes) -> Entry:
    size, place, version, flag, modified = (struct.unpack(">I", fields[name])[0] for name in _FIELDS[2:])
    return Entry(
        name=fields[b"fnam"].rstrip(b"\0").decode(),
        type=fields[b"type"].decode("ascii"),
        body=archive[place : place + size],
        modified=modified,
        version=version,
        flag=flag,
    )


def _part(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack(">I", len(payload) + 8) + payload


def _parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        name, size = struct.unpack_from(">4sI", data, at)
        if size < 8:
            raise AmxdError("An entry of the directory has a wrong size.")
        yield name, data[at + 8 : at + size]
        at += size


def _type_code(text: str) -> bytes:
    if len(text) != 4 or not text.isascii():
        raise AmxdError(f"A type has four letters, not {text!r}.")
    return text.encode()


def _name(text: str) -> bytes:
    data = text.encode()
    if not data or b"\0" in data:
        raise AmxdError(f"{text!r} cannot be the name of a file in a device.")
    return data + bytes(4 - len(data) % 4)
