"""Where the DAW is: follows MIDI clock, Start, Stop, Continue and Song Position, however rough they arrive.

Conventions: 24 ticks are a beat (a quarter note), a Song Position unit is 6 ticks. Times are seconds of the
port that received the message. The pace is a straight line through the latest beat of ticks without strays.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from bridge.midi.transport import Moment
from bridge.timebase import Beats

TICKS_PER_BEAT = 24
TICKS_PER_POSITION = 6
WINDOW = 24  # ticks that the line goes through
SETTLED = 12  # ticks after which the line's slope is worth more than the pace before
SILENCE = 0.5  # seconds without a tick after which the DAW counts as standing still
SLOWEST, FASTEST = 60 / (20 * TICKS_PER_BEAT), 60 / (500 * TICKS_PER_BEAT)  # seconds a tick at 20 and 500 bpm
TICK, START, CONTINUE, STOP, SONG_POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2


class Tick(NamedTuple):
    number: float
    time: float


class TickLine:
    """A straight line through ticks that jitter, get lost or change pace."""

    def __init__(self) -> None:
        self._ticks: deque[Tick] = deque(maxlen=WINDOW)
        self._middle = Tick(0, 0.0)
        self._gap = 0
        self._settled = False
        self.period = 60 / (120 * TICKS_PER_BEAT)

    def number_at(self, time: float) -> float:
        """Ticks elapsed at `time`, with a fraction."""
        return self._middle.number + (time - self._middle.time) / self.period

    def restart(self) -> None:
        """Forgets the phase and keeps the pace."""
        self._ticks.clear()
        self._gap = 0

    def add(self, number: int, time: float) -> int:
        """Takes a tick in; returns its number, which is higher than `number` if ticks before it were lost."""
        lost = self._count_lost(time)
        if lost:
            last = self._ticks.pop()
            self._ticks.append(Tick(last.number + lost, last.time))
        self._ticks.append(Tick(number + lost, time))
        if self._pace_changed():
            self._keep_latest(4)
        self._fit()
        return number + lost

    def _count_lost(self, time: float) -> int:
        """A gap of whole periods means lost ticks only if the old pace goes on after it."""
        if len(self._ticks) < 4:
            return 0
        periods = (time - self._ticks[-1].time) / self.period
        gap, self._gap = self._gap, 0
        if gap and abs(periods - 1) < 0.3:
            return gap
        if 1.7 < periods < WINDOW and abs(periods - round(periods)) < 0.3:
            self._gap = round(periods) - 1
        return 0

    def _pace_changed(self) -> bool:
        if len(self._ticks) < 5:
            return False
        recent = list(self._ticks)[-5:]
        steps = [(b.time - a.time) / (b.number - a.number) for a, b in pairwise(recent)]
        return min(steps) > 1.15 * self.period or max(steps) < self.period / 1.15

    def _keep_latest(self, count: int) -> None:
        kept = list(self._ticks)[-count:]
        self._ticks.clear()
        self._ticks.extend(kept)
        self._settled, self._gap = False, 0

    def _fit(self) -> None:
        ticks = _drop_strays(list(self._ticks), self.period)
        self._middle = _mean_tick(ticks)
        if len(self._ticks) >= SETTLED:
            self._settled = True
        elif self._settled:
            return
        if len(ticks) > 1:
            self.period = min(max(_slope(ticks), FASTEST), SLOWEST)


class ClockFollower:
    """A DAW's transport, from the bytes of a MIDI input. One thread feeds it, any thread asks it."""

    musical = True

    def __init__(self) -> None:
        self._tick_line = TickLine()
        self._count = 0
        self._song = 0  # song position, in ticks, of the tick that comes next
        self._running = False
        self._waiting = False  # for the tick on which a start or jump takes effect
        self._last = float("-inf")
        self._run = 0
        self._position: _PositionLine | None = None

    def feed(self, message: bytes, time: float) -> bool:
        """Takes in any message, garbage too; returns whether the transport started, stopped or jumped."""
        status = message[0] if message else 0
        if status == TICK:
            return self._tick(max(time, self._last))
        if status in (START, CONTINUE):
            return self._start(0 if status == START else self._song)
        if status == STOP:
            return self._stop()
        if status == SONG_POSITION and len(message) == 3 and max(message[1:]) < 0x80:
            return self._jump((message[1] | message[2] << 7) * TICKS_PER_POSITION)
        return False

    def at(self, now: float) -> Moment | None:
        line = self._position
        if line is None or now - line.last > SILENCE:
            return None
        rate = 1 / (line.period * TICKS_PER_BEAT)
        return Moment(line.beat + (now - line.time) * rate, rate, line.run, line.origin)

    def position(self, now: float) -> Beats | None:
        """Beats since the start of the song, or None while the DAW stands still."""
        moment = self.at(now)
        return None if moment is None else Beats(moment.position)

    def _start(self, song: int) -> bool:
        self._song = song
        if not self._running:
            self._tick_line.restart()
        self._running = self._waiting = True
        return False

    def _stop(self) -> bool:
        was = self._position is not None
        self._running, self._position = False, None
        return was

    def _jump(self, song: int) -> bool:
        self._song = song
        self._waiting = self._running
        return False

    def _tick(self, time: float) -> bool:
        if time - self._last > SILENCE:
            self._tick_line.restart()
            self._waiting = self._running
        self._last = time
        number = self._tick_line.add(self._count, time)
        self._song += number - self._count if not self._waiting else 0
        self._count = number + 1
        return self._running and self._advance(number)

    def _advance(self, number: int) -> bool:
        """The song moves on by the tick `number`."""
        began, self._waiting = self._waiting, False
        origin = self._position.origin if self._position and not began else self._song / TICKS_PER_BEAT
        self._run += began
        self._position = self._position_line(self._song - number, origin)
        self._song += 1
        return began

    def _position_line(self, shift: int, origin: float) -> "_PositionLine":
        beat = (self._tick_line.number_at(self._last) + shift) / TICKS_PER_BEAT
        return _PositionLine(beat, self._last, self._tick_line.period, self._last, self._run, origin)


@dataclass(frozen=True, slots=True)
class _PositionLine:
    """The song is at `beat` at `time`; `last` is when the latest tick came."""

    beat: float
    time: float
    period: float
    last: float
    run: int
    origin: float


def _mean_tick(ticks: Sequence[Tick]) -> Tick:
    return Tick(sum(t.number for t in ticks) / len(ticks), sum(t.time for t in ticks) / len(ticks))


def _slope(ticks: Sequence[Tick]) -> float:
    """Seconds a tick, by least squares."""
    middle = _mean_tick(ticks)
    spread = sum((t.number - middle.number) ** 2 for t in ticks)
    return sum((t.number - middle.number) * (t.time - middle.time) for t in ticks) / spread


def _drop_strays(ticks: Sequence[Tick], period: float) -> list[Tick]:
    """The ticks without those that stray three times as far as usual, or 1 ms if that is more."""
    middle = _mean_tick(ticks)
    strays = [abs(t.time - middle.time - (t.number - middle.number) * period) for t in ticks]
    limit = max(3 * sorted(strays)[len(strays) // 2], 0.001)
    return [t for t, stray in zip(ticks, strays, strict=True) if stray <= limit] or list(ticks)
