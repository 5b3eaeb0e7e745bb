"""What a player follows: it says where the music is now, in seconds of the clip or in beats of a song."""

from dataclasses import dataclass, replace
from typing import Protocol

from bridge.timebase import Beats, Seconds, TempoMap


@dataclass(frozen=True, slots=True)
class Moment:
    """A transport at one instant: `position` moves at `rate` per second.

    `run` changes whenever the transport starts or jumps, and `origin` is the position where that run began.
    Beats may follow a tempo map, and `rate` is then how fast its seconds go by.
    """

    position: float
    rate: float
    run: int = 0
    origin: float = 0.0
    tempo_map: TempoMap | None = None

    def seconds_to(self, position: float) -> float:
        if self.tempo_map is None:
            return (position - self.position) / self.rate
        here, there = (self.tempo_map.seconds(Beats(at)) for at in (self.position, position))
        return (there - here) / self.rate

    def later(self, seconds: float) -> "Moment":
        if self.tempo_map is None:
            return replace(self, position=self.position + seconds * self.rate)
        second = Seconds(self.tempo_map.seconds(Beats(self.position)) + seconds * self.rate)
        return replace(self, position=self.tempo_map.beats(second))


class Transport(Protocol):
    @property
    def musical(self) -> bool:
        """Whether positions are beats; else they are seconds of the clip."""

    def at(self, now: float) -> Moment | None:
        """Where it is at `now` on the port's clock, or None while it stands still."""


@dataclass(frozen=True, slots=True)
class FreeRun:
    """Plays from the clip's `origin` (seconds) at `start` on the port's clock, and nobody steers it."""

    start: float
    origin: float = 0.0
    musical: bool = False

    def at(self, now: float) -> Moment:
        return Moment(self.origin + now - self.start, 1.0, origin=self.origin)
