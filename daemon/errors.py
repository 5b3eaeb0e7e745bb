"""Every error that sidestick raises on purpose, in one tree.

    SidestickError
    ├── ConfigError       sidestick does not start; every mistake is listed at once
    ├── Rejected          never becomes a job; the sender is told the code and the reason
    │   └── StaleRevision made for a revision that is not the latest any more
    ├── WorkFailed        the job fails with this reason; the rest goes on
    │   ├── StageFailed   a stage of the pipeline could not do its work
    │   │   └── NoMemory  the same for want of memory: worth one more try with less
    │   ├── NoWeights     the weights of a network are not here, or cannot be used
    │   ├── CacheFailed   the cache of finished stages cannot be used, or its disk is full
    │   ├── DiskFailed    a file cannot be read or written: its disk is full, or refuses
    │   ├── StoreFailed   the list of jobs cannot be read or written
    │   ├── ObjectStoreFailed  an object store does not answer, or refuses
    │   └── BrokerFailed  the queue of many machines does not answer, or refuses
    ├── Cancelled         somebody asked for the work to stop
    └── JobMoved          the job changed state meanwhile; look again

Each text is one sentence that names the value and the remedy, fit to be shown to a musician as it is.
"""

from collections.abc import Sequence


class SidestickError(Exception):
    """Base of all errors that sidestick raises on purpose."""


class ConfigError(SidestickError):
    """The settings cannot be used. `problems` holds one sentence for each mistake."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Rejected(SidestickError):
    """A request that never becomes a job. `code` is a short word for programs, `reason` a sentence for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class StaleRevision(Rejected):
    """A correction of notes that somebody else has corrected meanwhile. `revision` is the one that holds now."""

    def __init__(self, asked: int, revision: int) -> None:
        text = f"The notes are at revision {revision} by now, and this was meant for {asked}. Look at them again."
        super().__init__("stale_revision", text)
        self.revision = revision


class WorkFailed(SidestickError):
    """Work that was begun and cannot be done. `code` is a short word for programs, `reason` a sentence for people."""

    code = "work_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StageFailed(WorkFailed):
    """A pipeline stage that could not do its work."""

    code = "stage_failed"

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(reason)
        self.stage = stage


class NoMemory(StageFailed):
    """A stage that had too little memory."""

    code = "out_of_memory"


class NoWeights(WorkFailed):
    """The weights are not here or cannot be used; the text says why and what helps.

    Callers may fall back: `cause` is the cause alone, to go on after "because".
    """

    code = "no_weights"

    def __init__(self, reason: str, cause: str = "its weights cannot be used") -> None:
        super().__init__(reason)
        self.cause = cause


class CacheFailed(WorkFailed):
    """The cache of finished stages cannot be used, or its disk is full."""

    code = "cache_failed"


class DiskFailed(WorkFailed):
    """A file that cannot be read or written: its disk is full, or refuses."""

    code = "disk"


class StoreFailed(WorkFailed):
    """The list of jobs cannot be read or written."""

    code = "store_failed"


class ObjectStoreFailed(WorkFailed):
    """An object store does not answer, or refuses."""

    code = "object_store"


class BrokerFailed(WorkFailed):
    """The queue of many machines does not answer, or refuses."""

    code = "broker"


class Cancelled(SidestickError):
    """The work was stopped on request."""


class JobMoved(SidestickError):
    """The job was moved to a different state by somebody else first."""
