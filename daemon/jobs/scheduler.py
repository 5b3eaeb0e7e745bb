"""Gives the queued jobs to the workers: who waits first, the draft before the final, nothing done twice.

A thread for each worker takes a job, has it done, and puts down what came of it. Events go out after the commit.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from bridge.timebase import Seconds
from daemon.errors import JobMoved, Rejected, SidestickError
from daemon.events import Bus, Done, Failed, MidiWritten, Progress, Queued
from daemon.jobs.job import Job, Pass, State
from daemon.jobs.store import JobStore
from daemon.jobs.worker import MOST_FRUGAL, Broken, Finished, Outcome, Stopped, Told, Worker, task_of

_TOLD = 512  # jobs of before that are announced anew
SECOND_TRY = 5.0  # seconds before a list of jobs that could not be written is tried again

_log = logging.getLogger("sidestick.jobs")


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """A worker and the passes that it takes. One that takes drafts only steps in when all others are busy."""

    worker: Worker
    passes: frozenset[Pass] = frozenset(Pass)

    @property
    def relief(self) -> bool:
        return Pass.FINAL not in self.passes


class House(Protocol):
    """Who clears up after workers; see daemon.jobs.cleanup."""

    def tidy(self, source: Path) -> None: ...
    def retain(self, since: float) -> None: ...


@dataclass(slots=True)
class _Running:
    job: Job
    began: float
    stop: threading.Event = field(default_factory=threading.Event)
    digest: str = ""
    told: Told | None = None


class Foreman:
    """`idle` is how many seconds a worker without work keeps its models. start() begins, stop() puts all back."""

    def __init__(
        self, store: JobStore, bus: Bus, benches: Sequence[Bench], house: House, *, idle: float,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._store = store
        self._bus = bus
        self._house = house
        self._idle = idle
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._resting: set[Bench] = set()
        self._news = threading.Condition()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._serve, args=(bench,), name=f"worker {number}", daemon=True)
            for number, bench in enumerate(benches, 1)
        ]

    def start(self) -> None:
        """Jobs that ran when sidestick ended are queued again first; their finished stages come from the cache."""
        for job in self._store.resume():
            self._house.tidy(job.path)
        for job in self._store.queued(limit=_TOLD):
            self._bus.publish(Queued(job.id, job.source.path))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Every running job goes back to the queue; all workers end."""
        with self._news:
            self._stopping = True
            for running in self._running.values():
                running.stop.set()
            self._news.notify_all()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def wake(self) -> None:
        """There may be something to do."""
        with self._news:
            self._news.notify_all()

    def progress(self) -> dict[str, Told]:
        """How far the running jobs are."""
        with self._news:
            return {name: running.told for name, running in self._running.items() if running.told}

    def cancel(self, job_id: str) -> Job:
        """It counts as cancelled at once; a worker that is at it stops within 2 s.

        Raises Rejected (unknown_job, job_over).
        """
        while True:
            job = self._store.get(job_id)
            if not job.active:
                raise Rejected("job_over", f"{job.name} cannot be cancelled: it is {job.state} already.")
            try:
                cancelled = self._store.move(job, State.CANCELLED, code="cancelled", reason="Cancelled.", draft=False)
            except JobMoved:
                continue
            self._let_go(job_id)
            self._bus.publish(Failed(job_id, "cancelled", f"{job.name} was cancelled."))
            return cancelled

    def _let_go(self, job_id: str) -> None:
        with self._news:
            running = self._running.get(job_id)
            if running is not None:
                running.stop.set()

    def _serve(self, bench: Bench) -> None:
        """A list of jobs that cannot be used now (a full disk) is no reason to stop working for good."""
        while not self._stopping:
            try:
                self._work(bench)
            except SidestickError as error:
                _log.error("%s", error)
                with self._news:
                    self._news.wait_for(lambda: self._stopping, SECOND_TRY)
        bench.worker.rest()

    def _work(self, bench: Bench) -> None:
        while (running := self._awaited(bench)) is not None:
            try:
                self._settle(running, self._done(running, bench))
            except JobMoved:
                _log.debug("job %s was cancelled meanwhile", running.job.id)
            finally:
                self._forget(running)
            self._house.retain(self._since())

    def _awaited(self, bench: Bench) -> _Running | None:
        """The next job for `bench`; None once sidestick stops."""
        with self._news:
            self._resting.add(bench)
            while not self._stopping:
                running = self._claimed(bench)
                if running is not None:
                    self._resting.discard(bench)
                    return running
                if not self._news.wait(self._idle):
                    bench.worker.rest()
            return None

    def _claimed(self, bench: Bench) -> _Running | None:
        if bench.relief and any(not other.relief for other in self._resting):
            return None
        for job in self._store.queued(drafts_only=bench.relief):
            if job.id not in self._running and not self._at_it(job):
                try:
                    return self._taken(job)
                except JobMoved:
                    continue
        return None

    def _at_it(self, job: Job) -> bool:
        """Somebody works on the same content: this job waits, and finds the stages in the cache."""
        others = self._running.values()
        return any(job.path == other.job.path or (job.digest and job.digest == other.digest) for other in others)

    def _taken(self, job: Job) -> _Running:
        running = _Running(self._store.move(job, State.RUNNING), self._clock())
        self._running[job.id] = running
        return running

    def _forget(self, running: _Running) -> None:
        with self._news:
            del self._running[running.job.id]
            self._news.notify_all()

    def _since(self) -> float:
        with self._news:
            return min((running.began for running in self._running.values()), default=self._clock())

    def _done(self, running: _Running, bench: Bench) -> Outcome:
        job = running.job
        try:
            digest = job.digest or _digest(job.path)
        except OSError as error:
            return Broken("missing", f"{job.path} cannot be read any more ({error.strerror}).")
        if self._is_someone_elses(running, digest):
            running.job = self._store.move(job, State.QUEUED, digest=digest)
            raise JobMoved("somebody works on the same content")
        if running.stop.is_set():
            return Stopped()
        task = task_of(job, digest, drafted=job.draft or bool(job.manifest))
        outcome = bench.worker.run(task, partial(self._hear, running), running.stop)
        if not isinstance(outcome, Finished) and outcome.died:
            self._house.tidy(job.path)
        return outcome

    def _is_someone_elses(self, running: _Running, digest: str) -> bool:
        with self._news:
            if any(other.digest == digest for other in self._running.values() if other is not running):
                return True
            running.digest = digest
            return False

    def _hear(self, running: _Running, told: Told) -> None:
        running.told = told
        if not running.stop.is_set():
            self._bus.publish(Progress(running.job.id, told.stage, told.fraction, Seconds(told.eta)))

    def _settle(self, running: _Running, outcome: Outcome) -> None:
        """Put down what came of a pass. Raises JobMoved if the job was cancelled."""
        job = running.job
        match outcome:
            case Finished():
                self._finish(job, running.digest, outcome)
            case Stopped():
                self._store.move(job, State.QUEUED)
            case Broken(memory=True) if job.frugal < MOST_FRUGAL:
                self._store.move(job, State.QUEUED, frugal=job.frugal + 1, draft=False)
            case Broken() if job.next_pass is Pass.DRAFT:
                self._store.move(job, State.QUEUED, draft=False)
            case Broken(code, reason):
                self._store.move(job, State.FAILED, code=code, reason=reason)
                self._bus.publish(Failed(job.id, code, reason))

    def _finish(self, job: Job, digest: str, made: Finished) -> None:
        state = State.QUEUED if job.next_pass is Pass.DRAFT else State.DONE
        self._store.move(job, state, draft=False, digest=digest, manifest=made.manifest, midi=made.midi)
        for path in made.written:
            self._bus.publish(MidiWritten(job.id, path, draft=state is State.QUEUED))
        for remark in made.remarks:
            _log.info("%s: %s", job.name, remark)
        if state is State.DONE:
            self._bus.publish(Done(job.id, made.revision, made.manifest, made.midi))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
