"""When something starts: superflux onset strength, fine enough to place a hit within a few milliseconds.

Superflux (S. Böck, G. Widmer, "Maximum filter vibrato suppression for onset detection", DAFx 2013) is the rise of a
log-frequency spectrogram against its own past, blurred over neighbouring bands so that vibrato does not count.
Here a 1024-sample window every 128 samples (2.9 ms) against the frame 14.5 ms before: on annotated recordings its
peaks lie within a millisecond of the annotations, so no correction is applied.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.sparse import csr_array

from daemon.pipeline.audio.mono import MonoMix, mono_mix
from daemon.pipeline.audio.peaks import local_maxima, thin_peaks, vertex
from daemon.pipeline.audio.stft import amplitudes, stream_frames
from daemon.pipeline.records import RATE, Audio

if TYPE_CHECKING:
    from collections.abc import Sequence

# Window, hop and lag as said above, in samples and frames; bands per octave as published.
WINDOW = 1024
HOP = 128
LAG = 5
BANDS_PER_OCTAVE = 24
LOWEST, HIGHEST = 30.0, 17000.0  # Hz; what is below and above tells no onset; chosen by hand
COMPRESSION = 1000.0  # of amplitudes before their logarithm: what is under 0.001 hardly counts; chosen by hand

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Novelty:
    """Onset strength, (frames,) at `rate` frames a second; frame i describes second i / rate."""

    values: Floats
    rate: float = RATE / HOP

    def seconds(self, frames: "NDArray[np.floating] | NDArray[np.integer]") -> "NDArray[np.float64]":
        return np.asarray(frames, dtype=float) / self.rate


def novelty(audio: Audio, peak: float | None = None, *, lowest: float = LOWEST) -> Novelty:
    """Superflux of a mono mix, streamed, of the bands from `lowest` Hz up.

    `peak` is the level that counts as full scale (the file's own by default).
    """
    mono = mono_mix(audio)
    full = _peak(mono) if peak is None else peak
    if full <= 0:
        return Novelty(np.zeros(audio.frames // HOP + 1, np.float32))
    bank = csr_array(filter_bank(lowest))
    past = np.zeros((bank.shape[0], LAG), np.float32)
    parts = []
    for spectra in _magnitudes(mono, 1 / full):
        levels = np.log10(1 + COMPRESSION * (bank @ spectra.T))
        both = np.concatenate([past, levels], axis=1)
        parts.append(np.maximum(0, levels - _blur(both[:, :-LAG])).mean(axis=0))
        past = both[:, -LAG:]
    return Novelty(np.concatenate(parts))


def _blur(levels: Floats) -> Floats:
    """Each band (row) as loud as the loudest of it and its neighbours."""
    out = levels.copy()
    np.maximum(out[1:], levels[:-1], out=out[1:])
    np.maximum(out[:-1], levels[1:], out=out[:-1])
    return out


def peak_sample(audio: Audio) -> float:
    """The largest absolute sample of the mono mix."""
    return _peak(mono_mix(audio))


def _peak(mono: MonoMix) -> float:
    return max((float(np.abs(block).max(initial=0)) for block in mono.blocks()), default=0.0)


def filter_bank(lowest: float = LOWEST) -> Floats:
    """(bands, bins): triangles of unit area, 24 to the octave from `lowest` Hz up, at least one bin wide."""
    centres = lowest * 2 ** (np.arange(0, np.log2(HIGHEST / lowest) * BANDS_PER_OCTAVE + 1) / BANDS_PER_OCTAVE)
    edges = np.unique(np.round(centres * WINDOW / RATE).astype(int))
    edges = edges[edges > 0]
    bins = np.arange(WINDOW // 2 + 1)
    left, centre, right = (side[:, None] for side in (edges[:-2], edges[1:-1], edges[2:]))
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    bank = np.clip(np.minimum(rising, falling), 0, 1)
    return (bank / bank.sum(axis=1, keepdims=True)).astype(np.float32)


def peaks(found: Novelty, gap: float = 0.03) -> NDArray[np.int64]:
    """Frames of the onsets of a whole signal, at most one per `gap` seconds."""
    frames = onset_peaks(found)
    frames = frames[found.values[frames] > local_threshold(found)[frames]]
    return thin_peaks(frames, found.values[frames], gap * found.rate)


def local_threshold(found: Novelty, deviations: float = 4.0, floor: float = 0.025) -> Floats:
    """Per frame the median of the 0.7 s around it + `deviations` x MAD + `floor`."""
    span = _odd_length(0.7 * found.rate)
    middle = median_filter(found.values, span, mode="constant")
    spread = median_filter(np.abs(found.values - middle), span, mode="constant")
    return middle + deviations * spread + floor


def onset_peaks(found: Novelty) -> NDArray[np.int64]:
    """Frames that no other within 30 ms exceeds."""
    return local_maxima(found.values, _odd_length(0.06 * found.rate))


def refine(
    found: Novelty, seconds: "Sequence[float] | NDArray[np.float64]", reach: float = 0.03
) -> NDArray[np.float64]:
    """Each time moved to the superflux peak within `reach` seconds that is strong and near, between frames."""
    return np.array([_refine_onset(found, float(t), reach) for t in seconds])


def _refine_onset(found: Novelty, second: float, reach: float) -> float:
    first = max(0, round((second - reach) * found.rate))
    window = found.values[first : round((second + reach) * found.rate) + 1]
    if len(window) < 3 or window.max() <= 0:
        return max(0.0, second)
    distance = (np.arange(len(window)) + first) / found.rate - second
    best = int(np.argmax(window * np.exp(-0.5 * (distance / (0.6 * reach)) ** 2)))
    return max(0.0, (first + best + vertex(window, best)) / found.rate)


def _magnitudes(mono: MonoMix, gain: float) -> Iterator[Floats]:
    """Amplitude spectra, (frames, bins), a block at a time; frame i is centred on sample i * HOP."""
    window = np.hanning(WINDOW).astype(np.float32)
    window *= 2 * gain / window.sum()
    return (amplitudes(frames, window) for frames in stream_frames(mono.blocks(), WINDOW, HOP))


def _odd_length(frames: float) -> int:
    return int(frames) | 1
