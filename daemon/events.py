"""What happens inside the daemon, as typed events, and the bus that carries them to the outlets."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from bridge.timebase import Seconds


@dataclass(frozen=True, slots=True)
class Queued:
    """A job waits for a worker. `path` is the source as the user knows it."""

    job: str
    path: str


@dataclass(frozen=True, slots=True)
class Progress:
    """`fraction` of the whole job, 0..1; `eta` in seconds from now, None while nobody can know."""

    job: str
    stage: str
    fraction: float
    eta: Seconds | None = None


@dataclass(frozen=True, slots=True)
class MidiWritten:
    """A .mid is on disk: a draft, a part, or the final one."""

    job: str
    path: str
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The job, or a new revision of it, is finished."""

    job: str
    revision: int
    manifest: str
    midi: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The job ended without a result. `code` is for programs, `reason` one sentence for people."""

    job: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """`notes` notes were handed to the MIDI port."""

    job: str
    notes: int


Event = Queued | Progress | MidiWritten | Done | Failed | Pushed
Listener = Callable[[Event], None]


class Bus:
    """Hands each event to every listener in the publisher's thread; listeners are quick and do not raise."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()
        self._changing = threading.Lock()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Returns the function that ends it."""
        with self._changing:
            self._listeners = (*self._listeners, listener)
        return lambda: self._forget(listener)

    def publish(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)

    def _forget(self, listener: Listener) -> None:
        with self._changing:
            self._listeners = tuple(known for known in self._listeners if known is not listener)
