"""Stand-ins that keep the contracts of the real things: a clock that moves when told, a MIDI port, a DAW."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bridge.midi.note_scheduler import NoteScheduler
from bridge.midi.port import PortLost, Receive
from bridge.midi.transport import Moment
from bridge.notes import Clip, ClipNote, Track
from bridge.timebase import Seconds, TempoMap


@dataclass
class FakeClock:
    """Seconds that pass only by `advance`."""

    seconds: float = 100.0

    def now(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


class ReceivedMessage(NamedTuple):
    """A message and the time at which the other end of the cable got it."""

    time: float
    message: bytes

    @property
    def is_note_on(self) -> bool:
        return self.message[0] & 0xF0 == 0x90 and self.message[2] > 0


class FakePort:
    """An OutPort. With a `lead` it keeps what is scheduled, as JACK does, until the clock gets there."""

    def __init__(self, clock: FakeClock, lead: float = 0.0) -> None:
        self.clock, self.lead, self.label = clock, lead, "sidestick"
        self.unplugged = self.closed = False
        self._heard: list[ReceivedMessage] = []
        self._waiting: list[tuple[float, bytes]] = []
        self._news = threading.Condition()

    @property
    def heard(self) -> list[ReceivedMessage]:
        self._deliver()
        return self._heard

    def now(self) -> float:
        return self.clock.now()

    def send(self, message: bytes) -> None:
        self.schedule(message, self.clock.now())

    def schedule(self, message: bytes, when: float) -> None:
        if not self.alive():
            raise PortLost("The MIDI port sidestick is gone.")
        self._deliver()
        if self.lead:
            self._waiting.append((when, message))
        else:
            self._heard.append(ReceivedMessage(self.clock.now(), message))
        with self._news:
            self._news.notify_all()

    def drop(self) -> list[bytes]:
        self._deliver()
        dropped, self._waiting = self._waiting, []
        return [message for _, message in dropped]

    def alive(self) -> bool:
        return not (self.unplugged or self.closed)

    def close(self) -> None:
        self._heard += [ReceivedMessage(max(when, self.clock.now()), message) for when, message in self._waiting]
        self._waiting = []
        self.closed = True

    def comes_true(self, what: Callable[[], Any], within: float = 5.0) -> bool:
        """Whether `what` holds after some message that another thread sends."""
        with self._news:
            return bool(self._news.wait_for(what, within))

    def scheduled(self) -> int:
        return len(self._waiting)

    def strikes(self) -> list[tuple[float, int]]:
        """When each note-on was heard, and its pitch."""
        return [(heard.time, heard.message[1]) for heard in self.heard if heard.is_note_on]

    def sounding(self) -> set[tuple[int, int]]:
        """Channel and pitch of the notes that nobody has ended. Nothing that is still scheduled counts."""
        notes: set[tuple[int, int]] = set()
        for heard in self.heard:
            key = heard.message[0] & 0x0F, heard.message[1]
            if heard.is_note_on:
                assert key not in notes, f"{key} was struck again while it sounded"
                notes.add(key)
            elif heard.message[0] & 0xF0 == 0x80:
                notes.discard(key)
        return notes

    def _deliver(self) -> None:
        while self._waiting and self._waiting[0][0] <= self.clock.now():
            when, message = self._waiting.pop(0)
            last = self._heard[-1].time if self._heard else 0.0
            self._heard.append(ReceivedMessage(max(when, last), message))


class FakeInput:
    """An InPort that hears what a test says into it."""

    def __init__(self, clock: FakeClock, receive: Receive, label: str = "sidestick sync") -> None:
        self.clock, self.closed, self.label = clock, False, label
        self._receive = receive

    def get(self, message: bytes) -> None:
        self._receive(message, self.clock.now())

    def now(self) -> float:
        return self.clock.now()

    def alive(self) -> bool:
        return not self.closed

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeDaw:
    """A transport in beats that stands, plays and jumps as told."""

    clock: FakeClock
    bpm: float = 120.0
    musical: bool = True
    _playing: bool = False
    _since: float = 0.0
    _origin: float = 0.0
    _run: int = field(default=0)

    def play(self, beat: float = 0.0) -> None:
        self._playing, self._since, self._origin = True, self.clock.now(), beat
        self._run += 1

    def stop(self) -> None:
        self._playing = False

    def at(self, now: float) -> Moment | None:
        rate = self.bpm / 60
        position = self._origin + (now - self._since) * rate
        return Moment(position, rate, self._run, self._origin) if self._playing else None


def drive(scheduler: NoteScheduler, clock: FakeClock, seconds: float) -> None:
    """What the player's thread does, in virtual time."""
    end = clock.now() + seconds
    while True:
        again = scheduler.send_due(clock.now())
        if again is None or again >= end:
            break
        clock.seconds = max(again, clock.now() + 1e-6)
    clock.seconds = end


def clip_of(*notes: tuple[float, int], bpm: float = 120.0, length: float = 2.0, sounds: float = 0.1) -> Clip:
    """One track of (onset in seconds, pitch) on channel 10, each note `sounds` seconds long."""
    return clip_with(Track("Drums", 9, notes_of(*notes, sounds=sounds)), bpm=bpm, length=length)


def clip_with(*tracks: Track, bpm: float = 120.0, length: float = 2.0) -> Clip:
    return Clip("song", TempoMap.constant(bpm), tracks, Seconds(length))


def notes_of(*notes: tuple[float, int], sounds: float = 0.1) -> tuple[ClipNote, ...]:
    return tuple(ClipNote(pitch, Seconds(onset), Seconds(sounds), 100) for onset, pitch in notes)
