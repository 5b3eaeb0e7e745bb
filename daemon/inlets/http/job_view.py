"""Jobs as the page sees them."""

import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from daemon.inlets.http import schemas
from daemon.inlets.http.context import HttpContext
from daemon.jobs.job import Job, State
from daemon.jobs.listings import JobStatus
from daemon.jobs.worker import TaskProgress
from daemon.outlets.manifest_head import bpm, models_of, revision
from daemon.pipeline.stages import DRAFT, DRAFT_CAPTION, STAGES, describe_step
from daemon.remarks import code_of

_CURSOR = re.compile(r"(\d{1,12}\.\d{1,9})-(\w{1,32})")
_LINK_NAMES = ("events", "notes", "clusters", "revisions", "midi", "stems", "archive", "log")


def view_jobs(jobs: Iterable[JobStatus]) -> list[schemas.JobView]:
    return [_build_view(each.job, each.progress) for each in jobs]


def view_job(context: HttpContext, job: Job) -> schemas.JobView:
    return view_jobs(context.core.progress_of([job]))[0]


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
        doing=describe_step(progress.stage) if progress else "",
        stages=_view_stages(job),
        fraction=round(min(1.0, max(0.0, progress.fraction)), 4) if progress else float(job.state is State.DONE),
        eta_s=round(progress.eta, 1) if progress and progress.eta >= 0 else None,
        download=schemas.DownloadView(**asdict(progress.download)) if progress and progress.download else None,
        code=job.code,
        reason=job.reason,
        remarks=[schemas.RemarkView(code=code_of(text), text=text) for text in job.remarks],
        created=job.created,
        finished=None if job.is_active else job.changed,
        revision=revision(Path(job.manifest)) if job.manifest else None,
        draft=job.is_active and bool(job.manifest),
        bpm=bpm(Path(job.manifest)) if job.manifest else None,
        networks=dict(models_of(Path(job.manifest))) if job.manifest else {},
        manifest=job.manifest or None,
        midi=job.midi or None,
        options=job.options,
        links={"self": home, **{name: f"{home}/{name}" for name in _LINK_NAMES}},
    )


def _view_stages(job: Job) -> list[schemas.JobStageView]:
    """Before them the draft, as long as it is what lies there or is still to come."""
    has_draft = job.is_active and (job.draft or bool(job.manifest))
    drafted = [schemas.JobStageView(name=DRAFT, steps=[DRAFT], **asdict(DRAFT_CAPTION))] if has_draft else []
    stages = ((stage, stage.steps(job.options)) for stage in STAGES)
    return drafted + [
        schemas.JobStageView(name=stage.name, steps=list(steps), **asdict(stage.caption))
        for stage, steps in stages
        if steps
    ]
