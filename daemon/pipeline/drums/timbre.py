"""How a hit sounds: the few numbers by which strokes of one drum are grouped and told apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.audio.mono import mono_mix
from daemon.pipeline.audio.stft import amplitudes
from daemon.pipeline.records import RATE, Audio

WINDOW = 4096  # samples, 93 ms: the strike
LATER = 4096  # samples, the next 93 ms: what rings
BATCH = 256  # hits
BANDS = np.geomspace(40.0, 16000.0, 25)  # Hz, edges of 24 bands; chosen by hand
PITCH_RANGE = (55.0, 300.0)  # Hz, fundamentals of toms
RING = slice(1024, 7168)  # samples from 21 to 160 ms after a stroke: the pitch has fallen to where it stays


@dataclass(frozen=True, slots=True)
class Timbre:
    """Per hit: `shape` (hits, 48), the level in dB of 24 bands in the first and the second 93 ms against the total;
    `pitch` the strongest partial from 55 to 300 Hz; `decay` in dB, how much quieter the second 93 ms are;
    `body` the share of energy under 400 Hz.
    """

    shape: NDArray[np.float32]
    pitch: NDArray[np.float32]
    decay: NDArray[np.float32]
    body: NDArray[np.float32]


def timbre(stem: Audio, onsets: Sequence[float]) -> Timbre:
    """Measured on `stem` from 2 ms before each of the sorted `onsets`."""
    segments, silence = _segments(stem, onsets), np.zeros((0, WINDOW + LATER), np.float32)
    found = [_measure(silence)]
    while batch := list(islice(segments, BATCH)):
        found.append(_measure(np.stack(batch)))
    return Timbre(*(np.concatenate([getattr(one, each.name) for one in found]) for each in fields(Timbre)))


def _segments(stem: Audio, onsets: Sequence[float]) -> Iterator[NDArray[np.float32]]:
    """Mono (WINDOW + LATER,) from each onset, padded with silence at the end of the file."""
    block, length, mono = 1 << 20, WINDOW + LATER, mono_mix(stem)
    held, first = np.zeros(0, np.float32), 0
    for onset in onsets:
        start = max(0, round((onset - 0.002) * RATE))
        if start + length > first + len(held):
            first, held = start, mono.read(start, block)
        piece = held[start - first : start - first + length]
        yield np.pad(piece, (0, length - len(piece)))


def _measure(sounds: NDArray[np.float32]) -> Timbre:
    """Of (hits, WINDOW + LATER) samples."""
    window = np.hanning(2 * WINDOW)[WINDOW:].astype(np.float32)
    early, late = (amplitudes(part, window) ** 2 for part in np.split(sounds, [WINDOW], axis=1))
    hertz = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    total = early.sum(axis=1, keepdims=True) + 1e-12
    shape = np.hstack([_decibels(_band_powers(part, hertz), total) for part in (early, late)])
    ring = amplitudes(sounds[:, RING], np.hanning(RING.stop - RING.start).astype(np.float32)) ** 2
    pitch = _strongest(ring, PITCH_RANGE, RATE / (RING.stop - RING.start))
    decay = _decibels(late.sum(axis=1, keepdims=True), total)[:, 0]
    return Timbre(shape, pitch, decay, early[:, hertz < 400].sum(axis=1) / total[:, 0])


def _strongest(power: NDArray[np.float32], span: tuple[float, float], step: float) -> NDArray[np.float32]:
    """(hits,): Hz where each spectrum is strongest within `span`, by a parabola through three decibels."""
    first, last = int(np.ceil(span[0] / step)), int(span[1] / step)
    peak = first + np.argmax(power[:, first : last + 1], axis=1)
    around = np.log(power[np.arange(len(power))[:, None], peak[:, None] + np.arange(-1, 2)] + 1e-20)
    left, middle, right = around.T
    bend = np.minimum(left - 2 * middle + right, -1e-6)
    return ((peak + np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) * step).astype(np.float32)


def _band_powers(power: NDArray[np.float32], hertz: NDArray[np.float64]) -> NDArray[np.float32]:
    edges = np.searchsorted(hertz, BANDS)
    sums = np.pad(np.cumsum(power, axis=1), ((0, 0), (1, 0)))
    return sums[:, edges[1:]] - sums[:, edges[:-1]]


def _decibels(power: NDArray[np.float32], total: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.maximum(10 * np.log10(power / total + 1e-9), -50)
