"""The scheduler: gives the queued jobs to the workers: who waits first, the draft before the final, nothing done twice.

A thread for each worker takes a job, has it done, and puts down what came of it. Events go out after the commit.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from bridge.guard import Guard
from bridge.timebase import Seconds
from daemon.errors import JobMoved, Rejected, SidestickError, StoreFailed
from daemon.events import Done, EventBus, Failed, MidiWritten, Progress, Queued
from daemon.files import DigestCache
from daemon.jobs.job import Job, Pass, State
from daemon.jobs.store import JobStore
from daemon.jobs.worker import (
    MAX_MEMORY_LEVEL,
    Failure,
    Outcome,
    TaskProgress,
    TaskResult,
    TaskStopped,
    Worker,
    task_of,
)
from daemon.pipeline.stages import describe_step

_MAX_ANNOUNCED = 512  # jobs of before that are announced anew
RETRY_SECONDS = 5.0  # seconds before a list of jobs that could not be written is tried again

_log = logging.getLogger("sidestick.jobs")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class WorkerSlot:
    """A worker slot: a worker and the passes that it takes. One for drafts only steps in when all others are busy."""

    worker: Worker
    passes: frozenset[Pass] = frozenset(Pass)

    @property
    def draft_only(self) -> bool:
        return Pass.FINAL not in self.passes


class Cleaner(Protocol):
    """What removes the leftovers of workers; see daemon.jobs.cleanup."""

    def remove_leftovers(self, source: Path) -> None: ...
    def trim_cache(self, since: float) -> None: ...


@dataclass(slots=True)
class _RunningJob:
    job: Job
    began: float
    stop: threading.Event = field(default_factory=threading.Event)
    digest: str = ""
    progress: TaskProgress | None = None


class Scheduler:
    """`idle` is how many seconds a worker without work keeps its models. start() begins, stop() puts all back."""

    def __init__(
        self, store: JobStore, bus: EventBus, slots: Sequence[WorkerSlot], cleanup: Cleaner, *, idle: float,
        clock: Callable[[], float] = time.time, digests: DigestCache | None = None,
    ) -> None:  # fmt: skip
        self._store = store
        self._bus = bus
        self._cleanup = cleanup
        self._idle = idle
        self._clock = clock
        self._digests = digests or DigestCache()
        self._running: dict[str, _RunningJob] = {}
        self._idle_slots: set[WorkerSlot] = set()
        self._changed = threading.Condition()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._serve, args=(slot,), name=f"worker {number}", daemon=True)
            for number, slot in enumerate(slots, 1)
        ]

    def start(self) -> None:
        """Jobs that ran when sidestick ended are queued again first; their finished stages come from the cache."""
        for job in self._store.resume():
            self._remove_leftovers(job)
        for job in self._store.list_queued(limit=_MAX_ANNOUNCED):
            self._bus.publish(Queued(job.id, job.source.path))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Every running job goes back to the queue; all workers end."""
        with self._changed:
            self._stopping = True
            for running in self._running.values():
                running.stop.set()
            self._changed.notify_all()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def wake(self) -> None:
        """There may be something to do."""
        with self._changed:
            self._changed.notify_all()

    def progress(self) -> dict[str, TaskProgress]:
        """How far the running jobs are."""
        with self._changed:
            return {name: running.progress for name, running in self._running.items() if running.progress}

    def cancel(self, job_id: str) -> Job:
        """It counts as cancelled at once; a worker that is at it stops within 2 s.

        Raises Rejected (unknown_job, job_over).
        """
        while True:
            job = self._store.get(job_id)
            if not job.is_active:
                raise Rejected("job_over", f"{job.name} cannot be cancelled: it is {job.state} already.")
            try:
                cancelled = self._store.move(job, State.CANCELLED, code="cancelled", reason="Cancelled.", draft=False)
            except JobMoved:
                continue
            self._request_stop(job_id)
            self._bus.publish(Failed(job_id, "cancelled", f"{job.name} was cancelled."))
            return cancelled

    def _request_stop(self, job_id: str) -> None:
        with self._changed:
            running = self._running.get(job_id)
            if running is not None:
                running.stop.set()

    def _serve(self, slot: WorkerSlot) -> None:
        """A list of jobs that cannot be used now (a full disk) is no reason to stop working for good."""
        while not self._stopping:
            with Guard(f"The {threading.current_thread().name}"):
                try:
                    self._work(slot)
                except SidestickError as error:
                    _log.error("%s", error)
            self._wait_for_retry()
        slot.worker.unload()

    def _work(self, slot: WorkerSlot) -> None:
        while (running := self._next_job(slot)) is not None:
            try:
                self._do_job(running, slot)
            except JobMoved:
                _log.debug("job %s was cancelled meanwhile", running.job.id)
            finally:
                self._forget(running)
            with Guard("The cleanup"):
                self._cleanup.trim_cache(self._oldest_start())

    def _do_job(self, running: _RunningJob, slot: WorkerSlot) -> None:
        """A job over which the scheduler itself breaks fails with the reason; it would count as running for ever."""
        with Guard(running.job.name, passing=(SidestickError,)) as guard:
            outcome = self._retry_until_stored(partial(self._run_task, running, slot))
            self._retry_until_stored(partial(self._record_outcome, running, outcome))
        if guard.error is not None:
            reason = f"Something broke ({type(guard.error).__name__}: {guard.error}). Please report it."
            self._retry_until_stored(partial(self._record_outcome, running, Failure("internal", reason)))

    def _retry_until_stored(self, act: Callable[[], T]) -> T:
        """A list of jobs that cannot be written now would show the job as running for ever. Raises StoreFailed at the
        end of sidestick, after which the next start does the job again."""
        while True:
            try:
                return act()
            except StoreFailed as error:
                if self._wait_for_retry():
                    raise
                _log.error("%s", error)

    def _wait_for_retry(self) -> bool:
        """Whether sidestick stops meanwhile."""
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping, RETRY_SECONDS)

    def _next_job(self, slot: WorkerSlot) -> _RunningJob | None:
        """The next job for `slot`; None once sidestick stops."""
        with self._changed:
            self._idle_slots.add(slot)
            while not self._stopping:
                running = self._claim(slot)
                if running is not None:
                    self._idle_slots.discard(slot)
                    return running
                if not self._changed.wait(self._idle):
                    slot.worker.unload()
            return None

    def _claim(self, slot: WorkerSlot) -> _RunningJob | None:
        if slot.draft_only and any(not other.draft_only for other in self._idle_slots):
            return None
        for job in self._store.list_queued(drafts_only=slot.draft_only):
            if job.id not in self._running and not self._is_in_work(job):
                try:
                    return self._mark_running(job)
                except JobMoved:
                    continue
        return None

    def _is_in_work(self, job: Job) -> bool:
        """Somebody works on the same content: this job waits, and finds the stages in the cache."""
        others = self._running.values()
        return any(job.path == other.job.path or (job.digest and job.digest == other.digest) for other in others)

    def _mark_running(self, job: Job) -> _RunningJob:
        running = _RunningJob(self._store.move(job, State.RUNNING), self._clock())
        self._running[job.id] = running
        return running

    def _forget(self, running: _RunningJob) -> None:
        with self._changed:
            del self._running[running.job.id]
            self._changed.notify_all()

    def _oldest_start(self) -> float:
        with self._changed:
            return min((running.began for running in self._running.values()), default=self._clock())

    def _run_task(self, running: _RunningJob, slot: WorkerSlot) -> Outcome:
        job = running.job
        try:
            digest, stamp = (job.digest, None) if job.digest else self._digests.hash_file(job.path)
        except OSError as error:
            return Failure("missing", f"{job.path} cannot be read any more ({error.strerror}).")
        if self._is_digest_taken(running, digest):
            running.job = self._store.move(job, State.QUEUED, digest=digest)
            raise JobMoved("somebody works on the same content")
        if job.digest != digest:
            running.job = job = self._store.update(job, digest=digest)
        if running.stop.is_set():
            return TaskStopped()
        outcome = slot.worker.run(task_of(job, digest, stamp), partial(self._publish_progress, running), running.stop)
        if isinstance(outcome, TaskResult) or not outcome.worker_died:
            return outcome
        self._remove_leftovers(job)
        return TaskStopped() if running.stop.is_set() else outcome  # a console that closes ends the workers, too

    def _remove_leftovers(self, job: Job) -> None:
        with Guard("The cleanup"):
            self._cleanup.remove_leftovers(job.path)

    def _is_digest_taken(self, running: _RunningJob, digest: str) -> bool:
        with self._changed:
            if any(other.digest == digest for other in self._running.values() if other is not running):
                return True
            running.digest = digest
            return False

    def _publish_progress(self, running: _RunningJob, progress: TaskProgress) -> None:
        running.progress = progress
        if not running.stop.is_set():
            stage, eta = progress.stage, Seconds(progress.eta) if progress.eta >= 0 else None
            doing = describe_step(stage)
            self._bus.publish(Progress(running.job.id, stage, progress.fraction, eta, progress.download, doing))

    def _record_outcome(self, running: _RunningJob, outcome: Outcome) -> None:
        """Put down what came of a pass. Raises JobMoved if the job was cancelled."""
        job = running.job
        match outcome:
            case TaskResult():
                self._record_result(job, running.digest, outcome)
            case TaskStopped():
                self._store.move(job, State.QUEUED)
            case Failure(memory=True) if job.memory_level < MAX_MEMORY_LEVEL:
                self._store.move(job, State.QUEUED, memory_level=job.memory_level + 1, draft=False)
            case Failure() if job.next_pass is Pass.DRAFT:
                self._store.move(job, State.QUEUED, draft=False)
            case Failure(code, reason):
                self._store.move(job, State.FAILED, code=code, reason=reason)
                self._bus.publish(Failed(job.id, code, reason))

    def _record_result(self, job: Job, digest: str, made: TaskResult) -> None:
        state = State.QUEUED if job.next_pass is Pass.DRAFT else State.DONE
        results = {"manifest": made.manifest, "midi": made.midi, "remarks": made.remarks}
        self._store.move(job, state, draft=False, digest=digest, **results)
        for path in made.written:
            self._bus.publish(MidiWritten(job.id, path, draft=state is State.QUEUED))
        if state is State.DONE:  # a draft's remarks may not hold for the final
            self._bus.publish_remarks(job.id, made.remarks)
            self._bus.publish(Done(job.id, made.revision, made.manifest, made.midi))
