"""Onset strength and the peaks in it."""

from pathlib import Path

import numpy as np
import pytest

from daemon.pipeline.audio.superflux import Novelty, novelty, peaks, refine
from daemon.pipeline.records import Audio
from tests import synth


def write_audio(folder: Path, samples: synth.Samples) -> Audio:
    path = synth.write(folder / "sound.wav", samples)
    return Audio(path, samples.shape[1], samples.shape[0])


def find_onsets(audio: Audio) -> np.ndarray:
    curve = novelty(audio)
    return curve.seconds(peaks(curve))


def test_every_stroke_is_found_within_five_milliseconds(tmp_path):
    onsets = [0.25, 0.5, 0.8, 1.0, 1.31, 1.7]
    times = find_onsets(write_audio(tmp_path, synth.clicks(onsets, 2.0)))
    assert times == pytest.approx(onsets, abs=0.005)


def test_a_stroke_on_the_very_first_sample_is_found(tmp_path):
    times = find_onsets(write_audio(tmp_path, synth.clicks([0.0, 0.7], 1.5)))
    assert times == pytest.approx([0.0, 0.7], abs=0.006)


def test_silence_has_no_onsets(tmp_path):
    assert len(find_onsets(write_audio(tmp_path, synth.silence(1.0)))) == 0


def test_a_steady_tone_has_no_onsets_but_its_start(tmp_path):
    times = find_onsets(write_audio(tmp_path, synth.tone(220.0, 2.0)))
    assert not len(times[(times > 0.1) & (times < 1.9)])


def test_the_level_of_the_file_does_not_matter(tmp_path):
    loud = synth.play(synth.rock_beat(), 4.0)
    (tmp_path / "quiet").mkdir()
    quiet = novelty(write_audio(tmp_path / "quiet", loud * np.float32(0.05)))
    assert quiet.values == pytest.approx(novelty(write_audio(tmp_path, loud)).values, abs=1e-4)


def test_the_reference_level_keeps_a_quiet_stem_quiet(tmp_path):
    audio = write_audio(tmp_path, synth.noise(1.0, level=-70.0))
    assert novelty(audio, peak=1.0).values.max() < 0.2 * novelty(audio).values.max()


def test_blocks_do_not_show(tmp_path):
    seconds = 1.5 * (1 << 18) / synth.RATE
    onsets = np.arange(0.3, seconds - 0.3, 0.4)
    times = find_onsets(write_audio(tmp_path, synth.clicks(onsets, seconds)))
    assert times == pytest.approx(onsets, abs=0.005)


def test_refine_moves_a_rough_time_to_the_attack():
    values = np.zeros(400, np.float32)
    values[198:203] = [0.1, 0.6, 1.0, 0.6, 0.1]
    curve = Novelty(values)
    assert refine(curve, [200 / curve.rate + 0.012]) == pytest.approx([200 / curve.rate], abs=1e-4)


def test_refine_leaves_a_time_without_an_attack_nearby():
    assert refine(Novelty(np.zeros(400, np.float32)), [0.5]) == pytest.approx([0.5])
