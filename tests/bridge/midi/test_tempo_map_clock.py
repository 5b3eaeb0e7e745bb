"""Notes against the audio of a host that plays a song by its tempo map, or at a tempo of its own, in virtual time."""

import math
from collections.abc import Callable, Iterator
from itertools import count, takewhile

import pytest

from bridge.midi.clock import ClockFollower
from bridge.midi.note_scheduler import NoteScheduler
from bridge.midi.play_events import PlaySettings
from bridge.notes import Clip, ClipNote, Track
from bridge.timebase import PPQ, Beats, Seconds, TempoMap, Ticks
from tests.fakes import FakeClock, FakePort

TICK, START = b"\xf8", b"\xfa"
LENGTH = 12.0  # seconds
PICKUP = TempoMap.of([(Ticks(0), round(60e6 / 97.3)), (Ticks(2 * PPQ), round(60e6 / 123.4))])
CHANGE = TempoMap.of([(Ticks(0), round(60e6 / 90)), (Ticks(8 * PPQ), round(60e6 / 140))])
PLAYERS = TempoMap.of(
    [(Ticks(n * PPQ), round(60e6 / (110 * (1 + 0.03 * math.sin(n / 3))))) for n in range(int(LENGTH * 2))]
)
MAPS = {"pickup": PICKUP, "change": CHANGE, "players": PLAYERS}


def song(tempo_map: TempoMap) -> Clip:
    """A note each seventh of a second, on no beat."""
    notes = tuple(ClipNote(38, Seconds(n / 7), Seconds(0.05), 90) for n in range(int(7 * LENGTH)))
    return Clip("Song", tempo_map, (Track("Drums", 9, notes),), Seconds(LENGTH))


def ticks(second: Callable[[int], float], block: float) -> Iterator[float]:
    """When each tick of a host comes that sends at the starts of its blocks; 0: at once."""
    return (math.ceil(second(n) / block) * block if block else second(n) for n in count())


def errors(clip: Clip, second: Callable[[int], float], block: float = 0.0) -> list[float]:
    """How late each note is, in seconds, against audio that the host began with its Start."""
    clock, follower = FakeClock(), ClockFollower()
    port = FakePort(clock)
    scheduler = NoteScheduler(port)
    follower.expect(clip.tempo_map)
    scheduler.play(PlaySettings(musical=True).play_events(clip), follower)
    start = look = clock.now()
    follower.feed(START, start)
    for tick in takewhile(lambda tick: tick < LENGTH, ticks(second, block)):
        while look < start + tick:
            clock.seconds = look
            look = max(scheduler.send_due(look) or math.inf, look + 1e-6)
        clock.seconds = start + tick
        follower.feed(TICK, clock.seconds)
        look = max(scheduler.send_due(clock.seconds) or math.inf, clock.seconds + 1e-6)
    strikes = [time - start for time, _ in port.strikes()]
    assert len(strikes) > 0.4 * len(clip.tracks[0].notes)
    return [strike - n / 7 for n, strike in enumerate(strikes)]


@pytest.mark.parametrize("tempo_map", MAPS.values(), ids=MAPS)
def test_in_a_host_with_the_map_every_note_is_with_its_place_in_the_audio(tempo_map: TempoMap) -> None:
    late = errors(song(tempo_map), lambda n: tempo_map.seconds(Beats(n / 24)))
    assert max(map(abs, late)) < 0.001


@pytest.mark.parametrize("tempo_map", MAPS.values(), ids=MAPS)
def test_a_host_with_the_map_that_sends_at_block_starts_is_followed_within_a_block(tempo_map: TempoMap) -> None:
    block = 512 / 48000
    late = errors(song(tempo_map), lambda n: tempo_map.seconds(Beats(n / 24)), block)
    assert max(map(abs, late)) < 1.05 * block + 0.002


@pytest.mark.parametrize("bpm", [60.0, 123.4, 140.0, 200.0])
def test_in_a_host_at_one_tempo_the_notes_of_a_map_keep_to_its_beats(bpm: float) -> None:
    clip = song(PLAYERS)
    late = errors(clip, lambda n: n * 60 / (24 * bpm))
    places = [PLAYERS.beats(Seconds(n / 7)) * 60 / bpm - n / 7 for n in range(len(late))]
    assert max(abs(a - b) for a, b in zip(late[4:], places[4:], strict=True)) < 0.003
