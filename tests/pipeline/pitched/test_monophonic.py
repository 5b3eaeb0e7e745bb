import numpy as np
import pytest
from numpy.typing import NDArray

from daemon.pipeline.pitched.monophonic import PitchRun, add_silence, costs, path, pitch_curve, runs, tuning
from daemon.pipeline.pitched.note_segmentation import Attacks, merge_slips, segment_notes
from daemon.pipeline.pitched.periodicity import Periodicity, PitchRange, hertz, periodicity
from daemon.pipeline.pitched.polyphonic import Posteriors

DEEP = PitchRange(22, 67, 11025, 512, 64)
HIGH = PitchRange(36, 84, 22050, 512, 128)
RATE = 44100


def tone(pitch: float, seconds: float = 0.5, overtones: int = 5) -> NDArray[np.float32]:
    time = np.arange(round(seconds * RATE)) / RATE
    return sum(0.1 * np.sin(2 * np.pi * k * hertz(pitch) * time) for k in range(1, overtones + 1)).astype(np.float32)


def analyse(wave: NDArray[np.float32], wanted: PitchRange = DEEP) -> Periodicity:
    return periodicity([wave], RATE, wanted)


def follow_pitch(wave: NDArray[np.float32], wanted: PitchRange = DEEP) -> list[PitchRun]:
    found = analyse(wave, wanted)
    cost = add_silence(costs(found, tuning(found)), np.ones(len(found.dips), bool), 0.5)
    return list(runs(path(cost, np.zeros(len(cost), bool)), cost.shape[1] - 1, wanted.lowest))


def attacks(*times: float, rise: float = 20.0) -> Attacks:
    count = len(times)
    return Attacks(np.array(times), np.full(count, 0.5, np.float32), np.full(count, rise, np.float32))


def keys(*struck: tuple[int, float], level: float = 0.6) -> Posteriors:
    onset = np.zeros((400, 88), np.float16)
    for pitch, time in struck:
        onset[int(time * 22050 / 256) + 1, pitch - 21] = level
    return Posteriors(onset, onset, np.zeros((400, 264), np.float16))


@pytest.mark.parametrize("pitch", range(23, 67, 4))
def test_deep_notes_are_followed(pitch: int) -> None:
    assert [run.pitch for run in follow_pitch(tone(pitch))] == [pitch]


@pytest.mark.parametrize("pitch", range(40, 84, 4))
def test_sung_notes_are_followed(pitch: int) -> None:
    assert [run.pitch for run in follow_pitch(tone(pitch), HIGH)] == [pitch]


def test_a_note_without_its_fundamental_keeps_its_octave() -> None:
    whole, bare = tone(28), tone(28, overtones=1)
    assert [run.pitch for run in follow_pitch(whole - bare)] == [28]


@pytest.mark.parametrize("pitches", [(52, 55, 57, 60), (60, 62, 65, 67), (67,), (28, 33)])
@pytest.mark.parametrize("overtones", [1, 5])
@pytest.mark.parametrize("cents", [0, 30])
def test_the_tuning_of_a_line_is_told_however_high_it_is(pitches: tuple[int, ...], overtones: int, cents: int) -> None:
    line = np.concatenate([tone(pitch + cents / 100, overtones=overtones) for pitch in pitches])
    assert 100 * tuning(analyse(line)) == pytest.approx(cents, abs=3)


def test_pitches_are_placed_within_a_few_cents() -> None:
    found = analyse(tone(45.2))
    curve = pitch_curve(found, PitchRun(45, 20, 60), 0.0)
    assert curve == pytest.approx(np.full(40, 0.2), abs=0.04)


def test_every_hop_has_a_frame() -> None:
    found = analyse(tone(40, 3.0))
    assert len(found.dips) == pytest.approx(3.0 * found.frame_rate, abs=2)


def test_block_sizes_do_not_matter() -> None:
    wave = tone(40, 2.0)
    pieces = periodicity(np.array_split(wave, 23), RATE, DEEP)
    np.testing.assert_allclose(pieces.dips, analyse(wave).dips, atol=2e-3)


def test_silence_has_no_period() -> None:
    assert (analyse(np.zeros(RATE, np.float32)).dips == 1).all()
    assert follow_pitch(np.zeros(RATE, np.float32)) == []


def test_the_tuning_of_noise_is_not_told() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, RATE).astype(np.float32)
    assert tuning(analyse(noise)) == 0.0


def test_a_legato_line_changes_note_without_an_attack() -> None:
    assert [run.pitch for run in follow_pitch(np.concatenate([tone(40), tone(43)]))] == [40, 43]


def test_a_run_starts_at_its_attack() -> None:
    (found,) = segment_notes([PitchRun(40, 105, 200)], attacks(1.0), keys(), 100.0)
    assert found.start == 1.0


def test_a_soft_start_is_put_before_the_period_is_known() -> None:
    (found,) = segment_notes([PitchRun(40, 105, 200)], attacks(), keys(), 100.0)
    assert found.start == pytest.approx(1.01)


def test_a_note_struck_again_is_two() -> None:
    found = segment_notes([PitchRun(40, 100, 200)], attacks(1.0, 1.5), keys((40, 1.5)), 100.0)
    assert [note.start for note in found] == [1.0, 1.5]


@pytest.mark.parametrize(("struck", "rise"), [((41, 1.5), 20.0), ((40, 1.5), 1.0)])
def test_an_attack_of_another_key_or_without_a_rise_does_not_divide_a_note(
    struck: tuple[int, float], rise: float
) -> None:
    found = segment_notes([PitchRun(40, 100, 200)], attacks(1.0, 1.5, rise=rise), keys(struck), 100.0)
    assert len(found) == 1


def test_what_the_network_is_sure_of_needs_no_attack_and_tells_the_time() -> None:
    heard = keys((40, 1.0), (40, 1.5), level=0.9)
    found = segment_notes([PitchRun(40, 103, 200)], attacks(1.04), heard, 100.0)
    assert [note.start for note in found] == pytest.approx([1.0, 1.5], abs=0.012)


def test_a_slip_of_an_octave_is_mended() -> None:
    found = merge_slips([PitchRun(40, 100, 150), PitchRun(52, 150, 158), PitchRun(40, 158, 200)], attacks(1.0), 100.0)
    assert found == [PitchRun(40, 100, 200)]


def test_a_played_octave_stays() -> None:
    played = [PitchRun(40, 100, 110), PitchRun(52, 110, 120)]
    assert merge_slips(played, attacks(1.0, 1.1), 100.0) == played
