"""Where the DAW is: follows MIDI clock, Start, Stop, Continue and Song Position.

Ticks are counted on a straight line (tick_line). Where they come as a tempo map has them, the host follows that map:
then its tempo is known before the ticks tell, and nothing is late where it changes.
Conventions: a Song Position unit is 6 ticks. Times are seconds of the port that received the message.
"""

from dataclasses import dataclass

from bridge.midi.tick_line import SETTLED, TICKS_PER_BEAT, TickLine
from bridge.midi.transport import Moment
from bridge.timebase import Beats, Seconds, TempoMap

TICKS_PER_POSITION = 6
SILENCE = 0.5  # seconds without a tick after which the DAW counts as standing still
ALIKE = 0.01  # part by which the pace of a host that follows a map may differ from it
AT_ONCE = 0.002  # seconds by which its first ticks may, before there is a pace
TICK, START, CONTINUE, STOP, SONG_POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2


class MapLine:
    """The ticks of one run of the transport, counted in seconds of a tempo map: straight where the host follows it."""

    def __init__(self, tempo_map: TempoMap) -> None:
        self.tempo_map = tempo_map
        self._unit = tempo_map.points[-1].microseconds / 1e6 / TICKS_PER_BEAT
        self._line = TickLine.of_pace(self._unit)
        self._count = 0
        self._first = self._last = (0.0, 0.0)  # second of the map, and when the tick came

    def add(self, song: int, time: float) -> None:
        """The tick at `song` ticks of the song came at `time`."""
        second = self.tempo_map.seconds(Beats(song / TICKS_PER_BEAT))
        self._line.add(second / self._unit, time)
        self._last = (second, time)
        self._first = self._first if self._count else self._last
        self._count += 1

    @property
    def is_followed(self) -> bool:
        if self._count < SETTLED:
            mapped, passed = (b - a for a, b in zip(self._first, self._last, strict=True))
            return abs(passed - mapped) < AT_ONCE
        return abs(self._line.period / self._unit - 1) < ALIKE

    def moment(self, run: int, origin: float) -> Moment:
        """Where the song is at its latest tick."""
        second = Seconds(self._line.number_at(self._last[1]) * self._unit)
        rate = self._unit / self._line.period
        return Moment(self.tempo_map.beats(second), rate, run, origin, self.tempo_map)


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
        self._position: _Position | None = None
        self._tempo_map: TempoMap | None = None
        self._map_line: MapLine | None = None

    def expect(self, tempo_map: TempoMap | None) -> None:
        """The map that the host may follow, from the next start or jump on."""
        self._tempo_map = tempo_map

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
        return line.moment.later(now - line.last)

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
        lost = self._tick_line.add(self._count, time)
        self._song += lost if not self._waiting else 0
        self._count += lost + 1
        return self._running and self._advance(lost > 0)

    def _advance(self, lost: bool) -> bool:
        """The song moves on by a tick."""
        began, self._waiting = self._waiting, False
        origin = self._position.moment.origin if self._position and not began else self._song / TICKS_PER_BEAT
        self._run += began
        self._position = _Position(self._moment(origin, anew=began or lost), self._last)
        self._song += 1
        return began

    def _moment(self, origin: float, *, anew: bool) -> Moment:
        """Where the song is at the latest tick; `anew` where the ticks before it are no witnesses."""
        if self._map_line is None or anew or self._map_line.tempo_map is not self._tempo_map:
            self._map_line = MapLine(self._tempo_map) if self._tempo_map else None
        if self._map_line:
            self._map_line.add(self._song, self._last)
            if self._map_line.is_followed:
                return self._map_line.moment(self._run, origin)
        line = self._tick_line
        beat = (line.number_at(self._last) + self._song - self._count + 1) / TICKS_PER_BEAT
        return Moment(beat, 1 / (line.period * TICKS_PER_BEAT), self._run, origin)


@dataclass(frozen=True, slots=True)
class _Position:
    """Where the song was when the latest tick came."""

    moment: Moment
    last: float
