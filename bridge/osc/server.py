"""The OSC server: one thread only receives, so that nothing is lost and no slow request delays an urgent one.

Bound to 127.0.0.1. Every request is answered, wrong ones with /sidestick/fail; bytes that are not OSC are counted
and dropped, and so are sidestick's own answers, or two servers that point at each other would talk for ever. A bundle
of wrong requests that names the port of a third program must not become a flood there, so refusals are limited.

A panic must come through a flood: it is told from its first bytes, before anything else is read, and while datagrams
pile up the threads that read and handle them leave Python's one lock to the thread that receives. What is lost in a
flood is lost by the system, whose buffer is small, so this thread does next to nothing for a datagram: what does not
even begin like OSC, or finds no room, is counted and forgotten.
"""

import queue
import select
import socket
import sys
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bridge.guard import Guard
from bridge.osc.addresses import DEFAULT_PORT, FAIL, ID, REPLIES, REQUESTS, Lane
from bridge.osc.calls import Call, CallError, claimed_id, claimed_reply_port, fail, read_call, refusal
from bridge.osc.wire import Message, WireError, read_datagram, write_reply

HOST = "127.0.0.1"

_LARGEST_PACKET = 65535
_RECEIVE_BUFFER = 1 << 20
_LONGEST_QUEUE = 4096  # messages in each lane
_MOST_UNREAD = 4096  # datagrams
_URGENT = tuple(f"{path}\0".encode() for path, request in REQUESTS.items() if request.lane is Lane.SILENCE)
_FIRST_BYTES = b"/#"  # of an address, of a bundle
_PILE = 64  # datagrams in a row: they come faster than they are handled
_RECOVERY = 0.1  # seconds; a port that breaks at every look must not fill the log at once
_PAUSE = 0.02  # seconds that handling waits at most for the pile to be taken in
_REFUSALS_AT_ONCE = 60
_REFUSALS_PER_SECOND = 20.0
_ANSWERS_AT_ONCE = 200  # to a port that is not the sender's; a socket of Linux holds 250 by default
_ANSWERS_PER_SECOND = 100.0
_REMEMBERED_PEERS = 1024
_LONGEST_STOP = 2.0  # seconds for the requests that are under way; one that hangs must not keep the process alive


@dataclass(frozen=True, slots=True)
class Peer:
    """Where an answer goes."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class AnswerLimit:
    """How many answers each peer may get: some at once, and so many a second. `clock` gives seconds that never go back.

    Who has used them up is left alone until half of them are there again.
    """

    def __init__(self, at_once: int, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once, self._per_second, self._clock = at_once, per_second, clock
        self._left: OrderedDict[Peer, tuple[float, float, bool]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, peer: Peer) -> int:
        """How many answers are left, this one included; 0 if it must not go out."""
        now = self._clock()
        with self._lock:
            left, since, silent = self._left.pop(peer, (float(self._at_once), now, False))
            left = min(float(self._at_once), left + self._per_second * (now - since))
            silent = silent and left < self._at_once / 2
            self._left[peer] = (left if silent else left - 1), now, silent or left < 2
            while len(self._left) > _REMEMBERED_PEERS:
                self._left.popitem(last=False)
        return 0 if silent else int(left)


Handler = Callable[[Call, Peer], Sequence[Message]]
_Item = tuple[Message, Peer] | None


class OscServer:
    """Receives from construction on, handles from start() to stop().

    `handle` answers a checked call, in one thread per lane. `osc_port` 0 takes any free one; OSError says that
    the port is taken. `counts` tells how much was received, garbage, busy, looped, unsent, withheld.
    """

    def __init__(self, handler: Handler, osc_port: int = DEFAULT_PORT) -> None:
        self.counts: Counter[str] = Counter()
        self._handler = handler
        self._socket = _bound_socket(osc_port)
        self._count_lock = threading.Lock()
        self._refusal_limit = AnswerLimit(_REFUSALS_AT_ONCE, _REFUSALS_PER_SECOND)
        self._third_port_limit = AnswerLimit(_ANSWERS_AT_ONCE, _ANSWERS_PER_SECOND)
        self.osc_port: int = self._socket.getsockname()[1]
        self._buffer = bytearray(_LARGEST_PACKET)
        self._unread: queue.Queue[tuple[bytes, Peer] | None] = queue.Queue(_MOST_UNREAD)
        self._lanes: dict[Lane, queue.Queue[_Item]] = {lane: queue.Queue(_LONGEST_QUEUE) for lane in Lane}
        self._calm = threading.Event()
        self._calm.set()
        self._stopping = threading.Event()
        self._receiver = threading.Thread(target=self._receive, name="osc receive", daemon=True)
        self._reader = threading.Thread(target=self._read, name="osc read", daemon=True)
        self._workers = [
            threading.Thread(target=self._work, args=(lane,), name=f"osc {lane}", daemon=True) for lane in Lane
        ]

    def start(self) -> None:
        for thread in (*self._workers, self._reader, self._receiver):
            thread.start()

    def stop(self) -> None:
        """Answers what was received before, as far as that is quick, then closes the port."""
        self._stopping.set()
        if self._receiver.ident is not None:
            self._socket.sendto(b"", (HOST, self.osc_port))
            self._receiver.join()
            self._unread.put(None)
            self._reader.join()
        self._end_workers()
        self._socket.close()

    def send(self, message: Message, peer: Peer) -> None:
        """Never blocks and never raises for a peer that is gone or does not read."""
        try:
            self._socket.sendto(write_reply(message), (peer.host, peer.port))
        except (OSError, WireError):
            self._count("unsent")

    def _count(self, what: str, number: int = 1) -> None:
        with self._count_lock:
            self.counts[what] += number

    def _end_workers(self) -> None:
        for lane, worker in zip(Lane, self._workers, strict=True):
            if worker.ident is not None:
                with suppress(queue.Full):
                    self._lanes[lane].put(None, timeout=_LONGEST_STOP)
                worker.join(_LONGEST_STOP)

    def _receive(self) -> None:
        while not self._stopping.is_set():
            with Guard("The OSC port") as guard:
                select.select([self._socket], [], [])
                self._drain()
                self._calm.set()
            if guard.error:
                self._stopping.wait(_RECOVERY)

    def _drain(self) -> None:
        """Takes in all that has arrived; short and plain, for it runs for each datagram of a flood."""
        buffer, receive = self._buffer, self._socket.recvfrom_into
        for number in range(_MOST_UNREAD):
            try:
                size, sender = receive(buffer)
            except BlockingIOError:
                break
            except ConnectionError:  # Windows reports a peer that closed its port here
                continue
            if number == _PILE:
                self._calm.clear()
            if not size:
                continue
            self._count("received")
            if buffer[0] not in _FIRST_BYTES:
                self._count("garbage")
            elif buffer.startswith(_URGENT) or not self._unread.full():
                with Guard(f"A datagram of {sender[0]}:{sender[1]}"):
                    self._take(bytes(buffer[:size]), Peer(*sender))
            else:
                self._count("busy")

    def _take(self, data: bytes, sender: Peer) -> None:
        if data.startswith(_URGENT):
            self._accept(data, sender)
            return
        try:
            self._unread.put_nowait((data, sender))
        except queue.Full:
            self._count("busy")

    def _read(self) -> None:
        while (item := self._unread.get()) is not None:
            self._calm.wait(_PAUSE)
            with Guard(f"A datagram of {item[1]}"):
                self._accept(*item)

    def _accept(self, data: bytes, sender: Peer) -> None:
        datagram = read_datagram(data)
        if datagram.malformed:
            self._count("garbage", datagram.malformed)
        for message in datagram.messages:
            self._enqueue(message, sender)

    def _enqueue(self, message: Message, sender: Peer) -> None:
        if message.address in REPLIES:
            self._count("looped")
            return
        request = REQUESTS.get(message.address)
        try:
            self._lanes[request.lane if request else Lane.PROMPT].put_nowait((message, sender))
        except queue.Full:
            self._count("busy")
            self._send_limited(_busy_reply(message), sender, claimed_reply_port(message.address, message.args))

    def _work(self, lane: Lane) -> None:
        while (item := self._lanes[lane].get()) is not None:
            if lane is not Lane.SILENCE:
                self._calm.wait(_PAUSE)
            with Guard(f"{item[0].address} of {item[1]}"):
                self._answer(*item)

    def _answer(self, message: Message, sender: Peer) -> None:
        try:
            call = read_call(message.address, message.args)
        except CallError as error:
            text = refusal(claimed_id(message.args), message.address, error)
            self._send_limited(text, sender, claimed_reply_port(message.address, message.args))
            return
        for answer in self._handler(call, _peer(sender, call.reply_port)):
            self._send_limited(answer, sender, call.reply_port)

    def _send_limited(self, message: Message, sender: Peer, reply_port: int) -> None:
        """Too many refusals, or answers to somebody else's port, are withheld; the last one that goes out says so."""
        peer = _peer(sender, reply_port)
        left = self._refusal_limit.take(peer) if message.address == FAIL else _REFUSALS_AT_ONCE
        if peer != sender:
            left = min(left, self._third_port_limit.take(peer))
        if left == 1:
            message = _last_answer(message)
        if left:
            self.send(message, peer)
        else:
            self._count("withheld")


def _peer(sender: Peer, reply_port: int) -> Peer:
    return Peer(sender.host, reply_port or sender.port)


def _last_answer(message: Message) -> Message:
    text = "Too many answers at once; further ones are left out. Send this request again in a moment."
    known = REPLIES.get(message.address)
    has_id = known is not None and known.arguments[0] is ID
    identity = message.args[0] if has_id and isinstance(message.args[0], str | int) else ""
    address = str(message.args[1]) if message.address == FAIL else message.address
    return fail(identity, address, "busy", text)


def _busy_reply(message: Message) -> Message:
    text = "Too many requests wait. Send this one again in a moment."
    return fail(claimed_id(message.args), message.address, "busy", text)


def _bound_socket(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if sys.platform == "win32":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    bound.setblocking(False)
    try:
        bound.bind((HOST, port))
    except OSError:
        bound.close()
        raise
    return bound
