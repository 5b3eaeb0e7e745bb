"""Routes: what was asked for, and how far it is."""

import logging
import re
import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from daemon.errors import Rejected
from daemon.inlets.http import job_view, schemas, uploads, url_download
from daemon.inlets.http.context import Context, HttpContext
from daemon.inlets.http.errors import document_errors, read_body
from daemon.jobs.job import Job
from daemon.logs import tail

MOST = 200

_log = logging.getLogger("sidestick.http")
_STAMP = "%Y-%m-%d %H:%M:%S"
_LINES = 5000  # of the log that are looked through
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+  \w+ +\S.*? \w+:\d+)?  (?:! )?(.*)")
_FILE = {"type": "string", "format": "binary", "description": "the song; its name becomes that of the outputs"}
_FORM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": _FILE, "options": {"type": "string", "description": "JSON", "example": '{"input": "mix"}'}},
}
_CREATE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": _FORM_SCHEMA,
                "example": {"file": "(the bytes of Song.wav)", "options": '{"parts": ["drums", "bass"]}'},
            },
            "application/json": {"schema": {"$ref": "#/components/schemas/NewJobBody"}},
        },
    }
}

_FILES_SCHEMA = {
    **_FORM_SCHEMA,
    "properties": {**_FORM_SCHEMA["properties"], "file": {"type": "array", "items": _FILE}},
}
_BATCH_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": _FILES_SCHEMA,
                "example": {"file": ["(the bytes of A.wav)", "(the bytes of B.wav)"], "options": "{}"},
            }
        },
    }
}

router = APIRouter(prefix="/api/jobs", tags=["jobs"])
batch_router = APIRouter(prefix="/api/batch", tags=["jobs"])


@batch_router.post(
    "",
    status_code=202,
    summary="Transcribe several songs",
    responses=document_errors(400, 409, 413, 415, 429, 507),
    openapi_extra=_BATCH_BODY,
)
async def create_batch(request: Request, context: Context) -> schemas.BatchView:
    """A form with a field `file` for each song, and one `options` for all of them."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise Rejected("wrong_type", f"Send multipart/form-data, not {kind or 'nothing'}.")
    return await uploads.receive_uploads(request, context)


@router.post(
    "",
    status_code=202,
    summary="Transcribe a song",
    responses=document_errors(400, 409, 413, 415, 429, 507),
    openapi_extra=_CREATE_BODY,
)
async def create(request: Request, context: Context) -> schemas.JobView:
    """An upload, a path on this machine, or an address. The same again is answered with the job that does it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await uploads.receive_upload(request, context)
    if kind != "application/json":
        raise Rejected("wrong_type", f"Send multipart/form-data or application/json, not {kind or 'nothing'}.")
    asked = read_body(schemas.NewJobBody, await request.body())
    if (asked.path is None) == (asked.url is None):
        raise Rejected("bad_request", "Name either a path or a url.")
    if asked.url is not None:
        return await url_download.create_job(asked.url, asked.options, context)
    return await run_in_threadpool(_admit, context, asked.path or "", asked.options)


@router.get("", summary="The newest jobs", responses=document_errors(400))
def list_jobs(
    context: Context,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    before: Annotated[str | None, Query(max_length=64, description="`next` of the page before")] = None,
) -> schemas.JobsView:
    found = context.core.jobs(limit + 1, job_view.parse_cursor(before))
    more = job_view.cursor(found[limit - 1].job) if len(found) > limit else None
    return schemas.JobsView(jobs=job_view.view_jobs(found[:limit]), next=more)


@router.get("/{job}", summary="One job", responses=document_errors(404))
def show_job(job: str, context: Context) -> schemas.JobView:
    return job_view.view_job(context, context.core.job(job))


@router.get("/{job}/files", summary="What deleting touches", responses=document_errors(404))
def files(job: str, context: Context) -> schemas.JobFilesView:
    """The song and what was written of it: what stays in any case, and what `DELETE` with `files` removes."""
    return uploads.list_files(context.core.job(job), context.settings.folders.uploads, context.core.has_other_job)


@router.delete(
    "/{job}", status_code=204, response_class=Response, summary="Forget a job", responses=document_errors(404, 409)
)
def delete(
    job: str,
    context: Context,
    files: Annotated[bool, Query(description="remove an upload and what was made of it, too")] = False,
) -> Response:
    """What lies beside the source stays. With `files` an upload and what was made of it go to the system's bin."""
    gone = context.core.delete(job)
    if files:
        told = uploads.remove(gone, context.settings.folders.uploads, context.core.has_other_job)
        _log.info("%s was deleted; %s.", gone.name, told)
    context.event_log.append("deleted", job, {"job": job})
    return Response(status_code=204)


@router.post("/{job}/cancel", summary="Stop a job", responses=document_errors(404, 409))
def cancel(job: str, context: Context) -> schemas.JobView:
    return job_view.view_job(context, context.core.cancel(job))


@router.post(
    "/{job}/rerun", status_code=202, summary="Work it out again", responses=document_errors(400, 404, 409, 507)
)
def rerun(job: str, asked: schemas.RerunBody, context: Context) -> schemas.JobView:
    """A new job of the same song. What the stages before `from` found comes from the cache."""
    fresh = context.core.rerun(job, asked.options, lambda before: context.cached_results.forget(before, asked.first))
    return job_view.view_job(context, fresh)


@router.get("/{job}/log", summary="What the log says of a job", responses=document_errors(404))
def log(job: str, context: Context) -> schemas.LogView:
    found = context.core.job(job)
    lines = (_LINE.fullmatch(line) for line in tail(context.settings.folders.state, _LINES))
    about = [schemas.LogLineView(time=line[1], text=line[2]) for line in lines if line and _is_about(line[2], found)]
    since = time.strftime(_STAMP, time.localtime(found.created))
    return schemas.LogView(lines=[line for line in about if line.time >= since])


def _admit(context: HttpContext, path: str, options: dict[str, Any]) -> schemas.JobView:
    if "\0" in path:
        raise Rejected("bad_name", f"{path!a} cannot be the name of a file.")
    return job_view.view_job(context, context.core.process(path, options))


def _is_about(text: str, job: Job) -> bool:
    """By its song's name, or by its own where the log does not know the song any more."""
    return text.startswith((f"{job.name}: ", f"{job.name} ", f"Job {job.id}: "))
