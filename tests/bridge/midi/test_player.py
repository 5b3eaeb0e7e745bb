"""The deck in virtual time, and the thread around it."""

import threading
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.midi.note_scheduler import NoteScheduler
from bridge.midi.play_events import PlaySettings
from bridge.midi.player import Player
from bridge.midi.transport import FreeRun
from bridge.notes import Bend, Clip, ClipNote, Track
from bridge.timebase import Seconds
from tests.fakes import FakeClock, FakeDaw, FakePort, clip_of, clip_with, drive, notes_of

KICK, SNARE, HAT = 36, 38, 42
LEADS = (0.0, 0.05)


class PlayerSetup:
    """A deck with everything around it."""

    def __init__(self, lead: float = 0.0) -> None:
        self.clock = FakeClock()
        self.port = FakePort(self.clock, lead)
        self.deck = NoteScheduler(self.port)
        self.daw = FakeDaw(self.clock)
        self.start = self.clock.now() + lead

    def play(self, clip: Clip, arrangement: PlaySettings | None = None) -> None:
        self.start = self.clock.now() + self.port.lead
        self.deck.play((arrangement or PlaySettings()).play_events(clip), FreeRun(self.start))

    def follow(self, clip: Clip, *, loop: bool = False) -> None:
        self.deck.play(PlaySettings(loop=loop, musical=True).play_events(clip), self.daw)

    def run(self, seconds: float) -> None:
        drive(self.deck, self.clock, seconds)

    def times(self) -> list[tuple[float, int]]:
        return [(round(time - self.start, 6), pitch) for time, pitch in self.port.strikes()]


@pytest.mark.parametrize("lead", LEADS)
def test_every_note_is_struck_at_its_own_time(lead: float) -> None:
    player_setup = PlayerSetup(lead)
    player_setup.play(clip_of((0.0, KICK), (0.5, SNARE), (1.25, HAT)))
    player_setup.run(3)
    assert player_setup.times() == [(0.0, KICK), (0.5, SNARE), (1.25, HAT)]
    assert player_setup.port.sounding() == set()


def test_notes_end_when_they_should() -> None:
    player_setup = PlayerSetup()
    player_setup.play(clip_of((0.5, KICK), sounds=0.3))
    player_setup.run(3)
    assert player_setup.port.heard[-1].message[0] == 0x89
    assert player_setup.port.heard[-1].time - player_setup.start == pytest.approx(0.8, abs=1e-4)


def test_lateness_never_adds_up() -> None:
    player_setup = PlayerSetup()
    player_setup.play(clip_of(*((n * 0.1, HAT) for n in range(1000)), length=100.0, sounds=0.05))
    while player_setup.deck.is_playing:
        again = player_setup.deck.send_due(player_setup.clock.now())
        player_setup.clock.seconds = (again or player_setup.clock.now()) + 0.004
    lateness = [time - n * 0.1 for n, (time, _) in enumerate(player_setup.times())]
    assert len(lateness) == 1000
    assert max(lateness) < 0.0081


def test_a_loop_repeats_on_the_beat_and_drops_what_lies_behind_it() -> None:
    player_setup = PlayerSetup()
    player_setup.play(clip_of((0.0, KICK), (1.98, SNARE), (2.1, HAT), length=2.13), PlaySettings(loop=True))
    player_setup.run(4.5)
    assert player_setup.times() == [(0.0, KICK), (1.98, SNARE), (2.0, KICK), (3.98, SNARE), (4.0, KICK)]


def test_a_pitch_struck_while_it_sounds_is_ended_first() -> None:
    player_setup = PlayerSetup()
    player_setup.play(clip_of((0.0, KICK), (0.2, KICK), sounds=1.0))
    player_setup.run(3)
    assert [heard.message[0] for heard in player_setup.port.heard] == [0x99, 0x89, 0x99, 0x89]


@pytest.mark.parametrize("lead", LEADS)
def test_stop_ends_what_sounds_and_takes_back_what_has_not_left(lead: float) -> None:
    player_setup = PlayerSetup(lead)
    player_setup.play(clip_of((0.0, KICK), (0.4, SNARE), sounds=1.0))
    player_setup.run(0.37 + lead)
    player_setup.deck.stop()
    player_setup.clock.advance(3)
    assert player_setup.times() == [(0.0, KICK)]
    assert player_setup.port.sounding() == set()


def test_panic_says_everything_off_on_the_channels_used() -> None:
    player_setup = PlayerSetup()
    player_setup.play(clip_of((0.0, KICK), sounds=5.0), PlaySettings(channel=2))
    player_setup.run(0.1)
    player_setup.deck.panic()
    messages = [heard.message for heard in player_setup.port.heard]
    assert bytes((0x82, KICK, 64)) in messages
    assert {bytes((0xB2, 123, 0)), bytes((0xB2, 120, 0))} <= set(messages)


def test_a_replacement_plays_from_the_next_note_on() -> None:
    player_setup = PlayerSetup()
    player_setup.play(clip_of((0.0, KICK), (0.5, KICK), (1.0, KICK), sounds=0.3))
    player_setup.run(0.7)
    player_setup.deck.replace(
        PlaySettings().play_events(clip_of((0.5, SNARE), (0.6, HAT), (1.0, SNARE))), player_setup.clock.now()
    )
    player_setup.run(2)
    assert player_setup.times() == [(0.0, KICK), (0.5, KICK), (1.0, SNARE)]
    assert player_setup.port.sounding() == set()


def test_a_channel_and_parts_can_be_chosen() -> None:
    player_setup = PlayerSetup()
    drums, bass = Track("Drums", 9, notes_of((0.0, 36))), Track("Bass", 0, notes_of((0.0, 40)))
    player_setup.play(clip_with(drums, bass), PlaySettings(channel=4, parts=frozenset({"bass"})))
    player_setup.run(1)
    assert player_setup.port.heard[0].message == bytes((0x94, 40, 100))
    assert player_setup.times() == [(0.0, 40)]


def test_bends_set_their_range_once_and_start_each_note_straight() -> None:
    bent = ClipNote(40, Seconds(0.0), Seconds(0.4), 90, (Bend(Seconds(0.1), 6.0),))
    plain = ClipNote(41, Seconds(0.5), Seconds(0.4), 90)
    player_setup = PlayerSetup()
    player_setup.play(clip_with(Track("Bass", 1, (bent, plain))))
    player_setup.run(2)
    messages = [heard.message for heard in player_setup.port.heard]
    assert messages[:4] == [bytes((0xB1, *pair)) for pair in ((101, 0), (100, 0), (6, 12), (38, 0))]
    bends = [message[1] | message[2] << 7 for message in messages if message[0] == 0xE1]
    assert bends == [8192, 8192 + 4096, 8192]


def test_notes_missed_while_the_computer_slept_stay_out() -> None:
    player_setup = PlayerSetup()
    player_setup.play(clip_of((0.0, KICK), (1.0, SNARE), (5.0, HAT), length=6.0))
    player_setup.run(0.5)
    player_setup.clock.advance(4)
    player_setup.run(3)
    assert player_setup.times() == [(0.0, KICK), (5.0, HAT)]
    assert player_setup.deck.notes_skipped == 1


def test_nothing_plays_while_the_daw_stands_still() -> None:
    player_setup = PlayerSetup()
    player_setup.follow(clip_of((0.0, KICK)))
    player_setup.run(5)
    assert player_setup.port.heard == []


def test_the_daws_tempo_places_the_beats() -> None:
    player_setup = PlayerSetup()
    player_setup.daw.bpm = 60
    player_setup.follow(clip_of((0.0, KICK), (0.5, SNARE), bpm=120))
    player_setup.start = player_setup.clock.now()
    player_setup.daw.play()
    player_setup.run(3)
    assert player_setup.times() == [(0.0, KICK), (1.0, SNARE)]


def test_the_daw_can_start_in_the_middle_and_wind_back() -> None:
    player_setup = PlayerSetup()
    player_setup.follow(clip_of((0.0, KICK), (0.5, SNARE), (1.0, HAT)))
    player_setup.daw.play(beat=1.0)
    player_setup.run(1)
    player_setup.daw.play(beat=0.0)
    player_setup.run(0.7)
    assert [pitch for _, pitch in player_setup.port.strikes()] == [SNARE, HAT, KICK, SNARE]


def test_a_stop_of_the_daw_ends_the_notes_that_sound() -> None:
    player_setup = PlayerSetup()
    player_setup.follow(clip_of((0.0, KICK), sounds=10.0))
    player_setup.daw.play()
    player_setup.run(1)
    assert player_setup.port.sounding() == {(9, KICK)}
    player_setup.daw.stop()
    player_setup.run(0.2)
    assert player_setup.port.sounding() == set()


def test_a_loop_follows_the_daw_into_a_later_bar() -> None:
    player_setup = PlayerSetup()
    player_setup.follow(clip_of((0.0, KICK), (1.0, SNARE), length=2.0), loop=True)
    player_setup.daw.play(beat=9.0)
    player_setup.run(2.0)
    assert [pitch for _, pitch in player_setup.port.strikes()] == [SNARE, KICK]


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


def _act(player_setup: PlayerSetup, verb: str, what: object) -> None:
    if isinstance(what, Clip):
        looped = "loop" in verb
        if verb == "replace":
            player_setup.deck.replace(PlaySettings().play_events(what), player_setup.clock.now())
        elif "follow" in verb:
            player_setup.follow(what, loop=looped)
        else:
            player_setup.play(what, PlaySettings(loop=looped))
    elif isinstance(what, float):
        {"wait": player_setup.run, "sleep": player_setup.clock.advance, "daw": player_setup.daw.play}[verb](what)
    else:
        {"stop": player_setup.deck.stop, "panic": player_setup.deck.panic, "daw stops": player_setup.daw.stop}[verb]()


@given(STEPS, st.sampled_from(LEADS))
@settings(max_examples=300, deadline=None)
def test_whatever_happens_every_note_on_has_its_note_off(steps: list[tuple[str, object]], lead: float) -> None:
    player_setup = PlayerSetup(lead)
    for verb, what in steps:
        _act(player_setup, verb, what)
        sounding = player_setup.port.sounding()
        assert lead or sounding == set(player_setup.deck.sounding.keys())
    player_setup.deck.stop()
    player_setup.clock.advance(0.001)
    assert player_setup.port.sounding() == set()


@pytest.mark.parametrize("ending", ["stop", "panic", "close"])
def test_the_player_leaves_silence_however_it_ends(ending: str) -> None:
    port = FakePort(FakeClock())
    player = Player(port)
    player.play(clip_of((0.0, KICK), (0.0, HAT), sounds=9.0))
    player.send_due()
    assert len(port.sounding()) == 2
    getattr(player, ending)()
    assert port.sounding() == set()


def test_an_error_in_the_loop_is_logged_leaves_silence_and_closes_the_port(guard_log: Callable[[], list[str]]) -> None:
    told: list[str] = []
    port = FakePort(FakeClock())
    player = Player(port, told.append)
    player.play(clip_of((0.0, KICK), (1.0, HAT), sounds=9.0))
    player.send_due()
    port.now = lambda: 1 / 0  # type: ignore[method-assign]
    player.run()
    assert port.sounding() == set()
    assert port.closed
    assert guard_log() == ["The MIDI player: something broke (ZeroDivisionError: division by zero). Please report it."]
    assert told == ["division by zero"]


def test_a_port_that_vanishes_is_told_once_and_playing_ends() -> None:
    told: list[str] = []
    port = FakePort(FakeClock())
    player = Player(port, told.append)
    player.play(clip_of((0.0, KICK), (0.1, HAT)))
    port.unplugged = True
    player.send_due()
    player.send_due()
    assert told == ["The MIDI port sidestick is gone."]
    assert not player.is_playing and not player.is_alive


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
