"""Levels and the velocities that stand for them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.pipeline.drums.velocity import (
    STEEPNESS,
    drum_velocities,
    envelope,
    levels,
    reference,
    velocities,
)
from daemon.pipeline.options import VelocityCurve
from daemon.pipeline.records import Audio, Drum
from tests import synth


def measure_levels(folder, strokes):
    samples = synth.play(strokes, 2.0)
    audio = Audio(synth.write(folder / "stem.wav", samples), samples.shape[1])
    return levels(envelope(audio), [stroke.onset for stroke in strokes])


def test_level_follows_the_stroke_decibel_by_decibel(tmp_path):
    strokes = [synth.Stroke(0.2, "snare", -6.0), synth.Stroke(0.9, "snare", -12.0), synth.Stroke(1.6, "snare", -30.0)]
    assert np.diff(measure_levels(tmp_path, strokes)) == pytest.approx([-6.0, -18.0], abs=0.4)


def test_a_time_after_the_end_is_silent(tmp_path):
    samples = synth.play([synth.Stroke(0.1, "kick")], 0.5)
    audio = Audio(synth.write(tmp_path / "stem.wav", samples), samples.shape[1])
    assert levels(envelope(audio), [9.0])[0] < -100


def test_the_loudest_gets_the_top_and_the_range_ends_at_the_bottom():
    curve = VelocityCurve(top=120, bottom=20, range_db=40)
    found = velocities(np.array([-3.0, -23.0, -43.0, -90.0], np.float32), curve, -3.0)
    assert found.tolist() == [120, 70, 20, 20]


@given(st.lists(st.floats(-120, 0, width=32), min_size=1, max_size=50), st.floats(0.1, 4), st.floats(1, 96))
def test_velocities_are_midi_and_never_reverse_the_order(decibels, gamma, span):
    array = np.array(sorted(decibels), np.float32)
    found = velocities(array, VelocityCurve(gamma=gamma, range_db=span), reference(array))
    assert found.min() >= 1
    assert found.max() <= 127
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("drum", Drum)
def test_a_drum_follows_the_law_of_general_midi_players_but_for_what_compressors_take(drum):
    played = np.array([120, 90, 60, 30])
    level = 40 * np.log10(played / 120) / STEEPNESS[drum]
    assert drum_velocities(level, drum, VelocityCurve(), 0.0) == pytest.approx(played, abs=6)


def test_a_kick_is_spread_more_than_a_hat_for_the_same_levels():
    level = np.array([0.0, -6.0], np.float32)
    kick, hat = (drum_velocities(level, drum, VelocityCurve(), 0.0) for drum in (Drum.KICK, Drum.HIHAT))
    assert kick[0] - kick[1] > hat[0] - hat[1]
