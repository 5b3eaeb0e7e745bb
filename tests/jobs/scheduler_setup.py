"""A scheduler with its store, and workers that do what the test says."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from daemon.events import Event, EventBus
from daemon.jobs.job import Job, Pass
from daemon.jobs.scheduler import Scheduler, WorkerSlot
from daemon.jobs.store import JobStore
from daemon.jobs.worker import Outcome, ReportProgress, Task, TaskProgress, TaskResult, TaskStopped
from tests.jobs.sample_jobs import job

PATIENCE = 10.0


@dataclass
class ScriptedWorker:
    """Answers each task with `act(task)`. With `hold` it keeps a task until told to `go` or to stop."""

    act: Callable[[Task], Outcome] = lambda task: TaskResult(f"{task.source}.json", f"{task.source}.mid", 0, ("a.mid",))
    tasks: list[Task] = field(default_factory=list)
    hold: bool = False
    busy: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    unloaded: threading.Event = field(default_factory=threading.Event)

    def run(self, task: Task, report: ReportProgress, stop: threading.Event) -> Outcome:
        self.tasks.append(task)
        report(TaskProgress("hits", 0.5, 2.0))
        self.busy.set()
        while self.hold and not self.go.wait(0.005):
            if stop.is_set():
                return TaskStopped(worker_died=True)
        return self.act(task)

    def unload(self) -> None:
        self.unloaded.set()


@dataclass
class FakeCleanup:
    tidied: list[Path] = field(default_factory=list)
    retained: list[float] = field(default_factory=list)

    def remove_leftovers(self, source: Path) -> None:
        self.tidied.append(source)

    def trim_cache(self, since: float) -> None:
        self.retained.append(since)


class SchedulerSetup:
    """A scheduler with its store, and all events that went out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store, self.bus, self.cleanup = JobStore(folder / "jobs.db"), EventBus(), FakeCleanup()
        self.events: list[Event] = []
        self._news = threading.Condition()
        self.scheduler: Scheduler | None = None
        self.bus.subscribe(self._record)

    def open(self, *workers: ScriptedWorker, draft_worker: ScriptedWorker | None = None, idle: float = 60.0) -> None:
        slots = [WorkerSlot(worker) for worker in workers]
        slots += [WorkerSlot(draft_worker, frozenset({Pass.DRAFT}))] if draft_worker else []
        self.scheduler = Scheduler(self.store, self.bus, slots, self.cleanup, idle=idle, clock=lambda: 7.0)
        self.scheduler.start()

    def ask(self, name: str = "Song", content: str = "", **values: object) -> Job:
        path = self.folder / f"{name}.wav"
        path.write_text(content or name)
        asked = self.store.add(job(str(path), **values))
        if self.scheduler:
            self.scheduler.wake()
        return asked

    def until(self, kind: type[Event], number: int = 1) -> list[Event]:
        """The events of this kind, once there are so many."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.events_of(kind)) >= number, PATIENCE), self.events
        return self.events_of(kind)

    def events_of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def close(self) -> None:
        if self.scheduler:
            self.scheduler.stop()
        self.store.close()

    def _record(self, event: Event) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()
