"""Peaks of a transcriber's activations."""

from dataclasses import replace

import numpy as np
import pytest

from daemon.pipeline.audio.superflux import Novelty
from daemon.pipeline.drums.candidates import THRESHOLD, candidates, leave_toms_out, onsets, rescale
from daemon.pipeline.records import Drum
from tests import synth
from tests.scripted_transcriber import activations

BEAT = synth.rock_beat(1)


def still(seconds=2.0):
    """An onset strength without any attack to move to."""
    return Novelty(np.zeros(int(seconds * 345), np.float32))


def test_every_stroke_becomes_a_hit_of_its_drum():
    found = onsets(candidates(activations(BEAT, 2.0), still()))
    assert found[Drum.SNARE] == pytest.approx(synth.onsets_of(BEAT, "snare"), abs=0.006)
    assert len(found[Drum.HIHAT]) == 8


def test_weak_peaks_stay_candidates():
    found = candidates(activations(BEAT, 2.0, strength=0.3), still())
    assert found
    assert all(c.strength < THRESHOLD for c in found)


def test_the_threshold_of_a_class_becomes_one_half():
    scaled = rescale(np.array([0.0, 0.2, 0.6, 1.0], np.float32), 0.2)
    assert scaled == pytest.approx([0.0, 0.5, 0.75, 1.0])


def test_one_drum_is_not_struck_twice_in_an_instant():
    strokes = [synth.Stroke(0.50, "snare"), synth.Stroke(0.52, "snare"), synth.Stroke(0.52, "kick")]
    found = onsets(candidates(activations(strokes, 1.0), still()))
    assert (len(found[Drum.SNARE]), len(found[Drum.KICK])) == (1, 1)


def test_a_hit_moves_to_the_attack_that_the_onset_strength_shows():
    curve = still()
    curve.values[round(0.508 * curve.rate)] = 1.0
    found = candidates(activations([synth.Stroke(0.5, "kick")], 1.0), curve)
    assert found[0].onset == pytest.approx(0.508, abs=0.002)


def test_an_attack_lies_half_way_between_transcriber_and_onset_strength_but_for_their_usual_distance():
    curve = still()
    for onset in (0.508, 1.008, 1.504):
        curve.values[round(onset * curve.rate)] = 1.0
    found = candidates(activations([synth.Stroke(beat / 2, "kick") for beat in (1, 2, 3)], 2.0), curve)
    assert [c.onset for c in found] == pytest.approx([0.508, 1.008, 1.506], abs=0.0015)


def test_left_out_toms_stay_candidates_and_other_drums_stay_sure():
    strokes = [synth.Stroke(0.3, "toms"), synth.Stroke(0.6, "kick")]
    kept = leave_toms_out(candidates(activations(strokes, 1.0), still()))
    assert [(c.drum, c.strength >= THRESHOLD) for c in kept] == [(Drum.TOMS, False), (Drum.KICK, True)]


def test_the_chances_of_finer_labels_go_with_the_candidates():
    strokes = [synth.Stroke(0.3, "hihat"), synth.Stroke(0.6, "hihat")]
    heard = activations(strokes, 1.0)
    chance = np.zeros(len(heard.strength), np.float32)
    chance[29:32] = 0.8
    found = candidates(replace(heard, articulations={"pedal_hihat": chance}), still())
    assert [c.label for c in found] == ["closed_hihat"] * 2
    assert [dict(c.finer)["pedal_hihat"] for c in found] == pytest.approx([0.8, 0.0])


def test_an_articulation_that_has_no_label_changes_nothing():
    heard = activations([synth.Stroke(0.3, "snare")], 1.0)
    brushed = replace(heard, articulations={"brush": np.ones(len(heard.strength), np.float32)})
    assert [(c.label, c.finer) for c in candidates(brushed, still())] == [("snare", ())]
