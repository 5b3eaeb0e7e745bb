"""A tapped beat."""

import numpy as np
import pytest

from bridge.timebase import Seconds
from daemon.errors import Rejected
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid
from daemon.score.given_tempo import grid_from_settings
from daemon.score.tap_tempo import TapContext, Taps, grid_from_taps


def tap_times(times, in_song=False):
    taps = Taps()
    for time in times:
        taps = taps.add_tap(float(time), in_song)
    return taps


def detected_grid(bpm=120.0, first=0.0, count=200, downbeat=0):
    beats = tuple(Seconds(first + i * 60 / bpm) for i in range(count))
    return BeatGrid(beats, tuple(range(downbeat, count, 4)), bpm)


def song(grid, bpm=120.0, first=0.0):
    onsets = first + 30 / bpm * np.arange(300)
    return TapContext(grid, [float(t) for t in onsets], float(onsets[-1]) + 1)


def grid_of(taps, onto):
    found = grid_from_settings(Options.model_validate(grid_from_taps(taps, onto)), Seconds(onto.duration))
    assert found is not None
    return found


FREE = BeatGrid((), (), 120.0, confidence=0.0)
UNSTEADY_HAND = np.array([0.0, 0.012, -0.015, 0.02, -0.008, 0.01, -0.018, 0.004])


def test_two_taps_have_a_tempo_and_one_has_none():
    assert tap_times([1.0]).bpm == 0.0
    assert tap_times([1.0, 1.5]).bpm == pytest.approx(120.0)


def test_a_beat_that_was_left_out_does_not_change_the_tempo():
    assert tap_times([0, 0.5, 1.0, 2.0, 2.5]).bpm == pytest.approx(120.0)


def test_four_even_taps_are_enough_and_three_are_not():
    assert tap_times([0, 0.5, 1.0, 1.5]).is_due
    assert not tap_times([0, 0.5, 1.0]).is_due


def test_uneven_taps_are_never_enough():
    assert not tap_times([0, 0.5, 0.7, 1.6, 1.9, 2.8]).is_due


def test_a_pause_starts_anew():
    assert tap_times([0, 0.5, 1.0, 5.0, 5.4]).times == (5.0, 5.4)


def test_a_song_that_plays_from_an_earlier_place_starts_anew():
    assert tap_times([10, 10.5, 2.0], in_song=True).times == (2.0,)


def test_a_half_as_fast_tap_halves_the_heard_beats_and_keeps_the_first_downbeat():
    grid = grid_of(tap_times(np.arange(6) * 1.0 + 7), song(detected_grid(downbeat=2)))
    assert (grid.beats[:3], grid.beats[grid.downbeats[0]]) == ((0.0, 1.0, 2.0), 1.0)
    assert grid.bpm == pytest.approx(60.0)


def test_a_twice_as_fast_tap_doubles_the_heard_beats():
    grid = grid_of(tap_times(np.arange(8) * 0.25 + UNSTEADY_HAND / 2), song(detected_grid()))
    assert grid.beats[:3] == (0.0, 0.25, 0.5)


def test_taps_on_the_song_choose_the_other_half_of_the_beats():
    grid = grid_of(tap_times(4.5 + np.arange(6) * 1.0, in_song=True), song(detected_grid()))
    assert grid.beats[:2] == (0.5, 1.5)


def test_taps_on_the_off_beats_move_the_beats_there():
    grid = grid_of(tap_times(4.25 + np.arange(8) * 0.5 + UNSTEADY_HAND, in_song=True), song(detected_grid()))
    assert grid.beats[:2] == (0.25, 0.75)


def test_a_tempo_of_its_own_is_drawn_to_the_strokes_near_it():
    taps = tap_times(3 + np.arange(8) * 60 / 97 + UNSTEADY_HAND)
    grid = grid_of(taps, song(FREE, bpm=96.4, first=0.31))
    assert grid.bpm == pytest.approx(96.4, rel=1e-3)
    off = (np.array(grid.beats) - 0.31) / (30 / 96.4)
    assert np.abs(off - np.round(off)).max() * 30 / 96.4 < 0.01


def test_where_nothing_is_struck_the_taps_alone_are_the_beat():
    grid = grid_of(tap_times([2.1, 2.7, 3.3, 3.9], in_song=True), TapContext(FREE, [], 30.0))
    assert grid.bpm == pytest.approx(100.0)
    assert grid.beats[0] == pytest.approx(0.3)


def test_no_music_is_as_fast_as_that():
    with pytest.raises(Rejected, match="600 bpm; tap a beat of 30 to 300"):
        grid_from_taps(tap_times([0, 0.1, 0.2, 0.3]), song(detected_grid()))
