"""The feeder: hands a catalogue to the queue no faster than workers take it, until every song has come to an end.

The store knows what has ended, so the feeder may be stopped at any moment, and the queue may lose everything.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from daemon.distributed.catalogue_run import CatalogueRun, CatalogueSong
from daemon.distributed.song_worker import SongTask
from daemon.distributed.task_queue import TaskQueue
from daemon.errors import BrokerFailed

PER_PROCESS = 10  # tasks in the queue for each process that works
LOOK_SECONDS = 1.0
COUNT_SECONDS = 10.0  # between two counts of the processes, each of which asks all workers
IDLE_LOOKS = 2  # at an idle queue, until what is missing counts as lost and is sent again
CURSOR_STEP = 50  # songs; so many are looked at again when a feeder is started again


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Where a run stands. `total` is 0 while the list is not counted; `rate` is songs an hour since the start."""

    total: int
    done: int
    failed: int
    waiting: int
    processes: int
    rate: float

    @property
    def is_over(self) -> bool:
        return self.done + self.failed >= self.total

    @property
    def eta(self) -> float | None:
        """Seconds; None while nobody can know."""
        left = self.total - self.done - self.failed
        return left / self.rate * 3600 if self.rate > 0 else None


class Feeder:
    """Feeds one run. `songs` gives the list anew at each call, in the same order."""

    def __init__(
        self, run: CatalogueRun, songs: Callable[[], Iterator[CatalogueSong]], queue: TaskQueue,
        show: Callable[[RunProgress], None], *, clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._run = run
        self._songs = songs
        self._queue = queue
        self._show = show
        self._clock = clock
        self._sleep = sleep
        self._total = 0
        self._processes = 0
        self._counted = float("-inf")
        self._began = clock()
        self._ended_before: int | None = None
        self._ended = (0, 0)
        self._list_due = float("-inf")

    def feed(self) -> RunProgress:
        """Until every song is done or has failed, or the run is cancelled. A broker that is away is waited for."""
        self._total = sum(1 for _ in self._songs())
        first = self._run.cursor
        for number, song in enumerate(self._songs()):
            if number < first:
                continue
            if not self._wait_for_room():
                return self._look()
            self._send(song)
            if (number + 1) % CURSOR_STEP == 0:
                self._run.cursor = number + 1
        self._run.cursor = self._total
        return self._finish()

    def _finish(self) -> RunProgress:
        """Wait for what is sent; what is gone with a broker or a worker is sent again."""
        idle = 0
        while not (progress := self._look()).is_over and not self._run.is_cancelled():
            idle = idle + 1 if self._is_idle() else 0
            if idle >= IDLE_LOOKS:
                idle = 0
                self._send_missing()
            self._sleep(LOOK_SECONDS)
        return progress

    def _is_idle(self) -> bool:
        try:
            return self._queue.is_idle()
        except BrokerFailed:
            return False

    def _send_missing(self) -> None:
        ended = {*self._run.list_ids("done"), *self._run.list_ids("failed")}
        for song in self._songs():
            if song.id not in ended and self._wait_for_room():
                self._send(song)

    def _send(self, song: CatalogueSong) -> None:
        if self._run.is_over(song):
            return
        while True:
            try:
                self._queue.send(SongTask(self._run.name, song.url, song.name))
                return
            except BrokerFailed:
                self._sleep(LOOK_SECONDS)

    def _wait_for_room(self) -> bool:
        """False if the run is cancelled meanwhile."""
        while self._depth() >= PER_PROCESS * max(self._count_processes(), 1):
            if self._run.is_cancelled():
                return False
            self._look()
            self._sleep(LOOK_SECONDS)
        return True

    def _depth(self) -> int:
        """What waits; so much that nothing is sent, while the broker is away."""
        try:
            return self._queue.depth()
        except BrokerFailed:
            self._counted = float("-inf")
            return 1 << 30

    def _count_processes(self) -> int:
        now = self._clock()
        if now - self._counted >= COUNT_SECONDS:
            try:
                self._processes = self._queue.count_processes()
            except BrokerFailed:
                self._processes = 0
            self._counted = self._clock()
        return self._processes

    def _look(self) -> RunProgress:
        done, failed = self._count_ended()
        if self._ended_before is None:
            self._ended_before = done + failed
        hours = max(self._clock() - self._began, 1e-9) / 3600
        rate = (done + failed - self._ended_before) / hours
        progress = RunProgress(self._total, done, failed, self._depth(), self._count_processes(), rate)
        self._show(progress)
        return progress

    def _count_ended(self) -> tuple[int, int]:
        """Songs done and failed. Asking the store takes a tenth of the time at most, however many there are."""
        began = self._clock()
        if began >= self._list_due:
            self._ended = (
                sum(1 for _ in self._run.list_ids("done")),
                sum(1 for _ in self._run.list_ids("failed")),
            )
            self._list_due = self._clock() + 10 * (self._clock() - began)
        return self._ended
