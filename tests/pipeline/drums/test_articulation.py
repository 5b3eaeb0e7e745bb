"""Finer labels: what strokes that sound alike agree on."""

import numpy as np

from daemon.pipeline.drums.articulation import finer_labels
from daemon.pipeline.records import Candidate, Drum


def hats(chances, strength=0.9):
    return [
        Candidate(float(i), Drum.HIHAT, "closed_hihat", strength, 0.9, 0.5, (("pedal_hihat", chance),))
        for i, chance in enumerate(chances)
    ]


def shapes(decibels):
    return np.repeat(np.array(decibels, np.float32)[:, None], 48, axis=1)


def test_a_stroke_that_is_likely_by_itself_is_named():
    assert finer_labels(hats([0.8, 0.1]), shapes([-10, -30])) == ["pedal_hihat", "closed_hihat"]


def test_a_stroke_that_sounds_like_eight_plain_ones_is_plain():
    assert finer_labels(hats([0.8] + [0.05] * 8), shapes([-10] * 9)) == ["closed_hihat"] * 9


def test_a_stroke_is_named_with_those_that_sound_like_it():
    assert finer_labels(hats([0.4, 0.7, 0.7, 0.1]), shapes([-10, -10, -10, -30]))[0] == "pedal_hihat"


def test_strokes_that_do_not_count_have_no_say():
    found = [*hats([0.8]), *hats([0.01] * 5, strength=0.3)]
    assert finer_labels(found, shapes([-10] * 6))[0] == "pedal_hihat"


def test_candidates_without_chances_keep_their_labels():
    plain = [Candidate(0.0, Drum.SNARE, "snare", 0.9, 0.9, 0.5)]
    assert finer_labels(plain, shapes([-10])) == ["snare"]
