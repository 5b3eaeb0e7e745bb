"""What corrections of earlier songs say about the strokes of another one."""

import numpy as np
import pytest

from daemon.pipeline.drums.personal_ear import SAME_KIT, PersonalEar, StrokeExamples
from daemon.pipeline.records import Drum

FEATURES = 140
WOOD, RATTLE = 3.0, 4.5  # the level of a kick of this kit, and of what is none


def sounds(level, count, seed=0):
    spread = np.random.default_rng(seed).normal(0, 0.05, (count, FEATURES))
    return (level + spread).astype(np.float16)


def examples(strength, labels, level, told=False, seed=0):
    count = len(labels)
    return StrokeExamples(
        np.full(count, strength, np.float32), tuple(labels), np.full(count, told), sounds(level, count, seed)
    )


def joined(*parts):
    return StrokeExamples(
        np.concatenate([part.strength for part in parts]),
        tuple(label for part in parts for label in part.labels),
        np.concatenate([part.told for part in parts]),
        np.concatenate([part.sounds for part in parts]),
    )


def taught(*parts, drum=Drum.KICK):
    return PersonalEar("0" * 64, ({drum: joined(*parts)},))


def heard(level, count=6, strength=0.9, drum=Drum.KICK):
    return {drum: (np.full(count, strength, np.float32), sounds(level, count, seed=9))}


KICKS = examples(0.9, ["kick"] * 20, WOOD)
PHANTOMS = examples(0.8, [""] * 20, RATTLE, seed=1)
MISSED = examples(0.1, ["kick"] * 20, RATTLE, seed=1)


def test_a_kit_is_known_again_by_its_strokes():
    assert taught(KICKS).recall_kit(heard(WOOD)).songs == 1


def test_another_kit_is_not():
    far = WOOD + 1.5 * (SAME_KIT / FEATURES) ** 0.5
    assert taught(KICKS).recall_kit(heard(far)) is None


def test_a_drum_that_was_struck_once_or_twice_tells_no_kit():
    assert taught(KICKS).recall_kit(heard(WOOD, count=2)) is None


@pytest.mark.parametrize(("told", "strength", "is_hit"), [(PHANTOMS, 0.8, False), (MISSED, 0.1, True)])
def test_what_was_put_right_once_is_right_in_the_next_song(told, strength, is_hit):
    known = taught(KICKS, told).recall_kit(heard(WOOD))
    judged = known.judge(Drum.KICK, np.full(5, strength, np.float32), sounds(RATTLE, 5, seed=3))
    assert ((judged >= 0.5) == is_hit).all()


def test_what_sounds_like_no_example_is_as_strong_as_before():
    known = taught(KICKS, PHANTOMS).recall_kit(heard(WOOD))
    before = np.array([0.2, 0.5, 0.8], np.float32)
    assert known.judge(Drum.KICK, before, sounds(9.0, 3)) == pytest.approx(before, abs=1e-3)
    assert known.judge(Drum.SNARE, before, sounds(WOOD, 3)) is before


def test_a_label_that_was_corrected_goes_to_what_sounds_alike():
    floor = examples(0.9, ["floor_tom"] * 8, WOOD, told=True)
    high = examples(0.9, ["high_tom"] * 8, RATTLE, seed=1)
    known = taught(floor, high, drum=Drum.TOMS).recall_kit(heard(WOOD, drum=Drum.TOMS))
    alike = np.concatenate([sounds(WOOD, 1, 5), sounds(RATTLE, 1, 6), sounds(9.0, 1, 7)])
    assert known.rename(Drum.TOMS, ["low_tom"] * 3, alike) == ["floor_tom", "low_tom", "low_tom"]
