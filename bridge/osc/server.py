"""The OSC server: one thread only receives, so that nothing is lost and no slow request delays an urgent one.

Bound to 127.0.0.1. Every request is answered, wrong ones with /sidestick/fail; bytes that are not OSC are counted
and dropped, and so are sidestick's own answers, or two servers that point at each other would talk for ever.
"""

import queue
import select
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.osc.addresses import DEFAULT_PORT, REPLIES, REQUESTS, Lane
from bridge.osc.calls import Call, CallError, claimed_id, claimed_reply_port, read_call
from bridge.osc.codec import CodecError, Message, decode
from bridge.osc.replies import datagram, fail, refusal

HOST = "127.0.0.1"

_LARGEST_PACKET = 65535
_RECEIVE_BUFFER = 1 << 20
_LONGEST_QUEUE = 4096


@dataclass(frozen=True, slots=True)
class Peer:
    """Where an answer goes."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


Handler = Callable[[Call, Peer], Sequence[Message]]
_Item = tuple[Message, Peer] | None


class OscServer:
    """Receives from construction on, handles from start() to stop().

    `handle` answers a checked call, in one thread per lane. `osc_port` 0 takes any free one; OSError says that
    the port is taken. `counts` tells how much was received, garbage, busy, looped, unsent.
    """

    def __init__(self, handler: Handler, osc_port: int = DEFAULT_PORT) -> None:
        self.counts: Counter[str] = Counter()
        self._handler = handler
        self._socket = _bound_socket(osc_port)
        self._count_lock = threading.Lock()
        self.osc_port: int = self._socket.getsockname()[1]
        self._lanes: dict[Lane, queue.Queue[_Item]] = {lane: queue.Queue(_LONGEST_QUEUE) for lane in Lane}
        self._stopping = threading.Event()
        self._receiver = threading.Thread(target=self._receive, name="osc receive", daemon=True)
        self._workers = [
            threading.Thread(target=self._work, args=(lane,), name=f"osc {lane}", daemon=True) for lane in Lane
        ]

    def start(self) -> None:
        for thread in (*self._workers, self._receiver):
            thread.start()

    def stop(self) -> None:
        """Answers what was received before, then closes the port."""
        self._stopping.set()
        if self._receiver.ident is not None:
            self._socket.sendto(b"", (HOST, self.osc_port))
            self._receiver.join()
        self._end_workers()
        self._socket.close()

    def send(self, message: Message, peer: Peer) -> None:
        """Never blocks and never raises for a peer that is gone or does not read."""
        try:
            self._socket.sendto(datagram(message), (peer.host, peer.port))
        except (OSError, CodecError):
            self._count("unsent")

    def _count(self, what: str) -> None:
        with self._count_lock:
            self.counts[what] += 1

    def _end_workers(self) -> None:
        for lane, worker in zip(Lane, self._workers, strict=True):
            if worker.ident is not None:
                self._lanes[lane].put(None)
                worker.join()

    def _receive(self) -> None:
        while not self._stopping.is_set():
            select.select([self._socket], [], [])
            self._drain()

    def _drain(self) -> None:
        for _ in range(_LONGEST_QUEUE):
            try:
                data, (host, port) = self._socket.recvfrom(_LARGEST_PACKET)
            except BlockingIOError:
                return
            except ConnectionError:  # Windows reports a peer that closed its port here
                continue
            if data:
                self._accept(data, Peer(host, port))

    def _accept(self, data: bytes, sender: Peer) -> None:
        self._count("received")
        try:
            messages = decode(data)
        except CodecError:
            self._count("garbage")
            return
        for message in messages:
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
            self.send(_busy_reply(message), _peer(sender, claimed_reply_port(message.address, message.args)))

    def _work(self, lane: Lane) -> None:
        while (item := self._lanes[lane].get()) is not None:
            self._answer(*item)

    def _answer(self, message: Message, sender: Peer) -> None:
        try:
            call = read_call(message.address, message.args)
        except CallError as error:
            text = refusal(claimed_id(message.args), message.address, error)
            self.send(text, _peer(sender, claimed_reply_port(message.address, message.args)))
            return
        peer = _peer(sender, call.reply_port)
        for answer in self._handler(call, peer):
            self.send(answer, peer)


def _peer(sender: Peer, reply_port: int) -> Peer:
    return Peer(sender.host, reply_port or sender.port)


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
