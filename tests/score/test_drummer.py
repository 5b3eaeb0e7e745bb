"""A drummer who listens to the bass."""

from itertools import pairwise

import numpy as np
import pytest

from bridge.drum_labels import LABELS
from bridge.timebase import Seconds
from daemon.pipeline.records import BeatGrid
from daemon.score.bars import SongBars
from daemon.score.drummer import AccompaniedSong, SongNote, drum_along, kick_on_bass, meters_played
from daemon.score.groove_library import fold_rhythm, load_phrases, triplet_share

ROCK = (0.0, 1.5, 2.0, 3.5)  # quarters of a bar


def song(rhythm=ROCK, *, bars=16, bpm=110.0, beats_per_bar=4, loud=lambda bar: 90, first=0.0):
    interval = 60 / bpm
    beats = tuple(Seconds(first + i * interval) for i in range(bars * beats_per_bar + 1))
    grid = BeatGrid(beats, tuple(range(0, len(beats), beats_per_bar)), bpm)
    notes = [
        SongNote(first + (bar * beats_per_bar + at) * interval, 40, loud(bar)) for bar in range(bars) for at in rhythm
    ]
    return AccompaniedSong(notes, notes, SongBars(grid, beats[-1]), bpm)


def quarters(strokes, label, bpm=110.0):
    return [stroke.time * bpm / 60 for stroke in strokes if stroke.label == label]


def test_the_library_holds_labels_that_we_can_write_and_says_nothing_twice():
    phrases = load_phrases()
    assert len(phrases) > 1000
    assert {stroke.label for phrase in phrases for stroke in phrase.strokes} <= set(LABELS)
    assert {(4, 4), (3, 4), (6, 8)} <= meters_played()


@pytest.mark.parametrize("rhythm", [ROCK, (0.0, 0.75, 2.5), (0.0, 1.0, 2.0, 3.0), (0.0, 0.5, 2.25, 3.5)])
def test_the_kick_sits_on_the_bass_better_than_nearly_all_drummers_do(rhythm):
    kicks = quarters(drum_along(song(rhythm)), "kick")
    bass = fold_rhythm(list(rhythm), [1.0] * len(rhythm), 4.0)
    on_bass = [min(abs(kick % 4 - at) for at in (*rhythm, 4.0)) < 0.15 for kick in kicks]
    grooves = [phrase for phrase in load_phrases() if phrase.meter == (4, 4) and not phrase.is_fill]
    every = [kick_on_bass(phrase.rhythm("kick"), bass) for phrase in grooves]
    assert kick_on_bass(fold_rhythm(kicks, [1.0] * len(kicks), 4.0), bass) > np.percentile(every, 90)
    assert np.mean(on_bass) > 0.5


def test_the_same_song_gets_the_same_drummer_and_the_next_one_is_another():
    assert drum_along(song()) == drum_along(song())
    assert drum_along(song()) != drum_along(song(), 1) != drum_along(song(), 2)


def test_a_fill_ends_eight_bars_and_a_crash_opens_the_next():
    strokes = drum_along(song())
    crashes = quarters(strokes, "crash")
    assert any(abs(at - 32) < 0.2 for at in crashes)
    eighth = [s for s in strokes if 28 <= s.time * 110 / 60 < 31.9]
    assert {s.label for s in eighth} & {"snare", "high_tom", "mid_tom", "floor_tom"}


def test_a_loud_chorus_is_played_busier_than_a_quiet_verse():
    strokes = drum_along(song(bars=24, loud=lambda bar: 30 if bar < 8 else 120 if bar >= 16 else 75))
    verse = sum(s.time < 7 * 4 * 60 / 110 for s in strokes)
    chorus = sum(16 * 4 * 60 / 110 <= s.time < 23 * 4 * 60 / 110 for s in strokes)
    assert chorus > verse


def test_swung_songs_get_drummers_who_swing():
    swung = drum_along(song((0.0, 2 / 3, 1.0, 5 / 3, 2.0, 8 / 3, 3.0, 11 / 3), bpm=130))
    straight = drum_along(song((0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5), bpm=130))

    def share(strokes):
        found = [s.time * 130 / 60 for s in strokes]
        return triplet_share(fold_rhythm(found, [1.0] * len(found), 4.0))

    assert share(swung) > 0.5 > 0.25 > share(straight)


def test_drums_begin_with_the_first_bar_that_has_notes_and_end_with_the_last():
    empty_start = song(bars=16, loud=lambda bar: 90)
    late = AccompaniedSong(
        [SongNote(time, 40, 90) for time in np.arange(4 * 4 * 60 / 110, 12 * 4 * 60 / 110, 0.5).tolist()],
        [],
        empty_start.bars,
        110.0,
    )
    times = [stroke.time for stroke in drum_along(late)]
    assert min(times) > 3.9 * 4 * 60 / 110 and max(times) < 12.1 * 4 * 60 / 110


def test_a_waltz_is_played_by_somebody_who_played_one():
    strokes = drum_along(song((0.0, 1.0, 2.0), beats_per_bar=3))
    kicks = quarters(strokes, "kick")
    assert strokes and np.mean([min(k % 3, 3 - k % 3) < 0.2 for k in kicks]) > 0.4


def test_a_meter_that_nobody_plays_gets_no_drummer():
    assert drum_along(song((0.0, 1.0), beats_per_bar=7)) == []


def test_a_song_without_notes_gets_no_drummer():
    assert drum_along(song(())) == []


def test_strokes_come_in_order_at_no_negative_time_with_velocities_of_people():
    strokes = drum_along(song(first=0.0))
    assert all(a.time <= b.time for a, b in pairwise(strokes)) and strokes[0].time >= 0
    assert len({stroke.velocity for stroke in strokes}) > 20
