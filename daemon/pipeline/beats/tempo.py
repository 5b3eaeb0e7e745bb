"""Beats from onset strength: which tempi there may be, and where the beats of one tempo lie.

Autocorrelation proposes tempi; for one of them, dynamic programming (D. Ellis, "Beat tracking by dynamic programming",
JNMR 2007) lays beats on strong onsets at even distances. Which tempo is right is decided elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from daemon.pipeline.audio.superflux import Novelty
from daemon.pipeline.records import Drum, Hit

SLOWEST, FASTEST = 30.0, 300.0
LIKELIEST, SPREAD = 115.0, 0.55  # bpm, and octaves: where people tap
TIGHTNESS = 100.0
PROPOSED = 6
RELATED = (1.0, 2.0, 0.5, 1.5, 2 / 3, 4 / 3, 0.75)  # what one period of a rhythm can be to another
ALIKE = 0.02  # part by which two tempi differ that are one
STEP = 3  # superflux frames in one step of the tracker: 8.7 ms
SNAP = 0.035
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Strength:
    """Onset strength a step, even in loudness through the song, at `rate` steps a second."""

    values: Floats
    rate: float

    @classmethod
    def of(cls, found: Novelty, hits: Sequence[Hit]) -> "Strength":
        """Kick and snare count more than the rest."""
        values = found.values.astype(float)
        loudest = values.max(initial=0.0)
        for hit in hits:
            if hit.cluster >= 0 and hit.drum in (Drum.KICK, Drum.SNARE):
                i = round(hit.onset * found.rate)
                values[max(0, i - 2) : i + 3] += 0.5 * hit.velocity / 127 * loudest
        steps = np.pad(values, (0, -len(values) % STEP)).reshape(-1, STEP).max(axis=1)
        around = gaussian_filter1d(steps, 3 * found.rate / STEP) + 1e-9 + 0.1 * steps.mean()
        return cls(gaussian_filter1d(steps / around, 1.0), found.rate / STEP)

    @property
    def seconds(self) -> float:
        return len(self.values) / self.rate

    def middle(self, seconds: float) -> tuple["Strength", float]:
        """The middle of it, `seconds` long at most, and when that begins."""
        length = round(seconds * self.rate)
        start = max(0, (len(self.values) - length) // 2)
        return Strength(self.values[start : start + length], self.rate), start / self.rate


def tempi(strength: Strength) -> list[float]:
    """The bpm that the rhythm may have: periods in which it repeats, and those related to them."""
    rate = strength.rate
    lags = np.arange(int(60 / FASTEST * rate), int(60 / SLOWEST * rate) + 1)
    centred = strength.values - strength.values.mean()
    size = 1 << int(2 * len(centred) - 1).bit_length()
    correlation = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2)[: 4 * lags[-1] + 4]
    score = sum(np.interp(k * lags, np.arange(len(correlation)), correlation) / k for k in (1, 2, 4))
    score = score * np.exp(-0.5 * (np.log2(60 * rate / lags / LIKELIEST) / SPREAD) ** 2)
    best = np.flatnonzero((score == maximum_filter1d(score, 5)) & (score > 0))
    best = best[np.argsort(-score[best])][:PROPOSED]
    return _related([60 * rate / (lags[i] + _vertex(score, int(i))) for i in best])


def _related(heard: Sequence[float]) -> list[float]:
    found: list[float] = []
    for tempo in (bpm * part for part in RELATED for bpm in heard):
        if SLOWEST <= tempo <= FASTEST and all(abs(np.log(tempo / other)) > ALIKE for other in found):
            found.append(tempo)
    return found


def laid(strength: Strength, bpm: float) -> Floats:
    """Seconds of the best path: strong onsets, a beat apart but for what log-distance from it costs."""
    period = 60 * strength.rate / bpm
    reach = np.arange(round(period / 1.6), round(period * 1.6) + 1)
    cost = -TIGHTNESS * np.log(reach / period) ** 2
    best, before = strength.values / (strength.values.std() + 1e-9), np.full(len(strength.values), -1)
    for first in range(reach[0], len(best), reach[0]):  # steps so near to each other do not depend on each other
        steps = np.arange(first, min(first + reach[0], len(best)))
        earlier = steps[:, None] - reach
        values = np.where(earlier >= 0, best[earlier] + cost, 0.0)
        choice = np.argmax(values, axis=1)
        gain = values[np.arange(len(steps)), choice]
        best[steps] += np.maximum(gain, 0.0)
        before[steps] = np.where(gain > 0, steps - reach[choice], -1)
    path = [len(best) - 1 - int(np.argmax(best[::-1][: round(1.5 * period)]))]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return np.array(path[::-1]) / strength.rate


def placed(found: Novelty, times: Floats) -> Floats:
    """Each beat moved to the strongest onset near it, where there is one."""
    out = times.copy()
    threshold = found.values.mean() * 2
    for n, time in enumerate(times):
        first = max(0, round((time - SNAP) * found.rate))
        window = found.values[first : round((time + SNAP) * found.rate) + 1]
        if len(window) and window.max() > threshold:
            out[n] = (first + int(np.argmax(window))) / found.rate
    return out


@dataclass(frozen=True, slots=True)
class Line:
    """Beats of one tempo: `period` and `phase` in seconds; `stray` is how far off the played beats are."""

    period: float
    phase: float
    stray: float

    @classmethod
    def through(cls, times: Floats, period: float | None = None) -> "Line":
        """The straight line through beats that ignores strays; with that `period` if one is given."""
        distance = float(np.median(np.diff(times)))
        numbers = np.concatenate([[0.0], np.cumsum(np.round(np.diff(times) / distance))])
        keep, slope = np.ones(len(times), bool), period or distance
        for _ in range(4):
            if period is None and len(np.unique(numbers[keep])) > 1:
                slope = float(np.polyfit(numbers[keep], times[keep], 1)[0])
                numbers = np.round((times - np.median(times[keep] - numbers[keep] * slope)) / slope)
            phase = float(np.median(times[keep] - numbers[keep] * slope))
            off = np.abs(times - numbers * slope - phase)
            keep = off <= max(0.01, 2 * float(np.median(off)))
        return cls(slope, phase, float(np.percentile(off, 70)))

    def beats(self, duration: float) -> Floats:
        """All beats from 0 to `duration`."""
        first = int(np.ceil(-self.phase / self.period - 0.1))
        numbers = np.arange(first, int((duration - self.phase) / self.period) + 1)
        return np.maximum(0, self.phase + self.period * numbers)


def smoothed(times: Floats) -> Floats:
    """Local straight lines over nine beats: a drummer breathes, but not from one beat to the next."""
    out = times.copy()
    numbers = np.arange(len(times))
    for i in range(len(times)):
        near = slice(max(0, i - 4), i + 5)
        _, start = np.polyfit(numbers[near] - i, times[near], 1)
        out[i] = start
    return np.maximum.accumulate(out)


def extended(times: Floats, duration: float) -> Floats:
    """The beats carried on to both ends of the song at the tempo they have there."""
    head, tail = np.diff(times[:5]).mean(), np.diff(times[-5:]).mean()
    before = np.arange(times[0] - head, -0.02, -head)[::-1]
    after = np.arange(times[-1] + tail, duration, tail)
    return np.maximum(0, np.concatenate([before, times, after]))


def later(times: Floats, part: float) -> Floats:
    """Every beat later by this part of the beat that follows."""
    if not part:
        return times
    following = np.append(times[1:], 2 * times[-1] - times[-2])
    return times + part * (following - times)


def _vertex(curve: Floats, i: int) -> float:
    if not 0 < i < len(curve) - 1:
        return 0.0
    before, at, after = (float(v) for v in curve[i - 1 : i + 2])
    bend = before - 2 * at + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0
