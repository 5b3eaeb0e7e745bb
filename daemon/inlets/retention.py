"""Retention: jobs that nobody has touched for long are forgotten, and uploads go with what was made of them."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from daemon.config import Settings
from daemon.errors import Rejected
from daemon.jobs.job import Job
from daemon.jobs.store import JobStore

DAY = 86400.0


def expire_jobs(store: JobStore, settings: Settings, clock: Callable[[], float] = time.time) -> None:
    """By the age of the last change. Files beside songs that were not uploaded stay, and so does what was edited."""
    uploads, days = settings.folders.uploads, settings.retention
    ages = [DAY * each for each in (days.jobs_days, days.uploads_days) if each]
    now = clock()
    for job in store.list_ended_before(now - min(ages)) if ages else ():
        is_upload = _is_upload(job, uploads)
        limit = DAY * (days.uploads_days if is_upload else days.jobs_days)
        if limit and now - job.changed > limit:
            _expire(job, store, uploads if is_upload else None)


def _is_upload(job: Job, uploads: Path) -> bool:
    return job.path.parent.parent == uploads


def _expire(job: Job, store: JobStore, uploads: Path | None) -> None:
    with suppress(Rejected):  # deleted meanwhile, or at work again
        gone = store.delete(job.id)
        if uploads is not None:
            from daemon.inlets.http.uploads import remove

            remove(gone, uploads, store.has_other_job)
