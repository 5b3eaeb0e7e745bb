"""The note scheduler: decides what is due and writes it, so that no note is ever left sounding.

The table of sounding notes is the only truth about what must still be ended. No thread and no clock in here:
the player, or a test, says what time it is.
"""

import math
from collections.abc import Set

from bridge.midi.play_events import NOTE_OFF, NOTE_ON, PlayEvent, PlayEvents, all_off_messages
from bridge.midi.port import OutPort
from bridge.midi.transport import FreeRun, Moment, Transport

LATEST = 0.25  # seconds; a note later than this, after the computer slept, is left out
LOOK = 0.05  # seconds between looks at a DAW's transport, and how far ahead its beats are known
RELEASE = 64

Key = tuple[int, int]


class SoundingNotes:
    """Which notes sound, by channel and pitch, and the position at which each ends."""

    def __init__(self) -> None:
        self._until: dict[Key, float] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._until

    def keys(self) -> Set[Key]:
        return self._until.keys()

    def record_sent(self, message: bytes, until: float = 0.0) -> None:
        if message[0] & 0xF0 == NOTE_ON:
            self._until[_key(message)] = until
        elif message[0] & 0xF0 == NOTE_OFF:
            self._until.pop(_key(message), None)

    def record_dropped(self, message: bytes) -> None:
        """The opposite of `record_sent`: a note-off that never left leaves its note sounding."""
        if message[0] & 0xF0 == NOTE_ON:
            self._until.pop(_key(message), None)
        elif message[0] & 0xF0 == NOTE_OFF:
            self._until[_key(message)] = 0.0

    def first_to_end(self) -> Key | None:
        return min(self._until, key=self._until.__getitem__, default=None)

    def end_of(self, key: Key) -> float:
        return self._until[key]


class NoteScheduler:
    """What is due, and nothing about threads: `send_due(now)` sends it and says when to look again."""

    def __init__(self, port: OutPort, sounding: SoundingNotes | None = None) -> None:
        self._port = port
        self._events: PlayEvents | None = None
        self._transport: Transport = FreeRun(0.0)
        self._run: int | None = None
        self._base = 0.0  # position at which this pass of a loop began
        self._next = 0  # index of the step that comes next
        self._done = 0.0  # position up to which everything is sent
        self._channels: set[int] = set()
        self.sounding = sounding or SoundingNotes()
        self.notes_sent = 0
        self.notes_skipped = 0

    @property
    def is_playing(self) -> bool:
        return self._events is not None

    def play(self, events: PlayEvents, transport: Transport) -> None:
        self.stop()
        self._events, self._transport, self._run = events, transport, None
        for message in events.prelude:
            self._send(message)

    def replace(self, events: PlayEvents, now: float) -> None:
        """From the next note on plays `program`, at the same place; notes that sound end as they were to."""
        self.send_due(now)
        if self._events is not None:
            self._events = events
            self._next = events.first_after(self._done - self._base)

    def stop(self) -> None:
        self._events = None
        self.silence()

    def silence(self) -> None:
        """Ends every note that sounds, now."""
        for message in reversed(self._port.drop()):
            self.sounding.record_dropped(message)
        while (key := self.sounding.first_to_end()) is not None:
            self._end_note(key)

    def panic(self) -> None:
        """Silence, then everything else that MIDI has for it, on every channel used."""
        self.stop()
        for channel in sorted(self._channels):
            for message in all_off_messages(channel):
                self._port.send(message)

    def abandon(self) -> None:
        """The port has gone: what sounds can be ended through the next one only, to which `sounding` may be handed."""
        self._events = None
        for message in reversed(self._port.drop()):
            self.sounding.record_dropped(message)

    def send_due(self, now: float) -> float | None:
        """Sends all that is due at `now` on the port's clock, and as far ahead as the port takes it.

        Returns when to call again; None when only a command can change anything.
        """
        if self._events is None:
            return None
        moment = self._transport.at(now)
        if moment is None:
            self.silence()
            self._run = None
            return now + LOOK
        if moment.run != self._run:
            self._go_to(moment)
        return self._send_until(self._events, moment, now)

    def _go_to(self, moment: Moment) -> None:
        self.silence()
        self._run = moment.run
        self._done = math.nextafter(moment.origin, -math.inf)
        self._base = 0.0
        if self._events and self._events.loop:
            self._base = moment.origin // self._events.length * self._events.length
        self._next = self._events.first_after(self._done - self._base) if self._events else 0

    def _send_until(self, events: PlayEvents, moment: Moment, now: float) -> float | None:
        lead = min(self._port.lead, LOOK) if events.musical else self._port.lead
        ahead = moment.later(lead).position
        while (due := self._next_position(events)) is not None:
            when = now + moment.seconds_to(due)
            if due > ahead:
                self._done = ahead
                return min(when - lead / 2, now + LOOK if events.musical else math.inf)
            self._send_one(events, due, when, late=when < now - LATEST)
        return self._finish(events, now)

    def _finish(self, events: PlayEvents, now: float) -> float | None:
        """A DAW may wind back and play again; a free run is over."""
        if events.musical:
            return now + LOOK
        self._events = None
        return None

    def _next_position(self, events: PlayEvents) -> float | None:
        """Position of what comes next, a note's end or an event."""
        positions = []
        if (key := self.sounding.first_to_end()) is not None:
            positions.append(self.sounding.end_of(key))
        if (step := self._next_event(events)) is not None:
            positions.append(self._base + step.at)
        return min(positions, default=None)

    def _next_event(self, events: PlayEvents) -> PlayEvent | None:
        if self._next >= len(events.events):
            if not events.loop or not events.events:
                return None
            self._base += events.length
            self._next = 0
        return events.events[self._next]

    def _send_one(self, events: PlayEvents, due: float, when: float, late: bool) -> None:
        key = self.sounding.first_to_end()
        if key is not None and self.sounding.end_of(key) <= due:
            self._end_note(key, when)
            return
        step = events.events[self._next]
        self._next += 1
        if step.starts_note and late:
            self.notes_skipped += 1
        elif step.starts_note:
            self._start_note(step, when)
        else:
            self._send(step.message, when)

    def _start_note(self, step: PlayEvent, when: float) -> None:
        """A pitch that sounds is ended first. A note is recorded before the port gets it."""
        key = _key(step.message)
        if key in self.sounding:
            self._end_note(key, when)
        self.sounding.record_sent(step.message, self._base + step.until)
        self._send(step.message, when)
        self.notes_sent += 1

    def _end_note(self, key: Key, when: float | None = None) -> None:
        message = bytes((NOTE_OFF | key[0], key[1], RELEASE))
        self._send(message, when)
        self.sounding.record_sent(message)

    def _send(self, message: bytes, when: float | None = None) -> None:
        self._channels.add(message[0] & 0x0F)
        if when is None:
            self._port.send(message)
        else:
            self._port.schedule(message, when)


def _key(message: bytes) -> Key:
    return message[0] & 0x0F, message[1]
