"""OSC on the wire: python-osc reads and writes every message; around it stands what it does not check.

python-osc alone takes thousands of malformed datagrams (padding, sizes), reads a long one in quadratic time, and gives
up a whole bundle for one element that it cannot read. So frames, sizes and padding are checked before it reads.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import BuildError, OscMessageBuilder
from pythonosc.parsing import osc_types

from bridge.osc.addresses import REPLIES, ArgumentKind

LARGEST_REPLY = 1400  # bytes; what every host reads and no network card splits

_DEEPEST_BUNDLE = 8
_MOST_READ = 64  # arguments of a message that are read; no request has nearly as many
_SIZES = {"i": 4, "f": 4, "r": 4, "m": 4, "c": 4, "h": 8, "d": 8, "t": 8, "T": 0, "F": 0, "N": 0, "I": 0}
_READ_AS = {"S": "s"}  # a symbol, "an alternate type represented as an OSC-string", which python-osc does not know
_TYPE_NAMES = {
    "r": "a colour", "m": "a MIDI message", "t": "a time tag", "c": "a character", "I": "an infinitum", "[": "an array",
}  # fmt: skip


class WireError(ValueError):
    """The values cannot be written as OSC."""


@dataclass(frozen=True, slots=True)
class OtherValue:
    """A value of an OSC type that no argument of sidestick has."""

    tag: str

    def __str__(self) -> str:
        return f"{_TYPE_NAMES[self.tag]} (OSC type {self.tag})"


Value = int | float | str | bytes | bool | None | OtherValue


@dataclass(frozen=True, slots=True)
class Message:
    """An OSC address with its arguments."""

    address: str
    args: tuple[Value, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.address, *map(str, self.args)])


@dataclass(frozen=True, slots=True)
class Datagram:
    """The messages of a datagram in order, and how many elements of it are not OSC."""

    messages: tuple[Message, ...]
    malformed: int = 0


@dataclass(frozen=True, slots=True)
class _Span:
    """An argument of a datagram: its type, and where its bytes are."""

    tag: str
    start: int
    end: int


class _Malformed(Exception):
    """The bytes are not OSC."""


def read_datagram(data: bytes) -> Datagram:
    """Never raises. A bundle is opened and its time tag ignored; an element that is not OSC takes no other along."""
    try:
        elements = list(_split_bundles(data, 0))
    except _Malformed:
        return Datagram((), 1)
    messages = tuple(message for message in map(_read_element, elements) if message is not None)
    return Datagram(messages, len(elements) - len(messages))


def write_message(message: Message) -> bytes:
    """A datagram: int is i or h, float f, str s, bytes b, and T, F, N. Raises WireError.

    Floats travel as 32 bits, because not every host reads d.
    """
    if not _is_address(message.address):
        raise WireError(f"{message.address!r} is not an OSC address")
    builder = OscMessageBuilder(message.address)
    try:
        for value in message.args:
            if isinstance(value, str) and "\0" in value:
                raise WireError("a string cannot hold a zero byte")
            builder.add_arg(value)
        written: bytes = builder.build().dgram
    except (BuildError, osc_types.BuildError, ValueError, OverflowError) as error:
        raise WireError(f"{message} cannot be written as OSC: {error}") from None
    return written


def write_reply(message: Message) -> bytes:
    """At most LARGEST_REPLY bytes. Text is shortened, with a … at its end; a path is whole or empty."""
    message = Message(message.address, tuple(map(_clean, message.args)))
    data = write_message(message)
    for index in _strings_by_length(message) if len(data) > LARGEST_REPLY else ():
        excess = len(data) - LARGEST_REPLY
        if excess > 0:
            message = _shorten(message, index, excess)
            data = write_message(message)
    return data


def _split_bundles(data: bytes, depth: int) -> Iterator[bytes]:
    """The messages of a datagram, unread. Raises _Malformed where the sizes do not fit."""
    if not OscBundle.dgram_is_bundle(data):
        yield data
        return
    if depth > _DEEPEST_BUNDLE or len(data) < 16:
        raise _Malformed
    at = 16  # behind #bundle and the time tag
    while at < len(data):
        if at + 4 > len(data):
            raise _Malformed
        (size,) = struct.unpack_from(">i", data, at)
        at += 4
        if size < 0 or size > len(data) - at:
            raise _Malformed
        element = data[at : at + size]
        yield from _split_bundles(element, depth + 1) if size and size % 4 == 0 else [b""]  # b"" is not OSC
        at += size


def _read_element(data: bytes) -> Message | None:
    try:
        return _read_message(data)
    except (_Malformed, ParseError, osc_types.ParseError, UnicodeDecodeError, struct.error, OverflowError):
        return None


def _read_message(data: bytes) -> Message:
    address, at = _string(data, 0)
    text = address.decode("latin-1")
    if not _is_address(text):
        raise _Malformed
    if at == len(data):
        return Message(text)
    tags, at = _string(data, at)
    spans = list(_measure(tags.decode("latin-1"), data, at))
    readable = [span for span in spans[:_MOST_READ] if _is_readable(span, data)]
    values = iter(_read_values(text, readable, data))
    args = [next(values) if _is_readable(span, data) else _unread(span, data) for span in spans[:_MOST_READ]]
    return Message(text, (*args, *(_unread(span, data) for span in spans[_MOST_READ:])))


def _measure(tags: str, data: bytes, at: int) -> Iterator[_Span]:
    """The arguments that `tags` name, an array as one. Raises _Malformed unless their bytes are there, and no more."""
    if not tags.startswith(","):
        raise _Malformed
    depth, outer = 0, at
    for tag in tags[1:]:
        start = at
        if tag == "[":
            depth, outer = depth + 1, at if depth == 0 else outer
        elif tag == "]":
            depth -= 1
        else:
            at = _end_of_value(tag, data, at)
        if depth < 0 or at > len(data):
            raise _Malformed
        if depth == 0:
            yield _Span("[", outer, at) if tag == "]" else _Span(tag, start, at)
    if depth or at != len(data):
        raise _Malformed


def _end_of_value(tag: str, data: bytes, at: int) -> int:
    if tag in _SIZES:
        return at + _SIZES[tag]
    if tag in "sS":
        return _string(data, at)[1]
    if tag == "b" and at + 4 <= len(data):
        (size,) = struct.unpack_from(">i", data, at)
        if size >= 0:
            return _skip_padding(data, at + 4 + size)
    raise _Malformed


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.find(b"\0", at)
    if end < 0:
        raise _Malformed
    return data[at:end], _skip_padding(data, end + 1)


def _skip_padding(data: bytes, end: int) -> int:
    """Where the next value begins: a multiple of four, with nothing but zeros before it."""
    following = (end + 3) // 4 * 4
    if following > len(data) or any(data[end:following]):
        raise _Malformed
    return following


def _is_readable(span: _Span, data: bytes) -> bool:
    return span.tag in "ifhdbTFN" or (span.tag in "sS" and _is_utf8(data[span.start : span.end]))


def _is_utf8(data: bytes) -> bool:
    try:
        return data.isascii() or bool(data.decode())
    except UnicodeDecodeError:
        return False


def _read_values(address: str, spans: list[_Span], data: bytes) -> list[Value]:
    tags = "," + "".join(_READ_AS.get(span.tag, span.tag) for span in spans)
    head = osc_types.write_string(address) + osc_types.write_string(tags)
    values: list[Value] = OscMessage(head + b"".join(data[span.start : span.end] for span in spans)).params
    return values


def _unread(span: _Span, data: bytes) -> Value:
    """Text that is not UTF-8 is kept with surrogates, so that the sender can be told which argument it was."""
    if span.tag in "sS":
        return _string(data, span.start)[0].decode("utf-8", "surrogateescape")
    return OtherValue(span.tag) if span.tag in _TYPE_NAMES else None


def _is_address(text: str) -> bool:
    return text.startswith("/") and text.isascii() and text.isprintable()


def _clean(value: Value) -> Value:
    """A file name that is not UTF-8 still has to be told."""
    return value.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _strings_by_length(message: Message) -> list[int]:
    """Indices of strings, the longest first."""
    strings = [i for i, value in enumerate(message.args) if isinstance(value, str)]
    return sorted(strings, key=lambda i: len(str(message.args[i])), reverse=True)


def _kind(message: Message, index: int) -> ArgumentKind:
    known = REPLIES.get(message.address)
    return known.arguments[index].kind if known and index < len(known.arguments) else ArgumentKind.TEXT


def _shorten(message: Message, index: int, excess: int) -> Message:
    text = str(message.args[index]).encode()
    keep = max(0, len(text) - excess - len("…".encode()))
    cut = "" if _kind(message, index) is ArgumentKind.PATH else text[:keep].decode("utf-8", "ignore") + "…"
    return Message(message.address, (*message.args[:index], cut, *message.args[index + 1 :]))
