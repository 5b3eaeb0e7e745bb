"""What happens inside the daemon, as typed events, and the bus that carries them to the outlets."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bridge.guard import Guard
from bridge.timebase import Seconds
from daemon.remarks import code_of


@dataclass(frozen=True, slots=True)
class Queued:
    """A job waits for a worker. `path` is the source as the user knows it."""

    job: str
    path: str


@dataclass(frozen=True, slots=True)
class Download:
    """The weights that are being fetched: bytes that are here, and bytes in all, 0 where nobody says."""

    name: str
    done: int
    total: int

    @property
    def text(self) -> str:
        size = f" of {self.total / 1e6:.0f} MB" if self.total else " MB"
        return f"fetching {self.name}, {self.done / 1e6:.0f}{size}"


@dataclass(frozen=True, slots=True)
class Progress:
    """`fraction` of the whole job, 0..1; `eta` in seconds from now, None while nobody can know.

    `doing` says what `stage` does, in a musician's words.
    """

    job: str
    stage: str
    fraction: float
    eta: Seconds | None = None
    download: Download | None = None
    doing: str = ""


@dataclass(frozen=True, slots=True)
class MidiWritten:
    """A .mid is on disk: a draft, a part, or the final one."""

    job: str
    path: str
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Remarked:
    """A remark on what was done. `code` is for programs, `text` one sentence for people; see daemon.remarks."""

    job: str
    code: str
    text: str


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


Event = Queued | Progress | MidiWritten | Remarked | Done | Failed | Pushed
EventHandler = Callable[[Event], None]


class EventBus:
    """Hands each event to every listener in the publisher's thread; listeners are quick.

    A listener that breaks is logged, and the others are told all the same.
    """

    def __init__(self) -> None:
        self._handlers: tuple[EventHandler, ...] = ()
        self._lock = threading.Lock()

    def subscribe(self, handler: EventHandler) -> Callable[[], None]:
        """Returns the function that ends it."""
        with self._lock:
            self._handlers = (*self._handlers, handler)
        return lambda: self._unsubscribe(handler)

    def publish(self, event: Event) -> None:
        for handler in self._handlers:
            with Guard(f"{type(event).__name__} of job {event.job}"):
                handler(event)

    def publish_remarks(self, job: str, remarks: Iterable[str]) -> None:
        for text in remarks:
            self.publish(Remarked(job, code_of(text), text))

    def _unsubscribe(self, handler: EventHandler) -> None:
        with self._lock:
            self._handlers = tuple(known for known in self._handlers if known is not handler)
