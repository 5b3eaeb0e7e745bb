"""A hit that nobody could hear is not asked for."""

import numpy as np
import pytest

from daemon.training.auditory_masking import MaskingModel
from daemon.training.drum_sounds import STEMS
from daemon.training.kits import RATE, Audio

KICK, HIHAT = STEMS.index("kick"), STEMS.index("hihat")


def burst(level: float, *, bright: bool) -> Audio:
    """50 ms of noise at 1.0 s in a two-second stem, above or below 3 kHz."""
    noise = np.random.default_rng(8).standard_normal(2 * RATE)
    spectrum = np.fft.rfft(noise)
    edge = 6000
    spectrum[:edge] = 0 if bright else spectrum[:edge]
    spectrum[edge:] = spectrum[edge:] if bright else 0
    gate = np.zeros(2 * RATE)
    gate[RATE : RATE + RATE // 20] = level
    return (np.fft.irfft(spectrum, 2 * RATE) * gate).astype(np.float32)


def stems(kick: Audio, hat: Audio) -> Audio:
    rows = np.zeros((len(STEMS) + 1, 2 * RATE), np.float32)
    rows[KICK], rows[HIHAT] = kick, hat
    return rows


@pytest.mark.parametrize(("level", "heard"), [(1.0, True), (0.01, False)])
def test_a_hat_under_an_equally_bright_kick_needs_level(level: float, heard: bool) -> None:
    masker = MaskingModel(stems(burst(1.0, bright=True), burst(level, bright=True)))
    assert masker.is_audible(1.0, HIHAT) is heard


def test_a_quiet_hat_over_a_dark_kick_is_heard() -> None:
    assert MaskingModel(stems(burst(1.0, bright=False), burst(0.05, bright=True))).is_audible(1.0, HIHAT)


def test_nothing_is_heard_where_nothing_starts() -> None:
    assert not MaskingModel(stems(burst(1.0, bright=False), burst(1.0, bright=True))).is_audible(0.5, KICK)
