"""Levels of strokes that fall together with louder ones."""

import numpy as np
import pytest

from daemon.pipeline.drums.covered_levels import estimate_levels
from daemon.pipeline.records import Candidate, Drum


def strokes(drum, onsets, loudness=0.5):
    return [Candidate(onset, drum, str(drum), 0.9, 0.9, loudness) for onset in onsets]


def estimated(found, level):
    """dB of `level` (drum to dB of each stroke) as estimate_levels has them."""
    found = {drum: found.get(drum, []) for drum in Drum}
    return estimate_levels(found, {drum: np.array(level.get(drum, []), np.float32) for drum in Drum})


def test_a_hat_under_a_snare_is_as_loud_as_it_would_be_by_itself():
    found = {Drum.SNARE: strokes(Drum.SNARE, [1.0]), Drum.HIHAT: strokes(Drum.HIHAT, [0.5, 1.0, 1.5])}
    hats = estimated(found, {Drum.SNARE: [-6.0], Drum.HIHAT: [-24.0, -32.0, -24.0]})[Drum.HIHAT]
    assert hats == pytest.approx([-24.0, -24.0, -24.0])


def test_a_snare_as_loud_as_the_kick_with_it_has_lost_nothing():
    found = {Drum.SNARE: strokes(Drum.SNARE, [1.0]), Drum.KICK: strokes(Drum.KICK, [1.0])}
    assert estimated(found, {Drum.SNARE: [-8.0], Drum.KICK: [-6.0]})[Drum.SNARE] == pytest.approx([-8.0])


def test_a_stroke_that_the_transcriber_takes_for_soft_is_softer_than_its_level():
    found = {Drum.SNARE: [*strokes(Drum.SNARE, [1.0, 2.0, 3.0]), *strokes(Drum.SNARE, [4.0], loudness=0.25)]}
    assert estimated(found, {Drum.SNARE: [-10.0] * 4})[Drum.SNARE] == pytest.approx([-10.0, -10.0, -10.0, -15.0])
