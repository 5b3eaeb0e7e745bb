"""Seconds, beats and ticks, and the one place where each becomes another.

Conventions: beats are quarter notes counted from tick 0, which is second 0 of the audio. A tempo is stored
as in a .mid file, in whole microseconds per quarter note, so that a time worked out here is the time a DAW
plays.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Literal, NewType, get_args

Seconds = NewType("Seconds", float)
Beats = NewType("Beats", float)
Ticks = NewType("Ticks", int)

PPQ = 960
GridStep = Literal["1/4", "1/8", "1/16", "1/32", "1/4T", "1/8T", "1/16T"]
GRID_STEPS: tuple[GridStep, ...] = get_args(GridStep)  # note values that hits move to; T is for triplets
SLOWEST = 0xFFFFFF  # microseconds per quarter note: a .mid file has three bytes for them


@dataclass(frozen=True, slots=True)
class TempoPoint:
    """From `tick` on a quarter note lasts `microseconds`; `second` is when that tick sounds."""

    tick: Ticks
    second: Seconds
    microseconds: int

    @property
    def bpm(self) -> float:
        return 60e6 / self.microseconds


@dataclass(frozen=True, slots=True)
class Meter:
    """A time signature that holds from `tick` on; `tick` starts a bar."""

    tick: Ticks
    numerator: int
    denominator: int = 4


@dataclass(frozen=True, slots=True)
class TempoMap:
    """Piecewise constant tempo. `points` start at tick 0 and second 0 and rise strictly."""

    points: tuple[TempoPoint, ...]
    meters: tuple[Meter, ...] = (Meter(Ticks(0), 4, 4),)
    _ticks: tuple[Ticks, ...] = field(init=False, repr=False, compare=False)
    _seconds: tuple[Seconds, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.points or self.points[0].tick != 0 or self.points[0].second != 0.0:
            raise ValueError("a tempo map starts at tick 0 and second 0")
        if any(a.tick >= b.tick for a, b in zip(self.points, self.points[1:], strict=False)):
            raise ValueError("the points of a tempo map must rise")
        if not all(0 < p.microseconds <= SLOWEST for p in self.points):
            raise ValueError(f"a quarter note lasts 1 to {SLOWEST} microseconds")
        object.__setattr__(self, "_ticks", tuple(p.tick for p in self.points))
        object.__setattr__(self, "_seconds", tuple(p.second for p in self.points))

    @classmethod
    def constant(cls, bpm: float, meter: Meter | None = None) -> "TempoMap":
        return cls.of([(Ticks(0), round(60e6 / bpm))], [meter or Meter(Ticks(0), 4, 4)])

    @classmethod
    def of(cls, tempi: Sequence[tuple[Ticks, int]], meters: Sequence[Meter] = ()) -> "TempoMap":
        """Build from (tick, microseconds per quarter) pairs; the seconds follow from them."""
        points: list[TempoPoint] = []
        for tick, microseconds in tempi:
            second = _second_at(points[-1], tick) if points else 0.0
            points.append(TempoPoint(tick, Seconds(second), microseconds))
        return cls(tuple(points), tuple(meters) or (Meter(Ticks(0), 4, 4),))

    def seconds(self, beats: Beats) -> Seconds:
        tick = beats * PPQ
        point = self.points[max(0, bisect_right(self._ticks, tick) - 1)]
        return Seconds(_second_at(point, tick))

    def beats(self, seconds: Seconds) -> Beats:
        return Beats(self._tick_at(seconds) / PPQ)

    def ticks(self, seconds: Seconds) -> Ticks:
        return Ticks(round(self._tick_at(seconds)))

    def _tick_at(self, seconds: float) -> float:
        point = self.points[bisect_right(self._seconds, seconds) - 1 if seconds > 0 else 0]
        return point.tick + (seconds - point.second) * (PPQ * 1e6) / point.microseconds

    def all_ticks(self, times: Iterable[float]) -> list[Ticks]:
        """`ticks` of many times at once, for the thousands of notes of a song; quickest when they rise."""
        if len(self.points) == 1:
            first, per_second = self.points[0].tick, PPQ * 1e6 / self.points[0].microseconds
            return [Ticks(round(first + time * per_second)) for time in times]
        found: list[Ticks] = []
        low = high = tick = second = rate = 0.0
        for time in times:
            if not low <= time < high:
                i = max(0, bisect_right(self._seconds, time) - 1)
                low, high = (*self._seconds, inf)[i : i + 2]
                tick, second, rate = self.points[i].tick, self.points[i].second, PPQ * 1e6 / self.points[i].microseconds
            found.append(Ticks(round(tick + (time - second) * rate)))
        return found

    def seconds_of_tick(self, tick: Ticks) -> Seconds:
        return self.seconds(Beats(tick / PPQ))


def _second_at(point: TempoPoint, tick: float) -> float:
    return point.second + (tick - point.tick) * point.microseconds / (PPQ * 1e6)
