"""One channel of two, for everything that listens: the middle, and the difference where that is what there is to hear.

Adding both channels takes away what is turned over in one of them: a 'widener', mid/side that was never decoded, a
miswired cable. Where the difference is more than `LOUDER` times as strong as the middle, in one of a few bands over a
second, it is taken instead. Where one channel is the other some samples later, turned over or not, middle and
difference are both full of holes, and the louder channel is taken. Everywhere else the mean of the channels stays what
it is, to the bit.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from daemon.pipeline.audio.difference import read_difference
from daemon.pipeline.audio.stft import BINS, HOP, WINDOW, Floats, hann, istft, stft
from daemon.pipeline.records import RATE, Audio

EDGES = (0.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, RATE / 2)  # Hz
SEGMENT = 22 * WINDOW  # frames, about a second
LOUDER = 4.0  # in power, 6 dB: what is panned hard to one side is as strong in the difference as in the middle
COHERENT = 0.9  # of 1; what two channels of a room or of several instruments share is less, half a millisecond more
LOST = 0.75  # of the power of the louder channel; the middle of two alike channels has all of it, with holes half
HOLED = 3  # bands at once: of 14 songs and 28 stems one has so many, for seconds; a channel late by 0.2 to 5 ms does
ALIKE = 0.5  # of the power of the louder channel, 3 dB; chosen by hand
FAINT = 1e-5  # of the strongest segment; a difference so weak is noise
BLOCK = 1 << 18  # frames that are read at once, 2 MB of stereo; chosen by hand


@dataclass(frozen=True, slots=True)
class MonoMix:
    """`audio`, less `subtract`, as one channel, times `gain`.

    `shares` is (2, segments, bands): how much of the middle and of the difference is taken, None where it is the middle
    everywhere. The left channel is one of each, the right one the middle less the difference.
    """

    audio: Audio
    shares: Floats | None
    gain: float = 1.0
    subtract: Audio | None = None

    def read(self, start: int, frames: int) -> Floats:
        """(frames,) from `start`; shorter at the end of the file."""
        stop = max(start, min(self.audio.frames, start + frames))
        mono = self._read_stereo(start, stop).mean(axis=0) if self._is_plain(start, stop) else self._blend(start, stop)
        return mono if self.gain == 1.0 else mono * np.float32(self.gain)

    def blocks(self, frames: int = BLOCK) -> Iterator[Floats]:
        for start in range(0, self.audio.frames, frames):
            yield self.read(start, frames)

    def _read_stereo(self, start: int, stop: int) -> Floats:
        return read_difference(self.audio, self.subtract, start, stop - start)

    def _is_plain(self, start: int, stop: int) -> bool:
        if self.shares is None:
            return True
        return not self.shares[1, max(0, start // SEGMENT - 1) : stop // SEGMENT + 2].any()

    def _blend(self, start: int, stop: int) -> Floats:
        first = max(0, start // HOP * HOP - WINDOW)
        sound = self._read_stereo(first, min(self.audio.frames, stop + WINDOW))
        spectrum = stft(np.stack([sound.mean(axis=0), (sound[0] - sound[1]) / 2]))
        assert self.shares is not None
        middle, difference = (_spread(each, first, spectrum.shape[2]) for each in self.shares)
        mixed = spectrum[0] * middle + spectrum[1] * difference
        return istft(mixed[None], sound.shape[1])[0, start - first : stop - first]


def mono_mix(audio: Audio, *, gain: float = 1.0, subtract: Audio | None = None) -> MonoMix:
    """Reads all of `audio` once, to find where its channels cancel each other."""
    shares = _choose_shares(audio, subtract) if audio.channels == 2 else None
    return MonoMix(audio, shares, gain, subtract)


def _choose_shares(audio: Audio, subtract: Audio | None) -> Floats | None:
    parts = [
        _segment_powers(read_difference(audio, subtract, start, SEGMENT)) for start in range(0, audio.frames, SEGMENT)
    ]
    if not parts:
        return None
    middle, difference, left, right, common = np.stack(parts, axis=1)
    strong = middle + difference > FAINT * (middle + difference).sum(axis=1).max()
    most = np.maximum(left, right)
    louder = _where(difference > LOUDER * middle, strong, difference > middle)
    alike = (common > COHERENT * np.sqrt(left * right)) & (np.minimum(left, right) > ALIKE * most)
    holed = alike & (np.maximum(middle, difference) < LOST * most)
    holed &= holed.sum(axis=1, keepdims=True) >= HOLED  # one instrument that is wide is no channel that comes late
    holed = _where(holed, strong, alike)
    if not (louder.any() or holed.any()):
        return None
    channel = np.where(left.sum(axis=0) >= right.sum(axis=0), 1.0, -1.0)
    return np.stack([~louder | holed, np.where(holed, channel, louder)]).astype(np.float32)


def _where(found: NDArray[np.bool_], strong: NDArray[np.bool_], likely: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`found` in bands in which it is strong somewhere, and in the segments beside it in which it is `likely`."""
    found = found & (found & strong).any(axis=0)
    near = np.pad(found, ((1, 1), (0, 0)))
    return found | ((near[2:] | near[:-2]) & likely)


def _segment_powers(sound: Floats) -> NDArray[np.float64]:
    """(5, bands): the power of middle, difference, left and right, and of what left and right have in common.

    That is measured bin by bin, so it does not matter how much later one of them has it, within a window.
    """
    both = np.zeros((2, SEGMENT), np.float32)
    both[:, : sound.shape[1]] = sound
    if np.array_equal(sound[0], sound[1]):
        both = both[:1]
    spectrum = rfft(both.reshape(len(both), -1, WINDOW) * hann(), axis=2)
    left, right = spectrum[0], spectrum[-1]
    parts = [_power(each) for each in ((left + right) / 2, (left - right) / 2, left, right)]
    common = np.abs((left.astype(np.complex128) * right.conj()).sum(axis=0))
    return np.add.reduceat(np.stack([*parts, common]), _edge_bins()[:-1], axis=1)


def _power(spectrum: NDArray[np.complex64]) -> NDArray[np.float64]:
    return (spectrum.real.astype(np.float64) ** 2 + spectrum.imag**2).sum(axis=0)


def _spread(shares: Floats, first: int, steps: int) -> Floats:
    """(bins, steps) of (segments, bands), in a straight line from the middle of a segment to that of the next."""
    place = (first + np.arange(steps) * HOP) / SEGMENT - 0.5
    known = np.arange(len(shares))
    rows = np.stack([np.interp(place, known, band) for band in shares.T]).astype(np.float32)
    return np.repeat(rows, np.diff(_edge_bins()), axis=0)


def _edge_bins() -> NDArray[np.int64]:
    bins = np.round(np.array(EDGES) * WINDOW / RATE).astype(np.int64)
    bins[-1] = BINS
    return bins
