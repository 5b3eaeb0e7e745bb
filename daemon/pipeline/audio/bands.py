"""Frequency bands that stand for a spectrum wherever a mask for every bin would say no more than one for a few."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.sparse import csr_array

from daemon.pipeline.audio.stft import BINS, WINDOW, Complexes, Floats
from daemon.pipeline.records import RATE

# Chosen by hand; the kit network was trained on these bands, so that others need a new training.
NARROW = 64
GROWTH = 1.06


@dataclass(frozen=True, slots=True)
class Bands:
    """Frequency bands: 1 bin wide below 1.4 kHz, then growing.

    `averaging` (bands, bins) takes the mean over the bins of a band, `drawing` (bins, bands) draws a value per band
    out over the bins, linear between the `centres` (hertz); `weight` (bands, 1) counts bins.
    """

    averaging: csr_array
    expansion: csr_array
    centres: Floats
    weight: Floats

    def power(self, spectrum: Complexes) -> Floats:
        """Mean power per band, (bands, frames), of one channel's (bins, frames)."""
        return np.asarray(self.averaging @ (spectrum.real**2 + spectrum.imag**2))

    def expand(self, mask: Floats) -> Floats:
        """(bins, frames) from a mask per band."""
        return np.asarray(self.expansion @ mask)


@cache
def bands() -> Bands:
    edges = list(range(NARROW + 1))
    while edges[-1] < BINS:
        edges.append(min(BINS, max(edges[-1] + 1, int(edges[-1] * GROWTH))))
    low, high = np.array(edges[:-1]), np.array(edges[1:])
    bins = np.arange(BINS)
    inside = (bins >= low[:, None]) & (bins < high[:, None])
    averaging = (inside / (high - low)[:, None]).astype(np.float32)
    centres = (low + high - 1) / 2
    drawing = np.stack([np.interp(bins, centres, one) for one in np.eye(len(centres))], axis=1).astype(np.float32)
    weight = (high - low).astype(np.float32)[:, None]
    return Bands(csr_array(averaging), csr_array(drawing), (centres * RATE / WINDOW).astype(np.float32), weight)
