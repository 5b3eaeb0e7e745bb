import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import pytest

from bridge.osc.addresses import FAIL
from bridge.osc.calls import Call
from bridge.osc.client import Client, RefusedError
from bridge.osc.codec import Message, encode
from bridge.osc.replies import LARGEST_DATAGRAM, fail, reply
from bridge.osc.server import Handler, OscServer, Peer

PATIENCE = 10.0  # seconds until a test gives up


def pong(call: Call, peer: Peer) -> Sequence[Message]:
    return [reply("/sidestick/pong", id=call.id, name="sidestick", version="1", protocol=1, pid=1)]


@contextmanager
def serve(handle: Handler = pong) -> Iterator[OscServer]:
    server = OscServer(handle, osc_port=0)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def refusal_of(handle: Handler, address: str, *args: str) -> RefusedError:
    with (
        serve(handle) as server,
        Client(server.osc_port, PATIENCE) as client,
        pytest.raises(RefusedError) as caught,
    ):
        client.ask(address, *args)
    return caught.value


def test_a_request_is_answered_to_the_port_that_sent_it() -> None:
    with serve() as server, Client(server.osc_port, PATIENCE) as client:
        assert client.ask("/sidestick/ping").args[1:] == ("sidestick", "1", 1, 1)


def test_a_wrong_request_is_answered_with_the_reason() -> None:
    assert refusal_of(pong, "/sidestick/proces", "/a.wav").code == "unknown_address"


def test_an_urgent_request_is_answered_while_a_slow_one_is_at_work() -> None:
    release = threading.Event()

    def handle(call: Call, peer: Peer) -> Sequence[Message]:
        if call.request.verb == "relabel":
            release.wait(10 * PATIENCE)
        return [reply("/sidestick/done", id=call.id)]

    with serve(handle) as server, Client(server.osc_port, PATIENCE) as client, Client(server.osc_port) as slow:
        slow._transmit(encode(Message("/sidestick/relabel", ("slow", "j1", "{}"))))
        assert client.ask("/sidestick/panic", identity="urgent").args == ("urgent",)
        release.set()
        assert next(slow.events(PATIENCE)).args == ("slow",)


def test_requests_of_one_lane_keep_their_order() -> None:
    seen: list[object] = []

    def handle(call: Call, peer: Peer) -> Sequence[Message]:
        seen.append(call.id)
        return pong(call, peer) if call.id == 199 else []

    with serve(handle) as server, Client(server.osc_port, PATIENCE) as client:
        for n in range(199):
            client._transmit(encode(Message("/sidestick/stop", (n,))))
        client.ask("/sidestick/ping", identity=199)
    assert seen == list(range(200))


def test_bytes_that_are_not_osc_are_counted_and_dropped() -> None:
    with serve() as server, Client(server.osc_port, PATIENCE) as client:
        for junk in (b"hello", b"\0" * 64, b"/a\0\0,q\0\0"):
            client._transmit(junk)
        client.ask("/sidestick/ping")
        assert server.counts["garbage"] == 3


def test_our_own_answers_are_never_answered() -> None:
    with serve() as server, Client(server.osc_port, PATIENCE) as client:
        client._transmit(encode(fail("1", "/sidestick/ping", "busy", "later")))
        client.ask("/sidestick/ping")
        assert server.counts["looped"] == 1


def test_a_reply_port_that_is_sidesticks_own_leads_nowhere() -> None:
    with serve() as server, Client(server.osc_port, PATIENCE) as client:
        client._transmit(encode(Message("/sidestick/ping", ("1", server.osc_port))))
        asked = itertools.takewhile(lambda _: server.counts["looped"] == 0, range(100))
        for _ in asked:
            client.ask("/sidestick/ping")  # a lane of its own brings the stray answer back, soon but not at once
        assert server.counts["looped"] == 1


def test_a_full_queue_tells_the_sender_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.osc.server._LONGEST_QUEUE", 1)
    release, entered = threading.Event(), threading.Event()

    def handle(call: Call, peer: Peer) -> Sequence[Message]:
        entered.set()
        release.wait(PATIENCE)
        return []

    with serve(handle) as server, Client(server.osc_port, PATIENCE) as client:
        client._transmit(encode(Message("/sidestick/undo", (1, "j1"))))
        assert entered.wait(PATIENCE)
        for n in (2, 3):
            client._transmit(encode(Message("/sidestick/undo", (n, "j1"))))
        busy = next(client.events(PATIENCE))
        release.set()
    assert (busy.address, busy.args[:3]) == (FAIL, (3, "/sidestick/undo", "busy"))


def test_stopping_leaves_no_thread_and_no_open_port_behind() -> None:
    before = threading.active_count()
    with serve() as server:
        assert threading.active_count() > before
    assert threading.active_count() == before
    OscServer(pong, server.osc_port).stop()


def test_a_taken_port_is_an_error() -> None:
    with serve() as server, pytest.raises(OSError, match="in use"):
        OscServer(pong, server.osc_port)


def test_sending_to_nobody_or_what_osc_cannot_say_raises_nothing() -> None:
    with serve() as server:
        server.send(Message("/sidestick/ack", ("1", 2**70)), Peer("127.0.0.1", 9))
        server.send(reply("/sidestick/ack", id=1, job="j"), Peer("127.0.0.1", 9))
        assert server.counts["unsent"] == 1


def test_what_was_received_before_the_stop_is_still_answered() -> None:
    server = OscServer(pong, osc_port=0)
    with closing(Client(server.osc_port, PATIENCE)) as client:
        client._transmit(encode(Message("/sidestick/ping", ("1",))))
        server.start()
        server.stop()
        assert next(client.events(PATIENCE)).args[0] == "1"


def test_a_long_answer_is_cut_to_what_every_host_reads() -> None:
    def handle(call: Call, peer: Peer) -> Sequence[Message]:
        return [fail(call.id, "/sidestick/ping", "bad_option", "x" * 10_000)]

    text = refusal_of(handle, "/sidestick/ping").text
    assert len(text) < LARGEST_DATAGRAM
    assert text.endswith("…")
