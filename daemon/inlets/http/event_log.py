"""The event log, for pages that watch: every event once, numbered, and the latest of them kept for who comes back."""

import asyncio
import json
import logging
import re
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from daemon.events import Done, Event, Failed, MidiWritten, Progress, Pushed, Queued, Remarked

MOST_EVENTS = 1000
_NAMES = {
    Queued: "queued", Progress: "progress", MidiWritten: "midi", Remarked: "remark", Failed: "failed", Pushed: "pushed",
}  # fmt: skip
_REMEMBERED_JOBS = 512
_SONG_PREFIX = re.compile(r"^(.+?): ")


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event. `encoded` is its form as a server-sent event."""

    id: int
    event: str
    job: str
    data: dict[str, Any]
    encoded: bytes


class EventLog:
    """Written from any thread, read in the loop that `attach` named. Numbers go up, across restarts too."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._events: deque[LoggedEvent] = deque(maxlen=MOST_EVENTS)
        self._last_id = int(clock() * 1000) * 1000
        self._active: set[str] = set()
        self._jobs_by_song: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.new_event = asyncio.Event()
        self.closed = False
        self.listeners = 0

    @property
    def last_id(self) -> int:
        """The number of the latest event."""
        return self._last_id

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def close(self) -> None:
        """In the loop: ends the streams of all listeners."""
        self.closed = True
        self._wake_listeners()

    def record_event(self, event: Event) -> None:
        """The listener for the bus."""
        data = asdict(event)
        job = data["job"]
        if isinstance(event, Queued):
            self._jobs_by_song[Path(event.path).name] = job
            while len(self._jobs_by_song) > _REMEMBERED_JOBS:
                self._jobs_by_song.popitem(last=False)
        self.append(self._event_name(event), job, data)

    def record_log_line(self, text: str) -> None:
        """A line of the log; it belongs to the job whose song it begins with."""
        song = _SONG_PREFIX.match(text)
        job = self._jobs_by_song.get(song[1], "") if song else ""
        self.append("log", job, {"job": job or None, "time": round(self._clock(), 3), "text": text})

    def append(self, event: str, job: str, data: dict[str, Any]) -> None:
        with self._lock:
            self._last_id += 1
            self._events.append(LoggedEvent(self._last_id, event, job, data, encode_event(event, data, self._last_id)))
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended with the daemon
                self._loop.call_soon_threadsafe(self._wake_listeners)

    def events_since(self, number: int) -> list[LoggedEvent] | None:
        """What came behind event `number`; None if that cannot be told any more."""
        with self._lock:
            if number == self._last_id:
                return []
            first = self._events[0].id if self._events else self._last_id + 1
            if not first - 1 <= number < self._last_id:
                return None
            return [logged for logged in self._events if logged.id > number]

    def _event_name(self, event: Event) -> str:
        """A job is done once; what it is done again by is a correction: a new revision."""
        if isinstance(event, Queued | Progress):
            self._active.add(event.job)
        elif isinstance(event, Done):
            if event.job not in self._active:
                return "revision"
            self._active.discard(event.job)
            return "done"
        elif isinstance(event, Failed):
            self._active.discard(event.job)
        return _NAMES[type(event)]

    def _wake_listeners(self) -> None:
        self.new_event.set()
        self.new_event = asyncio.Event()


class EventLogHandler(logging.Handler):
    """A log handler that puts each line into the event log."""

    def __init__(self, event_log: EventLog) -> None:
        super().__init__(logging.INFO)
        self._event_log = event_log

    def emit(self, record: logging.LogRecord) -> None:
        from daemon.logs import escape_controls

        self._event_log.record_log_line(escape_controls(record.getMessage()))


def encode_event(event: str, data: Any, number: int) -> bytes:
    """One server-sent event."""
    return f"id: {number}\nevent: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def filter_events(logged: Iterable[LoggedEvent], job: str | None) -> list[LoggedEvent]:
    """Those of one job, or all of them."""
    return [each for each in logged if job in (None, each.job)]
