"""The table of addresses.py applied: from a message to a checked call, and from values to a reply by name.

What the table does not allow is refused in a sentence.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Never

from bridge.osc.addresses import (
    FAIL,
    REPLIES,
    REPLY_PORT,
    REQUESTS,
    Argument,
    ArgumentKind,
    Request,
    nearest_request,
)
from bridge.osc.wire import Message, OtherValue, Value

RequestId = str | int

_LONGEST_ID = 64


class CallError(ValueError):
    """A request that the contract does not allow. `code` is one of addresses.WIRE_CODES."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Call:
    """A checked request: `values` holds every argument of the table but id and reply_port, by name."""

    request: Request
    id: RequestId
    values: Mapping[str, Any]
    reply_port: int = 0


def read_call(address: str, args: Sequence[object]) -> Call:
    """The call that a message makes, or CallError."""
    request = REQUESTS.get(address) or _refuse_unknown(address)
    values = _bind(request, list(args))
    identity, reply_port = values.pop("id"), values.pop("reply_port")
    return Call(request, identity, values, reply_port)


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


def claimed_id(args: Sequence[object]) -> RequestId:
    """The id of a call that may be wrong in every other way, so that its sender can be answered."""
    first = args[0] if args else ""
    return first if isinstance(first, str | int) and not isinstance(first, bool) else ""


def claimed_reply_port(address: str, args: Sequence[object]) -> int:
    """Where the sender of a wrong call most likely listens; 0 if it does not say so."""
    request = REQUESTS.get(address)
    place = request.arguments.index(REPLY_PORT) if request else len(args)
    claims = [value for value in (*args[place : place + 1], *args[-1:]) if isinstance(value, int)]
    return next((value for value in claims if 1024 <= value <= 65535), 0)


def _refuse_unknown(address: str) -> Never:
    guess = nearest_request(address)
    hint = f"did you mean {guess}?" if guess else f"the requests are {', '.join(REQUESTS)}."
    raise CallError("unknown_address", f"sidestick knows no {address}; {hint}")


def _bind(request: Request, args: list[object]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    spare = len(request.arguments) - len(args)
    refused: CallError | None = None
    for argument in request.arguments:
        try:
            values[argument.name] = _take(argument, args)
        except CallError as error:
            refused = refused or error
            if not argument.optional or spare <= 0:
                raise refused from None
            # An optional argument may be left out when the next one has another type: (id, path, 9001).
            values[argument.name], spare = _convert(argument, argument.default), spare - 1
    if args:
        raise refused or CallError("too_many_arguments", f"{request.path} takes only {_names(request)}.")
    return values


def _take(argument: Argument, args: list[object]) -> object:
    if args:
        value = _convert(argument, args[0])
        del args[0]
        return value
    if argument.optional:
        return _convert(argument, argument.default)
    raise CallError("missing_argument", f"The argument {argument.name} ({argument.kind}) is missing.")


def _names(request: Request) -> str:
    return " ".join(map(str, request.arguments))


def _convert(argument: Argument, value: object) -> Any:
    return _CONVERTERS[argument.kind](argument, value)


def _bad_argument(argument: Argument, value: object, expected: str) -> CallError:
    return CallError("bad_argument", f"{argument.name} must be {expected}, not {_describe(value)}.")


def _describe(value: object) -> str:
    if isinstance(value, OtherValue | bytes):
        return str(value) if isinstance(value, OtherValue) else "a blob (OSC type b)"
    if isinstance(value, list | dict):
        return "a JSON list" if isinstance(value, list) else "a JSON object"
    shown = repr(value)
    return shown if len(shown) < 80 else shown[:80] + "…"


def _text(argument: Argument, value: object) -> str:
    if not isinstance(value, str):
        raise _bad_argument(argument, value, "a string")
    if "\0" in value or not _is_utf8(value):
        raise _bad_argument(argument, value, "UTF-8 text")
    return value


def _is_utf8(text: str) -> bool:
    return text.isascii() or text == text.encode("utf-8", "ignore").decode()


def _identity(argument: Argument, value: object) -> RequestId:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID:
        return _text(argument, value)
    raise _bad_argument(argument, value, f"an int or a string of 1 to {_LONGEST_ID} characters")


def _job(argument: Argument, value: object) -> str:
    return str(_identity(argument, value))


def _path(argument: Argument, value: object) -> str:
    if value == "":
        raise _bad_argument(argument, value, "the path of a file")
    return _text(argument, value)


def _whole_number(argument: Argument, value: object) -> int:
    number = _float(argument, value)
    if not number.is_integer():
        raise _bad_argument(argument, value, "a whole number")
    return int(number)


def _float(argument: Argument, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _bad_argument(argument, value, "a number")
    low = float("-inf") if argument.low is None else argument.low
    high = float("inf") if argument.high is None else argument.high
    if not low <= value <= high or abs(value) > 2**53:
        raise _bad_argument(argument, value, f"from {low:g} to {high:g}")
    return float(value)


def _object(argument: Argument, value: object) -> dict[str, Any]:
    """JSON text; the spool may also give the object itself. Nothing at all means {}."""
    if not isinstance(value, str | dict):
        raise _bad_json(argument, f"it must be an object such as {{}}, not {_describe(value)}")
    try:
        found = _read_json(value or "{}") if isinstance(value, str) else value
        text = json.dumps(found, ensure_ascii=False, allow_nan=False)
    except RecursionError:
        raise _bad_json(argument, "it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise _bad_json(argument, str(error)) from None
    except (ValueError, TypeError) as error:
        raise _bad_json(argument, str(error).partition(";")[0].removesuffix(".")) from None
    if not isinstance(found, dict):
        raise _bad_json(argument, "it must be an object such as {}")
    if not _is_utf8(text):
        raise _bad_json(argument, "it holds text that is not UTF-8")
    return found


def _read_json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it has {twice!r:.80} twice")
    return found


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a number of JSON")


def _bad_json(argument: Argument, reason: str) -> CallError:
    return CallError("bad_json", f"{argument.name} is not a JSON object: {reason}.")


_CONVERTERS: dict[ArgumentKind, Callable[[Argument, object], Any]] = {
    ArgumentKind.ID: _identity,
    ArgumentKind.JOB: _job,
    ArgumentKind.TEXT: _text,
    ArgumentKind.PATH: _path,
    ArgumentKind.JSON: _object,
    ArgumentKind.INT: _whole_number,
    ArgumentKind.FLOAT: _float,
}
