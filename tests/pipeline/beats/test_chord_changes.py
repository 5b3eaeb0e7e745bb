"""Bars that the drums leave open are told by the chords."""

import numpy as np
import pytest

from daemon.pipeline.audio.semitones import HIGHEST, HOP, LOW_RATE, LOWEST, Semitones
from daemon.pipeline.beats.beats import track_beats
from daemon.pipeline.beats.chord_changes import chord_changes
from tests.songs_with_beats import Section, Song, play_song

CHORDS = ((45, 61, 64), (41, 60, 65), (48, 64, 67), (43, 62, 71))  # a bass and two tones
RATE = LOW_RATE / HOP


def sound_of(changes: np.ndarray, seconds: float) -> Semitones:
    """One chord after the other, the next one at each of `changes`."""
    loudness = np.full((int(seconds * RATE) + 1, HIGHEST - LOWEST), 0.1)
    place = np.searchsorted(changes, np.arange(len(loudness)) / RATE, side="right")
    for frame, number in enumerate(place):
        loudness[frame, np.array(CHORDS[number % len(CHORDS)]) - LOWEST] = 1.0
    return Semitones(loudness)


def song_of(groove: str, bpm: float, bars: int = 40) -> Song:
    return play_song("song", "constant", [Section(groove, bars, bpm, crash=0)], seed=7)


def first_beats(song: Song, changes: np.ndarray) -> tuple[str, np.ndarray]:
    """The meter and the bar lines of a song whose chords change there."""
    grid = track_beats(song.novelty, song.hits, sound_of(changes, song.seconds))
    return f"{grid.numerator}/{grid.denominator}", np.array(grid.beats)[list(grid.downbeats)]


def test_a_chord_that_changes_stands_out_from_one_that_goes_on():
    times = np.arange(0.5, 20.0, 0.5)
    found = chord_changes(sound_of(times[3::4], 21.0), times)
    assert set(np.flatnonzero(found > 0.5)) == set(range(3, len(times), 4))


def test_a_chord_played_an_eighth_early_is_that_of_the_bar_line_behind_it():
    times = np.arange(0.5, 20.0, 0.5)
    found = chord_changes(sound_of(times[3::4] - 0.25, 21.0), times)
    assert np.mean([found[i] > max(found[i - 1], found[i + 1]) for i in range(3, len(times) - 1, 4)]) == 1.0


def test_one_chord_or_none_says_nothing():
    times = np.arange(0.5, 20.0, 0.5)
    for sound in (sound_of(np.zeros(0), 21.0), Semitones(np.zeros((0, HIGHEST - LOWEST)))):
        assert np.abs(chord_changes(sound, times)).max() < 0.1


@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_bars_begin_where_the_chord_changes_if_the_drums_leave_it_open(first):
    song = song_of("x.|x.|x.|x.; ..|..|..|..; xx|xx|xx|xx", 124.0)
    meter, lines = first_beats(song, song.beats[first::4])
    assert meter == "4/4"
    assert np.abs(lines[:, None] - song.beats[first::4][None, :]).min(axis=1)[1:-1].max() < 0.05


@pytest.mark.parametrize(("groove", "bpm"), [("polka", 121.6), ("baiao", 96.7), ("quick march", 117.2)])
def test_bars_of_two_are_heard_where_halves_are_alike_and_the_chord_changes_with_each(groove, bpm):
    song = song_of(groove, bpm, 60)
    assert first_beats(song, song.downbeats)[0] == "2/4"


def test_the_same_groove_stays_in_four_where_chords_last_four_beats():
    song = song_of("polka", 121.6, 60)
    assert first_beats(song, song.downbeats[::2])[0] == "4/4"


def test_a_backbeat_stays_in_four_though_chords_last_two_beats():
    song = song_of("rock", 118.0)
    assert first_beats(song, song.beats[::2])[0] == "4/4"


def test_fast_threes_in_bars_of_two_are_six_eight():
    song = song_of("celtic", 116.3, 60)
    assert first_beats(song, song.downbeats)[0] == "6/8"
