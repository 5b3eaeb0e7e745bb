import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bridge.discovery import RunningDaemon, publish
from bridge.osc.client import Client
from bridge.osc.wire import Message, read_datagram, write_message
from daemon.errors import ConfigError
from daemon.events import Done, Progress
from daemon.inlets.osc import OscInlet
from tests.fake_core import JOB, FakeDaemon

PATIENCE = 10.0


@contextmanager
def inlet(fake_daemon: FakeDaemon) -> Iterator[OscInlet]:
    running = OscInlet(fake_daemon.dispatcher, osc_port=0)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket of the same host that only listens, as Max's udpreceive does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.settimeout(PATIENCE)
        yield heard


def hears(listener: socket.socket) -> Message:
    [message] = read_datagram(listener.recv(65535)).messages
    return message


def test_answer_and_events_go_to_the_reply_port(listener: socket.socket) -> None:
    fake_daemon = FakeDaemon()
    with inlet(fake_daemon) as osc, Client(osc.osc_port) as client:
        asked = Message("/sidestick/process", ("7", "/a.wav", "{}", listener.getsockname()[1]))
        client._transmit(write_message(asked))
        assert hears(listener) == Message("/sidestick/ack", ("7", JOB))
        fake_daemon.notifier.handle_event(Progress(JOB, "hits", 0.5))
        fake_daemon.notifier.handle_event(Done(JOB, 1, "/m.json", "/a.mid"))
        assert hears(listener).address == "/sidestick/progress"
        assert hears(listener) == Message("/sidestick/done", ("7", JOB, 1, "/m.json", "/a.mid"))


def test_a_wrong_call_is_refused_at_the_reply_port_too(listener: socket.socket) -> None:
    with inlet(FakeDaemon()) as osc, Client(osc.osc_port) as client:
        client._transmit(write_message(Message("/sidestick/audition", ("7", "j1", "three", listener.getsockname()[1]))))
        assert hears(listener).args[:3] == ("7", "/sidestick/audition", "bad_argument")


def test_a_client_hears_of_its_own_job_only() -> None:
    fake_daemon = FakeDaemon()
    with inlet(fake_daemon) as osc, Client(osc.osc_port, PATIENCE) as mine, Client(osc.osc_port, PATIENCE) as other:
        mine.ask("/sidestick/process", "/a.wav")
        other.ask("/sidestick/ping")
        fake_daemon.notifier.handle_event(Done(JOB, 1, "/m.json", "/a.mid"))
        assert mine.wait(JOB, PATIENCE).args[-1] == "/a.mid"
        assert list(other.events(timeout=0.01)) == []


def test_a_subscriber_that_died_is_no_trouble(listener: socket.socket) -> None:
    fake_daemon = FakeDaemon()
    with inlet(fake_daemon) as osc, Client(osc.osc_port, PATIENCE) as client:
        with closing(Client(osc.osc_port, PATIENCE)) as dead:
            dead.ask("/sidestick/subscribe", 0, 60)
        client.ask("/sidestick/subscribe", 0, 60)
        for number in range(20):
            fake_daemon.notifier.handle_event(Done(f"j{number}", 1, "/m.json", "/a.mid"))
        assert client.wait("j19", PATIENCE).args[1] == "j19"


def test_a_port_taken_by_another_sidestick_says_by_whom() -> None:
    with inlet(FakeDaemon()) as osc, pytest.raises(ConfigError) as caught:
        OscInlet(FakeDaemon().dispatcher, osc.osc_port)
    [problem] = caught.value.problems
    assert "taken by another sidestick 0.1.0 (process 4242)" in problem


def test_a_port_taken_by_a_sidestick_that_hangs_is_named_from_its_file(
    listener: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = listener.getsockname()[1]
    publish(RunningDaemon(os.getpid(), taken, "/spool", "0.1.0", ()), tmp_path)
    monkeypatch.setenv("SIDESTICK_STATE_FOLDER", str(tmp_path))
    monkeypatch.setattr("daemon.inlets.osc._PING_TIMEOUT", 0.01)
    with pytest.raises(ConfigError, match=f"process {os.getpid()}\\) that does not answer"):
        OscInlet(FakeDaemon().dispatcher, taken)


def test_a_port_taken_by_another_program_says_so(
    listener: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIDESTICK_STATE_FOLDER", str(tmp_path))
    monkeypatch.setattr("daemon.inlets.osc._PING_TIMEOUT", 0.01)
    with pytest.raises(ConfigError, match="taken by another program"):
        OscInlet(FakeDaemon().dispatcher, listener.getsockname()[1])


def test_only_this_computer_is_heard() -> None:
    with inlet(FakeDaemon()) as osc:
        assert osc.server._socket.getsockname()[0] == "127.0.0.1"
