"""Routes: what was asked for, and how far it is."""

import re
import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from daemon.errors import Rejected
from daemon.inlets.http import job_view as listing
from daemon.inlets.http import schemas as shapes
from daemon.inlets.http import uploads
from daemon.inlets.http import url_download as addresses
from daemon.inlets.http.context import Front, Here
from daemon.inlets.http.errors import may
from daemon.inlets.http.json_body import read
from daemon.jobs.admission import merged
from daemon.jobs.job import Job
from daemon.logs import tail

MOST = 200

_STAMP = "%Y-%m-%d %H:%M:%S"
_LINES = 5000  # of the log that are looked through
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+  \w+ +\S.*? \w+:\d+)?  (?:! )?(.*)")
_FILE = {"type": "string", "format": "binary", "description": "the song; its name becomes that of the outputs"}
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": _FILE, "options": {"type": "string", "description": "JSON", "example": '{"input": "mix"}'}},
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": _FORM,
                "example": {"file": "(the bytes of Song.wav)", "options": '{"parts": ["drums", "bass"]}'},
            },
            "application/json": {"schema": {"$ref": "#/components/schemas/NewJob"}},
        },
    }
}

router = APIRouter(prefix="/api/jobs", tags=["jobs"])


@router.post(
    "", status_code=202, summary="Transcribe a song", responses=may(400, 409, 413, 415, 429, 507), openapi_extra=_BODY
)
async def create(request: Request, here: Here) -> shapes.Job:
    """An upload, a path on this machine, or an address. The same again is answered with the job that does it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await uploads.taken(request, here)
    if kind != "application/json":
        raise Rejected("wrong_type", f"Send multipart/form-data or application/json, not {kind or 'nothing'}.")
    asked = read(shapes.NewJob, await request.body())
    if (asked.path is None) == (asked.url is None):
        raise Rejected("bad_request", "Name either a path or a url.")
    if asked.url is not None:
        return await addresses.taken(asked.url, asked.options, here)
    return await run_in_threadpool(_admitted, here, asked.path or "", asked.options)


@router.get("", summary="The newest jobs", responses=may(400))
def latest(
    here: Here,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    before: Annotated[str | None, Query(max_length=64, description="`next` of the page before")] = None,
) -> shapes.Jobs:
    found = here.staff.store.page(limit + 1, listing.place(before))
    more = listing.cursor(found[limit - 1]) if len(found) > limit else None
    return shapes.Jobs(jobs=listing.shown(here, found[:limit]), next=more)


@router.get("/{job}", summary="One job", responses=may(404))
def one(job: str, here: Here) -> shapes.Job:
    return listing.one(here, here.job(job))


@router.delete("/{job}", status_code=204, response_class=Response, summary="Forget a job", responses=may(404, 409))
def delete(
    job: str,
    here: Here,
    files: Annotated[bool, Query(description="remove an upload and what was made of it, too")] = False,
) -> Response:
    """What lies beside the source stays. With `files` the folder of a song that was uploaded here goes as well."""
    gone = here.staff.store.delete(job)
    if files:
        uploads.remove(here, gone)
    here.feed.tell("deleted", job, {"job": job})
    return Response(status_code=204)


@router.post("/{job}/cancel", summary="Stop a job", responses=may(404, 409))
def cancel(job: str, here: Here) -> shapes.Job:
    return listing.one(here, here.staff.foreman.cancel(job))


@router.post("/{job}/rerun", status_code=202, summary="Work it out again", responses=may(400, 404, 409, 507))
def rerun(job: str, asked: shapes.Rerun, here: Here) -> shapes.Job:
    """A new job of the same song. What the stages before `from` found comes from the cache."""
    before = here.job(job)
    if before.active:
        raise Rejected("job_active", f"{before.name} is {before.state}; cancel it first, or wait for its end.")
    here.shelf.forget(before, asked.first)
    given = merged(before.options.model_dump(), asked.options)
    fresh = here.staff.admission.admit(before.path, given, again=True)
    return listing.one(here, fresh)


@router.get("/{job}/log", summary="What the log says of a job", responses=may(404))
def log(job: str, here: Here) -> shapes.Log:
    found = here.job(job)
    lines = (_LINE.fullmatch(line) for line in tail(here.settings.folders.state, _LINES))
    about = [shapes.Line(time=line[1], text=line[2]) for line in lines if line and _tells_of(line[2], found)]
    since = time.strftime(_STAMP, time.localtime(found.created))
    return shapes.Log(lines=[line for line in about if line.time >= since])


def _admitted(here: Front, path: str, options: dict[str, Any]) -> shapes.Job:
    if "\0" in path:
        raise Rejected("bad_name", f"{path!a} cannot be the name of a file.")
    return listing.one(here, here.staff.admission.admit(path, options))


def _tells_of(text: str, job: Job) -> bool:
    """By its song's name, or by its own where the log does not know the song any more."""
    return text.startswith((f"{job.name}: ", f"{job.name} ", f"Job {job.id}: "))
