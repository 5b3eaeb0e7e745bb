"""Who runs a pass: one small interface, and worker processes on this machine behind it.

A process is the only thing that can be cancelled for certain, and the only thing that gives its memory back.
"""

import multiprocessing.connection
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from typing import Protocol

from daemon.events import Download
from daemon.files import FileStamp
from daemon.jobs.job import Job, Pass
from daemon.pipeline.options import Options

if sys.platform == "win32":
    Connection = multiprocessing.connection.PipeConnection
else:
    Connection = multiprocessing.connection.Connection

MAX_MEMORY_LEVEL = 2
GRACE_SECONDS = 1.0  # seconds that a worker has to stop by itself

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Task:
    """One pass over a song: its content by SHA-256, and its options. The worker finds the bytes.

    `source` is where this machine has them, or had them; as long as the file there has this `stamp` nobody need hash
    it again. `has_draft` says that the job has a draft pass, too. `memory_level` asks for less memory: 1 at some cost
    of quality, 2 without a separation network.
    """

    which_pass: Pass
    source: str
    digest: str
    options: Options
    has_draft: bool = False
    memory_level: int = 0
    stamp: FileStamp | None = None


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """How far a task is: `fraction` of the whole job 0..1, `eta` in seconds, -1 while nobody can know."""

    stage: str
    fraction: float
    eta: float
    download: Download | None = None


@dataclass(frozen=True, slots=True)
class TaskResult:
    """`midi` is the MIDI of the drums, `written` all MIDI files. `remarks` are sentences for the user."""

    manifest: str
    midi: str
    revision: int = 0
    written: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """It cannot be done. `memory` says for want of memory, `worker_died` that the worker was lost with it."""

    code: str
    reason: str
    memory: bool = False
    worker_died: bool = False


@dataclass(frozen=True, slots=True)
class TaskStopped:
    """It was asked to stop, and did; `worker_died` if it had to be ended."""

    worker_died: bool = False


Outcome = TaskResult | Failure | TaskStopped
ReportProgress = Callable[[TaskProgress], None]


class Worker(Protocol):
    """Runs one task at a time, wherever that is. Called from one thread."""

    def run(self, task: Task, report: ReportProgress, stop: threading.Event) -> Outcome:
        """Never raises. Comes back within 2 s of `stop`."""

    def unload(self) -> None:
        """Unload: give all memory back; the next task starts a new process."""


@dataclass(frozen=True, slots=True)
class _ChildProcess:
    """A running worker process and the connection to it."""

    process: SpawnProcess
    connection: Connection


class LocalWorker:
    """A worker process that is started with its first task and stays warm. `serve(connection)` runs in the process."""

    def __init__(
        self,
        serve: Callable[[Connection], None],
        grace: float = GRACE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._serve = serve
        self._grace = grace
        self._clock = clock
        self._child: _ChildProcess | None = None

    @property
    def pid(self) -> int | None:
        return self._child.process.pid if self._child else None

    def run(self, task: Task, report: ReportProgress, stop: threading.Event) -> Outcome:
        try:
            child = self._ensure_child()
            child.connection.send(task)
            return self._wait_for_outcome(child, report, stop)
        except (OSError, EOFError) as error:
            return self._handle_loss(str(error), "starting")

    def unload(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.connection.close()
            child.process.kill()
            child.process.join()
            child.process.close()

    def _ensure_child(self) -> _ChildProcess:
        if self._child is not None and not self._child.process.is_alive():
            self.unload()
        if self._child is None:
            self._child = self._spawn()
        return self._child

    def _spawn(self) -> _ChildProcess:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=self._serve, args=(theirs,), name="sidestick worker", daemon=True)
        process.start()
        theirs.close()
        return _ChildProcess(process, ours)

    def _wait_for_outcome(self, child: _ChildProcess, report: ReportProgress, stop: threading.Event) -> Outcome:
        stage, until = "starting", float("inf")
        while True:
            if child.connection.poll(_POLL_SECONDS):
                try:
                    message = child.connection.recv()
                except (EOFError, OSError) as error:
                    return self._handle_loss(str(error), stage)
                if not isinstance(message, TaskProgress):
                    return message  # type: ignore[no-any-return]
                stage = message.stage
                report(message)
            if stop.is_set() and until == float("inf"):
                child.connection.send(None)
                until = self._clock() + self._grace
            if self._clock() > until:
                self.unload()
                return TaskStopped(worker_died=True)

    def _handle_loss(self, error: str, stage: str) -> Failure:
        """The worker died: by which signal, or why it could not even start."""
        child, code = self._child, None
        if child is not None:
            child.process.join(_POLL_SECONDS)
            code = child.process.exitcode
        self.unload()
        return describe_exit(code, stage, error)


def describe_exit(exitcode: int | None, stage: str, error: str = "") -> Failure:
    """What to tell of a worker that is gone. Nobody but the system ends it by SIGKILL: it ran out of memory."""
    if exitcode == -getattr(signal, "SIGKILL", 9):
        reason = f"The system ended the worker in the stage {stage} because memory ran out. Close other programs."
        return Failure("out_of_memory", reason, memory=True, worker_died=True)
    how = _signal_name(-exitcode) if exitcode and exitcode < 0 else f"status {exitcode}" if exitcode else error
    return Failure(
        "worker_died", f"The worker died in the stage {stage} ({how or 'no reason told'}).", worker_died=True
    )


def task_of(job: Job, digest: str, stamp: FileStamp | None) -> Task:
    has_draft = job.draft or bool(job.manifest)
    return Task(job.next_pass, job.source.path, digest, job.options, has_draft, job.memory_level, stamp)


def _signal_name(number: int) -> str:
    try:
        return f"signal {signal.Signals(number).name}"
    except ValueError:
        return f"signal {number}"
