"""Who runs a pass: one small interface, and worker processes on this machine behind it.

A process is the only thing that can be cancelled for certain, and the only thing that gives its memory back.
"""

import multiprocessing
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Protocol

from daemon.jobs.job import Job, Pass
from daemon.pipeline.options import Options

MOST_FRUGAL = 2
GRACE = 1.0  # seconds that a worker has to stop by itself

_TICK = 0.1


@dataclass(frozen=True, slots=True)
class Task:
    """One pass over a song. The content is named by its SHA-256; `source` is where this machine has it.

    `drafted` says that the job has a draft pass, too. `frugal` asks for less memory: 1 at some cost of quality, 2
    without a separation network.
    """

    job: str
    which: Pass
    source: str
    digest: str
    options: Options
    drafted: bool = False
    frugal: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """How far a task is: `fraction` of the whole job 0..1, `eta` in seconds."""

    stage: str
    fraction: float
    eta: float


@dataclass(frozen=True, slots=True)
class Finished:
    """`midi` is the MIDI of the drums, `written` all MIDI files. `remarks` are sentences for the user."""

    manifest: str
    midi: str
    revision: int = 0
    written: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """It cannot be done. `memory` says for want of memory, `died` that the worker was lost with it."""

    code: str
    reason: str
    memory: bool = False
    died: bool = False


@dataclass(frozen=True, slots=True)
class Stopped:
    """It was asked to stop, and did; `died` if it had to be ended."""

    died: bool = False


Outcome = Finished | Broken | Stopped
Hear = Callable[[Told], None]


class Worker(Protocol):
    """Runs one task at a time, wherever that is. Called from one thread."""

    def run(self, task: Task, hear: Hear, stop: threading.Event) -> Outcome:
        """Never raises. Comes back within 2 s of `stop`."""

    def rest(self) -> None:
        """Let go of all memory; the next task begins cold."""


@dataclass(frozen=True, slots=True)
class _Hand:
    """A running worker process and the line to it."""

    process: SpawnProcess
    line: Connection


class LocalWorker:
    """A worker process that is started with its first task and stays warm. `serve(line)` runs in the process."""

    def __init__(
        self, serve: Callable[[Connection], None], grace: float = GRACE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._serve = serve
        self._grace = grace
        self._clock = clock
        self._hand: _Hand | None = None

    @property
    def pid(self) -> int | None:
        return self._hand.process.pid if self._hand else None

    def run(self, task: Task, hear: Hear, stop: threading.Event) -> Outcome:
        try:
            hand = self._ready()
            hand.line.send(task)
            return self._attend(hand, hear, stop)
        except (OSError, EOFError) as error:
            return self._lost(str(error), "starting")

    def rest(self) -> None:
        hand, self._hand = self._hand, None
        if hand is not None:
            hand.line.close()
            hand.process.kill()
            hand.process.join()
            hand.process.close()

    def _ready(self) -> _Hand:
        if self._hand is not None and not self._hand.process.is_alive():
            self.rest()
        if self._hand is None:
            self._hand = self._hired()
        return self._hand

    def _hired(self) -> _Hand:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=self._serve, args=(theirs,), name="sidestick worker", daemon=True)
        process.start()
        theirs.close()
        return _Hand(process, ours)

    def _attend(self, hand: _Hand, hear: Hear, stop: threading.Event) -> Outcome:
        stage, until = "starting", float("inf")
        while True:
            if hand.line.poll(_TICK):
                try:
                    message = hand.line.recv()
                except (EOFError, OSError) as error:
                    return self._lost(str(error), stage)
                if not isinstance(message, Told):
                    return message  # type: ignore[no-any-return]
                stage = message.stage
                hear(message)
            if stop.is_set() and until == float("inf"):
                hand.line.send(None)
                until = self._clock() + self._grace
            if self._clock() > until:
                self.rest()
                return Stopped(died=True)

    def _lost(self, error: str, stage: str) -> Broken:
        """The worker died: by which signal, or why it could not even start."""
        hand, code = self._hand, None
        if hand is not None:
            hand.process.join(_TICK)
            code = hand.process.exitcode
        self.rest()
        return died(code, stage, error)


def died(exitcode: int | None, stage: str, error: str = "") -> Broken:
    """What to tell of a worker that is gone. Nobody but the system ends it by SIGKILL: it ran out of memory."""
    if exitcode == -getattr(signal, "SIGKILL", 9):
        reason = f"The system ended the worker in the stage {stage} because memory ran out. Close other programs."
        return Broken("out_of_memory", reason, memory=True, died=True)
    how = _signal_name(-exitcode) if exitcode and exitcode < 0 else f"status {exitcode}" if exitcode else error
    return Broken("worker_died", f"The worker died in the stage {stage} ({how or 'no reason told'}).", died=True)


def task_of(job: Job, digest: str, drafted: bool) -> Task:
    return Task(job.id, job.next_pass, job.source.path, digest, job.options, drafted, job.frugal)


def _signal_name(number: int) -> str:
    try:
        return f"signal {signal.Signals(number).name}"
    except ValueError:
        return f"signal {number}"
