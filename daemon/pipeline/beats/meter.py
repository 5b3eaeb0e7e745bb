"""The beat grid as everybody reads it: what a beat and a bar are on paper, and how it goes on."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from statistics import linear_regression, median

from bridge.timebase import Seconds
from daemon.pipeline.records import BeatGrid

STEADY = 0.010  # seconds; a song of one tempo whose beats were heard this exactly is drawn with a ruler
_NEIGHBOURS = 8  # intervals that say how the song goes on before its first and after its last beat


def has_beats(grid: BeatGrid) -> bool:
    return grid.confidence > 0 and len(grid.beats) > 1


def beats_per_bar(grid: BeatGrid) -> int:
    """What the downbeats show, or the meter where they show nothing."""
    gaps = [b - a for a, b in pairwise(grid.downbeats)]
    return max(1, round(median(gaps))) if gaps else grid.numerator


def compound(numerator: int, denominator: int) -> bool:
    """6/8, 9/8 and 12/8 are counted in dotted quarters."""
    return denominator == 8 and numerator > 3 and numerator % 3 == 0


def quarters_per_beat(grid: BeatGrid) -> float:
    """Length of a beat in quarter notes. In 6/8, 9/8, 12/8 a beat of three eighths is a dotted quarter."""
    if grid.quarters:
        return grid.quarters
    dotted = grid.denominator == 8 and grid.numerator == 3 * beats_per_bar(grid)
    return 1.5 if dotted else 4 / grid.denominator


@lru_cache(8)  # asked for several times by everything that is written
def steady(grid: BeatGrid) -> BeatGrid:
    """The grid of a song of one tempo with its beats evened out; any other grid as it is."""
    if not (grid.constant and has_beats(grid)):
        return grid
    numbers = range(len(grid.beats))
    interval, first = linear_regression(numbers, grid.beats)
    even = [first + interval * i for i in numbers]
    if even[0] < 0 or max(abs(a - b) for a, b in zip(even, grid.beats, strict=True)) > STEADY:
        return grid
    return replace(grid, beats=tuple(Seconds(time) for time in even))


def shift_grid(grid: BeatGrid, lag: float) -> BeatGrid:
    """The whole grid `lag` seconds later. Beats that would come before 0 are gone."""
    times = [beat + lag for beat in grid.beats]
    gone = sum(time < 0 for time in times)
    return replace(
        grid,
        beats=tuple(Seconds(time) for time in times[gone:]),
        downbeats=tuple(index - gone for index in grid.downbeats if index >= gone),
    )


def interval_before(beats: Sequence[float]) -> float:
    """Seconds from beat to beat before the first one."""
    return median(b - a for a, b in pairwise(beats[: _NEIGHBOURS + 1]))


def interval_after(beats: Sequence[float]) -> float:
    """Seconds from beat to beat after the last one."""
    return median(b - a for a, b in pairwise(beats[-_NEIGHBOURS - 1 :]))
