"""The context of the HTTP routes: the same core, jobs, port and bus that the other inlets have."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from daemon.child_process import ChildProcesses
from daemon.config import Settings
from daemon.core import Core
from daemon.errors import Rejected
from daemon.inlets.http.cached_results import CachedResults, JobResults
from daemon.inlets.http.event_log import EventLog
from daemon.inlets.http.media_cache import MediaCache
from daemon.inlets.http.metrics import Metrics
from daemon.inlets.http.model_downloads import ModelDownloads
from daemon.jobs.job import Job
from daemon.outlets.stems import StemSound
from daemon.pipeline.cache import StageCache
from daemon.pipeline.options import full_name
from daemon.service import Service


@dataclass(frozen=True, slots=True)
class SetupAccess:
    """What the first set-up needs of the daemon: its service, and `watch`, which follows one more drop folder."""

    service: Service
    watch: Callable[[Path], None]
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HttpContext:
    """`separators` are those that options may name; `osc_counts` tells what the OSC port has counted so far."""

    settings: Settings
    core: Core
    cached_results: CachedResults
    media_cache: MediaCache
    event_log: EventLog
    metrics: Metrics
    cache: StageCache
    separators: tuple[str, ...]
    osc_counts: Callable[[], Mapping[str, int]] = dict
    setup: SetupAccess | None = None
    downloads: ChildProcesses = field(default_factory=ChildProcesses)
    model_downloads: ModelDownloads = field(default_factory=ModelDownloads)
    start_time: float = field(default_factory=time.monotonic)

    def find_results(self, job: str) -> JobResults:
        return self.cached_results.find_results(self.core.job(job))

    def sounds(self, job: str) -> dict[str, StemSound]:
        """What of a job can be listened to. Raises Rejected (unknown_job, no_sound)."""
        results = self.find_results(job)
        found = results.sounds()
        if not found:
            raise no_sound(results.job, "its sound")
        return found

    def sound(self, job: str, name: str) -> tuple[dict[str, StemSound], str]:
        """All sounds of a job, and `name` if it is among them. Raises Rejected (no_sound)."""
        found, name = self.sounds(job), full_name(name)
        if name not in found:
            there = ", ".join(found)
            raise Rejected(
                "no_sound", f"There is no stem {name!r} of {self.core.job(job).name} here; there is {there}."
            )
        return found, name


def no_sound(job: Job, what: str) -> Rejected:
    """Nothing in the cache. The sentence tells how to get it back."""
    if job.is_active:
        return Rejected("no_sound", f"{job.name} is not that far yet; {what} comes with its stage.")
    again = f"rerun job {job.id} from separate to have it again"
    return Rejected("no_sound", f"The cache does not hold {what} of {job.name} any more; {again}.")


def context_of(connection: HTTPConnection) -> HttpContext:
    found: HttpContext = connection.app.state.context
    return found


Context = Annotated[HttpContext, Depends(context_of)]
