"""`sidestick send ADDRESS [ARGS...]`: one request from a shell or a script, with the answer on standard output.

Exit codes: 0 answered, 1 refused or failed, 2 wrong usage, 3 nobody answered.
"""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bridge.files import expand_home
from bridge.osc.addresses import DEFAULT_PORT, FAIL, PREFIX, REPLIES, REQUESTS, Argument, ArgumentKind, Request
from bridge.osc.calls import CallError, RequestId, read_call
from bridge.osc.client import Client, NoAnswerError, RefusedError, job_of
from bridge.osc.wire import Message, Value, WireError

ANSWERED, REFUSED, WRONG_USAGE, NO_ANSWER = 0, 1, 2, 3
NUDGE = 10.0  # seconds of silence after which a waiting client asks again, with the same id


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit code."""
    options = _parser().parse_args(argv)
    try:
        with Client(options.osc_port or _running_port(), options.timeout) as client:
            return _send_request(client, options)
    except (CallError, WireError) as error:
        return _print_error(str(error), WRONG_USAGE)
    except NoAnswerError as error:
        _record_answer(options, Message(FAIL, (options.id or "", options.address, "no_answer", str(error))), last=True)
        return _print_error(str(error), NO_ANSWER)
    except KeyboardInterrupt:
        return 130


def arguments(request: Request, words: Sequence[str], identity: RequestId) -> list[Value]:
    """The typed arguments that the words of a command line stand for. The reply goes to the sender's port."""
    left = list(words)
    given = {"id": identity, "reply_port": 0}
    values = [_value(argument, given, left) for argument in request.arguments]
    return [*(value for value in values if value is not None), *left]


def to_dict(message: Message) -> dict[str, Value]:
    """A message as a dictionary with the names of the table."""
    known = REPLIES.get(message.address)
    names = [argument.name for argument in known.arguments] if known else []
    if message.address == FAIL:
        names[1] = "request"
    return {"address": message.address, **dict(zip(names, message.args, strict=False))}


def _send_request(client: Client, options: Namespace) -> int:
    request = _request(options.address)
    identity: RequestId = options.id or client.new_id()
    args = arguments(request, options.args, identity)
    read_call(request.path, args)
    waits = bool(options.wait and request.then)
    try:
        answer = client.ask(request.path, *args[1:], identity=identity)
    except RefusedError as error:
        refusal = Message(FAIL, (identity, request.path, error.code, error.text))
        _record_answer(options, refusal, last=True)
        return _show_refusal(error, refusal, options.json)
    _record_answer(options, answer, last=not waits)
    _show(answer, options.json)
    return _follow(client, request, answer, args, options) if waits else ANSWERED


def _follow(client: Client, request: Request, answer: Message, args: list[Value], options: Namespace) -> int:
    """Shows what comes until the job ends. Asked again, sidestick tells the job's state anew."""
    job = job_of(answer)
    for message in _events(client, request, args):
        _show(message, options.json)
        over = message.address in request.ends and job_of(message) in (job, None)
        if options.answers:
            options.answers.add_event(message, last=over)
        if over:
            return REFUSED if message.address == FAIL else ANSWERED
    return ANSWERED


def _events(client: Client, request: Request, args: list[Value]) -> Iterator[Message]:
    while True:
        yield from client.events(NUDGE)
        client.ask(request.path, *args[1:], identity=_identity(args[0]))


def _record_answer(options: Namespace, answer: Message, *, last: bool) -> None:
    if options.answers:
        options.answers.add_answer(answer, last=last)


def _open_answer_file(path: str) -> object:
    from bridge.osc.answer_file import AnswerFile

    return AnswerFile(Path(path))


def _identity(value: Value) -> RequestId:
    return value if isinstance(value, int) else str(value)


def _request(address: str) -> Request:
    path = address if address.startswith("/") else PREFIX + address
    if path not in REQUESTS:
        read_call(path, [])
    return REQUESTS[path]


def _value(argument: Argument, given: dict[str, RequestId], words: list[str]) -> Value:
    if argument.name in given:
        return given[argument.name]
    if not words:
        return argument.default if argument.optional else None
    word = words.pop(0)
    if argument.kind is ArgumentKind.PATH:
        return str(expand_home(word).absolute())
    return _number(word, argument.kind) if argument.kind in (ArgumentKind.INT, ArgumentKind.FLOAT) else word


def _number(word: str, kind: ArgumentKind) -> Value:
    """What is no number stays a word, and sidestick says what it must be."""
    try:
        return int(word) if kind is ArgumentKind.INT else float(word)
    except ValueError:
        return word


def _show(message: Message, as_json: bool) -> None:
    print(json.dumps(to_dict(message)) if as_json else message, flush=True)


def _show_refusal(error: RefusedError, message: Message, as_json: bool) -> int:
    if as_json:
        _show(message, as_json)
        return REFUSED
    return _print_error(error.text, REFUSED)


def _print_error(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code


def _running_port() -> int:
    from bridge.discovery import read_running, state_folder

    running = read_running(state_folder())
    return running.osc_port if running else DEFAULT_PORT


def _parser() -> ArgumentParser:
    requests = "\n".join(f"  {_usage(request):<34} {request.doc}" for request in REQUESTS.values())
    parser = ArgumentParser(
        prog="sidestick send",
        description="Send one request to the running sidestick and print its answer.",
        epilog=f"requests:\n{requests}\n\nexit codes: 0 answered, 1 refused, 2 wrong usage, 3 no answer",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("address", help="/sidestick/process or just process")
    parser.add_argument("args", nargs="*", help="its arguments, without id and reply_port")
    parser.add_argument("--osc-port", type=int, help="default: the running sidestick's")
    parser.add_argument("--id", help="the request id; the same one again is never done twice")
    parser.add_argument("--timeout", type=float, default=5.0, help="seconds to wait for the answer")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--answers", type=_open_answer_file, metavar="FILE", help="write the answers there, too")
    parser.add_argument("--wait", action="store_true", help="go on until the job is done or has failed")
    return parser


def _usage(request: Request) -> str:
    return " ".join([request.verb, *(str(a) for a in request.arguments if a.name not in ("id", "reply_port"))])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
