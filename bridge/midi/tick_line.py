"""A straight line through the ticks of a DAW's clock, however rough they arrive.

Conventions: 24 ticks are a beat (a quarter note); times are seconds of the port that received them. The pace is a
straight line through the latest ticks without strays.
The numbers of ticks were chosen on simulated hosts: 44.1 to 96 kHz, blocks of 32 to 2048 frames, 40 to 250 bpm, with
and without lost ticks, and clocks of 20 to 500 bpm with 6 ms of jitter.
"""

import math
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

TICKS_PER_BEAT = 24
WINDOW = 24  # ticks that the line goes through at least
MEMORY = 96  # ticks that it goes through at most
BLOCKS = 24  # blocks of a host that sends at their starts, over which the line goes
LOOKS = 3  # times that a gap is looked at
MOST_AFTER = 36  # ticks after which a loss is found at the latest
FORGETTING = 0.9997  # of the spread, a tick
BLOCK_RATES = (44100, 48000, 88200, 96000)  # Hz
BLOCK_FRAMES = tuple(1 << power for power in range(5, 13))
SETTLED = 12  # ticks after which the line's slope is worth more than the pace before
SLOWEST, FASTEST = 60 / (20 * TICKS_PER_BEAT), 60 / (500 * TICKS_PER_BEAT)  # seconds a tick at 20 and 500 bpm


class Tick(NamedTuple):
    number: float
    time: float


class TickLine:
    """A straight line through ticks that jitter, get lost or change pace.

    `spread` is how far ticks come late, from the least to the most, in seconds. Many hosts send at the start of each
    audio block, so that it may be several periods; what is lost, or another pace, is then judged over more ticks.
    """

    def __init__(self) -> None:
        self._ticks: deque[Tick] = deque(maxlen=MEMORY)
        self._middle = Tick(0, 0.0)
        self._spreads: deque[float] = deque([0.0], maxlen=MEMORY)
        self._settled = False
        self.spread = 0.0
        self.period = 60 / (120 * TICKS_PER_BEAT)

    @classmethod
    def of_pace(cls, period: float) -> "TickLine":
        """One whose ticks are `period` seconds apart until enough of them tell otherwise."""
        line = cls()
        line.period, line._settled = period, True
        return line

    def number_at(self, time: float) -> float:
        """Ticks elapsed at `time`, with a fraction; none comes early, so that the line is half the spread late."""
        return self._middle.number + (time - self._middle.time + self.spread / 2) / self.period

    def restart(self) -> None:
        """Forgets the phase and keeps the pace."""
        self._ticks.clear()

    def add(self, number: float, time: float) -> int:
        """Takes a tick in; returns how many before it were lost, as far as that is known now."""
        self._ticks.append(Tick(number, time))
        lost = self._count_lost()
        if self._pace_changed():
            self._settled = False
        self._fit()
        return lost

    def _count_lost(self) -> int:
        """Ticks lost some ticks ago: since then all come whole periods later, at the same pace."""
        return next(filter(None, (self._count_lost_before(look * self._patience()) for look in range(1, LOOKS + 1))), 0)

    def _patience(self) -> int:
        """Ticks after a gap by which lateness and loss can be told apart."""
        if self.spread < 0.2 * self.period:
            return 2
        return min(MOST_AFTER, 4 + math.ceil(14 * self.spread / self.period))

    def _has_gap(self) -> bool:
        """Whether ticks may have been lost lately; the line waits until that is known."""
        longest = 1.7 * self.period + 1.1 * self.spread
        latest = list(self._ticks)[-LOOKS * self._patience() - 1 :]
        return any(_pace(before, after) > longest for before, after in pairwise(latest))

    def _count_lost_before(self, after: int) -> int:
        """Ticks lost before the latest `after` ticks."""
        if len(self._ticks) < SETTLED + after:
            return 0
        gap = self._ticks[-after].time - self._ticks[-after - 1].time
        gap /= self._ticks[-after].number - self._ticks[-after - 1].number
        if 0.3 * self.period < gap < 1.5 * self.period:
            return 0
        ticks = list(self._ticks)
        before, since = ticks[:-after], ticks[-after:]
        block = _block(before[-SETTLED:])
        if gap < self.period:
            self.spread = max(self.spread, block if _is_block_long(block) else 0.0)
            return 0
        lost = _fit_step(before, since, self.spread)
        if lost == 0 or gap < (lost + 0.7) * self.period - 1.1 * self.spread:
            return 0
        if self.spread > 1.2 * self.period and gap < 1.3 * (self.spread + self.period):
            return 0  # less than a block of a host that sends several ticks with each: no more than lateness
        if lost == 1 and _is_block_long(block):
            self.spread = max(self.spread, block)
            return 0
        self._ticks.clear()
        self._ticks.extend([*before, *(Tick(tick.number + lost, tick.time) for tick in since)])
        return lost

    def _pace_changed(self) -> bool:
        """Whether both halves of the latest ticks are as much faster or slower; then only they count."""
        half = min(MOST_AFTER // 2, max(2, math.ceil(10 * self.spread / self.period)))
        if len(self._ticks) < max(SETTLED, 2 * half + 1):
            return False
        ratio = 1 + max(0.15, 1.5 * self.spread / (half * self.period))
        first, middle, last = self._ticks[-1 - 2 * half], self._ticks[-1 - half], self._ticks[-1]
        paces = [_pace(first, middle), _pace(middle, last)]
        if self.spread < 0.3 * self.period:
            paces = [_pace(a, b) for a, b in pairwise(list(self._ticks)[-5:])]
        if not (min(paces) > ratio * self.period or max(paces) < self.period / ratio):
            return False
        kept = list(self._ticks)[-max(4, half + 1) :]
        self._ticks.clear()
        self._ticks.extend(kept)
        self.spread = self._spreads[max(0, len(self._spreads) - 2 * half - 1)]  # the bend is no lateness
        self._spreads = deque([self.spread], maxlen=MEMORY)
        return True

    def _fit(self) -> None:
        if self._settled and self._has_gap():
            return
        count = min(MEMORY, max(WINDOW, math.ceil(BLOCKS * self.spread / self.period)))
        ticks = _drop_strays(list(self._ticks)[-count:], self.period, self.spread)
        self._middle = _mean_tick(ticks)
        if len(self._ticks) >= SETTLED:
            self._settled = True
        elif self._settled:
            return
        if len(ticks) > 1:
            self.period = min(max(_slope(ticks), FASTEST), SLOWEST)
        if len(ticks) >= SETTLED:
            self.spread = max(round(_spread(ticks), 6), FORGETTING * self.spread)
        self._spreads.append(self.spread)


def _pace(first: Tick, last: Tick) -> float:
    return (last.time - first.time) / (last.number - first.number)


def _block(ticks: Sequence[Tick]) -> float:
    """Seconds from one arrival to the next, of one or several ticks together."""
    period = _slope(ticks)
    arrivals = sum(after.time - before.time > 0.3 * period for before, after in pairwise(ticks))
    return (ticks[-1].time - ticks[0].time) / max(arrivals, 1)


def _is_block_long(seconds: float) -> bool:
    """Whether this is how long a block of a usual audio device is, in seconds.

    A host whose ticks are a little longer or shorter than its blocks sends the same number with each block, but for one
    more or less now and then: what looks like a lost tick is none.
    """
    return any(abs(seconds * rate / frames - 1) < 0.003 for rate in BLOCK_RATES for frames in BLOCK_FRAMES)


def _fit_step(before: Sequence[Tick], after: Sequence[Tick], spread: float) -> int:
    """By how many periods `after` comes later than `before`, at one pace by least squares; 0 if it does not fit."""
    middles = _mean_tick(before), _mean_tick(after)
    segments = list(zip(middles, (before, after), strict=True))
    squares = sum((t.number - middle.number) ** 2 for middle, ticks in segments for t in ticks)
    products = sum((t.number - middle.number) * (t.time - middle.time) for middle, ticks in segments for t in ticks)
    period = products / squares
    shift = (middles[1].time - middles[0].time) / period - (middles[1].number - middles[0].number)
    early, late = (
        sorted(t.time - middle.time - (t.number - middle.number) * period for t in ticks) for middle, ticks in segments
    )
    steady = late[-1] - late[0] < 1.3 * spread + 0.3 * period
    beyond = late[-1] + shift * period - early[0] > spread + 0.5 * period  # later than lateness alone has ever made one
    return round(shift) if steady and beyond and abs(shift - round(shift)) < 0.3 and 0.5 < shift < WINDOW else 0


def _mean_tick(ticks: Sequence[Tick]) -> Tick:
    return Tick(sum(t.number for t in ticks) / len(ticks), sum(t.time for t in ticks) / len(ticks))


def _slope(ticks: Sequence[Tick]) -> float:
    """Seconds a tick, by least squares."""
    middle = _mean_tick(ticks)
    spread = sum((t.number - middle.number) ** 2 for t in ticks)
    return sum((t.number - middle.number) * (t.time - middle.time) for t in ticks) / spread


def _spread(ticks: Sequence[Tick]) -> float:
    """Seconds from the earliest to the latest, as they lie beside their line; of its straight half where it bends."""
    halves = ticks[: len(ticks) // 2], ticks[len(ticks) // 2 :]
    periods = _slope(halves[0]), _slope(halves[1])
    spread = min(_range(half, period) for half, period in zip(halves, periods, strict=True))
    if abs(periods[0] - periods[1]) < 0.002 * periods[0] and spread < 0.5 * periods[0]:
        whole = _range(ticks, sum(periods) / 2)  # more than its halves if a tick missed its block between them
        return whole if whole < 1.5 * periods[0] else spread
    return spread


def _range(ticks: Sequence[Tick], period: float) -> float:
    late = [tick.time - tick.number * period for tick in ticks]
    return max(late) - min(late)


def _drop_strays(ticks: Sequence[Tick], period: float, spread: float) -> list[Tick]:
    """The ticks without those that stray three times as far as usual, or 1 ms or `spread` if that is more."""
    middle = _mean_tick(ticks)
    strays = [abs(t.time - middle.time - (t.number - middle.number) * period) for t in ticks]
    limit = max(3 * sorted(strays)[len(strays) // 2], 0.001, spread)
    return [t for t, stray in zip(ticks, strays, strict=True) if stray <= limit] or list(ticks)
