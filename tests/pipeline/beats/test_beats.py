"""Tempo, beats and bars."""

import numpy as np
import pytest

from bridge.timebase import Seconds
from daemon.pipeline.audio.superflux import Novelty, novelty
from daemon.pipeline.beats.beats import track_beats
from daemon.pipeline.beats.meter import quarters_per_beat
from daemon.pipeline.records import Audio, Drum, Hit
from tests import synth

WALTZ = {"kick": (0,), "snare": (1, 2), "hihat": (0, 0.5, 1, 1.5, 2, 2.5)}
SLOW_ROCK = {"kick": (0,), "snare": (1,), "hihat": (0, 1 / 3, 2 / 3, 1, 4 / 3, 5 / 3)}
ROCK = {"kick": (0, 2, 2.5), "snare": (1, 3), "hihat": (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)}
HALF_TIME = {"kick": (0, 0.75), "snare": (2,), "hihat": (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)}
SHUFFLE = {"kick": (0, 2), "snare": (1, 3), "hihat": (0, 2 / 3, 1, 5 / 3, 2, 8 / 3, 3, 11 / 3)}


def heard(folder, strokes, seconds):
    samples = synth.play(strokes, seconds)
    audio = Audio(synth.write(folder / "drums.wav", samples), samples.shape[1])
    hits = [
        Hit(i, Seconds(s.onset), Drum(s.drum), s.drum, s.level, 100, 0.9, 0.9, 0)
        for i, s in enumerate(sorted(strokes, key=lambda stroke: stroke.onset))
    ]
    return novelty(audio), hits


def played(folder, *, bpm, start=0.0, bars=8):
    return heard(folder, synth.rock_beat(bars, bpm=bpm, start=start), start + bars * 240 / bpm)


def bars_of(folder, pattern, beats_in_bar, *, bpm, bars=12, start=0.3):
    places = [(n * beats_in_bar + place, drum) for n in range(bars) for drum in pattern for place in pattern[drum]]
    strokes = [synth.Stroke(start + place * 60 / bpm, drum) for place, drum in sorted(places)]
    return heard(folder, strokes, start + bars * beats_in_bar * 60 / bpm)


def places(grid, beat, start):
    """Where the downbeats are, in beats after the first stroke."""
    return [round((grid.beats[i] - start) / beat, 1) for i in grid.downbeats]


@pytest.mark.parametrize("bpm", [72.0, 93.7, 120.0, 140.25, 174.0])
def test_a_steady_song_has_its_exact_tempo(tmp_path, bpm):
    grid = track_beats(*played(tmp_path, bpm=bpm))
    assert grid.constant
    assert grid.bpm == pytest.approx(bpm, rel=2e-4)


def test_a_lead_in_moves_the_beats_but_does_not_break_them(tmp_path):
    grid = track_beats(*played(tmp_path, bpm=100.0, start=0.437))
    distance = (np.array(grid.beats) - 0.437) / 0.6
    assert np.abs(distance - np.round(distance)).max() * 0.6 < 0.008


def test_bars_begin_with_the_kick_before_the_snare(tmp_path):
    start = 0.437
    grid = track_beats(*played(tmp_path, bpm=100.0, start=start))
    first = grid.beats[grid.downbeats[0]]
    bar = (first - start) / 2.4
    assert abs(bar - round(bar)) * 2.4 < 0.02


def test_a_given_tempo_is_taken_at_its_word(tmp_path):
    curve, hits = played(tmp_path, bpm=120.0)
    assert track_beats(curve, hits, bpm=60.0).bpm == pytest.approx(60.0)


def test_three_beats_to_the_bar_are_counted_when_asked_for(tmp_path):
    grid = track_beats(*played(tmp_path, bpm=120.0), meter=(3, 4))
    assert set(np.diff(grid.downbeats)) == {3}


@pytest.mark.parametrize(("meter", "beats"), [((6, 4), 6), ((6, 8), 2), ((7, 8), 7)])
def test_a_meter_that_is_told_is_counted_in_its_own_beats(tmp_path, meter, beats):
    grid = track_beats(*played(tmp_path, bpm=120.0), meter=meter)
    assert ((grid.numerator, grid.denominator), set(np.diff(grid.downbeats))) == (meter, {beats})


def test_silence_has_no_beat_and_says_so():
    grid = track_beats(Novelty(np.zeros(4000, np.float32)))
    assert (grid.beats, grid.confidence) == ((), 0.0)
    assert grid.remarks


def test_a_tempo_that_drifts_is_followed(tmp_path):
    times = np.cumsum(np.linspace(0.55, 0.47, 40))
    samples = synth.clicks(times, float(times[-1]) + 0.5)
    audio = Audio(synth.write(tmp_path / "clicks.wav", samples), samples.shape[1])
    grid = track_beats(novelty(audio))
    nearest = np.abs(np.array(grid.beats)[:, None] - times[None, :]).min(axis=0)
    assert not grid.constant
    assert np.median(nearest) < 0.02


@pytest.mark.parametrize(
    ("pattern", "bpm"),
    [
        (ROCK, 70),
        (ROCK, 84),
        (ROCK, 128),
        (ROCK, 165),
        (HALF_TIME, 70),
        (HALF_TIME, 140),
        (SHUFFLE, 96),
        (SHUFFLE, 132),
    ],
)
def test_half_double_and_triplet_relations_are_told_apart(tmp_path, pattern, bpm):
    grid = track_beats(*bars_of(tmp_path, pattern, 4, bpm=bpm))
    assert grid.bpm == pytest.approx(bpm, rel=1e-3)
    assert (grid.numerator, grid.denominator) == (4, 4)


def test_bars_of_three_are_heard(tmp_path):
    grid = track_beats(*bars_of(tmp_path, WALTZ, 3, bpm=132))
    assert (grid.numerator, grid.denominator, round(grid.bpm)) == (3, 4, 132)
    assert places(grid, 60 / 132, 0.3)[0] % 3 == 0


def test_six_eight_is_heard_in_dotted_quarters(tmp_path):
    grid = track_beats(*bars_of(tmp_path, SLOW_ROCK, 2, bpm=56, bars=20))
    assert (grid.numerator, grid.denominator, round(grid.bpm)) == (6, 8, 56)
    assert quarters_per_beat(grid) == 1.5
    assert places(grid, 60 / 56, 0.3)[0] % 2 == 0


def test_a_pickup_comes_before_the_first_bar(tmp_path):
    _, hits = bars_of(tmp_path, ROCK, 4, bpm=120, start=2.0)
    pickup = [synth.Stroke(1.5, "snare"), synth.Stroke(1.75, "snare")]
    strokes = pickup + [synth.Stroke(hit.onset, hit.drum) for hit in hits]
    grid = track_beats(*heard(tmp_path, strokes, 26.0))
    assert grid.beats[grid.downbeats[0]] % 2.0 == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("bpm", [30.0, 45.0, 220.0, 300.0])
def test_a_tempo_that_is_given_may_be_as_slow_or_fast_as_music_is(tmp_path, bpm):
    grid = track_beats(*bars_of(tmp_path, ROCK, 4, bpm=bpm, bars=6), bpm=bpm)
    assert grid.bpm == pytest.approx(bpm)
    off = (np.array(grid.beats) - 0.3) / (60 / bpm)
    assert np.abs(off - np.round(off)).max() * 60 / bpm < 0.01


@pytest.mark.parametrize("bpm", [97.123, 141.37])
def test_after_four_minutes_the_grid_is_within_ten_milliseconds_and_not_late(tmp_path, bpm):
    count = int(240 * bpm / 60)
    curve, hits = bars_of(tmp_path, ROCK, 4, bpm=bpm, bars=count // 4)
    grid = track_beats(curve, hits)
    truth = 0.3 + 60 / bpm * np.arange(count - 1)
    error = np.array(grid.beats)[np.abs(np.array(grid.beats)[:, None] - truth).argmin(axis=0)] - truth
    assert grid.constant
    assert abs(error[-8:]).max() < 0.010
    assert abs(np.median(error)) < 0.005


def test_strokes_in_free_time_get_no_grid(tmp_path):
    draw = np.random.default_rng(4)
    onsets = 0.5 + np.cumsum(0.45 * np.exp(draw.normal(0, 0.35, 80)))
    strokes = [synth.Stroke(float(t), str(draw.choice(["kick", "snare", "hihat"]))) for t in onsets]
    grid = track_beats(*heard(tmp_path, strokes, float(onsets[-1]) + 1))
    assert (grid.beats, grid.confidence) == ((), 0.0)


def test_a_choice_between_half_and_double_time_is_told(tmp_path):
    grid = track_beats(*bars_of(tmp_path, ROCK, 4, bpm=60))
    assert grid.remarks == ("Read as 120 bpm; bpm=60 counts it half.",)


def test_a_tempo_that_was_given_leaves_no_choice_to_tell(tmp_path):
    assert track_beats(*bars_of(tmp_path, ROCK, 4, bpm=60), bpm=60.0).remarks == ()
