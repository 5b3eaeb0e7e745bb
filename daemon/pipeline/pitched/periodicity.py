"""How periodic a sound is at every pitch: the ground that a single voice is tracked on.

The measure is YIN's normalised difference (A. de Cheveigné, H. Kawahara, JASA 111, 2002): 0 where the sound repeats
itself exactly after one period of that pitch, about 1 where it does not. Each semitone gets the deepest dip near it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from daemon.pipeline.audio.resample import resample

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]

STEPS = 3  # per semitone, as the contour bins of Basic Pitch
_BLOCK = 256  # frames at a time
_SILENCE = 1e-9  # squared differences of full-scale samples: below it there is nothing to compare


@dataclass(frozen=True, slots=True)
class PitchRange:
    """Pitches that are looked for, MIDI numbers, and how: at `rate` Hz, `window` samples compared, every `hop`."""

    lowest: int
    highest: int
    rate: int
    window: int
    hop: int

    @property
    def longest(self) -> int:
        """The longest period in samples, with room for a flat lowest note."""
        return int(self.rate / hertz(self.lowest - 0.7)) + 2

    @property
    def shortest(self) -> int:
        return max(2, int(self.rate / hertz(self.highest + 0.7)))

    @property
    def bins(self) -> int:
        return (self.highest - self.lowest + 1) * STEPS

    @property
    def frame_rate(self) -> float:
        return self.rate / self.hop


@dataclass(frozen=True, slots=True)
class Periodicity:
    """`dips` and `shifts` are (frames, bins): 0..1, 1 where there is none, and how far each lies off its bin.

    Bin b is the third of a semitone around `lowest` + (b - 1) / 3. Frame i is centred on i / frame_rate seconds. Both
    are half-precision numbers: half an hour of them is 180 MB.
    """

    dips: Halves
    shifts: Halves
    frame_rate: float
    lowest: int

    def dips_around(self, pitch: int, start: int, stop: int, reach: int) -> tuple[Floats, Floats]:
        """(frames, 2 reach + 1) dips of the bins around `pitch`, and their distances from it in semitones."""
        middle = (pitch - self.lowest) * STEPS + 1
        first, last = max(0, middle - reach), min(self.dips.shape[1], middle + reach + 1)
        places = (np.arange(first, last, dtype=np.float32) - middle) / STEPS
        window = slice(start, stop), slice(first, last)
        dips, shifts = self.dips[window].astype(np.float32), self.shifts[window].astype(np.float32)
        return dips, np.asarray(shifts + places, np.float32)


def hertz(pitch: float) -> float:
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def periodicity(blocks: Iterable[Floats], rate: int, wanted: PitchRange) -> Periodicity:
    """Of mono blocks at `rate` Hz."""
    parts = [_measure(frames, wanted) for frames in _split_frames(resample(blocks, rate, wanted.rate), wanted)]
    empty = np.zeros((0, wanted.bins), np.float16)
    dips = np.concatenate([empty, *(dips for dips, _ in parts)])
    shifts = np.concatenate([empty, *(shifts for _, shifts in parts)])
    return Periodicity(dips, shifts, wanted.frame_rate, wanted.lowest)


def _split_frames(blocks: Iterable[Floats], wanted: PitchRange) -> Iterator[Floats]:
    """(frames, samples), centred."""
    size = wanted.window + wanted.longest
    held = np.zeros(size // 2, np.float32)
    for block in blocks:
        held = np.concatenate([held, block])
        while (count := min(_BLOCK, (len(held) - size) // wanted.hop + 1)) == _BLOCK:
            yield _rows(held, size, wanted.hop, count)
            held = held[count * wanted.hop :]
    held = np.pad(held, (0, size // 2))
    while (count := min(_BLOCK, (len(held) - size) // wanted.hop + 1)) > 0:
        yield _rows(held, size, wanted.hop, count)
        held = held[count * wanted.hop :]


def _rows(samples: Floats, size: int, hop: int, count: int) -> Floats:
    return np.lib.stride_tricks.sliding_window_view(samples, size)[::hop][:count]


def _measure(frames: Floats, wanted: PitchRange) -> tuple[Halves, Halves]:
    curve = _normalise(_difference(frames, wanted.window, wanted.longest))
    rows, depth, pitch = _minima(curve, wanted)
    place = (pitch - wanted.lowest) * STEPS + 1
    bins = np.round(place).astype(int)
    order = np.argsort(-depth, kind="stable")
    order = order[(bins[order] >= 0) & (bins[order] < wanted.bins)]
    dips = np.ones((len(curve), wanted.bins), np.float16)
    shifts = np.zeros((len(curve), wanted.bins), np.float16)
    dips[rows[order], bins[order]] = depth[order]
    shifts[rows[order], bins[order]] = (place - bins)[order] / STEPS
    return dips, shifts


def _difference(frames: Floats, window: int, longest: int) -> NDArray[np.float64]:
    """(frames, longest) sums of squared differences between a window and itself `lag` samples later, levels made equal.

    Without that the quick decay of a slapped string would pass for a lack of period.
    """
    size = next_fast_len(frames.shape[1], real=True)
    spectrum = rfft(frames, size, axis=1)
    head = rfft(frames[:, :window], size, axis=1)
    correlation = irfft(spectrum * head.conj(), size, axis=1)[:, :longest]
    squares = np.cumsum(np.pad(frames.astype(np.float64) ** 2, ((0, 0), (1, 0))), axis=1)
    energy = squares[:, window : window + longest] - squares[:, :longest]
    return np.maximum(0, 2 * np.sqrt(np.maximum(0, energy[:, :1] * energy)) - 2 * correlation)


def _normalise(difference: NDArray[np.float64]) -> Floats:
    """Over its own mean up to that lag; 1 in silence."""
    mean = np.cumsum(difference[:, 1:], axis=1) / np.arange(1, difference.shape[1])
    curve = np.ones(difference.shape, np.float32)
    np.divide(difference[:, 1:], mean, out=curve[:, 1:], where=mean > _SILENCE, casting="unsafe")
    return curve


def _minima(curve: Floats, wanted: PitchRange) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Frame, depth and MIDI pitch of every local minimum, placed between samples by a parabola."""
    left, middle, right = curve[:, :-2], curve[:, 1:-1], curve[:, 2:]
    rows, lags = np.nonzero((middle < left) & (middle <= right) & (middle < 1))
    long = lags + 1 >= wanted.shortest
    rows, lags = rows[long], lags[long]
    before, at, after = left[rows, lags], middle[rows, lags], right[rows, lags]
    bend = before - 2 * at + after
    shift = np.clip(0.5 * (before - after) / np.maximum(bend, 1e-9), -0.5, 0.5)
    depth = np.clip(at - 0.25 * (before - after) * shift, 0, 1)
    return rows, depth, 69 + 12 * np.log2(wanted.rate / (440.0 * (lags + 1 + shift)))
