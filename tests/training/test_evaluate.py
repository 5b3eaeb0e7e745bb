"""Scoring and targets: the arithmetic that every decision in training rests on."""

import numpy as np
import pytest

from daemon.backends.drum_transcriber import HOP, RATE, Onset
from daemon.training.dataset import SOUNDS, Targets, build_targets
from daemon.training.drum_sounds import ARTICULATIONS, CLASS_OF, CLASSES, SampledSound
from daemon.training.evaluate import EvaluatedClip, agreement, best_thresholds, count_matches, f_measure_table
from daemon.training.hydrogen import match_sound
from daemon.training.kits import attack_sample, trim_audio


def test_one_estimate_cannot_match_two_onsets() -> None:
    found = count_matches(np.array([1.0, 1.02]), np.array([1.01]), 0.05)
    assert (found.hits, found.wanted, found.found) == (1, 2, 1)


def test_matching_is_the_largest_possible() -> None:
    assert count_matches(np.array([1.0, 1.06]), np.array([0.97, 1.03]), 0.04).hits == 2


def test_a_perfect_answer_scores_one() -> None:
    events = np.array([[1.0, 0, 0.5], [1.5, 3, 0.9]])
    onsets = [Onset(1.0, 0, 0.9, 0.5), Onset(1.5, 3, 0.9, 0.9)]
    assert f_measure_table([(events, onsets)])["micro"] == (1.0, 1.0, 1.0)


def test_a_closed_hat_heard_open_counts_as_hat_but_not_as_agreement() -> None:
    pair = (np.array([[1.0, 3, 0.5]]), [Onset(1.0, 4, 0.9, 0.5)])
    assert f_measure_table([pair])["hihat"] == (1.0, 1.0, 1.0)
    with pytest.warns(RuntimeWarning):
        assert agreement([pair])["closed/open accuracy"] == 0.0


def target_rows(sound: SampledSound, detail: float) -> Targets:
    """Targets of one stroke at 0.5 s."""
    return build_targets(np.array([[0.5, CLASS_OF[sound], 0.8, SOUNDS.index(sound), detail]]), 100)


def test_a_target_peaks_at_the_frame_of_its_hit() -> None:
    found = target_rows(SampledSound.SNARE, -1.0)
    assert int(np.argmax(found.strength[:, 1])) == round(0.5 * RATE / HOP)
    assert set(np.flatnonzero(found.velocity[:, 1])) == {49, 50, 51}
    assert found.strength[:, [0, *range(2, len(CLASSES))]].max() == 0


def test_articulations_are_asked_at_hits_of_their_drum_only() -> None:
    found = target_rows(SampledSound.PEDAL, -1.0).articulation
    assert dict(zip(ARTICULATIONS, found[50], strict=True))["pedal_hihat"] == 1
    assert {name for name, wanted in zip(ARTICULATIONS, found[50], strict=True) if wanted == 0} == {"foot_splash"}
    assert set(found[40]) == {-1}


def test_a_snare_of_a_kit_without_rim_shots_may_be_one() -> None:
    rim = ARTICULATIONS.index("rimshot")
    asked = [target_rows(SampledSound.SNARE, detail).articulation[50, rim] for detail in (-1.0, 0.0)]
    assert asked == [-1, 0]


def test_the_opening_of_a_hat_is_a_number_and_that_of_a_foot_is_not() -> None:
    assert target_rows(SampledSound.HALF4, 0.5).opening[50] == 0.5
    assert target_rows(SampledSound.PEDAL, -1.0).opening.max() == -1


def test_thresholds_separate_hits_from_ghosts() -> None:
    strength = np.zeros((300, len(CLASSES)), np.float32)
    strength[100], strength[200] = 0.9, 0.3
    events = np.array([[1.0, drum, 1.0] for drum in (0, 1, 2, 3, 5)])
    limits = best_thresholds([EvaluatedClip(strength, strength, events)])
    assert all(0.3 < limit <= 0.9 for limit in limits[:3])


def test_the_attack_of_a_swelling_sound_is_its_stroke_and_not_its_peak() -> None:
    time = np.arange(RATE) / RATE
    wash = np.random.default_rng(5).standard_normal(RATE) * np.minimum(time / 0.15, 1) * 0.5
    wash[2000:2400] += np.random.default_rng(6).standard_normal(400)
    assert abs(attack_sample(wash) - 2000) < 100


def test_trimming_cuts_silence_and_sets_the_peak() -> None:
    audio = np.concatenate([np.zeros(5000), [0.1, -0.2, 0.1], np.zeros(5000)])
    shot = trim_audio(audio.astype(np.float32))
    assert shot is not None
    assert shot.size < 100


def test_a_silent_take_is_no_shot() -> None:
    assert trim_audio(np.zeros(1000, np.float32)) is None


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("Kick Long", SampledSound.KICK),
        ("Hat Pedal", SampledSound.PEDAL),
        ("VariBreaks Hat 1 Op", SampledSound.OPEN),
        ("Closed HH", SampledSound.CLOSED),
        ("Ride Bell", SampledSound.BELL),
        ("Snare Roll", None),
        ("Hand Clap", SampledSound.OTHER),
    ],
)
def test_instrument_names_are_understood(name: str, sound: SampledSound | None) -> None:
    assert match_sound(name) is sound
