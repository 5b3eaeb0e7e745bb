"""OSC 1.0 on the wire: bytes to messages and back; it raises CodecError only, whatever the bytes are.

Written out because a receiver open to every program on the machine must not pad short values, skip unknown
types or copy a long datagram once per argument. Text that is not UTF-8 comes out with surrogate escapes: then
the sender can be told which argument it was.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

Value = int | float | str | bytes | bool | None

_NUMBERS = {tag: struct.Struct(layout) for tag, layout in {"i": ">i", "f": ">f", "h": ">q", "d": ">d"}.items()}
_CONSTANTS: dict[str, Value] = {"T": True, "F": False, "N": None, "I": math.inf}
_BUNDLE = b"#bundle\0"
_DEEPEST_BUNDLE = 8


class CodecError(ValueError):
    """The bytes are not OSC, or the values cannot be written as OSC."""


@dataclass(frozen=True, slots=True)
class Message:
    """An OSC address with its arguments."""

    address: str
    args: tuple[Value, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.address, *map(str, self.args)])


def decode(data: bytes) -> list[Message]:
    """The messages of a datagram in order; bundles are opened and their time tags ignored."""
    messages: list[Message] = []
    _unpack(data, messages, 0)
    return messages


def encode(message: Message, tags: str | None = None) -> bytes:
    """A datagram. `tags` forces OSC types; otherwise int is i or h, float f, str s, bytes b, and T, F, N.

    Floats travel as 32 bits unless a tag says d, because not every host reads d.
    """
    if not _is_printable(message.address) or not message.address.startswith("/"):
        raise CodecError(f"{message.address!r} is not an OSC address")
    tags = "".join(map(_tag, message.args)) if tags is None else tags
    if len(tags) != len(message.args):
        raise CodecError(f"{len(message.args)} values do not go with the types {tags!r}")
    values = b"".join(_pack(tag, value) for tag, value in zip(tags, message.args, strict=True))
    return _pad(message.address.encode()) + _pad(b"," + tags.encode("ascii", "replace")) + values


def bundle(messages: Sequence[Message]) -> bytes:
    """A bundle to be acted on at once."""
    packed = [encode(message) for message in messages]
    return _BUNDLE + struct.pack(">Q", 1) + b"".join(struct.pack(">i", len(p)) + p for p in packed)


def _unpack(data: bytes, messages: list[Message], depth: int) -> None:
    if depth > _DEEPEST_BUNDLE:
        raise CodecError("bundles are nested too deeply")
    if not data.startswith(_BUNDLE):
        messages.append(_message(data))
        return
    at = 16
    if len(data) < at:
        raise CodecError("the bundle has no time tag")
    while at < len(data):
        size, at = _number("i", data, at)
        if size <= 0 or size % 4 or size > len(data) - at:
            raise CodecError("a bundle element has a wrong size")
        _unpack(data[at : at + int(size)], messages, depth + 1)
        at += int(size)


def _message(data: bytes) -> Message:
    address, at = _string(data, 0)
    if not address.startswith("/") or not _is_printable(address):
        raise CodecError("there is no OSC address")
    tags, at = _string(data, at) if at < len(data) else (",", at)
    if not tags.startswith(","):
        raise CodecError("there is no type tag string")
    args: list[Value] = []
    for tag in tags[1:]:
        value, at = _value(tag, data, at)
        args.append(value)
    if at != len(data):
        raise CodecError("bytes are left over after the last argument")
    return Message(address, tuple(args))


def _value(tag: str, data: bytes, at: int) -> tuple[Value, int]:
    if tag in _NUMBERS:
        return _number(tag, data, at)
    if tag in _CONSTANTS:
        return _CONSTANTS[tag], at
    if tag == "s":
        return _string(data, at)
    if tag == "b":
        return _blob(data, at)
    raise CodecError(f"the type {tag!r} is not known")


def _number(tag: str, data: bytes, at: int) -> tuple[int | float, int]:
    number = _NUMBERS[tag]
    if at + number.size > len(data):
        raise CodecError("a number is cut short")
    return number.unpack_from(data, at)[0], at + number.size


def _string(data: bytes, at: int) -> tuple[str, int]:
    end = data.find(b"\0", at)
    if end < 0:
        raise CodecError("a string has no end")
    return data[at:end].decode("utf-8", "surrogateescape"), _skip_padding(data, end, end // 4 * 4 + 4)


def _blob(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = _number("i", data, at)
    end = at + int(size)
    if size < 0 or end > len(data):
        raise CodecError("a blob has a wrong size")
    return data[at:end], _skip_padding(data, end, (end + 3) // 4 * 4)


def _skip_padding(data: bytes, start: int, end: int) -> int:
    if data[start:end] != bytes(end - start):
        raise CodecError("the padding is not four-byte zeros")
    return end


def _is_printable(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _tag(value: Value) -> str:
    if value is None:
        return "N"
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, int):
        return "i" if -(2**31) <= value < 2**31 else "h"
    return {float: "f", str: "s", bytes: "b"}[type(value)]


def _pack(tag: str, value: Value) -> bytes:
    if tag in _CONSTANTS:
        return b""
    if tag == "s" and isinstance(value, str):
        return _pad(_utf8(value))
    if tag == "b" and isinstance(value, bytes):
        return struct.pack(">i", len(value)) + value + bytes(-len(value) % 4)
    if tag in _NUMBERS and isinstance(value, int | float):
        return _pack_number(tag, value)
    raise CodecError(f"{value!r} cannot be written as the type {tag!r}")


def _pack_number(tag: str, value: float) -> bytes:
    try:
        return _NUMBERS[tag].pack(value)
    except (struct.error, OverflowError):
        raise CodecError(f"{value!r} does not fit the type {tag!r}") from None


def _utf8(text: str) -> bytes:
    if "\0" in text:
        raise CodecError("a string cannot hold a zero byte")
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise CodecError(f"{text!r} cannot be written as UTF-8") from None


def _pad(text: bytes) -> bytes:
    return text + bytes(4 - len(text) % 4)
