"""Real UDP with liblo's oscsend and oscdump as clients that know nothing of sidestick (Debian: liblo-tools)."""

import random
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bridge.osc.client import Client
from bridge.osc.wire import Message, write_message
from daemon.events import Done, MidiWritten, Progress
from daemon.inlets.osc import OscInlet
from tests.fake_core import JOB, FakeDaemon
from tests.osc_bytes import build_bundle
from tests.ports import free_port

PATIENCE = 20.0


@pytest.fixture
def fake_daemon() -> FakeDaemon:
    return FakeDaemon()


@pytest.fixture
def osc(fake_daemon: FakeDaemon) -> Iterator[OscInlet]:
    inlet = OscInlet(fake_daemon.dispatcher, osc_port=0)
    inlet.start()
    yield inlet
    inlet.stop()


class Dump:
    """oscdump on a port of its own, read line by line."""

    def __init__(self, process: "subprocess.Popen[str]", osc_port: int) -> None:
        self._process = process
        self.osc_port = osc_port

    def line(self) -> list[str]:
        assert self._process.stdout is not None
        return self._process.stdout.readline().split()[1:]


@contextmanager
def oscdump() -> Iterator[Dump]:
    osc_port = free_port()
    command = ["oscdump", "-L", str(osc_port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        dump = Dump(process, osc_port)
        _until_it_listens(dump)
        yield dump
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _until_it_listens(dump: Dump) -> None:
    """Sends until oscdump prints: what is lost before it has bound its port is sent again."""
    heard = threading.Event()

    def knock() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knocker:
            while not heard.wait(0.02):
                knocker.sendto(write_message(Message("/knock")), ("127.0.0.1", dump.osc_port))
            knocker.sendto(write_message(Message("/ready")), ("127.0.0.1", dump.osc_port))

    knocking = threading.Thread(target=knock)
    knocking.start()
    assert dump.line()[0] == "/knock"
    heard.set()
    knocking.join()
    while dump.line()[0] != "/ready":
        pass


def oscsend(osc: OscInlet, address: str, types: str, *values: object) -> None:
    words = [str(value) for value in values]
    subprocess.run(["oscsend", "127.0.0.1", str(osc.osc_port), address, types, *words], check=True, timeout=PATIENCE)


def test_a_foreign_client_asks_and_a_foreign_server_hears(osc: OscInlet) -> None:
    with oscdump() as dump:
        oscsend(osc, "/sidestick/ping", "si", "7", dump.osc_port)
        assert dump.line() == ["/sidestick/pong", "sssii", '"7"', '"sidestick"', '"0.1.0"', "1", "4242"]


def test_a_relabel_from_outside_reaches_the_door(osc: OscInlet, fake_daemon: FakeDaemon) -> None:
    with oscdump() as dump:
        oscsend(osc, "/sidestick/relabel", "issi", 7, "j1", '{"clusters":{"3":"snare"}}', dump.osc_port)
        assert dump.line()[:3] == ["/sidestick/done", "isiss", "7"]
    assert fake_daemon.core.asked == [("relabel", {"job": "j1", "changes_json": {"clusters": {"3": "snare"}}})]


def test_a_foreign_subscriber_hears_the_events(osc: OscInlet, fake_daemon: FakeDaemon) -> None:
    with oscdump() as dump:
        oscsend(osc, "/sidestick/subscribe", "sii", "s", dump.osc_port, 60)
        assert dump.line()[:4] == ["/sidestick/status.reply", "siiss", '"s"', "1"]
        fake_daemon.notifier.handle_event(Progress(JOB, "separate", 0.25))
        fake_daemon.notifier.handle_event(MidiWritten(JOB, "/songs/one.mid"))
        fake_daemon.notifier.handle_event(Done(JOB, 1, "/m.json", "/songs/one.mid"))
        assert dump.line() == ["/sidestick/progress", "ssfis", '"j1"', '"separate"', "0.250000", "-1", '""']
        assert dump.line() == ["/sidestick/midi", "ss", '"j1"', '"/songs/one.mid"']
        assert dump.line()[:4] == ["/sidestick/done", "ssiss", '"s"', '"j1"']


def test_a_mistyped_address_is_answered_to_a_foreign_client(osc: OscInlet) -> None:
    with Client(osc.osc_port, PATIENCE) as client:
        client._transmit(build_bundle(Message("/sidestick/stat", ("1",)), Message("/sidestick/ping", ("2",))))
        first, second = (next(client.events(PATIENCE)) for _ in range(2))
    assert first.args[:3] == ("1", "/sidestick/stat", "unknown_address")
    assert second.args[0] == "2"


def test_a_foreign_type_that_sidestick_has_no_use_for_is_refused_by_name(osc: OscInlet) -> None:
    with oscdump() as dump:
        oscsend(osc, "/sidestick/ping", "mi", "00112233", dump.osc_port)
        line = " ".join(dump.line())
    assert "id must be an int or a string of 1 to 64 characters, not a MIDI message (OSC type m)." in line
    assert osc.server.counts["garbage"] == 0


def test_bursts_are_answered_whole_and_in_order(osc: OscInlet) -> None:
    with Client(osc.osc_port, PATIENCE) as client:
        for burst in range(10):
            wanted = list(range(burst * 100, burst * 100 + 100))
            for number in wanted:
                client._transmit(write_message(Message("/sidestick/ping", (number,))))
            assert [next(client.events(PATIENCE)).args[0] for _ in wanted] == wanted


def test_a_hundred_thousand_hostile_datagrams_leave_it_answering(osc: OscInlet) -> None:
    dice = random.Random(1)
    sound = write_message(Message("/sidestick/process", ("7", "/a.wav", '{"bpm": 120}', 9)))
    with Client(osc.osc_port, PATIENCE) as client:
        for number in range(100_000):
            client._transmit(_hostile(dice, sound))
            if number % 100 == 0:
                client.ask("/sidestick/ping")
        client.ask("/sidestick/ping")
        client._waiting.clear()
    assert osc.server.counts["garbage"] > 50_000
    assert osc.server.counts["received"] > 100_000


def _hostile(dice: random.Random, sound: bytes) -> bytes:
    if dice.random() < 0.5:
        return dice.randbytes(dice.randrange(1, 80))
    spoiled = bytearray(sound)
    for _ in range(3):
        spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
    return bytes(spoiled)
