"""The song in bars: which bar and which quarter note a time lies in. Exports that are read in bars stand on it."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from bridge.timebase import Seconds
from daemon.pipeline.beats.meter import (
    beats_per_bar,
    has_beats,
    interval_after,
    interval_before,
    quarters_per_beat,
    steady,
)
from daemon.pipeline.records import BeatGrid

_EARLY = 0.01  # bars before bar 1 that need no pickup bar of their own
_ON_LINE = 1e-6  # quarter notes that rounding may move a time over a bar line


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `start` and `quarters` are quarter notes; bar 1 starts at 0 with the first downbeat.

    What comes before it lies in bar 0, or in more whole bars of the same meter that count down from there.
    """

    number: int
    start: float
    quarters: float
    numerator: int
    denominator: int

    @property
    def end(self) -> float:
        return self.start + self.quarters


@dataclass(frozen=True, slots=True)
class BarPosition:
    """`beat` counts from 1 in units of the grid's beat: 1.5 is half a beat after the bar line."""

    bar: int
    beat: float


class SongBars:
    """The bars of a grid for `duration` seconds of audio. The grid must have beats."""

    def __init__(self, grid: BeatGrid, duration: float) -> None:
        if not has_beats(grid):
            raise ValueError("there are no beats to count bars by")
        self._grid = steady(grid)
        self._beat_quarters = quarters_per_beat(grid)
        self._origin = grid.downbeats[0] if grid.downbeats else 0
        self.bars = tuple(self._bars(duration))
        self._starts = [bar.start for bar in self.bars]

    def quarters(self, time: float) -> float:
        """Quarter notes from the start of bar 1 to `time` in seconds; negative before it."""
        return (self._beat_index(time) - self._origin) * self._beat_quarters

    def seconds(self, quarters: float) -> Seconds:
        """The other way round."""
        index, beats = quarters / self._beat_quarters + self._origin, self._grid.beats
        if index <= 0:
            return Seconds(beats[0] + index * interval_before(beats))
        if index >= len(beats) - 1:
            return Seconds(beats[-1] + (index - len(beats) + 1) * interval_after(beats))
        whole = int(index)
        return Seconds(beats[whole] + (index - whole) * (beats[whole + 1] - beats[whole]))

    def bar_at(self, quarters: float) -> Bar:
        """The bar in which that quarter note lies; the first or the last one outside the song."""
        return self.bars[max(0, bisect_right(self._starts, quarters + _ON_LINE) - 1)]

    def position(self, time: float) -> BarPosition:
        quarters = self.quarters(time)
        bar = self.bar_at(quarters)
        return BarPosition(bar.number, 1 + max(0.0, quarters - bar.start) / self._beat_quarters)

    def _beat_index(self, time: float) -> float:
        beats = self._grid.beats
        if time <= beats[0]:
            return (time - beats[0]) / interval_before(beats)
        if time >= beats[-1]:
            return len(beats) - 1 + (time - beats[-1]) / interval_after(beats)
        before = bisect_right(beats, time) - 1
        return before + (time - beats[before]) / (beats[before + 1] - beats[before])

    def _bars(self, duration: float) -> Iterator[Bar]:
        lengths = self._bar_beats(ceil(self._beat_index(duration)))
        numerator, denominator = self._meter(lengths[0], self._origin)
        whole = 4 * numerator / denominator
        for number in range(-max(0, ceil(-self.quarters(0.0) / whole - _EARLY)), 0):
            yield Bar(number + 1, number * whole, whole, numerator, denominator)
        start, index = 0.0, self._origin
        for number, beats in enumerate(lengths, 1):
            yield Bar(number, start, beats * self._beat_quarters, *self._meter(beats, index))
            start += beats * self._beat_quarters
            index += beats

    def _bar_beats(self, last: int) -> list[int]:
        """Beats in each bar from bar 1 on; bars of the usual length go on to the end of the song."""
        usual = beats_per_bar(self._grid)
        lengths = [b - a for a, b in pairwise(self._grid.downbeats)]
        rest = last - self._origin - sum(lengths)
        return [*lengths, *[usual] * max(1, ceil(rest / usual))]

    def _meter(self, beats: int, index: int) -> tuple[int, int]:
        """The meter of a bar of so many beats that starts at beat `index`: as told, else as counted."""
        told = [meter for meter in self._grid.meters if meter.beat <= index]
        if told and abs(4 * told[-1].numerator / told[-1].denominator - beats * self._beat_quarters) < _ON_LINE:
            return told[-1].numerator, told[-1].denominator
        denominator = self._grid.denominator
        while not (numerator := beats * self._beat_quarters * denominator / 4).is_integer() and denominator < 64:
            denominator *= 2
        return max(1, round(numerator)), denominator
