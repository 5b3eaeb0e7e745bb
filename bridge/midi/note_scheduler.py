"""Decides what is due and writes it, so that no note is ever left sounding.

The ledger of sounding notes is the only truth about what must still be ended. No thread and no clock in here:
the player, or a test, says what time it is.
"""

import math
from collections.abc import Set

from bridge.midi.play_events import NOTE_OFF, NOTE_ON, Program, Step, everything_off
from bridge.midi.port import OutPort
from bridge.midi.transport import FreeRun, Moment, Transport

LATEST = 0.25  # seconds; a note later than this, after the computer slept, is left out
LOOK = 0.05  # seconds between looks at a DAW's transport, and how far ahead its beats are known
RELEASE = 64

Key = tuple[int, int]


class Ledger:
    """Which notes sound, by channel and pitch, and the position at which each ends."""

    def __init__(self) -> None:
        self._until: dict[Key, float] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._until

    def keys(self) -> Set[Key]:
        return self._until.keys()

    def sent(self, message: bytes, until: float = 0.0) -> None:
        if message[0] & 0xF0 == NOTE_ON:
            self._until[_key(message)] = until
        elif message[0] & 0xF0 == NOTE_OFF:
            self._until.pop(_key(message), None)

    def taken_back(self, message: bytes) -> None:
        """The opposite of `sent`: a note-off that never left leaves its note sounding."""
        if message[0] & 0xF0 == NOTE_ON:
            self._until.pop(_key(message), None)
        elif message[0] & 0xF0 == NOTE_OFF:
            self._until[_key(message)] = 0.0

    def first_to_end(self) -> Key | None:
        return min(self._until, key=self._until.__getitem__, default=None)

    def end(self, key: Key) -> float:
        return self._until[key]

    def clear(self) -> None:
        self._until.clear()


class Deck:
    """What is due, and nothing about threads: `turn(now)` sends it and says when to look again."""

    def __init__(self, port: OutPort) -> None:
        self._port = port
        self._program: Program | None = None
        self._transport: Transport = FreeRun(0.0)
        self._run: int | None = None
        self._base = 0.0  # position at which this pass of a loop began
        self._next = 0  # index of the step that comes next
        self._done = 0.0  # position up to which everything is sent
        self._channels: set[int] = set()
        self.ledger = Ledger()
        self.sent = 0
        self.skipped = 0

    @property
    def playing(self) -> bool:
        return self._program is not None

    def play(self, program: Program, transport: Transport) -> None:
        self.stop()
        self._program, self._transport, self._run = program, transport, None
        for message in program.prelude:
            self._send(message)

    def replace(self, program: Program, now: float) -> None:
        """From the next note on plays `program`, at the same place; notes that sound end as they were to."""
        self.turn(now)
        if self._program is not None:
            self._program = program
            self._next = program.after(self._done - self._base)

    def stop(self) -> None:
        self._program = None
        self.silence()

    def silence(self) -> None:
        """Ends every note that sounds, now."""
        for message in reversed(self._port.drop()):
            self.ledger.taken_back(message)
        while (key := self.ledger.first_to_end()) is not None:
            self._release(key)

    def panic(self) -> None:
        """Silence, then everything else that MIDI has for it, on every channel used."""
        self.stop()
        for channel in sorted(self._channels):
            for message in everything_off(channel):
                self._port.send(message)

    def abandon(self) -> None:
        """The port has gone: nothing can be ended any more."""
        self._program = None
        self.ledger.clear()

    def turn(self, now: float) -> float | None:
        """Sends all that is due at `now` on the port's clock, and as far ahead as the port takes it.

        Returns when to call again; None when only a command can change anything.
        """
        if self._program is None:
            return None
        moment = self._transport.at(now)
        if moment is None:
            self.silence()
            self._run = None
            return now + LOOK
        if moment.run != self._run:
            self._go_to(moment)
        return self._send_due(self._program, moment, now)

    def _go_to(self, moment: Moment) -> None:
        self.silence()
        self._run = moment.run
        self._done = math.nextafter(moment.origin, -math.inf)
        self._base = 0.0
        if self._program and self._program.loop:
            self._base = moment.origin // self._program.length * self._program.length
        self._next = self._program.after(self._done - self._base) if self._program else 0

    def _send_due(self, program: Program, moment: Moment, now: float) -> float | None:
        lead = min(self._port.lead, LOOK) if program.musical else self._port.lead
        ahead = moment.position + lead * moment.rate
        while (due := self._due(program)) is not None:
            when = now + (due - moment.position) / moment.rate
            if due > ahead:
                self._done = ahead
                return min(when - lead / 2, now + LOOK if program.musical else math.inf)
            self._send_one(program, due, when, late=when < now - LATEST)
        return self._at_the_end(program, now)

    def _at_the_end(self, program: Program, now: float) -> float | None:
        """A DAW may wind back and play again; a free run is over."""
        if program.musical:
            return now + LOOK
        self._program = None
        return None

    def _due(self, program: Program) -> float | None:
        """Position of what comes next, a note's end or a step."""
        positions = []
        if (key := self.ledger.first_to_end()) is not None:
            positions.append(self.ledger.end(key))
        if (step := self._upcoming(program)) is not None:
            positions.append(self._base + step.at)
        return min(positions, default=None)

    def _upcoming(self, program: Program) -> Step | None:
        if self._next >= len(program.steps):
            if not program.loop or not program.steps:
                return None
            self._base += program.length
            self._next = 0
        return program.steps[self._next]

    def _send_one(self, program: Program, due: float, when: float, late: bool) -> None:
        key = self.ledger.first_to_end()
        if key is not None and self.ledger.end(key) <= due:
            self._release(key, when)
            return
        step = program.steps[self._next]
        self._next += 1
        if step.strikes and late:
            self.skipped += 1
        elif step.strikes:
            self._strike(step, when)
        else:
            self._send(step.message, when)

    def _strike(self, step: Step, when: float) -> None:
        """A pitch that sounds is ended first. The ledger knows of a note before the port does."""
        key = _key(step.message)
        if key in self.ledger:
            self._release(key, when)
        self.ledger.sent(step.message, self._base + step.until)
        self._send(step.message, when)
        self.sent += 1

    def _release(self, key: Key, when: float | None = None) -> None:
        message = bytes((NOTE_OFF | key[0], key[1], RELEASE))
        self._send(message, when)
        self.ledger.sent(message)

    def _send(self, message: bytes, when: float | None = None) -> None:
        self._channels.add(message[0] & 0x0F)
        if when is None:
            self._port.send(message)
        else:
            self._port.schedule(message, when)


def _key(message: bytes) -> Key:
    return message[0] & 0x0F, message[1]
