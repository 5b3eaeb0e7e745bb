import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bridge.osc.calls import fail, reply
from bridge.osc.client import Client, NoAnswerError, RefusedError
from bridge.osc.wire import Message, WireError, read_datagram, write_message

PATIENCE = 10.0

Script = Callable[[Message, int], list[Message]]


@contextmanager
def serve_script(script: Script) -> Iterator[int]:
    """A peer that answers each datagram with what `script` makes of it and its number; yields its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_answer_all, args=(peer, script))
        thread.start()
        try:
            yield peer.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", peer.getsockname())
            thread.join(PATIENCE)


def _answer_all(peer: socket.socket, script: Script) -> None:
    number = 0
    while True:
        data, sender = peer.recvfrom(65535)
        if not data:
            return
        for message in script(read_datagram(data).messages[0], number):
            peer.sendto(write_message(message), sender)
        number += 1


def pong(identity: object) -> Message:
    assert isinstance(identity, str | int)
    return reply("/sidestick/pong", id=identity, name="sidestick", version="1", protocol=1, pid=1)


def silence(message: Message, number: int) -> list[Message]:
    return []


def test_a_lost_answer_is_asked_for_again_with_the_same_id() -> None:
    asked: list[Message] = []

    def script(message: Message, number: int) -> list[Message]:
        asked.append(message)
        return [pong(message.args[0])] if number == 1 else []

    with serve_script(script) as osc_port, Client(osc_port, PATIENCE) as client:
        client.ask("/sidestick/ping")
    assert asked[0] == asked[1]


def test_a_panic_that_is_lost_six_times_is_answered_within_a_second() -> None:
    def script(message: Message, number: int) -> list[Message]:
        return [reply("/sidestick/done", id=message.args[0])] if number == 6 else []

    with serve_script(script) as osc_port, Client(osc_port, 1.0) as client:
        assert client.ask("/sidestick/panic").address == "/sidestick/done"


def test_an_answer_to_somebody_elses_id_is_not_taken() -> None:
    def script(message: Message, number: int) -> list[Message]:
        return [pong("stranger"), pong(message.args[0])]

    with serve_script(script) as osc_port, Client(osc_port, PATIENCE) as client:
        assert client.ask("/sidestick/ping", identity="mine").args[0] == "mine"


def test_events_that_come_before_the_answer_are_kept_in_order() -> None:
    def script(message: Message, number: int) -> list[Message]:
        identity = message.args[0]
        done = reply("/sidestick/done", id="7", job="j1", revision=1, manifest="/m", midi="/a.mid")
        return [
            reply("/sidestick/queued", job="j1", path="/a.wav"),
            done,
            reply("/sidestick/ack", id=str(identity), job="j1"),
        ]

    with serve_script(script) as osc_port, Client(osc_port, PATIENCE) as client:
        assert client.ask("/sidestick/process", "/a.wav", identity="7").address == "/sidestick/ack"
        assert client.wait("j1", PATIENCE).args[-1] == "/a.mid"


def test_a_failed_job_ends_the_wait_too() -> None:
    def script(message: Message, number: int) -> list[Message]:
        other = reply("/sidestick/done", id="7", job="j2", revision=1, manifest="/m", midi="/b.mid")
        failed = fail("7", "/sidestick/process", "no_memory", "Too little memory.", "j1")
        return [reply("/sidestick/ack", id="7", job="j1"), other, failed]

    with serve_script(script) as osc_port, Client(osc_port, PATIENCE) as client:
        client.ask("/sidestick/process", "/a.wav", identity="7")
        assert client.wait("j1", PATIENCE).args[2] == "no_memory"


def test_a_refusal_is_raised_with_code_and_text() -> None:
    def script(message: Message, number: int) -> list[Message]:
        return [fail("7", message.address, "unknown_job", "There is no job j9.")]

    with serve_script(script) as osc_port, Client(osc_port) as client, pytest.raises(RefusedError) as caught:
        client.ask("/sidestick/undo", "j9", identity="7")
    assert caught.value.text == "There is no job j9."
    assert caught.value.code == "unknown_job"


def test_a_peer_that_says_nothing_is_given_up() -> None:
    with (
        serve_script(silence) as osc_port,
        Client(osc_port, timeout=0.05) as client,
        pytest.raises(NoAnswerError, match="did not answer within"),
    ):
        client.ask("/sidestick/ping")


def test_a_closed_port_is_told_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        closed = taken.getsockname()[1]
    with Client(closed, PATIENCE) as client, pytest.raises(NoAnswerError, match="Start it with: sidestick run"):
        client.ask("/sidestick/ping")


def test_a_request_too_big_for_a_datagram_is_refused_before_it_is_sent() -> None:
    with (
        serve_script(silence) as osc_port,
        Client(osc_port) as client,
        pytest.raises(WireError, match="a datagram holds at most 60000"),
    ):
        client.ask("/sidestick/relabel", "j1", "x" * 70_000)


def test_ids_are_never_the_same() -> None:
    with serve_script(silence) as osc_port, Client(osc_port) as one, Client(osc_port) as two:
        ids = [client.new_id() for _ in range(100) for client in (one, two)]
    assert len(set(ids)) == 200


def test_the_client_imports_nothing_heavy() -> None:
    code = "import sys, bridge.osc.send; print({'numpy', 'daemon', 'pydantic', 'platformdirs'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
