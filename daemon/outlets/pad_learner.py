"""Names of drums by the pads that a user plays, from a MIDI input's thread to one that may take its time."""

import queue
import threading
from collections.abc import Callable, Set

from bridge.guard import Guard

Learn = Callable[[int, int], None]


class PadLearner:
    """Pads that a user plays to name what he hears: from the port's own thread to one that may take its time.

    `feed` is quick enough for a port's thread; `learn` is called elsewhere with each pitch and velocity.
    """

    def __init__(self) -> None:
        self._learn: Learn | None = None
        self._ignored: Set[int] = frozenset()
        self._played: queue.SimpleQueue[tuple[int, int] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def learn(self, learn: Learn | None) -> None:
        self._learn = learn
        if learn is not None and self._thread is None:
            self._thread = threading.Thread(target=self._deliver, name="sidestick pads", daemon=True)
            self._thread.start()

    def ignore(self, pitches: Set[int]) -> None:
        self._ignored = pitches

    def feed(self, message: bytes) -> None:
        """Takes any message; only a note-on counts."""
        if self._learn and (stroke := note_on(message)) is not None:
            self._played.put(stroke)

    def close(self) -> None:
        self._learn = None
        self._played.put(None)

    def _deliver(self) -> None:
        while (played := self._played.get()) is not None:
            learn = self._learn
            if learn is not None and played[0] not in self._ignored:
                with Guard(f"The pad {played[0]}"):
                    learn(*played)


def note_on(message: bytes) -> tuple[int, int] | None:
    """Pitch and velocity, if a note begins with this message on any channel."""
    if len(message) == 3 and message[0] & 0xF0 == 0x90 and message[2]:
        return message[1], message[2]
    return None
