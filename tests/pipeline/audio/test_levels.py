"""Level and offset of a file say nothing about what was played."""

from pathlib import Path

import numpy as np
import pytest

from daemon.errors import Rejected
from daemon.pipeline.audio.decode import decode
from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.records import Source
from tests import synth

BEAT = synth.play(synth.rock_beat(2), 4.0)


def decode_samples(folder: Path, samples: synth.Samples, **more: str) -> Source:
    path = synth.write(folder / "a.wav", samples.astype(np.float32), **more)  # type: ignore[arg-type]
    return decode(path, folder / "out.wav", Limits(), lambda _: None)


@pytest.mark.parametrize("decibels", [-60, -40, -12, 20])
def test_the_gain_makes_up_for_the_level(tmp_path: Path, decibels: float) -> None:
    factor = 10 ** (decibels / 20)
    assert decode_samples(tmp_path, factor * BEAT).audio.gain * factor == pytest.approx(
        decode_samples(tmp_path, BEAT).audio.gain, rel=1e-4
    )


def test_a_single_click_does_not_count_as_the_level(tmp_path: Path) -> None:
    clicked = BEAT.copy()
    clicked[:, 50_000] = 1.5
    plain, other = (decode_samples(tmp_path, samples).audio.gain for samples in (0.1 * BEAT, 0.1 * clicked))
    assert 20 * np.log10(plain / other) < 1.0


@pytest.mark.parametrize("offset", [(0.3, 0.3), (-0.2, 0.0), (0.02, 0.02)])
def test_a_constant_offset_is_taken_off_from_the_first_sample_on(tmp_path: Path, offset: tuple[float, float]) -> None:
    late = np.concatenate([synth.silence(0.5), 0.5 * BEAT], axis=1)
    found = decode_samples(tmp_path, late + np.array(offset)[:, None]).audio.read()
    assert np.abs(found[:, :22000]).max() < 1e-3
    assert np.abs(found[:, 22050:]).max() == pytest.approx(0.5 * np.abs(BEAT).max(), rel=0.1)


def settling(seconds: float) -> synth.Samples:
    """As an input's coupling capacitor settles after it was switched on."""
    return np.tile(0.6 * np.exp(-np.arange(4 * synth.RATE) / synth.RATE / seconds), (2, 1))


@pytest.mark.parametrize("seconds", [1.0, 2.0, 8.0])
def test_an_offset_that_settles_leaves_no_stroke_at_the_start(tmp_path: Path, seconds: float) -> None:
    late = np.concatenate([synth.silence(0.5), 0.4 * BEAT], axis=1)[:, : 4 * synth.RATE]
    found = decode_samples(tmp_path, late + settling(seconds)).audio.read()
    assert np.abs(found[:, :22000]).max() < 0.03


def test_little_is_left_of_a_slow_drift(tmp_path: Path) -> None:
    drift = 0.4 * np.sin(2 * np.pi * 0.02 * np.arange(10 * synth.RATE) / synth.RATE)
    assert np.abs(decode_samples(tmp_path, np.tile(drift, (2, 1))).audio.read()).max() < 0.004


def test_an_offset_is_told(tmp_path: Path) -> None:
    assert "constant offset of 30.0 %" in decode_samples(tmp_path, 0.5 * BEAT + 0.3).remarks[0]


def test_an_offset_that_begins_in_the_middle_does_not_stay(tmp_path: Path) -> None:
    stepped = 0.5 * BEAT + np.where(np.arange(BEAT.shape[1]) > 88200, 0.3, 0.0)
    found = decode_samples(tmp_path, stepped).audio.read()
    assert abs(found[:, 120_000:].mean()) < 1e-3


@pytest.mark.parametrize("offset", [0.3, -1.0, 0.001])
@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_16", "PCM_24"])
def test_an_offset_alone_is_silence(tmp_path: Path, offset: float, subtype: str) -> None:
    with pytest.raises(Rejected) as caught:
        decode_samples(tmp_path, synth.silence(2.0) + offset, subtype=subtype)
    assert caught.value.code == "silent"


def test_a_sound_without_an_offset_is_not_touched(tmp_path: Path) -> None:
    assert np.array_equal(decode_samples(tmp_path, BEAT).audio.read(), BEAT)
