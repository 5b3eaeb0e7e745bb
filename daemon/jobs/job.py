"""What has been asked for, and the states that it goes through."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path

from daemon.errors import Rejected
from daemon.pipeline.options import Options


class State(StrEnum):
    """Where a job stands. A job that is drafted waits in the queue again for its final pass."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
    State.RUNNING: frozenset({State.QUEUED, State.DONE, State.FAILED, State.CANCELLED}),
    State.DONE: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}
ACTIVE = (State.QUEUED, State.RUNNING)
ENDED = (State.DONE, State.FAILED, State.CANCELLED)


class Priority(IntEnum):
    """Who waits: lower numbers go first."""

    WAITING = 0
    DROPPED = 10


class Pass(StrEnum):
    """A draft from the song as it is, within seconds; the final one after separation."""

    DRAFT = "draft"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file as it lay there: bytes and modification time in ns. Another content may well have the same ones."""

    path: str
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> "Fingerprint":
        """Raises OSError."""
        about = path.stat()
        return cls(str(path), about.st_size, about.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Job:
    """One request. Times are seconds since 1970; `digest` is SHA-256 of the source, '' until it was read.

    `draft` says that a draft is still to come. `memory_level` counts how often a worker had too little memory for it.
    `manifest` and `midi` are where the latest results lie. `code` and `reason` tell why a job failed,
    `remarks` what a musician should know of the latest results.
    """

    id: str
    source: Fingerprint
    options: Options
    priority: Priority
    created: float
    state: State = State.QUEUED
    changed: float = 0.0
    draft: bool = False
    memory_level: int = 0
    digest: str = ""
    manifest: str = ""
    midi: str = ""
    code: str = ""
    reason: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return Path(self.source.path)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def next_pass(self) -> Pass:
        return Pass.DRAFT if self.draft else Pass.FINAL

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


def require_notes(job: Job) -> Job:
    """The job, if it has come to notes. Raises Rejected (no_result)."""
    if not job.manifest:
        end = f": {job.reason}" if job.reason else "."
        raise Rejected("no_result", f"There are no notes of {job.name} yet; it is {job.state}{end}")
    return job
