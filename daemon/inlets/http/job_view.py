"""Jobs as the page sees them."""

import json
import re
from functools import lru_cache
from pathlib import Path

from daemon.inlets.http import schemas as shapes
from daemon.inlets.http.context import Front
from daemon.jobs.job import Job, State
from daemon.jobs.worker import Told

_CURSOR = re.compile(r"(\d{1,12}\.\d{1,9})-(\w{1,32})")
_HISTORY = '"history":'
_PLACES = ("events", "notes", "clusters", "revisions", "midi", "stems", "archive", "log")


def shown(here: Front, jobs: list[Job]) -> list[shapes.Job]:
    running = here.staff.foreman.progress()
    return [_shown(job, running.get(job.id)) for job in jobs]


def one(here: Front, job: Job) -> shapes.Job:
    return shown(here, [job])[0]


def cursor(job: Job) -> str:
    """The place behind `job` in the list."""
    return f"{job.created:.9f}-{job.id}"


def place(text: str | None) -> tuple[float, str] | None:
    """The cursor as the store wants it; one that nobody gave out is the start of the list."""
    found = _CURSOR.fullmatch(text or "")
    return (float(found[1]), found[2]) if found else None


def _shown(job: Job, told: Told | None) -> shapes.Job:
    home = f"/api/jobs/{job.id}"
    return shapes.Job(
        id=job.id,
        name=job.name,
        path=job.source.path,
        state=job.state.value,
        stage=told.stage if told else "",
        fraction=round(min(1.0, max(0.0, told.fraction)), 4) if told else float(job.state is State.DONE),
        eta_s=round(told.eta, 1) if told and told.eta >= 0 else None,
        code=job.code,
        reason=job.reason,
        created=job.created,
        finished=None if job.active else job.changed,
        revision=revision(job),
        draft=job.active and bool(job.manifest),
        manifest=job.manifest or None,
        midi=job.midi or None,
        options=job.options,
        links={"self": home, **{name: f"{home}/{name}" for name in _PLACES}},
    )


def revision(job: Job) -> int | None:
    """The revision that holds, None without a manifest."""
    if not job.manifest:
        return None
    path = Path(job.manifest)
    try:
        about = path.stat()
        return _head(path, about.st_mtime_ns, about.st_size)
    except OSError:
        return None


@lru_cache(512)
def _head(path: Path, _: int, __: int) -> int | None:
    """Read from the manifest's own line for it: hits and notes come later, and are most of the file."""
    with path.open(encoding="utf-8", errors="replace") as file:
        line = next((line for line in file if line.startswith(_HISTORY)), "")
    try:
        return int(json.loads(line.removeprefix(_HISTORY).rstrip().rstrip(",")).get("head", 0))
    except (ValueError, AttributeError, RecursionError):
        return None
