"""The deck in virtual time, and the thread around it."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.midi.note_scheduler import Deck
from bridge.midi.play_events import Arrangement
from bridge.midi.player import Player
from bridge.midi.transport import FreeRun
from bridge.notes import Bend, Clip, ClipNote, Track
from bridge.timebase import Seconds
from tests.fakes import FakeClock, FakeDaw, FakePort, clip_of, clip_with, drive, notes_of

KICK, SNARE, HAT = 36, 38, 42
LEADS = (0.0, 0.05)


class Stage:
    """A deck with everything around it."""

    def __init__(self, lead: float = 0.0) -> None:
        self.clock = FakeClock()
        self.port = FakePort(self.clock, lead)
        self.deck = Deck(self.port)
        self.daw = FakeDaw(self.clock)
        self.start = self.clock.now() + lead

    def play(self, clip: Clip, arrangement: Arrangement | None = None) -> None:
        self.start = self.clock.now() + self.port.lead
        self.deck.play((arrangement or Arrangement()).program(clip), FreeRun(self.start))

    def follow(self, clip: Clip, *, loop: bool = False) -> None:
        self.deck.play(Arrangement(loop=loop, musical=True).program(clip), self.daw)

    def run(self, seconds: float) -> None:
        drive(self.deck, self.clock, seconds)

    def times(self) -> list[tuple[float, int]]:
        return [(round(time - self.start, 6), pitch) for time, pitch in self.port.strikes()]


@pytest.mark.parametrize("lead", LEADS)
def test_every_note_is_struck_at_its_own_time(lead: float) -> None:
    stage = Stage(lead)
    stage.play(clip_of((0.0, KICK), (0.5, SNARE), (1.25, HAT)))
    stage.run(3)
    assert stage.times() == [(0.0, KICK), (0.5, SNARE), (1.25, HAT)]
    assert stage.port.sounding() == set()


def test_notes_end_when_they_should() -> None:
    stage = Stage()
    stage.play(clip_of((0.5, KICK), sounds=0.3))
    stage.run(3)
    assert stage.port.heard[-1].message[0] == 0x89
    assert stage.port.heard[-1].time - stage.start == pytest.approx(0.8, abs=1e-4)


def test_lateness_never_adds_up() -> None:
    stage = Stage()
    stage.play(clip_of(*((n * 0.1, HAT) for n in range(1000)), length=100.0, sounds=0.05))
    while stage.deck.playing:
        again = stage.deck.turn(stage.clock.now())
        stage.clock.seconds = (again or stage.clock.now()) + 0.004
    lateness = [time - n * 0.1 for n, (time, _) in enumerate(stage.times())]
    assert len(lateness) == 1000
    assert max(lateness) < 0.0081


def test_a_loop_repeats_on_the_beat_and_drops_what_lies_behind_it() -> None:
    stage = Stage()
    stage.play(clip_of((0.0, KICK), (1.98, SNARE), (2.1, HAT), length=2.13), Arrangement(loop=True))
    stage.run(4.5)
    assert stage.times() == [(0.0, KICK), (1.98, SNARE), (2.0, KICK), (3.98, SNARE), (4.0, KICK)]


def test_a_pitch_struck_while_it_sounds_is_ended_first() -> None:
    stage = Stage()
    stage.play(clip_of((0.0, KICK), (0.2, KICK), sounds=1.0))
    stage.run(3)
    assert [heard.message[0] for heard in stage.port.heard] == [0x99, 0x89, 0x99, 0x89]


@pytest.mark.parametrize("lead", LEADS)
def test_stop_ends_what_sounds_and_takes_back_what_has_not_left(lead: float) -> None:
    stage = Stage(lead)
    stage.play(clip_of((0.0, KICK), (0.4, SNARE), sounds=1.0))
    stage.run(0.37 + lead)
    stage.deck.stop()
    stage.clock.advance(3)
    assert stage.times() == [(0.0, KICK)]
    assert stage.port.sounding() == set()


def test_panic_says_everything_off_on_the_channels_used() -> None:
    stage = Stage()
    stage.play(clip_of((0.0, KICK), sounds=5.0), Arrangement(channel=2))
    stage.run(0.1)
    stage.deck.panic()
    messages = [heard.message for heard in stage.port.heard]
    assert bytes((0x82, KICK, 64)) in messages
    assert {bytes((0xB2, 123, 0)), bytes((0xB2, 120, 0))} <= set(messages)


def test_a_replacement_plays_from_the_next_note_on() -> None:
    stage = Stage()
    stage.play(clip_of((0.0, KICK), (0.5, KICK), (1.0, KICK), sounds=0.3))
    stage.run(0.7)
    stage.deck.replace(Arrangement().program(clip_of((0.5, SNARE), (0.6, HAT), (1.0, SNARE))), stage.clock.now())
    stage.run(2)
    assert stage.times() == [(0.0, KICK), (0.5, KICK), (1.0, SNARE)]
    assert stage.port.sounding() == set()


def test_a_channel_and_parts_can_be_chosen() -> None:
    stage = Stage()
    drums, bass = Track("Drums", 9, notes_of((0.0, 36))), Track("Bass", 0, notes_of((0.0, 40)))
    stage.play(clip_with(drums, bass), Arrangement(channel=4, parts=frozenset({"bass"})))
    stage.run(1)
    assert stage.port.heard[0].message == bytes((0x94, 40, 100))
    assert stage.times() == [(0.0, 40)]


def test_bends_set_their_range_once_and_start_each_note_straight() -> None:
    bent = ClipNote(40, Seconds(0.0), Seconds(0.4), 90, (Bend(Seconds(0.1), 6.0),))
    plain = ClipNote(41, Seconds(0.5), Seconds(0.4), 90)
    stage = Stage()
    stage.play(clip_with(Track("Bass", 1, (bent, plain))))
    stage.run(2)
    messages = [heard.message for heard in stage.port.heard]
    assert messages[:4] == [bytes((0xB1, *pair)) for pair in ((101, 0), (100, 0), (6, 12), (38, 0))]
    bends = [message[1] | message[2] << 7 for message in messages if message[0] == 0xE1]
    assert bends == [8192, 8192 + 4096, 8192]


def test_notes_missed_while_the_computer_slept_stay_out() -> None:
    stage = Stage()
    stage.play(clip_of((0.0, KICK), (1.0, SNARE), (5.0, HAT), length=6.0))
    stage.run(0.5)
    stage.clock.advance(4)
    stage.run(3)
    assert stage.times() == [(0.0, KICK), (5.0, HAT)]
    assert stage.deck.skipped == 1


def test_nothing_plays_while_the_daw_stands_still() -> None:
    stage = Stage()
    stage.follow(clip_of((0.0, KICK)))
    stage.run(5)
    assert stage.port.heard == []


def test_the_daws_tempo_places_the_beats() -> None:
    stage = Stage()
    stage.daw.bpm = 60
    stage.follow(clip_of((0.0, KICK), (0.5, SNARE), bpm=120))
    stage.start = stage.clock.now()
    stage.daw.play()
    stage.run(3)
    assert stage.times() == [(0.0, KICK), (1.0, SNARE)]


def test_the_daw_can_start_in_the_middle_and_wind_back() -> None:
    stage = Stage()
    stage.follow(clip_of((0.0, KICK), (0.5, SNARE), (1.0, HAT)))
    stage.daw.play(beat=1.0)
    stage.run(1)
    stage.daw.play(beat=0.0)
    stage.run(0.7)
    assert [pitch for _, pitch in stage.port.strikes()] == [SNARE, HAT, KICK, SNARE]


def test_a_stop_of_the_daw_ends_the_notes_that_sound() -> None:
    stage = Stage()
    stage.follow(clip_of((0.0, KICK), sounds=10.0))
    stage.daw.play()
    stage.run(1)
    assert stage.port.sounding() == {(9, KICK)}
    stage.daw.stop()
    stage.run(0.2)
    assert stage.port.sounding() == set()


def test_a_loop_follows_the_daw_into_a_later_bar() -> None:
    stage = Stage()
    stage.follow(clip_of((0.0, KICK), (1.0, SNARE), length=2.0), loop=True)
    stage.daw.play(beat=9.0)
    stage.run(2.0)
    assert [pitch for _, pitch in stage.port.strikes()] == [SNARE, KICK]


NOTES = st.lists(
    st.builds(
        ClipNote,
        pitch=st.integers(35, 38),
        onset=st.floats(0, 3).map(Seconds),
        duration=st.floats(0, 2).map(Seconds),
        velocity=st.integers(1, 127),
    ),
    max_size=12,
)
CLIPS = st.builds(lambda notes, channel: clip_with(Track("x", channel, tuple(notes))), NOTES, st.integers(8, 9))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["play", "loop", "follow", "follow loop", "replace"]), CLIPS),
        st.tuples(st.just("wait"), st.floats(0, 1.5)),
        st.tuples(st.just("sleep"), st.floats(0, 1.5)),
        st.tuples(st.just("daw"), st.floats(0, 8)),
        st.tuples(st.sampled_from(["stop", "panic", "daw stops"]), st.none()),
    ),
    max_size=12,
)


def _act(stage: Stage, verb: str, what: object) -> None:
    if isinstance(what, Clip):
        looped = "loop" in verb
        if verb == "replace":
            stage.deck.replace(Arrangement().program(what), stage.clock.now())
        elif "follow" in verb:
            stage.follow(what, loop=looped)
        else:
            stage.play(what, Arrangement(loop=looped))
    elif isinstance(what, float):
        {"wait": stage.run, "sleep": stage.clock.advance, "daw": stage.daw.play}[verb](what)
    else:
        {"stop": stage.deck.stop, "panic": stage.deck.panic, "daw stops": stage.daw.stop}[verb]()


@given(STEPS, st.sampled_from(LEADS))
@settings(max_examples=300, deadline=None)
def test_whatever_happens_every_note_on_has_its_note_off(steps: list[tuple[str, object]], lead: float) -> None:
    stage = Stage(lead)
    for verb, what in steps:
        _act(stage, verb, what)
        sounding = stage.port.sounding()
        assert lead or sounding == set(stage.deck.ledger.keys())
    stage.deck.stop()
    stage.clock.advance(0.001)
    assert stage.port.sounding() == set()


@pytest.mark.parametrize("ending", ["stop", "panic", "close"])
def test_the_player_leaves_silence_however_it_ends(ending: str) -> None:
    port = FakePort(FakeClock())
    player = Player(port)
    player.play(clip_of((0.0, KICK), (0.0, HAT), sounds=9.0))
    player.turn()
    assert len(port.sounding()) == 2
    getattr(player, ending)()
    assert port.sounding() == set()


def test_an_error_in_the_loop_leaves_silence_and_closes_the_port() -> None:
    port = FakePort(FakeClock())
    player = Player(port)
    player.play(clip_of((0.0, KICK), (1.0, HAT), sounds=9.0))
    player.turn()
    port.now = lambda: 1 / 0  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        player.run()
    assert port.sounding() == set()
    assert port.closed


def test_a_port_that_vanishes_is_told_once_and_playing_ends() -> None:
    told: list[str] = []
    port = FakePort(FakeClock())
    player = Player(port, told.append)
    player.play(clip_of((0.0, KICK), (0.1, HAT)))
    port.unplugged = True
    player.turn()
    player.turn()
    assert told == ["The MIDI port sidestick is gone."]
    assert not player.playing and not player.alive


def test_closing_twice_is_harmless() -> None:
    port = FakePort(FakeClock())
    player = Player(port)
    player.close()
    player.close()
    assert port.closed


def test_the_thread_plays_on_its_own_and_ends_on_close() -> None:
    struck = threading.Event()

    class Watched(FakePort):
        def schedule(self, message: bytes, when: float) -> None:
            super().schedule(message, when)
            struck.set()

    before = threading.active_count()
    player = Player(Watched(FakeClock()))
    player.start()
    player.play(clip_of((0.0, KICK)))
    assert struck.wait(5)
    player.close()
    assert threading.active_count() == before
