"""Jobs as the page sees them."""

import json
import re
from functools import lru_cache
from pathlib import Path

from daemon.inlets.http import schemas
from daemon.inlets.http.context import HttpContext
from daemon.jobs.job import Job, State
from daemon.jobs.worker import TaskProgress

_CURSOR = re.compile(r"(\d{1,12}\.\d{1,9})-(\w{1,32})")
_HISTORY_LINE = '"history":'
_LINK_NAMES = ("events", "notes", "clusters", "revisions", "midi", "stems", "archive", "log")


def view_jobs(context: HttpContext, jobs: list[Job]) -> list[schemas.JobView]:
    running = context.services.scheduler.progress()
    return [_build_view(job, running.get(job.id)) for job in jobs]


def view_job(context: HttpContext, job: Job) -> schemas.JobView:
    return view_jobs(context, [job])[0]


def cursor(job: Job) -> str:
    """The place behind `job` in the list."""
    return f"{job.created:.9f}-{job.id}"


def parse_cursor(text: str | None) -> tuple[float, str] | None:
    """The cursor as the store wants it; one that nobody gave out is the start of the list."""
    found = _CURSOR.fullmatch(text or "")
    return (float(found[1]), found[2]) if found else None


def _build_view(job: Job, progress: TaskProgress | None) -> schemas.JobView:
    home = f"/api/jobs/{job.id}"
    return schemas.JobView(
        id=job.id,
        name=job.name,
        path=job.source.path,
        state=job.state.value,
        stage=progress.stage if progress else "",
        fraction=round(min(1.0, max(0.0, progress.fraction)), 4) if progress else float(job.state is State.DONE),
        eta_s=round(progress.eta, 1) if progress and progress.eta >= 0 else None,
        code=job.code,
        reason=job.reason,
        created=job.created,
        finished=None if job.is_active else job.changed,
        revision=revision(job),
        draft=job.is_active and bool(job.manifest),
        manifest=job.manifest or None,
        midi=job.midi or None,
        options=job.options,
        links={"self": home, **{name: f"{home}/{name}" for name in _LINK_NAMES}},
    )


def revision(job: Job) -> int | None:
    """The revision that holds, None without a manifest."""
    if not job.manifest:
        return None
    path = Path(job.manifest)
    try:
        about = path.stat()
        return _read_head(path, about.st_mtime_ns, about.st_size)
    except OSError:
        return None


@lru_cache(512)
def _read_head(path: Path, _: int, __: int) -> int | None:
    """Read from the manifest's own line for it: hits and notes come later, and are most of the file."""
    with path.open(encoding="utf-8", errors="replace") as file:
        line = next((line for line in file if line.startswith(_HISTORY_LINE)), "")
    try:
        return int(json.loads(line.removeprefix(_HISTORY_LINE).rstrip().rstrip(",")).get("head", 0))
    except (ValueError, AttributeError, RecursionError):
        return None
