"""Tempo, beats and bars.

Autocorrelation of the onset strength proposes tempi; for each, dynamic programming (D. Ellis, "Beat tracking by dynamic
programming", JNMR 2007) lays beats on strong onsets at even distances; what fits best, at a tempo people tap, wins.
The kick and the snare then say where the bar begins. A song at one tempo gets one exact, fractional bpm.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from bridge.timebase import Seconds
from daemon.pipeline.onsets import Novelty, peaks
from daemon.pipeline.records import BeatGrid, Drum, Hit

SLOWEST, FASTEST = 40.0, 240.0
PREFERRED, SPREAD = 115.0, 0.55  # bpm, and octaves: where people tap
TIGHTNESS = 100.0
CANDIDATES = 6
STEP = 3  # superflux frames in one step of the tracker: 8.7 ms
STEADY = 0.018  # seconds; beats that stray less (robustly) from one tempo have one tempo
FEW = 8  # hits
FIRST = 0.1  # how much more a bar is wanted where the music starts
EXCERPT = 75.0  # seconds that a tempo is chosen on
SNAP = 0.035
ON_GRID = 0.015  # seconds around a grid line in which a stroke belongs to it
Floats = NDArray[np.float64]

NO_BEAT = BeatGrid(
    beats=(), downbeats=(), bpm=120.0, confidence=0.0, remarks=("No beat was found; the notes are free.",)
)


@dataclass(frozen=True, slots=True)
class Pulse:
    """Beats in seconds, and how well they fit (higher is better)."""

    times: Floats
    fit: float


@dataclass(frozen=True, slots=True)
class Strokes:
    """What a tempo must explain: when something was struck, and how much that counts."""

    seconds: Floats
    weights: Floats


def beats(found: Novelty, hits: Sequence[Hit] = (), *, bpm: float | None = None, numerator: int = 4) -> BeatGrid:
    """The grid of a song. `bpm` is taken as given when there is one; `numerator` is the number of beats in a bar."""
    strength = _strength(found, hits)
    rate = found.rate / STEP
    if len(strength) < 2 * rate or strength.max(initial=0) <= 0:
        return _free(bpm, numerator)
    tempi, struck = _tempi(strength, rate, bpm), _struck(found, hits)
    if len(tempi) > 1:
        tempi = [_best_tempo(found, strength, struck, tempi)]
    pulse = _pulse(found, strength, struck, tempi[0])
    if len(pulse.times) < 4 or pulse.fit <= 0:
        return _free(bpm, numerator)
    return _grid(pulse.times, hits, len(strength) / rate, bpm, numerator)


def _free(bpm: float | None, numerator: int) -> BeatGrid:
    """Where no beat is heard, the bpm that was given still stands in the file."""
    return NO_BEAT if bpm is None else replace(NO_BEAT, bpm=bpm, numerator=numerator)


def _best_tempo(found: Novelty, strength: Floats, struck: Strokes, tempi: Sequence[float]) -> float:
    """The tempo whose beats fit best in the middle of the song."""
    length = round(EXCERPT * found.rate / STEP)
    start = max(0, (len(strength) - length) // 2)
    middle = Novelty(found.values[start * STEP : (start + length) * STEP], found.rate)
    inside = Strokes(struck.seconds - start * STEP / found.rate, struck.weights)
    return max(tempi, key=lambda tempo: _pulse(middle, strength[start : start + length], inside, tempo).fit)


def _struck(found: Novelty, hits: Sequence[Hit]) -> Strokes:
    """The hits, by velocity; where there are hardly any, the peaks of the onset strength."""
    sure = [hit for hit in hits if hit.cluster >= 0]
    if len(sure) >= FEW:
        return Strokes(np.array([hit.onset for hit in sure]), np.array([hit.velocity for hit in sure], float))
    frames = peaks(found)
    return Strokes(found.seconds(frames), found.values[frames].astype(float))


def _strength(found: Novelty, hits: Sequence[Hit]) -> Floats:
    """Onset strength a step, even in loudness through the song; kick and snare count more than the rest."""
    values = found.values.astype(float)
    for hit in hits:
        if hit.cluster >= 0 and hit.drum in (Drum.KICK, Drum.SNARE):
            i = round(hit.onset * found.rate)
            values[max(0, i - 2) : i + 3] += 0.5 * hit.velocity / 127 * values.max()
    spare = -len(values) % STEP
    steps = np.pad(values, (0, spare)).reshape(-1, STEP).max(axis=1)
    around = gaussian_filter1d(steps, 3 * found.rate / STEP) + 1e-9 + 0.1 * steps.mean()
    return gaussian_filter1d(steps / around, 1.0)


def _tempi(strength: Floats, rate: float, bpm: float | None) -> list[float]:
    if bpm is not None:
        return [bpm]
    lags = np.arange(int(60 / FASTEST * rate), int(60 / SLOWEST * rate) + 1)
    centred = strength - strength.mean()
    size = 1 << int(2 * len(centred) - 1).bit_length()
    correlation = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2)[: 4 * lags[-1] + 4]
    score = sum(np.interp(k * lags, np.arange(len(correlation)), correlation) / k for k in (1, 2, 4))
    score = score * _prior(60 * rate / lags)
    best = np.flatnonzero((score == maximum_filter1d(score, 5)) & (score > 0))
    best = best[np.argsort(-score[best])][:CANDIDATES]
    tempi = [60 * rate / (lags[i] + _vertex(score, int(i))) for i in best]
    return sorted({round(t * f, 3) for t in tempi for f in (0.5, 1, 2) if SLOWEST <= t * f <= FASTEST}) or [120.0]


def _prior(bpm: "Floats | float") -> Floats:
    return np.asarray(np.exp(-0.5 * (np.log2(np.asarray(bpm) / PREFERRED) / SPREAD) ** 2))


def _pulse(found: Novelty, strength: Floats, struck: Strokes, bpm: float) -> Pulse:
    rate = found.rate / STEP
    steps = _lay(strength, 60 * rate / bpm)
    if len(steps) < 4:
        return Pulse(steps / rate, 0.0)
    on = strength[steps].mean()
    off = strength[np.clip(steps[:-1] + np.round(np.diff(steps) / 2).astype(int), 0, len(strength) - 1)].mean()
    times = _placed(found, steps / rate)
    explained = max(_explained(struck, times, 4), 0.9 * _explained(struck, times, 3))
    return Pulse(times, float((on - 0.35 * off - strength.mean()) * _prior(bpm) ** 0.6 * explained))


def _explained(struck: Strokes, times: Floats, parts: int) -> float:
    """The share of all strokes, by weight, that lie on a beat or one of its `parts`, beyond what chance explains."""
    seconds = struck.seconds
    inside = (seconds >= times[0]) & (seconds < times[-1])
    if not inside.any():
        return 0.0
    beat = np.interp(seconds[inside], times, np.arange(len(times))) * parts
    part = float(np.median(np.diff(times))) / parts
    near = np.exp(-0.5 * ((beat - np.round(beat)) * part / ON_GRID) ** 2)
    chance = min(0.95, ON_GRID * np.sqrt(2 * np.pi) / part)
    share = float(np.average(near, weights=struck.weights[inside]))
    return max(0.0, (share - chance) / (1 - chance))


def _lay(strength: Floats, period: float) -> NDArray[np.int64]:
    """Steps of the best path: strong onsets, `period` apart but for what log-distance from it costs."""
    reach = np.arange(round(period / 1.6), round(period * 1.6) + 1)
    cost = -TIGHTNESS * np.log(reach / period) ** 2
    scale = strength.std() + 1e-9
    best, before = strength / scale, np.full(len(strength), -1)
    for first in range(reach[0], len(strength), reach[0]):  # steps so near to each other do not depend on each other
        steps = np.arange(first, min(first + reach[0], len(strength)))
        earlier = steps[:, None] - reach
        values = np.where(earlier >= 0, best[earlier] + cost, 0.0)
        choice = np.argmax(values, axis=1)
        gain = values[np.arange(len(steps)), choice]
        best[steps] += np.maximum(gain, 0.0)
        before[steps] = np.where(gain > 0, steps - reach[choice], -1)
    last = len(best) - 1 - int(np.argmax(best[::-1][: round(1.5 * period)]))
    path = [last]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return np.array(path[::-1])


def _placed(found: Novelty, times: Floats) -> Floats:
    """Each beat moved to the strongest onset near it, where there is one."""
    out = times.copy()
    threshold = found.values.mean() * 2
    for n, time in enumerate(times):
        first = max(0, round((time - SNAP) * found.rate))
        window = found.values[first : round((time + SNAP) * found.rate) + 1]
        if len(window) and window.max() > threshold:
            out[n] = (first + int(np.argmax(window))) / found.rate
    return out


def _grid(times: Floats, hits: Sequence[Hit], duration: float, bpm: float | None, numerator: int) -> BeatGrid:
    period, phase, stray = _line(times, None if bpm is None else 60 / bpm)
    constant = stray < STEADY or bpm is not None
    laid = _even(period, phase, duration) if constant else _extended(_smooth(times), duration)
    first = _downbeat(laid, hits, numerator)
    return BeatGrid(
        beats=tuple(Seconds(round(float(t), 6)) for t in laid),
        downbeats=tuple(range(first, len(laid), numerator)),
        bpm=round(60 / (period if constant else float(np.median(np.diff(laid)))), 4),
        numerator=numerator,
        constant=constant,
        confidence=round(float(np.exp(-stray / 0.05)), 3),
    )


def _line(times: Floats, period: float | None) -> tuple[float, float, float]:
    """(period, phase, median distance) of the straight line through the beats that ignores strays."""
    numbers = np.round(np.cumsum(np.concatenate([[0], np.diff(times)])) / np.median(np.diff(times)))
    keep = np.ones(len(times), bool)
    slope = period or float(np.median(np.diff(times)))
    for _ in range(4):
        if period is None and len(np.unique(numbers[keep])) > 1:
            slope = float(np.polyfit(numbers[keep], times[keep], 1)[0])
            numbers = np.round((times - np.median(times[keep] - numbers[keep] * slope)) / slope)
        phase = float(np.median(times[keep] - numbers[keep] * slope))
        distance = np.abs(times - numbers * slope - phase)
        keep = distance <= max(0.01, 2 * float(np.median(distance)))
    return slope, phase, float(np.percentile(distance, 70))


def _even(period: float, phase: float, duration: float) -> Floats:
    first = int(np.ceil(-phase / period - 0.1))
    return np.maximum(0, phase + period * np.arange(first, int((duration - phase) / period) + 1))


def _smooth(times: Floats) -> Floats:
    """Local straight lines over nine beats: a drummer breathes, but not from one beat to the next."""
    out = times.copy()
    numbers = np.arange(len(times))
    for i in range(len(times)):
        near = slice(max(0, i - 4), i + 5)
        _, start = np.polyfit(numbers[near] - i, times[near], 1)
        out[i] = start
    return np.maximum.accumulate(out)


def _extended(times: Floats, duration: float) -> Floats:
    """The beats carried on to both ends of the song at the tempo they have there."""
    head, tail = np.diff(times[:5]).mean(), np.diff(times[-5:]).mean()
    before = np.arange(times[0] - head, -0.02, -head)[::-1]
    after = np.arange(times[-1] + tail, duration, tail)
    return np.maximum(0, np.concatenate([before, times, after]))


def _downbeat(laid: Floats, hits: Sequence[Hit], numerator: int) -> int:
    """Which of the first beats starts a bar: kicks and crashes like it, snares do not.

    Kick and snare often leave two answers, half a bar apart; then it is the one on which the music starts.
    """
    if not len(laid):
        return 0
    gain = np.zeros(numerator)
    for hit in hits:
        i = int(np.argmin(np.abs(laid - hit.onset)))
        if hit.cluster >= 0 and abs(laid[i] - hit.onset) < 0.06:
            for phase in range(numerator):
                gain[phase] += _likes(hit, (i - phase) % numerator, numerator)
    if hits:
        start = int(np.argmin(np.abs(laid - hits[0].onset)))
        gain[start % numerator] += FIRST * gain.max()
    return int(np.argmax(gain))


def _likes(hit: Hit, position: int, numerator: int) -> float:
    weight = hit.velocity / 127
    back = {2: (1,), 3: (1, 2), 4: (1, 3)}.get(numerator, (numerator // 2,))
    if hit.drum is Drum.KICK:
        return weight * (1.0 if position == 0 else 0.0)
    if hit.drum is Drum.SNARE:
        return weight * (0.5 if position in back else -1.0 if position == 0 else 0.0)
    if hit.label in ("crash", "crash_2", "china"):
        return 1.5 * weight * (position == 0)
    return 0.0


def _vertex(curve: Floats, i: int) -> float:
    if not 0 < i < len(curve) - 1:
        return 0.0
    before, at, after = (float(v) for v in curve[i - 1 : i + 2])
    bend = before - 2 * at + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0
