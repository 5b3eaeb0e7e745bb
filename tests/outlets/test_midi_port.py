"""The daemon's MIDI port, on fake ports that come and go."""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import pytest

from bridge.midi.port import Api, InPort, NoPort, OutPort, Receive
from bridge.notes import Track
from daemon.errors import Rejected
from daemon.outlets.midi_port import MidiOutlet, PortSettings, PushOptions
from tests.fakes import FakeClock, FakeInput, FakePort, clip_of, clip_with, notes_of

NOTHING = NoPort("There is no MIDI port: JACK is not running.")


class Computer:
    """Ports that can be plugged in and out, and an outlet on them."""

    def __init__(self, plugged: bool = True, lead: float = 0.0) -> None:
        self.clock, self.lead = FakeClock(), lead
        self.plugged = plugged
        self.outs: list[FakePort] = []
        self.said: list[str] = []
        self.plugged_kits: tuple[str, ...] = ()
        settings = PortSettings(
            open_out=self.open_out, open_in=self.open_in, open_link=lambda: None, open_sources=self.open_sources
        )
        self.outlet = MidiOutlet(settings, self.said.append)

    def open_out(self, name: str, api: Api | None) -> OutPort | NoPort:
        if not self.plugged:
            return NOTHING
        self.outs.append(FakePort(self.clock, self.lead))
        return self.outs[-1]

    def open_in(self, receive: Receive, name: str, api: Api | None, beside: OutPort | None) -> InPort | NoPort:
        self.input = FakeInput(self.clock, receive)
        return self.input

    def open_sources(self, receive: Receive, own: tuple[str, ...]) -> list[InPort]:
        self.kits = [FakeInput(self.clock, receive, name) for name in self.plugged_kits if name not in own]
        return list(self.kits)

    def unplug(self) -> None:
        self.plugged, self.outs[-1].unplugged = False, True

    def heard(self, true: Callable[[FakePort], Any]) -> bool:
        return self.outs[-1].comes_true(lambda: true(self.outs[-1]))


@pytest.fixture
def computer() -> Any:
    computer = Computer()
    yield computer
    computer.outlet.close()


def test_a_push_plays_the_clip_and_counts_its_notes(computer: Computer) -> None:
    assert computer.outlet.push(clip_of((0.0, 36), (0.0, 42)), PushOptions()) == 2
    assert computer.heard(lambda port: [pitch for _, pitch in port.strikes()] == [36, 42])
    assert computer.outlet.notes_sent == 2


def test_the_port_is_opened_once_and_kept(computer: Computer) -> None:
    assert computer.outlet.open() == "MIDI leaves through sidestick."
    computer.outlet.push(clip_of((0.0, 36)), PushOptions())
    computer.outlet.push(clip_of((0.0, 36)), PushOptions())
    assert len(computer.outs) == 1


def test_the_parts_that_are_chosen_are_played_whatever_their_case(computer: Computer) -> None:
    pitches = {"Drums": 36, "Bass": 40, "Vocals": 60}
    tracks = [Track(name, 0, notes_of((0.0, pitch))) for name, pitch in pitches.items()]
    options = PushOptions.read({"parts": ["bass", "VOCALS"]})
    assert computer.outlet.push(clip_with(*tracks), options) == 2
    assert computer.heard(lambda port: sorted(pitch for _, pitch in port.strikes()) == [40, 60])


def test_a_push_goes_to_the_channel_that_a_musician_calls_three(computer: Computer) -> None:
    computer.outlet.push(clip_of((0.0, 36)), PushOptions(channel=3))
    assert computer.heard(lambda port: port.heard and port.heard[0].message[0] == 0x92)


def test_without_a_port_a_push_is_refused_with_the_reason() -> None:
    computer = Computer(plugged=False)
    with pytest.raises(Rejected, match="JACK is not running"):
        computer.outlet.push(clip_of((0.0, 36)), PushOptions())
    computer.outlet.close()


def test_a_part_without_notes_is_refused_and_what_plays_goes_on(computer: Computer) -> None:
    computer.outlet.push(clip_of((0.0, 36), sounds=9.0), PushOptions(), "a")
    with pytest.raises(Rejected, match=r"no note to play in bass of song\. Its parts are drums\."):
        computer.outlet.push(clip_of((0.0, 36)), PushOptions(parts=("bass",)))
    assert computer.outlet.replace(clip_of((0.0, 38)), "a")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"when": "later"}, "when: 'later' does not work; use now, transport or link."),
        ({"channel": 0}, "channel: 0 does not work; the least is 1."),
        ({"channel": 17}, "channel: 17 does not work; the most is 16."),
        ({"loop": "maybe"}, "loop: 'maybe' does not work; use true or false."),
        ({"parts": "drums"}, "parts: 'drums' does not work; it must be a list."),
        ({"speed": 2}, "speed: there is no such option of a push; use when, loop, channel, parts."),
    ],
)
def test_a_wrong_option_is_named(values: dict[str, Any], words: str) -> None:
    with pytest.raises(Rejected, match=words):
        PushOptions.read(values)


def test_link_that_is_not_installed_is_refused_with_the_remedy(computer: Computer) -> None:
    with pytest.raises(Rejected, match="pip install"):
        computer.outlet.push(clip_of((0.0, 36)), PushOptions(when="link"))


def test_a_push_to_the_transport_waits_for_the_daw(computer: Computer) -> None:
    computer.outlet.push(clip_of((0.0, 36)), PushOptions(when="transport"))
    assert computer.outs[-1].heard == []
    computer.input.get(b"\xfa")
    computer.input.get(b"\xf8")
    assert computer.heard(lambda port: [pitch for _, pitch in port.strikes()] == [36])


def test_only_the_job_that_plays_is_replaced(computer: Computer) -> None:
    computer.outlet.push(clip_of((0.0, 36), (50.0, 36)), PushOptions(), "a")
    assert not computer.outlet.replace(clip_of((0.0, 38)), "b")
    assert computer.outlet.replace(clip_of((0.0, 38), (50.0, 38)), "a")


def test_an_audition_shortens_the_waits() -> None:
    computer = Computer(lead=10.0)
    assert computer.outlet.audition(notes_of((20.0, 38), (10.0, 38), (10.15, 38))) == 3
    assert computer.heard(lambda port: port.scheduled() == 6)
    computer.clock.advance(10)
    first, second, third = (time for time, _ in computer.outs[-1].strikes())
    assert (second - first, third - second) == (pytest.approx(0.15), pytest.approx(0.4))
    computer.outlet.close()


def test_a_pad_played_while_learning_is_reported_but_not_the_echo_of_the_audition(computer: Computer) -> None:
    learned: SimpleQueue[tuple[int, int]] = SimpleQueue()
    computer.outlet.audition(notes_of((0.0, 38)))
    computer.outlet.learn(lambda pitch, velocity: learned.put((pitch, velocity)))
    computer.input.get(bytes((0x99, 38, 100)))
    computer.input.get(bytes((0x99, 51, 0)))
    computer.input.get(bytes((0x90, 51, 90)))
    assert learned.get(timeout=5) == (51, 90)
    assert learned.empty()


def test_a_port_that_goes_is_said_and_taken_again_when_it_is_back(computer: Computer) -> None:
    computer.outlet.open()
    computer.unplug()
    computer.outlet.check_port()
    computer.outlet.check_port()
    assert computer.said == ["The MIDI port sidestick has gone; sidestick takes it again when it is back."]
    assert computer.outs[0].closed and computer.input.closed
    computer.plugged = True
    computer.outlet.check_port()
    assert computer.said[1:] == ["MIDI leaves through sidestick."]
    assert computer.outlet.push(clip_of((0.0, 36)), PushOptions()) == 1


@pytest.mark.parametrize("lead", [0.0, 5.0])
def test_notes_that_a_port_left_sounding_are_ended_through_the_next_one(lead: float) -> None:
    computer = Computer(lead=lead)
    computer.outlet.push(clip_of((0.0, 36), (0.0, 38), sounds=2.0), PushOptions())
    assert computer.heard(lambda port: len(port.strikes()) == 2 or port.scheduled() == 4)
    computer.clock.advance(1.0)
    assert computer.outs[0].sounding() == {(9, 36), (9, 38)}
    computer.unplug()
    computer.outlet.check_port()
    computer.plugged = True
    computer.outlet.check_port()
    computer.outlet.stop()
    computer.clock.advance(1.0)
    assert sorted(heard.message for heard in computer.outs[1].heard) == [b"\x89\x24\x40", b"\x89\x26\x40"]
    computer.outlet.close()


def test_a_push_while_the_port_is_gone_says_so(computer: Computer) -> None:
    computer.outlet.open()
    computer.unplug()
    with pytest.raises(Rejected) as refusal:
        computer.outlet.push(clip_of((0.0, 36)), PushOptions())
    assert refusal.value.code == "no_port"
    assert "has gone" in refusal.value.reason


def test_notes_are_counted_across_a_port_that_went(computer: Computer) -> None:
    computer.outlet.push(clip_of((0.0, 36)), PushOptions())
    assert computer.heard(lambda port: len(port.strikes()) == 1)
    computer.unplug()
    computer.outlet.check_port()
    assert computer.outlet.notes_sent == 1


@pytest.mark.parametrize("ending", ["stop", "panic", "close"])
def test_every_ending_leaves_silence(computer: Computer, ending: str) -> None:
    computer.outlet.push(clip_of((0.0, 36), sounds=9.0), PushOptions())
    assert computer.heard(lambda port: port.sounding() == {(9, 36)})
    getattr(computer.outlet, ending)()
    assert computer.outs[-1].sounding() == set()


def test_a_player_that_breaks_is_logged_and_its_port_is_opened_again(
    computer: Computer, guard_log: Callable[[], list[str]]
) -> None:
    computer.outlet.open()
    player, broken = computer.outlet._player, computer.outs[-1]
    assert player is not None
    broken.now = lambda: 1 / 0  # type: ignore[method-assign]
    player.wake()
    player._thread.join(10)
    for _ in range(2):
        computer.outlet.check_port()
    assert computer.outlet.push(clip_of((0.0, 42)), PushOptions()) == 1
    assert (broken.closed, len(computer.outs)) == (True, 2)
    assert guard_log() == ["The MIDI player: something broke (ZeroDivisionError: division by zero). Please report it."]


def test_a_pad_that_breaks_its_learner_is_logged_and_the_next_one_is_learned(
    computer: Computer, guard_log: Callable[[], list[str]]
) -> None:
    learned: SimpleQueue[float] = SimpleQueue()
    computer.outlet.open()
    computer.outlet.learn(lambda pitch, velocity: learned.put(100 / (pitch - 36)))
    for pitch in (36, 46):
        computer.input.get(bytes((0x90, pitch, 90)))
    assert learned.get(timeout=5) == 10
    assert [line.partition(":")[0] for line in guard_log()] == ["The pad 36"]


def test_a_look_at_the_port_that_breaks_is_logged_and_the_next_one_is_made(
    computer: Computer, guard_log: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, steps = threading.Event(), iter([lambda: 1 / 0])
    monkeypatch.setattr("daemon.outlets.midi_port.CHECK", 0.01)
    monkeypatch.setattr(computer.outlet, "check_port", lambda: next(steps, looked.set)())
    computer.outlet.open()

    assert looked.wait(10.0)
    computer.outlet.close()
    assert guard_log() == [
        "The MIDI port sidestick: something broke (ZeroDivisionError: division by zero). Please report it."
    ]
