"""A client of a running sidestick, for programs and tests, that imports in milliseconds."""

import itertools
import os
import socket
import time
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from bridge.osc.addresses import FAIL, REMARK, REPLIES, REQUESTS, ArgumentKind, Lane
from bridge.osc.calls import RequestId
from bridge.osc.wire import Message, Value, WireError, read_datagram, write_message

HOST = "127.0.0.1"
FIRST_RETRY = 0.25  # seconds; doubled at each further try
SILENCE_RETRY = 0.05  # seconds, each time; what ends a sound may be lost in a flood, and must not wait
LAST_RETRY = 1.0  # seconds; of several tries one gets through a flood

_LARGEST_PACKET = 65535
_LARGEST_REQUEST = 60_000


class NoAnswerError(Exception):
    """Nobody answered in time."""


class RefusedError(Exception):
    """sidestick answered /sidestick/fail."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Client:
    """Asks one sidestick, from one thread. A retry uses the same id, so that sidestick does nothing twice."""

    def __init__(self, osc_port: int, timeout: float = 5.0) -> None:
        self.osc_port = osc_port
        self._timeout = timeout
        self._ids = (f"{os.getpid():x}-{time.time_ns():x}-{n}" for n in itertools.count(1))
        self._waiting: deque[Message] = deque()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((HOST, osc_port))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def new_id(self) -> str:
        return next(self._ids)

    def ask(self, address: str, *args: Value, identity: RequestId | None = None) -> Message:
        """The first answer to a request; its id is made here. Raises RefusedError or NoAnswerError."""
        identity = self.new_id() if identity is None else identity
        answer = self._exchange(Message(address, (identity, *args)))
        if answer.address == FAIL:
            raise RefusedError(str(answer.args[2]), str(answer.args[3]))
        return answer

    def events(self, timeout: float | None = None) -> Iterator[Message]:
        """Messages as they come, until none has come for `timeout` seconds (None: for ever)."""
        while True:
            try:
                yield self._next_message(None if timeout is None else time.monotonic() + timeout)
            except TimeoutError:
                return

    def wait(self, job: str, timeout: float | None = None) -> Message:
        """The event that ends a job. Raises NoAnswerError when nothing comes for `timeout` seconds."""
        for message in self.events(timeout):
            if message.address in ENDS and job_of(message) == job:
                return message
        raise NoAnswerError(f"Nothing was heard of job {job} for {timeout:g} s.")

    def _exchange(self, message: Message) -> Message:
        """Other messages that come meanwhile are kept for events()."""
        data, deadline = _encode_request(message), time.monotonic() + self._timeout
        pause, longest = (SILENCE_RETRY, SILENCE_RETRY) if _is_urgent(message) else (FIRST_RETRY, LAST_RETRY)
        aside: list[Message] = []
        try:
            while time.monotonic() < deadline:
                self._transmit(data)
                answer = self._await_answer(message, min(deadline, time.monotonic() + pause), aside)
                if answer is not None:
                    return answer
                pause = min(2 * pause, longest)
        finally:
            self._waiting.extend(aside)
        raise NoAnswerError(f"sidestick on OSC port {self.osc_port} did not answer within {self._timeout:g} s.")

    def _await_answer(self, asked: Message, deadline: float, aside: list[Message]) -> Message | None:
        request = REQUESTS.get(asked.address)
        expected = {request.answer, FAIL} if request else {FAIL}
        while True:
            try:
                message = self._next_message(deadline)
            except TimeoutError:
                return None
            if message.address in expected and identity_of(message) == asked.args[0]:
                return message
            aside.append(message)

    def _transmit(self, data: bytes) -> None:
        try:
            self._socket.send(data)
        except ConnectionRefusedError:
            raise _no_answer(self.osc_port) from None

    def _next_message(self, deadline: float | None) -> Message:
        """Raises TimeoutError at `deadline`, NoAnswerError when the port is closed."""
        while not self._waiting:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            self._waiting.extend(self._receive())
        return self._waiting.popleft()

    def _receive(self) -> tuple[Message, ...]:
        try:
            return read_datagram(self._socket.recv(_LARGEST_PACKET)).messages
        except ConnectionError:
            raise _no_answer(self.osc_port) from None


ENDS = frozenset(end for request in REQUESTS.values() for end in request.ends)


def identity_of(message: Message) -> Value:
    return _first_of_kind(message, ArgumentKind.ID)


def job_of(message: Message) -> Value:
    return _first_of_kind(message, ArgumentKind.JOB)


def event_key(message: Message) -> tuple[object, ...]:
    """What an answer file keeps the latest event of: each kind for each job, and of remarks every one."""
    return (job_of(message), message.address, *(message.args if message.address == REMARK else ()))


def _first_of_kind(message: Message, kind: ArgumentKind) -> Value:
    known = REPLIES.get(message.address)
    arguments = known.arguments if known else ()
    found = (value for argument, value in zip(arguments, message.args, strict=False) if argument.kind is kind)
    return next(found, None)


def _is_urgent(message: Message) -> bool:
    request = REQUESTS.get(message.address)
    return request is not None and request.lane is Lane.SILENCE


def _encode_request(message: Message) -> bytes:
    data = write_message(message)
    if len(data) > _LARGEST_REQUEST:
        raise WireError(f"The request has {len(data)} bytes; a datagram holds at most {_LARGEST_REQUEST}.")
    return data


def _no_answer(osc_port: int) -> NoAnswerError:
    return NoAnswerError(f"No sidestick listens on OSC port {osc_port}. Start it with: sidestick run")
