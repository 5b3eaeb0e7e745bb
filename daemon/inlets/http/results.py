"""Route: a result in one answer, for programs that want no more than that."""

import asyncio
import base64
import time
from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool

from daemon.errors import Rejected
from daemon.inlets.http import job_view, schemas
from daemon.inlets.http.context import Context, HttpContext
from daemon.inlets.http.errors import document_errors
from daemon.inlets.http.notes import harmony_view
from daemon.outlets.arrange import Arrangement
from daemon.outlets.manifest import Manifest
from daemon.outlets.note_files import midi_bytes

MOST_SECONDS = 600.0

_POLL_SECONDS = 0.25

router = APIRouter(prefix="/api/jobs/{job}", tags=["jobs"])


@router.get("/result", summary="All of a result", responses=document_errors(400, 404, 409))
async def result(
    job: str,
    context: Context,
    wait: Annotated[float, Query(ge=0, le=MOST_SECONDS, allow_inf_nan=False, description="seconds at most")] = 0.0,
) -> schemas.ResultView:
    """Tempo, counts, the MIDI in base64, and where the stems are. With `wait` the answer comes when the job is over."""
    until = time.monotonic() + wait
    while (found := await run_in_threadpool(context.core.job, job)).is_active and time.monotonic() < until:
        await asyncio.sleep(_POLL_SECONDS)
    if found.is_active:
        raise Rejected("job_active", f"{found.name} is {found.state}; ask again, or with a longer wait.")
    return await run_in_threadpool(_view, job, context)


def _view(job: str, context: HttpContext) -> schemas.ResultView:
    manifest, score = context.core.manifest(job), context.core.score(job)
    grid, sounds = score.grid, context.find_results(job).sounds()
    key = harmony_view(score.harmony)["key"]
    return schemas.ResultView(
        job=job_view.view_job(context, context.core.job(job)),
        bpm=grid.bpm if grid.confidence else None,
        meter=f"{grid.numerator}/{grid.denominator}",
        duration=score.duration,
        key=key,
        hits=dict(Counter(hit.label for hit in score.hits)),
        notes={part.value: len(notes) for part, notes in score.notes.items()},
        midi=_midi_texts(context, score),
        stems={name: f"/api/jobs/{job}/stems/{name}" for name in sounds},
        models=stage_models(manifest),
    )


def _midi_texts(context: HttpContext, score: Arrangement) -> dict[str, str]:
    notes, parts = context.core.drum_map(score), score.options.parts
    files = {part.value: midi_bytes(score, notes, part) for part in parts}
    whole = {"song": midi_bytes(score, notes)} if files else {}
    return {name: base64.b64encode(data).decode() for name, data in {**files, **whole}.items()}


def stage_models(manifest: Manifest) -> dict[str, str]:
    """Which model did the work of each stage that had one."""
    return {run.stage: run.model for run in manifest.stages if run.model}
