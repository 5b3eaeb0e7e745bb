"""What sidestick says: answers and events made by name from the table, and cut to what a datagram may hold."""

from bridge.osc.addresses import FAIL, REPLIES, ArgumentKind
from bridge.osc.calls import CallError, RequestId
from bridge.osc.codec import Message, Value, encode

LARGEST_DATAGRAM = 1400  # bytes; what every host reads and no network card splits


def reply(address: str, /, **values: Value) -> Message:
    """The message `address` with its arguments by name; optional ones may be left out from the end.

    Raises KeyError or TypeError when the names are not those of the table.
    """
    names = [argument.name for argument in REPLIES[address].arguments]
    required = sum(not argument.optional for argument in REPLIES[address].arguments)
    if sorted(values) != sorted(names[: len(values)]) or len(values) < required:
        raise TypeError(f"{address} takes {' '.join(names)}, not {' '.join(values)}")
    return Message(address, tuple(values[name] for name in names[: len(values)]))


def fail(identity: RequestId, address: str, code: str, text: str, *job: str) -> Message:
    """A refusal; with a job, the failure of that job."""
    return Message(FAIL, (identity, address, code, text, *job))


def refusal(identity: RequestId, address: str, error: CallError) -> Message:
    return fail(identity, address, error.code, error.text)


def datagram(message: Message) -> bytes:
    """At most LARGEST_DATAGRAM bytes. Text is shortened, with a … at its end; a path is whole or empty."""
    message = Message(message.address, tuple(map(_clean, message.args)))
    for index in _strings_by_length(message):
        excess = len(encode(message)) - LARGEST_DATAGRAM
        if excess > 0:
            message = _shorten(message, index, excess)
    return encode(message)


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
