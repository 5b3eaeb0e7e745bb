import itertools
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress

import pytest

from bridge.osc.addresses import FAIL
from bridge.osc.calls import Call, fail, reply
from bridge.osc.client import Client, RefusedError
from bridge.osc.server import AnswerLimit, Handler, OscServer, Peer
from bridge.osc.wire import LARGEST_REPLY, Datagram, Message, read_datagram, write_message
from tests.osc_bytes import FOREIGN_TYPES, join_bundle, pad_text, raw_message

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
        slow._transmit(write_message(Message("/sidestick/relabel", ("slow", "j1", "{}"))))
        assert client.ask("/sidestick/panic", identity="urgent").args == ("urgent",)
        release.set()
        assert next(slow.events(PATIENCE)).args == ("slow",)


def test_what_does_not_begin_like_osc_takes_no_room_from_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.osc.server._MOST_UNREAD", 4)
    monkeypatch.setattr(OscServer, "start", lambda server: None)
    with serve() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        for datagram in (b"\xff" * 1024, b"GET / HTTP/1.1", b"/sidestick/ping\0"):
            peer.sendto(datagram, ("127.0.0.1", server.osc_port))
        server._drain()
        assert (server._unread.qsize(), server.counts["received"], server.counts["garbage"]) == (1, 3, 2)


def test_requests_of_one_lane_keep_their_order() -> None:
    seen: list[object] = []

    def handle(call: Call, peer: Peer) -> Sequence[Message]:
        seen.append(call.id)
        return pong(call, peer) if call.id == 199 else []

    with serve(handle) as server, Client(server.osc_port, PATIENCE) as client:
        for n in range(199):
            client._transmit(write_message(Message("/sidestick/status", (n,))))
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
        client._transmit(write_message(fail("1", "/sidestick/ping", "busy", "later")))
        client.ask("/sidestick/ping")
        assert server.counts["looped"] == 1


def test_a_reply_port_that_is_sidesticks_own_leads_nowhere() -> None:
    with serve() as server, Client(server.osc_port, PATIENCE) as client:
        client._transmit(write_message(Message("/sidestick/ping", ("1", server.osc_port))))
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
        client._transmit(write_message(Message("/sidestick/undo", (1, "j1"))))
        assert entered.wait(PATIENCE)
        for n in (2, 3):
            client._transmit(write_message(Message("/sidestick/undo", (n, "j1"))))
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
        client._transmit(write_message(Message("/sidestick/ping", ("1",))))
        server.start()
        server.stop()
        assert next(client.events(PATIENCE)).args[0] == "1"


def test_a_long_answer_is_cut_to_what_every_host_reads() -> None:
    def handle(call: Call, peer: Peer) -> Sequence[Message]:
        return [fail(call.id, "/sidestick/ping", "bad_option", "x" * 10_000)]

    text = refusal_of(handle, "/sidestick/ping").text
    assert len(text) < LARGEST_REPLY
    assert text.endswith("…")


@pytest.fixture
def third() -> Iterator[socket.socket]:
    """The port of a program that asked for nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(PATIENCE)
        yield listener


def received(listener: socket.socket) -> list[Message]:
    """What has come so far; the loopback is as quick as the sender."""
    listener.setblocking(False)
    found: list[Message] = []
    with suppress(BlockingIOError):
        while True:
            found += read_datagram(listener.recv(65535)).messages
    return found


@pytest.mark.parametrize("address", ["/nobody/knows", "/sidestick/undo", "/sidestick/ping"])
def test_a_bundle_cannot_turn_sidestick_against_a_third_program(third: socket.socket, address: str) -> None:
    port = third.getsockname()[1]
    args = {"/sidestick/ping": (7, port), "/sidestick/undo": (7, 1.5, port)}.get(address, (port,))
    flood = join_bundle(*[write_message(Message(address, args))] * 1000)
    with serve() as server, Client(server.osc_port, PATIENCE) as client:
        for _ in range(3):
            client._transmit(flood)
        client.ask("/sidestick/ping")
    answers = received(third)  # a server that has stopped has answered everything
    assert server.counts["withheld"] > 2000
    assert sum(len(write_message(answer)) for answer in answers) < len(flood)
    busy = [answer for answer in answers if answer.args[2:3] == ("busy",)]
    assert len(busy) == 1
    assert "Send this request again in a moment" in str(busy[0].args[3])


def test_whoever_was_refused_too_often_is_answered_again_after_a_while() -> None:
    now = [0.0]
    limit, peer, other = AnswerLimit(4, 2.0, lambda: now[0]), Peer("127.0.0.1", 1), Peer("127.0.0.1", 2)
    assert [limit.take(peer) for _ in range(6)] == [4, 3, 2, 1, 0, 0]
    assert limit.take(other) == 4
    now[0] = 0.9
    assert limit.take(peer) == 0
    now[0] = 1.1
    assert [limit.take(peer) for _ in range(3)] == [2, 1, 0]


@pytest.mark.parametrize("tags", FOREIGN_TYPES)
def test_an_id_of_a_type_that_is_none_is_refused_by_name_and_the_bundle_is_done(tags: str) -> None:
    strange = raw_message("/sidestick/ping", tags, FOREIGN_TYPES[tags])
    colour = raw_message("/layer1/color", tags, FOREIGN_TYPES[tags])
    with serve() as server, Client(server.osc_port, PATIENCE) as client:
        client._transmit(join_bundle(colour, strange, write_message(Message("/sidestick/ping", ("b-1",)))))
        unknown, refused, pong = itertools.islice(client.events(PATIENCE), 3)
    assert unknown.args[1:3] == ("/layer1/color", "unknown_address")
    assert (refused.args[2], f"OSC type {tags[0]}" in str(refused.args[3])) == ("bad_argument", True)
    assert (pong.address, pong.args[0]) == ("/sidestick/pong", "b-1")


def test_a_symbol_is_as_good_as_a_string() -> None:
    with serve() as server, Client(server.osc_port, PATIENCE) as client:
        client._transmit(raw_message("/sidestick/ping", "S", pad_text("sym-1")))
        assert next(client.events(PATIENCE)).args[0] == "sym-1"


def test_a_panic_behind_a_flood_does_not_wait_for_it() -> None:
    """The handler of pings is held: nothing of the flood is answered before the panic is."""
    release = threading.Event()

    def handle(call: Call, peer: Peer) -> Sequence[Message]:
        if call.request.verb == "ping":
            release.wait(10 * PATIENCE)
        return [reply("/sidestick/done", id=call.id)]

    with serve(handle) as server, Client(server.osc_port, PATIENCE) as client, Client(server.osc_port) as flooder:
        for number in range(8000):
            flooder._transmit(write_message(Message("/sidestick/ping", (number,))))
        assert client.ask("/sidestick/panic", identity="urgent").args == ("urgent",)
        assert client.ask("/sidestick/stop", identity="quiet").args == ("quiet",)
        release.set()


def test_a_panic_is_told_before_what_lies_unread_in_front_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is read until the panic is answered."""
    panicked, answered = threading.Event(), threading.Event()

    def read_late(data: bytes) -> Datagram:
        if not data.startswith(b"/sidestick/panic"):
            assert panicked.wait(PATIENCE)
        return read_datagram(data)

    def handle(call: Call, peer: Peer) -> Sequence[Message]:
        (panicked if call.request.verb == "panic" else answered).set()
        return []

    monkeypatch.setattr("bridge.osc.server.read_datagram", read_late)
    with serve(handle) as server, Client(server.osc_port, PATIENCE) as client:
        flood = join_bundle(*[write_message(Message("/sidestick/ping", (1,)))] * 1000)
        for _ in range(3):
            client._transmit(flood)
        client._transmit(write_message(Message("/sidestick/panic", (2,))))
        assert panicked.wait(PATIENCE)
        assert answered.wait(PATIENCE)


def test_more_than_can_be_read_is_counted_and_the_rest_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.osc.server._MOST_UNREAD", 1)
    entered, release = threading.Event(), threading.Event()

    def read_slowly(data: bytes) -> Datagram:
        entered.set()
        assert release.wait(PATIENCE)
        return read_datagram(data)

    monkeypatch.setattr("bridge.osc.server.read_datagram", read_slowly)
    with serve() as server, Client(server.osc_port, PATIENCE) as client:
        client._transmit(write_message(Message("/sidestick/ping", (1,))))
        assert entered.wait(PATIENCE)
        for number in range(2, 6):
            client._transmit(write_message(Message("/sidestick/ping", (number,))))
        while server.counts["received"] < 5:
            release.wait(0.01)
        release.set()
        assert next(client.events(PATIENCE)).args[0] == 1
        assert server.counts["busy"] == 3


def test_a_request_over_which_the_handler_breaks_is_logged_and_the_next_one_is_answered(
    guard_log: Callable[[], list[str]],
) -> None:
    calls = itertools.count()

    def handle(call: Call, peer: Peer) -> Sequence[Message]:
        if next(calls) == 0:
            raise ZeroDivisionError("oops")
        return pong(call, peer)

    with serve(handle) as server, Client(server.osc_port, PATIENCE) as client:
        assert client.ask("/sidestick/ping").args[1] == "sidestick"
    [line] = guard_log()
    assert line.startswith("/sidestick/ping of 127.0.0.1:")
    assert "ZeroDivisionError: oops" in line


def test_a_port_that_breaks_while_it_is_read_is_logged_and_the_next_request_is_answered(
    guard_log: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(pong) as server, Client(server.osc_port, PATIENCE) as client:
        drain = server._drain
        steps = iter([lambda: 1 / 0])
        monkeypatch.setattr(server, "_drain", lambda: next(steps, drain)())
        assert client.ask("/sidestick/ping").args[1] == "sidestick"
    assert guard_log() == ["The OSC port: something broke (ZeroDivisionError: division by zero). Please report it."]
