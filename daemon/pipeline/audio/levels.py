"""How loud a song is, and on what constant offset it stands: measured once, where it is decoded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt, sosfilt_zi

from daemon.pipeline.records import RATE

Floats = NDArray[np.float32]

WINDOW = 2205  # frames, 50 ms: a single click does not count, a single stroke does
LISTENING_DB = -20.0  # of the loudest window; the drum transcriber was trained on peaks from 0 to -20 dB
OFFSET, DRIFT = 0.01, 0.03  # of the peak: the mean of the whole file, of a stretch of it
STRETCH = 30 * WINDOW  # frames, 1.5 s: the mean of a 30 Hz tone over it is under 0.01 of its peak
SETTLING = 0.005  # of the peak: a constant offset's median differs by less from one half second to the next
HIGH_PASS = 10.0  # Hz


@dataclass(slots=True)
class LevelMeter:
    """Fed with all (2, frames) blocks of a sound in order.

    `peak` is its largest sample, `loudest` the highest mean power of both channels in a window, `first` the offset
    that each channel starts on.
    """

    peak: float = 0.0
    loudest: float = 0.0
    first: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    _total: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    _frames: int = 0
    _drift: float = 0.0
    _held: Floats = field(default_factory=lambda: np.zeros((2, 0), np.float32))

    def add(self, block: Floats) -> None:
        self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))
        held = np.concatenate([self._held, block], axis=1)
        whole = held.shape[1] // STRETCH * STRETCH
        for start in range(0, whole, STRETCH):
            self._measure(held[:, start : start + STRETCH])
        self._held = held[:, whole:]

    def finish(self) -> None:
        """What is left over counts too."""
        if self._held.shape[1]:
            self._measure(self._held)
        self._held = self._held[:, :0]

    def _measure(self, sound: Floats) -> None:
        mean = sound.mean(axis=1, dtype=np.float64)
        self.first = self.first if self._frames else _first_offset(sound)
        self._total = self._total + mean * sound.shape[1]
        self._frames += sound.shape[1]
        if sound.shape[1] == STRETCH:
            self._drift = max(self._drift, float(np.abs(mean).max()))
        with np.errstate(over="ignore"):  # samples beyond all measure are louder than anything
            power = np.pad(np.square(sound).mean(axis=0), (0, -sound.shape[1] % WINDOW))
            self.loudest = max(self.loudest, float(power.reshape(-1, WINDOW).mean(axis=1).max()))

    @property
    def offset(self) -> float:
        """The mean of all samples, of the channel where it is larger."""
        return float(np.abs(self._total).max() / max(1, self._frames))

    @property
    def has_offset(self) -> bool:
        short = max(1.0, (STRETCH / max(1, self._frames)) ** 0.5)  # the mean of a few samples is seldom 0
        return self.offset > short * OFFSET * self.peak or self._drift > DRIFT * self.peak

    @property
    def gain(self) -> float:
        """What brings the loudest window to LISTENING_DB."""
        return float(10 ** (LISTENING_DB / 20) / self.loudest**0.5) if self.loudest > 0 else 1.0


def _first_offset(sound: Floats) -> NDArray[np.float64]:
    """The median of each channel; where it settles, all one way over three thirds, its beginning."""
    whole = np.median(sound, axis=1).astype(np.float64)
    third = sound.shape[1] // 3
    if not third:
        return whole
    thirds = np.median(sound[:, : 3 * third].reshape(2, 3, third), axis=2).astype(np.float64)
    early, late = thirds[:, 1] - thirds[:, 0], thirds[:, 2] - thirds[:, 1]
    one_way = np.minimum(np.abs(early), np.abs(late)) > SETTLING * np.abs(sound).max()
    parabola = thirds[:, 0] - early / 2 + 3 / 8 * (late - early)  # at half a third before the first middle
    return np.where(one_way & (early * late > 0), parabola, whole)


def remove_offset(blocks: Iterable[Floats], start: NDArray[np.float64]) -> Iterator[Floats]:
    """The blocks through a high-pass that has settled on `start`, an offset per channel, before the first sample."""
    filter_ = butter(2, HIGH_PASS, "highpass", fs=RATE, output="sos")
    state = sosfilt_zi(filter_)[:, None, :] * np.asarray(start)[None, :, None]
    for block in blocks:
        filtered, state = sosfilt(filter_, block.astype(np.float64), axis=1, zi=state)
        yield filtered.astype(np.float32)
