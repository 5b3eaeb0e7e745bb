"""What happens, for pages that watch: every event once, numbered, and the latest of them kept for who comes back."""

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

from daemon.events import Done, Event, Failed, MidiWritten, Progress, Pushed, Queued

KEPT = 1000
_NAMES = {Queued: "queued", Progress: "progress", MidiWritten: "midi", Failed: "failed", Pushed: "pushed"}
_REMEMBERED_JOBS = 512
_SONG = re.compile(r"^(.+?): ")


@dataclass(frozen=True, slots=True)
class News:
    """One event. `wire` is its form as a server-sent event."""

    id: int
    event: str
    job: str
    data: dict[str, Any]
    wire: bytes


class Feed:
    """Heard from any thread, listened to in the loop that `attach` named. Numbers go up, across restarts too."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: deque[News] = deque(maxlen=KEPT)
        self._last = int(clock() * 1000) * 1000
        self._active: set[str] = set()
        self._songs: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.bell = asyncio.Event()
        self.closed = False
        self.listeners = 0

    @property
    def last(self) -> int:
        """The number of the latest event."""
        return self._last

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def close(self) -> None:
        """In the loop: everybody who listens goes home."""
        self.closed = True
        self._ring()

    def hear(self, event: Event) -> None:
        """The listener for the bus."""
        data = asdict(event)
        job = data["job"]
        if isinstance(event, Queued):
            self._songs[Path(event.path).name] = job
            while len(self._songs) > _REMEMBERED_JOBS:
                self._songs.popitem(last=False)
        self.tell(self._kind(event), job, data)

    def said(self, text: str) -> None:
        """A line of the log; it belongs to the job whose song it begins with."""
        song = _SONG.match(text)
        job = self._songs.get(song[1], "") if song else ""
        self.tell("log", job, {"job": job or None, "time": round(self._clock(), 3), "text": text})

    def tell(self, event: str, job: str, data: dict[str, Any]) -> None:
        with self._lock:
            self._last += 1
            self._kept.append(News(self._last, event, job, data, wire(event, data, self._last)))
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended with the daemon
                self._loop.call_soon_threadsafe(self._ring)

    def since(self, number: int) -> list[News] | None:
        """What came behind event `number`; None if that cannot be told any more."""
        with self._lock:
            if number == self._last:
                return []
            first = self._kept[0].id if self._kept else self._last + 1
            if not first - 1 <= number < self._last:
                return None
            return [news for news in self._kept if news.id > number]

    def _kind(self, event: Event) -> str:
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

    def _ring(self) -> None:
        self.bell.set()
        self.bell = asyncio.Event()


class LogTap(logging.Handler):
    """Lets those who watch read along in the log."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(logging.INFO)
        self._feed = feed

    def emit(self, record: logging.LogRecord) -> None:
        from daemon.logs import printable

        self._feed.said(printable(record.getMessage()))


def wire(event: str, data: Any, number: int) -> bytes:
    """One server-sent event."""
    return f"id: {number}\nevent: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def about(news: Iterable[News], job: str | None) -> list[News]:
    """Those of one job, or all of them."""
    return [each for each in news if job in (None, each.job)]
