"""A drum map learnt by striking pads: one drum after the other is asked for, and the note that comes is its note."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.drum_labels import SOUNDS, UnknownNameError, label
from bridge.guard import Guard
from bridge.notes import ClipNote
from bridge.timebase import Seconds
from daemon.errors import Rejected
from daemon.outlets.midi_port import MidiOutlet

WALK = (
    "kick", "snare", "rimshot", "side_stick", "high_tom", "mid_tom", "low_tom", "floor_tom", "closed_hihat",
    "open_hihat", "pedal_hihat", "crash", "crash_2", "ride", "ride_bell", "china", "splash",
)  # fmt: skip
"""The drums of a kit, as a drummer goes through them."""

_BOUNCE = 0.25  # seconds in which a pad that rings, or comes by two cables, is one stroke
_FORSAKEN = 60.0  # seconds without a question: nobody looks any more
_LENGTH = 0.15  # seconds of a note that is tried


@dataclass(frozen=True, slots=True)
class WalkState:
    """`current` is the drum that is asked for, None at the end; `notes` are those of the pads that were struck.

    `heard` says in a sentence where strokes come from, `problem` why the last one did not count.
    """

    current: str | None
    notes: dict[str, int]
    problem: str = ""
    heard: str = ""


class PadWalk:
    """What was struck so far. Not for several threads."""

    def __init__(self, labels: Sequence[str] = WALK) -> None:
        self._labels = tuple(labels)
        self._place = 0
        self._notes: dict[str, int] = {}
        self._problem = ""
        self._last = (-1, -_BOUNCE)

    @property
    def state(self) -> WalkState:
        current = self._labels[self._place] if self._place < len(self._labels) else None
        return WalkState(current, dict(self._notes), self._problem)

    def strike(self, pitch: int, at: float) -> None:
        """A pad was struck at `at` seconds."""
        before, when = self._last
        self._last = pitch, at
        current = self.state.current
        if current is None or (pitch == before and at - when < _BOUNCE):
            return
        other = next((each for each, note in self._notes.items() if note == pitch), None)
        if other not in (None, current):
            self._problem = f"Note {pitch} is the {_name(str(other))} already. Strike another pad, or skip this drum."
            return
        self._notes[current] = pitch
        self._problem = ""
        self._place += 1

    def skip(self) -> None:
        """The kit has no such drum."""
        self._problem = ""
        self._place = min(len(self._labels), self._place + 1)

    def step_back(self) -> None:
        """The drum before is asked for again."""
        self._problem = ""
        self._place = max(0, self._place - 1)
        self._notes.pop(self._labels[self._place], None)


class Pads:
    """The pads of the user's kit, and the drums that they play. Every method may be called from any thread."""

    def __init__(self, midi: MidiOutlet, clock: Callable[[], float] = time.monotonic) -> None:
        self._midi, self._clock = midi, clock
        self._lock = threading.Lock()
        self._walk: PadWalk | None = None
        self._heard = ""
        self._asked = 0.0

    def play(self, pitch: int, velocity: int) -> int:
        """One drum on the MIDI port. Raises Rejected: no_port."""
        return self._midi.audition([ClipNote(pitch, Seconds(0.0), Seconds(_LENGTH), velocity)])

    def begin(self, labels: Sequence[str] = ()) -> WalkState:
        """Ask for these drums, or for all of a kit. Raises Rejected: unknown_label; no_port without any input."""
        try:
            wanted = [label(name) for name in labels] or WALK
        except UnknownNameError as error:
            raise Rejected("unknown_label", str(error)) from None
        heard = self._midi.hear_pads(self._strike)
        with self._lock:
            self._walk, self._heard, self._asked = PadWalk(wanted), heard, self._clock()
        self._watch()
        return self.state()

    def state(self) -> WalkState:
        """Where the walk stands. Raises Rejected: no_walk."""
        with self._lock:
            walk, self._asked = self._require_walk(), self._clock()
            found = walk.state
            return WalkState(found.current, found.notes, found.problem, self._heard)

    def skip(self) -> WalkState:
        with self._lock:
            self._require_walk().skip()
        return self.state()

    def step_back(self) -> WalkState:
        with self._lock:
            self._require_walk().step_back()
        return self.state()

    def end(self) -> None:
        """Strokes mean nothing any more, and the inputs are given up."""
        with self._lock:
            self._walk = None
        self._midi.learn(None)

    def end_forsaken(self) -> bool:
        """Ends a walk that nobody asked about for a minute; whether there is one that goes on."""
        with self._lock:
            goes_on = self._walk is not None and self._clock() - self._asked < _FORSAKEN
            ended = self._walk is not None and not goes_on
        if ended:
            self.end()
        return goes_on

    def _watch(self) -> None:
        timer = threading.Timer(_FORSAKEN, self._look_after)
        timer.name, timer.daemon = "sidestick walk", True
        timer.start()

    def _look_after(self) -> None:
        with Guard("The walk through the pads"):
            if self.end_forsaken():
                self._watch()

    def _strike(self, pitch: int, _: int) -> None:
        with self._lock:
            if self._walk is not None:
                self._walk.strike(pitch, self._clock())

    def _require_walk(self) -> PadWalk:
        if self._walk is None:
            raise Rejected("no_walk", "No pad is asked for. Begin with the first drum.")
        return self._walk


def _name(drum: str) -> str:
    return SOUNDS[drum].name.casefold()
