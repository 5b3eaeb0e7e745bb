"""Onset times from the audio itself: the ear's 10 ms frames tell which drum, the flux tells when."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.backends.drum_transcriber import HIGHEST, LOWEST, RATE

Array = NDArray[Any]
FLUX_HOP = 128
FLUX_WINDOW = 1024
FLUX_BANDS = 96


def flux_bank() -> Array:
    """(bins, FLUX_BANDS) log-spaced triangles."""
    edges = np.geomspace(LOWEST, HIGHEST, FLUX_BANDS + 2)
    bins = np.fft.rfftfreq(FLUX_WINDOW, 1 / RATE)[:, None]
    width = RATE / FLUX_WINDOW
    rise = np.maximum(edges[1:-1] - edges[:-2], width)
    fall = np.maximum(edges[2:] - edges[1:-1], width)
    return np.maximum(0, np.minimum((bins - edges[1:-1]) / rise + 1, (edges[1:-1] - bins) / fall + 1))


def superflux(audio: Array) -> Array:
    """Rise of a log spectrum over its maximum-filtered past, one value per FLUX_HOP samples.

    After Boeck and Widmer, 2013: the maximum over neighbouring bands hides vibrato.
    Frame i is centred on sample i * FLUX_HOP; the comparison is 5 frames (14.5 ms) back.
    """
    padded = np.pad(audio, FLUX_WINDOW // 2 + FLUX_HOP)[FLUX_HOP:]
    rows = np.lib.stride_tricks.sliding_window_view(padded, FLUX_WINDOW)[::FLUX_HOP]
    bank, taper = flux_bank(), np.hanning(FLUX_WINDOW)
    log = np.concatenate(
        [
            np.log1p(1000 * np.abs(np.fft.rfft(rows[i : i + 512] * taper, axis=1)) @ bank)
            for i in range(0, len(rows), 512)
        ]
    )
    wide = np.maximum(np.maximum(log, np.roll(log, 1, 1)), np.roll(log, -1, 1))
    past = np.concatenate([np.zeros((5, FLUX_BANDS)), wide[:-5]])
    return np.maximum(0, log - past).sum(axis=1)


@dataclass(frozen=True, slots=True)
class Snap:
    """Moves an onset to the flux peak within `reach` seconds; `delay` is the flux's own lateness."""

    reach: float = 0.02
    delay: float = 0.0

    def __call__(self, flux: Array, time: float) -> float:
        """The onset itself if there is no peak nearby."""
        step = FLUX_HOP / RATE
        low = max(1, int(np.ceil((time + self.delay - self.reach) / step)))
        high = min(flux.size - 1, int((time + self.delay + self.reach) / step) + 1)
        if high <= low:
            return time
        best = low + int(np.argmax(flux[low:high]))
        if flux[best] <= 0 or flux[best] < max(flux[best - 1], flux[min(best + 1, flux.size - 1)]):
            return time
        return max(0.0, best * step - self.delay)
