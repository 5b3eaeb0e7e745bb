"""Whether one tempo holds from the first stroke to the last, and which to three decimals.

Strokes at a constant distance point the same way when time is wound round a circle of that distance: the coherence
|sum w exp(-2 pi i f t)| / sum w is 1 for a perfect pulse of frequency f and 1/sqrt(n) by chance (Rayleigh). A song to
a click also keeps one phase through windows of 12 s, whatever is silent between them. Songs that players made without
a click lose it within a minute.

Conventions: a pulse is any even division of the bar (a beat, an eighth, a sixteenth); frequencies are pulses a second.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.audio.peaks import local_maxima
from daemon.pipeline.beats.bar_patterns import Strokes

SLOWEST, FASTEST = 0.7, 17.0  # pulses a second: 42 bpm in quarters, 255 bpm in sixteenths
WINDOW, HOP = 12.0, 6.0  # seconds
WITNESSES = 8  # strokes in a window that say something
PROPOSED = 16  # peaks of the spectrum that are looked at
COHERENT = 0.12  # below it a peak of the spectrum is nothing
CHANCE = 0.01  # that strokes without any tempo have such a peak somewhere: Rayleigh's test of uniformity
KEPT, OFF, CLEAR = 0.85, 0.015, 0.5  # what a steady pulse keeps, see find_steady_pulses
ELSEWHERE = 2  # windows that clearly follow another tempo, which is then no passing fill
_SAME = 5e-4  # part by which two frequencies of one tempo differ
_OUTERMOST = 100  # knots: two seconds of a map that follows players
_RATE = 200.0  # a second, at which strokes are laid out for the spectrum
_SNARE = 1  # the last of the kinds of bar_patterns that tell the beat best: kick and snare
_REST = 0.6  # weight of all other kinds
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PulseMap:
    """Seconds to pulse numbers and back, straight between its knots and beyond them."""

    knots: Floats
    numbers: Floats

    @classmethod
    def constant(cls, frequency: float, phase: float) -> "PulseMap":
        """Pulse 0 is at `phase` seconds."""
        return cls(np.array([phase, phase + 1 / frequency]), np.array([0.0, 1.0]))

    def number(self, seconds: Floats) -> Floats:
        return _interpolate(seconds, self.knots, self.numbers)

    def second(self, numbers: Floats) -> Floats:
        return _interpolate(numbers, self.numbers, self.knots)


@dataclass(frozen=True, slots=True)
class Pulse:
    """A pulse of the whole song. `kept` 0..1: how much of the coherence of its windows one phase keeps; `off`: seconds
    that 95 % of the clear windows are off it at most; `clear`: the share of clear windows."""

    frequency: float
    coherence: float
    kept: float
    off: float
    clear: float

    @property
    def steady(self) -> bool:
        return self.kept > KEPT and self.off < OFF and self.clear > CLEAR


def weigh(strokes: Strokes) -> Floats:
    """How much each stroke tells about the tempo."""
    return strokes.weights * np.where(strokes.kinds <= _SNARE, 1.0, _REST) + 1e-6


def wind(seconds: Floats, weights: Floats, frequency: float) -> complex:
    """The weighted mean of exp(-2 pi i f t): its size is the coherence, its angle the phase."""
    return complex(np.sum(weights * np.exp(-2j * np.pi * frequency * seconds)) / (np.sum(weights) + 1e-12))


def find_pulses(seconds: Floats, weights: Floats) -> list[Pulse]:
    """The pulses of strokes at `seconds`, most coherent first, each with how steady it is."""
    if len(seconds) < WITNESSES:
        return []
    span = max(float(seconds[-1] - seconds[0]), 1.0)
    frequencies, size = spectrum(seconds - seconds[0], weights, span)
    size = np.where(size**2 * len(seconds) > np.log(span * FASTEST / CHANCE), size, 0.0)
    apart = int(0.1 / (frequencies[1] - frequencies[0])) | 1
    tops = local_maxima(size, apart)
    tops = tops[(size[tops] > COHERENT) & (frequencies[tops] > SLOWEST)]
    tops = tops[np.argsort(-size[tops])][:PROPOSED]
    exact = [refine(seconds, weights, float(frequencies[i]), span) for i in tops]
    return sorted((judge(seconds, weights, f) for f in exact), key=lambda pulse: -pulse.coherence)


def find_steady_pulses(seconds: Floats, weights: Floats) -> list[Pulse]:
    """Those that one phase holds together from end to end; none where a part of the song follows another tempo.

    Of 40 rendered songs to a click (FIRST of tests/grooves.py) the clearest pulse keeps .995 or more and is off 6 ms at
    most; of five whose players have no click it keeps .86 at most and is off 21 ms or more.
    """
    steady = [pulse for pulse in find_pulses(seconds, weights) if pulse.steady]
    related = [pulse for pulse in steady if _related_pulses(pulse.frequency / steady[0].frequency)]
    if not steady or follows_another(seconds, weights, [pulse.frequency for pulse in related[:4]]):
        return []
    return related


def _related_pulses(ratio: float) -> bool:
    """Whether one pulse is a part or a multiple of another, so that both are of one tempo."""
    return any(abs(ratio * n - round(ratio * n)) < _SAME * n for n in range(1, 13))


def spectrum(seconds: Floats, weights: Floats, span: float) -> tuple[Floats, Floats]:
    """Coherence of strokes, counted from 0, at frequencies so close that no peak falls between two."""
    size = 1 << int(np.ceil(np.log2(span * _RATE * 4 + 16)))
    comb = np.zeros(size)
    np.add.at(comb, np.round(seconds * _RATE).astype(int), weights)
    height = np.asarray(np.abs(np.fft.rfft(comb)) / weights.sum(), dtype=np.float64)
    frequencies = np.asarray(np.fft.rfftfreq(size, 1 / _RATE), dtype=np.float64)
    inside = frequencies <= FASTEST
    return frequencies[inside], height[inside]


def refine(seconds: Floats, weights: Floats, frequency: float, span: float) -> float:
    """The frequency near `frequency` at which coherence peaks, to a thousandth of a turn in the whole span."""
    for step in (0.1 / span, 0.01 / span, 0.001 / span):
        tried = frequency + step * np.arange(-10, 11)
        frequency = float(tried[np.argmax([abs(wind(seconds, weights, f)) for f in tried])])
    return frequency


def judge(seconds: Floats, weights: Floats, frequency: float) -> Pulse:
    """How steadily the strokes keep to `frequency`, window by window."""
    turns = weights * np.exp(-2j * np.pi * frequency * seconds)
    whole = float(abs(turns.sum()) / weights.sum())
    sums = [
        (turns[k].sum(), weights[k].sum(), k.stop - k.start) for k in windows(seconds) if k.stop - k.start >= WITNESSES
    ]
    local, total = np.array([one for one, _, _ in sums]), np.array([weight for _, weight, _ in sums])
    counts = np.array([count for _, _, count in sums])
    if not len(sums):
        return Pulse(frequency, whole, 0.0, 1.0, 0.0)
    clear = np.abs(local) / total > np.maximum(0.25, 2.0 / np.sqrt(counts))
    if not clear.any():
        return Pulse(frequency, whole, 0.0, 1.0, 0.0)
    mean = local[clear].sum()
    kept = float(abs(mean) / np.abs(local[clear]).sum())
    apart = np.abs(np.angle(local[clear] * np.conj(mean))) / (2 * np.pi * frequency)
    return Pulse(frequency, whole, kept, float(np.percentile(apart, 95)), float(clear.mean()))


def windows(seconds: Floats) -> list[slice]:
    """Which strokes lie in each window, those of silence left out."""
    starts = np.arange(seconds[0], max(seconds[0] + HOP / 2, seconds[-1] - WINDOW / 2), HOP)
    edges = np.searchsorted(seconds, [starts, starts + WINDOW])
    return [slice(int(a), int(b)) for a, b in edges.T if b > a]


def follows_another(seconds: Floats, weights: Floats, frequencies: list[float]) -> bool:
    """Whether windows that do not keep to any of `frequencies` clearly keep to another one."""
    away = 0
    for k in windows(seconds):
        count = k.stop - k.start
        if count < 2 * WITNESSES:
            continue
        t, w = seconds[k], weights[k]
        here = max(abs(wind(t, w, f)) for f in frequencies)
        if here > 0.35:
            continue
        _, size = spectrum(t - t[0], w, WINDOW)
        by_chance = np.sqrt(np.log(4 * WINDOW * FASTEST / 0.05) / count)
        away += float(size[int(SLOWEST * len(size) / FASTEST) :].max()) > max(0.55, here + 0.3, by_chance)
    return away >= ELSEWHERE


def _interpolate(at: Floats, x: Floats, y: Floats) -> Floats:
    """Between the knots, and beyond them at the slope of the outermost ones together."""
    few = min(len(x) - 1, _OUTERMOST)
    out = np.interp(at, x, y)
    out = np.where(at < x[0], y[0] + (at - x[0]) * (y[few] - y[0]) / (x[few] - x[0]), out)
    return np.where(at > x[-1], y[-1] + (at - x[-1]) * (y[-1] - y[-1 - few]) / (x[-1] - x[-1 - few]), out)
