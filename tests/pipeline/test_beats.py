"""Tempo, beats and bars."""

import numpy as np
import pytest

from bridge.timebase import Seconds
from daemon.pipeline.beats import beats
from daemon.pipeline.onsets import Novelty, novelty
from daemon.pipeline.records import Audio, Drum, Hit
from tests import synth


def played(folder, *, bpm, start=0.0, bars=8, noise=0.0):
    strokes = synth.rock_beat(bars, bpm=bpm, start=start)
    samples = synth.play(strokes, start + bars * 240 / bpm)
    audio = Audio(synth.write(folder / "drums.wav", samples), samples.shape[1])
    hits = [
        Hit(i, Seconds(s.onset), Drum(s.drum), s.drum, s.level, 100, 0.9, 0.9, 0) for i, s in enumerate(strokes)
    ]
    return novelty(audio), hits


@pytest.mark.parametrize("bpm", [72.0, 93.7, 120.0, 140.25, 174.0])
def test_a_steady_song_has_its_exact_tempo(tmp_path, bpm):
    grid = beats(*played(tmp_path, bpm=bpm))
    assert grid.constant
    assert grid.bpm == pytest.approx(bpm, rel=2e-4)


def test_a_lead_in_moves_the_beats_but_does_not_break_them(tmp_path):
    grid = beats(*played(tmp_path, bpm=100.0, start=0.437))
    distance = (np.array(grid.beats) - 0.437) / 0.6
    assert np.abs(distance - np.round(distance)).max() * 0.6 < 0.008


def test_bars_begin_with_the_kick_before_the_snare(tmp_path):
    start = 0.437
    grid = beats(*played(tmp_path, bpm=100.0, start=start))
    first = grid.beats[grid.downbeats[0]]
    bar = (first - start) / 2.4
    assert abs(bar - round(bar)) * 2.4 < 0.02


def test_a_given_tempo_is_taken_at_its_word(tmp_path):
    curve, hits = played(tmp_path, bpm=120.0)
    assert beats(curve, hits, bpm=60.0).bpm == pytest.approx(60.0)


def test_three_beats_to_the_bar_are_counted_when_asked_for(tmp_path):
    grid = beats(*played(tmp_path, bpm=120.0), numerator=3)
    assert set(np.diff(grid.downbeats)) == {3}


def test_silence_has_no_beat_and_says_so():
    grid = beats(Novelty(np.zeros(4000, np.float32)))
    assert (grid.beats, grid.confidence) == ((), 0.0)
    assert grid.remarks


def test_a_tempo_that_drifts_is_followed(tmp_path):
    times = np.cumsum(np.linspace(0.55, 0.47, 40))
    samples = synth.clicks(times, float(times[-1]) + 0.5)
    audio = Audio(synth.write(tmp_path / "clicks.wav", samples), samples.shape[1])
    grid = beats(novelty(audio))
    nearest = np.abs(np.array(grid.beats)[:, None] - times[None, :]).min(axis=0)
    assert not grid.constant
    assert np.median(nearest) < 0.02
