"""Hits moved to the grid of their own performance. What was played stays in the Hit.

The grid is the one the musicians played, beat by beat: `align_grid` first takes off what the beat tracker is early
or late as a whole, then every hit goes to the nearest line of the grid if it is near enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bridge.timebase import Seconds
from daemon.pipeline.beats.meter import (
    has_beats,
    interval_after,
    interval_before,
    quarters_per_beat,
    shift_grid,
    steady,
)
from daemon.pipeline.options import Grid
from daemon.pipeline.records import BeatGrid
from daemon.score.swing import STRAIGHT, Floats, Swing, choose_swing

_NEAR = 0.15  # of a beat: a hit this near to a beat was meant for it; chosen by hand
_MIN_HITS_ON_BEATS = 8  # hits on beats; fewer do not say that a beat tracker is late; by hand
_FLAM = 0.060  # seconds: closer strokes of a drum are one figure and keep their distances; by hand
_APART = 0.001  # seconds that must stay between two strokes of a drum, so that they are two notes
_ON_LINE = 1e-6  # seconds: rounding, not a move


@dataclass(frozen=True, slots=True)
class Quantization:
    """`times` has one entry per hit, in the order of the hits. `moved` counts those that changed."""

    times: tuple[Seconds, ...]
    swing: Swing = STRAIGHT
    moved: int = 0


class Quantizable(Protocol):
    """What can be moved: a hit or a note. Those of one `lane` (drum or pitch) stay in order and never meet."""

    @property
    def onset(self) -> Seconds: ...
    @property
    def velocity(self) -> int: ...
    @property
    def lane(self) -> str: ...


def lag(hits: Sequence[Quantizable], grid: BeatGrid) -> Seconds:
    """How late the hits near beats are against them: the median, or 0 if such hits are few."""
    return _lag(_onsets(hits), grid)


def _onsets(hits: Sequence[Quantizable]) -> Floats:
    return np.array([hit.onset for hit in hits])


def _lag(onsets: Floats, grid: BeatGrid) -> Seconds:
    if not has_beats(grid):
        return Seconds(0.0)
    clock = _BeatClock.of(grid)
    nearest = np.round(clock.beats(onsets))
    near = np.abs(clock.beats(onsets) - nearest) < _NEAR
    late = (onsets - clock.seconds(nearest))[near]
    return Seconds(median(late.tolist()) if late.size >= _MIN_HITS_ON_BEATS else 0.0)


def align_grid(hits: Sequence[Quantizable], grid: BeatGrid) -> BeatGrid:
    """The grid where the hits say it is. Quantize and render with this one: both must see the same lines."""
    grid, onsets = steady(grid), _onsets(hits)
    for _ in range(3):  # a late grid hides late hits from the first look
        grid = shift_grid(grid, _lag(onsets, grid))
    return grid


def quantize(hits: Sequence[Quantizable], grid: BeatGrid, settings: Grid) -> Quantization:
    """Every hit at its place on `grid`.

    A hit further than `tolerance` of a step from its line keeps its time. Hits of one drum keep their order,
    never fall together, and keep their distances inside a flam or a drag. Without beats nothing moves.
    """
    if not (settings.quantize and has_beats(grid) and hits):
        return Quantization(tuple(hit.onset for hit in hits))
    onsets = _onsets(hits)
    fit = _GridFit.of(hits, onsets, grid, settings)
    times = onsets + settings.strength * (fit.settle(onsets) - onsets)
    moved = int(np.count_nonzero(times != onsets))
    return Quantization(tuple(times.tolist()), fit.swing, moved)


@dataclass(frozen=True, slots=True)
class _BeatClock:
    """Seconds and beat numbers of a performance, which goes on evenly before its first and after its last."""

    numbers: Floats
    times: Floats

    @classmethod
    def of(cls, grid: BeatGrid) -> "_BeatClock":
        beats = np.array(grid.beats)
        before, after = interval_before(grid.beats), interval_after(grid.beats)
        far = 1e4
        times = np.concatenate(([beats[0] - far * before], beats, [beats[-1] + far * after]))
        numbers = np.concatenate(([-far], np.arange(beats.size), [beats.size - 1 + far]))
        return cls(numbers, times)

    def beats(self, seconds: Floats) -> Floats:
        return np.interp(seconds, self.times, self.numbers)

    def seconds(self, beats: Floats) -> Floats:
        return np.interp(beats, self.numbers, self.times)


@dataclass(frozen=True, slots=True)
class _GridFit:
    """The lines of the grid, and the hits by drum and time: `drums` and `loudness` are in that `order`."""

    clock: _BeatClock
    quarters: float
    step: float
    swing: Swing
    tolerance: float
    order: NDArray[np.intp]
    drums: NDArray[np.intp]
    loudness: Floats

    @classmethod
    def of(cls, hits: Sequence[Quantizable], onsets: Floats, grid: BeatGrid, settings: Grid) -> "_GridFit":
        clock, quarters, step = _BeatClock.of(steady(grid)), quarters_per_beat(grid), _step_quarters(settings)
        lanes = [hit.lane for hit in hits]
        number = {lane: i for i, lane in enumerate(sorted(set(lanes)))}
        drums = np.array([number[lane] for lane in lanes])
        order = np.lexsort((onsets, drums))
        loudness = np.array([hit.velocity for hit in hits], dtype=float)
        return cls(
            clock=clock,
            quarters=quarters,
            step=step,
            swing=choose_swing(clock.beats(onsets) * quarters, settings, step),
            tolerance=settings.tolerance,
            order=order,
            drums=drums[order],
            loudness=loudness[order],
        )

    def settle(self, onsets: Floats) -> Floats:
        """Times at full strength. A stroke that moved never moves again, so a few passes come to rest."""
        times = onsets[self.order]
        while not np.array_equal(times, following := self._run_pass(times)):
            times = following
        out = np.empty_like(times)
        out[self.order] = times
        return out

    def _run_pass(self, times: Floats) -> Floats:
        lines, move = self._find_targets(times)
        if not move.any():
            return times
        figure = self._figures(times)
        anchor = self._anchors(figure, ~np.isnan(lines) & (move == 0))
        shift = np.where(self._winners(lines[anchor], move[anchor], self.drums[anchor]), move[anchor], 0.0)
        return times + self._keep_order(times, figure, shift)[figure]

    def _find_targets(self, times: Floats) -> tuple[Floats, Floats]:
        """The line of every stroke (NaN: none near enough) in quarter notes, and the seconds to it."""
        played = self.clock.beats(times) * self.quarters
        line = self.swing.bend(np.round(self.swing.straighten(played) / self.step) * self.step)
        target = self.clock.seconds(line / self.quarters)
        near = (np.abs(line - played) <= self.tolerance * self.step + 1e-9) & (target >= 0)
        move = np.where(near, target - times, 0.0)
        return np.where(near, line, np.nan), np.where(np.abs(move) < _ON_LINE, 0.0, move)

    def _figures(self, times: Floats) -> NDArray[np.intp]:
        """A number per stroke; the strokes of a flam or a drag share one."""
        beat = np.diff(self.clock.seconds(np.floor(self.clock.beats(times))[:, None] + [0.0, 1.0]))[:, 0]
        close = np.minimum(_FLAM, beat * self.step / self.quarters / 2)[1:]
        apart = (self.drums[1:] != self.drums[:-1]) | (np.diff(times) > close)
        return np.concatenate(([0], np.cumsum(apart)))

    def _anchors(self, figure: NDArray[np.intp], on_line: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The stroke of each figure that goes to the line: one that is there already, else the loudest."""
        return _first_of_groups(figure, -self.loudness, ~on_line)

    def _winners(self, lines: Floats, move: Floats, drums: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which of the figures that wish for one line gets it: the nearest of each drum."""
        near = np.flatnonzero(~np.isnan(lines))
        ranked = near[np.lexsort((lines[near], drums[near]))]
        apart = (np.diff(lines[ranked]) != 0) | (np.diff(drums[ranked]) != 0)
        group = np.concatenate(([0], np.cumsum(apart)))[: ranked.size]
        wins = np.zeros(lines.size, dtype=bool)
        wins[ranked[_first_of_groups(group, np.abs(move[ranked]))]] = True
        return wins

    def _keep_order(self, times: Floats, figure: NDArray[np.intp], shift: Floats) -> Floats:
        """`shift` per figure without the moves that would reverse two strokes of a drum or let them meet."""
        same = self.drums[1:] == self.drums[:-1]
        allowed = np.minimum(np.diff(times), _APART) - 1e-9
        left, right = figure[:-1], figure[1:]
        while (bad := same & (np.diff(times + shift[figure]) < allowed)).any():
            further_left = np.abs(shift[left]) >= np.abs(shift[right])
            shift[np.where(further_left, left, right)[bad]] = 0.0
        return shift


def _first_of_groups(group: NDArray[np.intp], *keys: NDArray[Any]) -> NDArray[np.intp]:
    """The member of each group that comes first by the keys, the last key above all. `group` rises.

    Most groups have one member, and sorting all strokes for the others is what a quantization took longest for.
    """
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    many = np.diff(starts, append=group.size) > 1
    members = np.flatnonzero(many[group])
    ranked = members[np.lexsort((*(key[members] for key in keys), group[members]))]
    starts[many] = ranked[np.diff(group[ranked], prepend=-1) > 0]
    return starts


def _step_quarters(settings: Grid) -> float:
    """Quarter notes from line to line; a triplet puts three notes where two would be."""
    return 4 / int(settings.step[2:].rstrip("T")) * (2 / 3 if settings.step.endswith("T") else 1)
