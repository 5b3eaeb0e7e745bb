"""How a hit sounds: the few numbers by which strokes of one drum are grouped and told apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from daemon.pipeline.records import RATE, Audio

WINDOW = 4096
LATER = 4096
BANDS = np.geomspace(40.0, 16000.0, 25)
PITCH_RANGE = (50.0, 400.0)


@dataclass(frozen=True, slots=True)
class Timbre:
    """Per hit: `shape` (hits, 48), the level in dB of 24 bands in the first and the second 93 ms against the total;
    `pitch` the strongest partial from 50 to 400 Hz; `decay` in dB, how much quieter the second 93 ms are;
    `body` the share of energy under 400 Hz.
    """

    shape: NDArray[np.float32]
    pitch: NDArray[np.float32]
    decay: NDArray[np.float32]
    body: NDArray[np.float32]


def timbre(stem: Audio, onsets: Sequence[float]) -> Timbre:
    """Measured on `stem` from 2 ms before each of the sorted `onsets`."""
    rows = [_measure(sound) for sound in _segments(stem, onsets)]
    if not rows:
        empty = np.zeros(0, np.float32)
        return Timbre(np.zeros((0, 48), np.float32), empty, empty, empty)
    shape, pitch, decay, body = (np.array(column, np.float32) for column in zip(*rows, strict=True))
    return Timbre(shape, pitch, decay, body)


def _segments(stem: Audio, onsets: Sequence[float]) -> Iterator[NDArray[np.float32]]:
    """Mono (WINDOW + LATER,) from each onset, padded with silence at the end of the file."""
    block, length = 1 << 20, WINDOW + LATER
    held, first = np.zeros(0, np.float32), 0
    for onset in onsets:
        start = max(0, round((onset - 0.002) * RATE))
        if start + length > first + len(held):
            first, held = start, stem.read(start, block).mean(axis=0)
        piece = held[start - first : start - first + length]
        yield np.pad(piece, (0, length - len(piece)))


def _measure(sound: NDArray[np.float32]) -> tuple[NDArray[np.float32], float, float, float]:
    window = np.hanning(2 * WINDOW)[WINDOW:].astype(np.float32)
    early, late = (np.abs(rfft(part * window)) ** 2 for part in (sound[:WINDOW], sound[WINDOW:]))
    hertz = np.arange(len(early)) * RATE / WINDOW
    total = float(early.sum()) + 1e-12
    shape = np.concatenate([_decibels(_banded(part, hertz), total) for part in (early, late)])
    low = (hertz >= PITCH_RANGE[0]) & (hertz <= PITCH_RANGE[1])
    pitch = float(hertz[low][int(np.argmax(early[low]))])
    decay = float(_decibels(late.sum(), total))
    return shape, pitch, decay, float(early[hertz < 400].sum() / total)


def _banded(power: NDArray[np.float32], hertz: NDArray[np.float64]) -> NDArray[np.float32]:
    edges = np.searchsorted(hertz, BANDS)
    sums = np.concatenate([[0.0], np.cumsum(power)])
    return (sums[edges[1:]] - sums[edges[:-1]]).astype(np.float32)


def _decibels(power: NDArray[np.float32], total: float) -> NDArray[np.float32]:
    return np.maximum(10 * np.log10(np.asarray(power) / total + 1e-9), -50).astype(np.float32)
