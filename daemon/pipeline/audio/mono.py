"""One channel of two, for everything that listens: the middle, and the difference where that is what there is to hear.

Adding both channels takes away what is turned over in one of them: a 'widener', mid/side that was never decoded, a
miswired cable. Where the difference is more than `LOUDER` times as strong as the middle, in one of a few bands over a
second, it is taken instead. Everywhere else the mean of the channels stays what it is, to the bit.
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
FAINT = 1e-5  # of the strongest segment; a difference so weak is noise
BLOCK = 1 << 18  # frames that are read at once, 2 MB of stereo; chosen by hand


@dataclass(frozen=True, slots=True)
class MonoMix:
    """`audio`, less `subtract`, as one channel, times `gain`.

    `side` is (segments, bands): 1 where the difference is taken, None where it is nowhere.
    """

    audio: Audio
    side: Floats | None
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
        if self.side is None:
            return True
        return not self.side[max(0, start // SEGMENT - 1) : stop // SEGMENT + 2].any()

    def _blend(self, start: int, stop: int) -> Floats:
        first = max(0, start // HOP * HOP - WINDOW)
        sound = self._read_stereo(first, min(self.audio.frames, stop + WINDOW))
        spectrum = stft(np.stack([sound.mean(axis=0), (sound[0] - sound[1]) / 2]))
        share = self._shares(first, spectrum.shape[2])
        mixed = spectrum[0] * (1 - share) + spectrum[1] * share
        return istft(mixed[None], sound.shape[1])[0, start - first : stop - first]

    def _shares(self, first: int, steps: int) -> Floats:
        """(bins, steps) of the difference, in a straight line from the middle of a segment to that of the next."""
        assert self.side is not None
        place = (first + np.arange(steps) * HOP) / SEGMENT - 0.5
        known = np.arange(len(self.side))
        rows = np.stack([np.interp(place, known, band) for band in self.side.T]).astype(np.float32)
        return np.repeat(rows, np.diff(_edge_bins()), axis=0)


def mono_mix(audio: Audio, *, gain: float = 1.0, subtract: Audio | None = None) -> MonoMix:
    """Reads all of `audio` once, to find where its channels cancel each other."""
    side = _choose_side(audio, subtract) if audio.channels == 2 else None
    return MonoMix(audio, side, gain, subtract)


def _choose_side(audio: Audio, subtract: Audio | None) -> Floats | None:
    parts = [
        _segment_powers(read_difference(audio, subtract, start, SEGMENT)) for start in range(0, audio.frames, SEGMENT)
    ]
    if not parts:
        return None
    middle, difference = np.stack(parts, axis=1)
    louder = difference > LOUDER * middle
    strong = difference > FAINT * (middle + difference).sum(axis=1).max()
    louder &= (louder & strong).any(axis=0)
    if not louder.any():
        return None
    near = np.pad(louder, ((1, 1), (0, 0)))
    return (louder | ((near[2:] | near[:-2]) & (difference > middle))).astype(np.float32)


def _segment_powers(sound: Floats) -> NDArray[np.float64]:
    """(2, bands): the power of the middle and of the difference."""
    both = np.zeros((2, SEGMENT), np.float32)
    if np.array_equal(sound[0], sound[1]):
        both[0, : sound.shape[1]] = sound[0]
    else:
        both[0, : sound.shape[1]] = sound.mean(axis=0)
        both[1, : sound.shape[1]] = (sound[0] - sound[1]) / 2
    spectrum = rfft(both.reshape(2, -1, WINDOW) * hann(), axis=2)
    power = (spectrum.real.astype(np.float64) ** 2 + spectrum.imag**2).sum(axis=1)
    return np.add.reduceat(power, _edge_bins()[:-1], axis=1)


def _edge_bins() -> NDArray[np.int64]:
    bins = np.round(np.array(EDGES) * WINDOW / RATE).astype(np.int64)
    bins[-1] = BINS
    return bins
