"""A person taps the beat: how fast, and what that makes of the grid of a song.

Taps are some 20 ms off each time, so they choose rather than measure: a tempo that the grid has but for a factor keeps
the beats that were heard, counted anew; any other is drawn to the strokes of the song near it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.errors import Rejected
from daemon.pipeline.beats.meter import beats_per_bar, has_beats, quarters_per_beat
from daemon.pipeline.records import BeatGrid

# People tap some 20 ms off; what follows was chosen by hand from that, if it does not say otherwise.
ENOUGH = 4  # taps
SLOWEST, FASTEST = 30.0, 300.0  # bpm
UNEVEN = 0.1  # of a beat that steady taps stray, as a standard deviation
PAUSE = 3.0  # seconds; after it somebody taps anew
SKIPPED = 10.0  # seconds of the song that may go by without a tap
MOST = 64  # taps that are remembered
_FACTORS = (1.0, 2.0, 0.5, 3.0, 1 / 3)  # of tapped over heard tempo: half, double and triplet readings
_SAME = 0.05  # part by which tapped and heard tempo differ at most if they are one
_NEAR = 0.04  # part by which a tapped tempo is off at most
_COHERENT = 0.3  # 0..1: how much the strokes of a song of one tempo point to one place of the beat
_DOUBT = 0.05  # chance that strokes without any tempo agree as much somewhere in what is searched
_PARTS = (1, 2, 4)  # of a beat, on which the strokes may agree
_ANOTHER = 0.25  # of a beat: taps this far off the beats mean the off-beats
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Taps:
    """Times of taps in seconds: of the song if `in_song`, else of some clock. `used` had effect already."""

    times: tuple[float, ...] = ()
    in_song: bool = False
    used: int = 0

    def add_tap(self, time: float, in_song: bool) -> "Taps":
        """With one more; what is no longer the same tapping starts anew."""
        gap = time - self.times[-1] if self.times else 0.0
        if in_song != self.in_song or gap < 0 or gap > (SKIPPED if in_song else PAUSE):
            return Taps((time,), in_song)
        return replace(self, times=(*self.times, time)[-MOST:], used=min(self.used, MOST // 2))

    @property
    def interval(self) -> float:
        """Seconds from beat to beat, 0 before the second tap."""
        gaps = [b - a for a, b in pairwise(self.times) if b > a]
        if not gaps:
            return 0.0
        numbers = self._numbers(median(gaps))
        return float(np.polyfit(numbers, self.times, 1)[0]) if numbers[-1] > 0 else 0.0

    @property
    def bpm(self) -> float:
        return 60 / self.interval if self.interval > 0 else 0.0

    @property
    def is_steady(self) -> bool:
        if len(self.times) < ENOUGH or self.interval <= 0:
            return False
        numbers = self._numbers(self.interval)
        off = np.array(self.times) - np.polyval(np.polyfit(numbers, self.times, 1), numbers)
        return float(off.std()) < UNEVEN * self.interval

    @property
    def is_due(self) -> bool:
        """There is something new to be learnt: four taps, and whenever they have doubled since."""
        return self.is_steady and len(self.times) >= 2 * self.used

    def _numbers(self, interval: float) -> Floats:
        return np.concatenate([[0.0], np.cumsum(np.round(np.diff(self.times) / interval))])


@dataclass(frozen=True, slots=True)
class TapContext:
    """What the taps are held against: the grid that holds now, and when something is struck."""

    grid: BeatGrid
    onsets: Sequence[float]
    duration: float


def grid_from_taps(taps: Taps, song: TapContext) -> dict[str, Any]:
    """The options that make the tapped beat the truth. Raises Rejected for no music's tempo."""
    if not SLOWEST <= taps.bpm <= FASTEST:
        raise Rejected("bad_tap", f"These taps are {taps.bpm:.4g} bpm; tap a beat of {SLOWEST:g} to {FASTEST:g}.")
    if has_beats(song.grid):
        heard = 60 / median(b - a for a, b in pairwise(song.grid.beats))
        for factor in _FACTORS:
            if abs(np.log(taps.bpm / heard / factor)) < _SAME:
                return _recount_beats(taps, song.grid, factor)
    return _fit_one_tempo(taps, song)


def _recount_beats(taps: Taps, grid: BeatGrid, factor: float) -> dict[str, Any]:
    """The beats of the grid, `factor` times as many, on those that were tapped."""
    places = np.arange(0, len(grid.beats) - 1 + 1e-6, 1 / factor)
    places += _place_of_taps(taps, grid, 1 / factor)
    places = places[(places >= 0) & (places <= len(grid.beats) - 1)]
    beats = np.interp(places, np.arange(len(grid.beats)), grid.beats)
    first = grid.beats[grid.downbeats[0]] if grid.downbeats else beats[0]
    bar = beats_per_bar(grid)
    start = int(np.argmin(np.abs(beats - first))) % bar
    return {
        "beats": [round(float(beat), 6) for beat in beats],
        "downbeats": list(range(start, len(beats), bar)),
        "meter": f"{grid.numerator}/{grid.denominator}",
    }


def _place_of_taps(taps: Taps, grid: BeatGrid, step: float) -> float:
    """Which of the beats were tapped, every `step` of them: the place of one, or that of the first downbeat."""
    if not taps.in_song:
        return float(grid.downbeats[0] % step) if grid.downbeats else 0.0
    numbers = np.arange(len(grid.beats))
    place = _mean_place(np.interp(taps.times, grid.beats, numbers), step)
    fine = min(step, 0.5) if step <= 1 else 1.0
    return float(round(place / fine) * fine % step)


def _mean_place(places: Floats, step: float) -> float:
    """The mean of places on a circle of `step`."""
    angle = np.angle(np.exp(2j * np.pi * places / step).mean())
    return float(angle / (2 * np.pi) * step)


def _fit_one_tempo(taps: Taps, song: TapContext) -> dict[str, Any]:
    """One tempo: the tapped one, or the one near it at which the strokes of the song repeat."""
    period, phase = _search_period(np.asarray(song.onsets, dtype=float), taps.interval, song.duration)
    if phase is None:
        period, phase = taps.interval, song.onsets[0] if song.onsets else 0.0
        phase = _mean_place(np.array(taps.times), period) if taps.in_song else phase
    elif taps.in_song and abs(_mean_place(np.array(taps.times) - phase, period)) > _ANOTHER * period:
        phase += period / 2
    dotted = quarters_per_beat(song.grid) == 1.5
    meter = (song.grid.numerator, song.grid.denominator) if dotted or song.grid.denominator == 4 else (4, 4)
    bpm = 60 / period * (1.5 if dotted else 1.0)
    return {"tempo_map": [[round(phase % period, 6), round(bpm, 6), *meter]]}


def _search_period(onsets: Floats, tapped: float, duration: float) -> tuple[float, float | None]:
    """(period, phase) at which the onsets agree best, within what taps are off; no phase if they do not agree."""
    if len(onsets) < ENOUGH:
        return tapped, None
    steps = int(2 * _NEAR * duration / tapped * 8 * _PARTS[-1]) + 3
    periods = tapped * np.linspace(1 - _NEAR, 1 + _NEAR, steps)
    found = ((*_agreement(onsets, period / parts), period, parts) for period in periods for parts in _PARTS)
    best, phase, period, parts = max(found, key=lambda one: one[0])
    if best < max(_COHERENT, _chance_agreement(len(onsets), steps * len(_PARTS))):
        return tapped, None
    places = [phase + n * period / parts for n in range(parts)]
    on = [float(np.cos(2 * np.pi * (onsets - place) / period).sum()) for place in places]
    return float(period), places[int(np.argmax(on))]


def _chance_agreement(onsets: int, tries: int) -> float:
    """The agreement that so many strokes may reach by chance in so many tries: Rayleigh's test of uniformity."""
    return float(np.sqrt(np.log(tries / _DOUBT) / onsets))


def _agreement(onsets: Floats, period: float) -> tuple[float, float]:
    """How much the onsets agree on one place in `period` (0..1), and that place in seconds."""
    mean = np.exp(2j * np.pi * onsets / period).mean()
    return float(abs(mean)), float(np.angle(mean) / (2 * np.pi) * period)
