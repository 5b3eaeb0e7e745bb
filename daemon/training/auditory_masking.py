"""Auditory masking: which hits can be heard at all. Labels of the others teach a transcriber to guess."""

import numpy as np

from daemon.training.kits import RATE, Audio

HOP = 441
WINDOW = 1024
BANDS = 24
LEAST = 0.25
"""A hit must add a quarter (-6 dB) to what else sounds, in at least one band."""


def band_power(audio: Audio) -> Audio:
    """(frames, BANDS) power in log-spaced bands from 40 Hz to 16 kHz, 100 frames a second."""
    padded = np.pad(audio, WINDOW // 2)
    rows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(rows * np.hanning(WINDOW).astype(np.float32), axis=1)) ** 2
    edges = np.geomspace(40, 16000, BANDS + 1) * WINDOW / RATE
    first = np.unique(np.maximum(np.round(edges[:-1]).astype(int), 1))
    return np.add.reduceat(power[:, : int(edges[-1])], first, axis=1)


class MaskingModel:
    """Compares a stem's rise at a hit with everything that already sounds there."""

    def __init__(self, stems: Audio) -> None:
        self.power = np.stack([band_power(stem) for stem in stems])
        self.total = self.power.sum(axis=0)

    def is_audible(self, time: float, stem: int) -> bool:
        """`time` in seconds; 30 ms after it against 20 ms before it."""
        frame = round(time * RATE / HOP)
        after, before = slice(frame, frame + 4), slice(max(0, frame - 3), max(1, frame - 1))
        own = self.power[stem, after].max(axis=0)
        past = self.power[stem, before].mean(axis=0)
        rest = (self.total[after] - self.power[stem, after]).max(axis=0)
        floor = 1e-6 * self.total.max()
        return bool(np.any(own - past > LEAST * (rest + past) + floor))
