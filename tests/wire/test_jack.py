"""The player on a real JACK server, heard by an independent client that notes the frame of every message."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("JACK's dummy server is tested on Linux", allow_module_level=True)

import jack

from bridge.midi.jack_port import Hub, JackIn, JackOut
from bridge.midi.player import Player
from bridge.midi.port import NoPort, open_in, open_out
from daemon.jobs.job import State
from daemon.jobs.store import FILE, JobStore
from daemon.outlets.midi_port import MidiOutlet, PortSettings, PushOptions
from tests import songs
from tests.fakes import clip_of
from tests.jobs.sample_jobs import job
from tests.wire.daemon_process import DaemonProcess
from tests.wire.jack_server import RATE, Receiver, Server, eventually

pytestmark = pytest.mark.real_time


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    name = f"sidestick-test-{os.getpid()}"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    running = Server(name)
    yield running
    running.stop()


@pytest.fixture
def player(server: Server) -> Iterator[Player]:
    port = open_out()
    assert isinstance(port, JackOut)
    playing = Player(port)
    playing.start()
    yield playing
    playing.close()


@pytest.fixture
def receiver(player: Player) -> Iterator[Receiver]:
    listening = Receiver("sidestick:out")
    yield listening
    listening.close()


def test_two_thousand_notes_arrive_each_at_its_frame(player: Player, receiver: Receiver) -> None:
    notes = [(n * 0.0025, 36 + n % 40) for n in range(2000)]
    player.play(clip_of(*notes, length=6.0, sounds=0.05))
    assert eventually(lambda: len(receiver.events) == 4000, 30)
    strikes = receiver.strikes()
    frames = [strike.frame - strikes[0].frame for strike in strikes]
    assert frames == [round(onset * RATE) for onset, _ in notes]
    assert [strike.message[1] for strike in strikes] == [pitch for _, pitch in notes]
    assert receiver.sounding() == set()


def test_stop_takes_effect_at_once_and_leaves_silence(player: Player, receiver: Receiver) -> None:
    player.play(clip_of(*((n * 0.01, 36 + n) for n in range(90)), sounds=30.0))
    assert eventually(lambda: len(receiver.strikes()) > 5)
    player.stop()
    assert eventually(lambda: receiver.sounding() == set())
    struck = len(receiver.strikes())
    time.sleep(0.1)
    assert len(receiver.strikes()) == struck < 90


def test_panic_reaches_the_other_end(player: Player, receiver: Receiver) -> None:
    player.play(clip_of((0.0, 36), sounds=30.0))
    assert eventually(lambda: receiver.sounding() == {(9, 36)})
    player.panic()
    assert eventually(lambda: bytes((0xB9, 120, 0)) in [event.message for event in receiver.events])
    assert receiver.sounding() == set()


def test_input_and_output_share_one_clock_and_one_client(server: Server) -> None:
    heard: list[tuple[bytes, float]] = []
    out = open_out("other")
    sync = open_in(lambda message, at: heard.append((message, at)), "sync", beside=out)
    assert isinstance(sync, JackIn) and isinstance(out, JackOut)
    with closing(out), closing(sync), jack.Client("patchbay", no_start_server=True) as patchbay:
        assert {"other:out", "other:sync"} <= {port.name for port in patchbay.get_ports(is_midi=True)}
        patchbay.connect("other:out", "other:sync")
        when = out.now() + 0.1
        out.schedule(b"\xf8", when)
        assert eventually(lambda: heard)
    assert heard[0][1] == pytest.approx(when, abs=1 / RATE)


def test_an_input_alone_has_a_client_of_its_own(player: Player) -> None:
    heard: list[bytes] = []
    with closing(open_in(lambda message, _: heard.append(message))) as sync:
        assert sync.label == "sidestick sync:in (JACK)"
        with jack.Client("patchbay", no_start_server=True) as patchbay:
            patchbay.connect("sidestick:out", "sidestick sync:in")
            player.play(clip_of((0.0, 36)))
            assert eventually(lambda: heard)
    assert heard[0] == bytes((0x99, 36, 100))


def test_an_input_that_is_closed_leaves_the_output_playing(player: Player, receiver: Receiver) -> None:
    out = player._port
    open_in(lambda *_: None, "sync", beside=out).close()
    player.play(clip_of((0.0, 36)))
    assert eventually(lambda: receiver.strikes())


def test_a_second_sidestick_gets_a_name_of_its_own(player: Player) -> None:
    other = open_out()
    assert isinstance(other, JackOut)
    assert other.label != "sidestick:out (JACK)"
    other.close()


DYING = """
import signal, sys, time
from bridge.midi.player import Player
from bridge.midi.port import open_out
from tests.fakes import clip_of

player = Player(open_out("dying"))
player.start()
if sys.argv[1] == "handler":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("ready", flush=True)
sys.stdin.readline()
player.play(clip_of((0.0, 36), (0.0, 42), (60.0, 38), length=90.0, sounds=50.0))
if sys.argv[1] == "crash":
    sys.stdin.readline()
    raise ValueError("on purpose")
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("manner", "signal_number"), [("handler", signal.SIGTERM), ("plain", signal.SIGINT), ("crash", None)]
)
def test_a_process_that_dies_leaves_silence(server: Server, manner: str, signal_number: int | None) -> None:
    dying = subprocess.Popen(
        [sys.executable, "-c", DYING, manner],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert dying.stdin and dying.stdout and dying.stdout.readline() == "ready\n"
    with closing(Receiver("dying:out")) as receiver:
        print(file=dying.stdin, flush=True)
        assert eventually(lambda: receiver.sounding() == {(9, 36), (9, 42)})
        dying.send_signal(signal_number) if signal_number else print(file=dying.stdin, flush=True)
        dying.wait(10)
        assert eventually(lambda: receiver.sounding() == set())
        assert bytes((0xB9, 123, 0)) in [event.message for event in receiver.events]


ENDING = """
import sys
from bridge.midi.player import Player
from bridge.midi.port import open_out
from daemon.shutdown import catch_end
from tests.fakes import clip_of

with catch_end() as asked:
    player = Player(open_out("dying"))
    player.start()
    print("ready", flush=True)
    sys.stdin.readline()
    player.play(clip_of((0.0, 36), (0.0, 42), (60.0, 38), length=90.0, sounds=50.0))
    asked.wait(60)
"""


def test_a_daemon_that_is_asked_to_end_again_and_again_ends_its_notes_first(server: Server) -> None:
    dying = subprocess.Popen(
        [sys.executable, "-c", ENDING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert dying.stdin and dying.stdout and dying.stdout.readline() == "ready\n"
    with closing(Receiver("dying:out")) as receiver:
        print(file=dying.stdin, flush=True)
        assert eventually(lambda: receiver.sounding() == {(9, 36), (9, 42)})
        while dying.poll() is None:
            dying.send_signal(signal.SIGTERM)
        assert dying.returncode == 0
        assert eventually(lambda: receiver.sounding() == set())


def test_the_outlet_gets_its_port_back_after_jack_was_restarted(server: Server) -> None:
    said: list[str] = []
    outlet = MidiOutlet(PortSettings(), said.append)
    assert outlet.open() == "MIDI leaves through sidestick:out (JACK)."
    server.stop()
    assert eventually(lambda: len(said) == 1)
    server.start()
    assert eventually(lambda: len(said) == 2)
    receiver = Receiver("sidestick:out")
    outlet.push(clip_of((0.0, 36)), PushOptions())
    assert eventually(lambda: len(receiver.strikes()) == 1)
    receiver.close()
    outlet.close()
    assert said[1] == "MIDI leaves through sidestick:out (JACK)."


class ClockSource:
    """A DAW that sends Start and then a tick every `every` frames."""

    def __init__(self, every: int) -> None:
        self.every, self.first = every, 0
        self.next: int | None = None
        self.client = jack.Client("daw", no_start_server=True)
        self.port = self.client.midi_outports.register("clock")
        self.client.set_process_callback(self._process)
        self.client.activate()

    def play(self) -> None:
        self.next = -1

    def _process(self, frames: int) -> None:
        self.port.clear_buffer()
        start = self.client.last_frame_time
        if self.next == -1:
            self.port.write_midi_event(0, b"\xfa")
            self.first = self.next = start + 10
        while self.next is not None and self.next < start + frames:
            self.port.write_midi_event(max(0, self.next - start), b"\xf8")
            self.next += self.every

    def close(self) -> None:
        self.client.deactivate()
        self.client.close()


def test_a_push_locked_to_midi_clock_lies_on_the_daws_beats(server: Server) -> None:
    with ExitStack() as open_parts:
        outlet = open_parts.enter_context(closing(MidiOutlet(PortSettings(), lambda _: None)))
        outlet.open()
        daw = open_parts.enter_context(closing(ClockSource(every=900)))
        daw.client.connect("daw:clock", "sidestick:sidestick sync")
        receiver = open_parts.enter_context(closing(Receiver("sidestick:out")))
        notes = [(n * 0.5, 36 + n) for n in range(5)]
        outlet.push(clip_of(*notes, bpm=120, length=2.5), PushOptions(when="transport"))
        daw.play()
        assert eventually(lambda: len(receiver.strikes()) == 5)
        late = [strike.frame - daw.first - n * 24 * 900 for n, strike in enumerate(receiver.strikes())]
    assert 0 <= late[0] < 0.05 * RATE
    assert max(map(abs, late[1:])) <= 2


def test_without_a_server_there_is_no_port_but_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "sidestick-nobody")
    missing = open_out()
    assert isinstance(missing, NoPort)
    assert "JACK is not running" in missing.reason


@pytest.mark.parametrize("kill", ["SIGTERM", "SIGKILL"])
def test_jack_and_sidestick_may_stop_at_the_same_moment(
    server: Server, kill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hub, "_shut_down", lambda *_: None)  # JACK's word of its end comes too late
    outlet = MidiOutlet(PortSettings(), lambda text: None)
    assert "JACK" in outlet.open()
    server.process.send_signal(getattr(signal, kill))
    server.process.wait(10)
    outlet.close()
    assert not outlet.is_playing("anything")


def test_jack_killed_in_the_middle_of_a_push_is_told_and_nothing_hangs_once_it_is_back(
    server: Server, tmp_path: Path
) -> None:
    home = DaemonProcess(tmp_path)
    manifest = songs.save_manifest(home.music)
    with closing(JobStore(home.state / FILE)) as listed:
        running = listed.move(listed.add(job(str(home.music / "Song.wav"))), State.RUNNING)
        song = listed.move(running, State.DONE, manifest=str(manifest)).id
    home.start()
    with home.client() as client:
        assert eventually(lambda: "(JACK)" in str(client.ask("/sidestick/status").args[-1]))
        before = Receiver("sidestick:out")
        client.ask("/sidestick/push", song, '{"loop": true}')
        assert eventually(lambda: before.sounding())
        server.process.kill()
        server.process.wait(10)
        hanging = before.sounding()
        before.client.close()  # before another client of this process is opened: libjack crashes otherwise
        assert eventually(lambda: "has gone" in str(client.ask("/sidestick/status").args[-1]))
        server.start()
        assert eventually(lambda: "(JACK)" in str(client.ask("/sidestick/status").args[-1]))
        with closing(Receiver("sidestick:out")) as after:
            client.ask("/sidestick/stop")
            assert eventually(lambda: hanging <= {(event.message[0] & 15, event.message[1]) for event in after.events})
            client.ask("/sidestick/push", song, "{}")
            assert eventually(lambda: after.strikes())
            client.ask("/sidestick/stop")
            assert eventually(lambda: after.sounding() == set())
    assert home.end() == 0
    assert "The MIDI port sidestick has gone" in home.log_path.read_text("utf-8")
