"""Errors over HTTP, when something cannot be done: a code for programs, a sentence for people, never internals."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from daemon.errors import JobMoved, Rejected, SidestickError, StaleRevision, WorkFailed
from daemon.inlets.http.page import answer_unknown
from daemon.validation import refusal

STATUS = {
    "unknown_job": 404, "unknown_part": 404, "unknown_picture": 404, "unknown_place": 404, "no_sound": 404,
    "no_result": 404, "missing_page": 404,
    "stale_revision": 409, "job_active": 409, "job_over": 409, "nothing_to_undo": 409, "nothing_to_redo": 409,
    "no_port": 409, "no_sync": 409, "no_link": 409, "nothing_to_play": 409, "no_manifest": 409, "bad_manifest": 409,
    "newer_manifest": 409, "no_walk": 409,
    "too_big": 413, "wrong_type": 415, "busy": 429, "disk_full": 507,
    "no_key": 401, "no_setup": 403, "foreign_host": 403, "foreign_origin": 403,
}  # fmt: skip
_MEANINGS: dict[int, tuple[str, str, str]] = {
    400: ("Something in the request does not work.", "not_audio", "notes.txt is not audio that can be read."),
    401: ("The key is missing or wrong.", "no_key", "This sidestick wants its key: Authorization: Bearer KEY."),
    403: (
        "Asked from a page or under a name that may not.",
        "foreign_origin",
        "Pages of http://x may not use sidestick.",
    ),
    404: ("There is no such thing.", "unknown_job", "There is no job 'a1b2c3'."),
    409: ("It does not fit the state of things.", "stale_revision", "The notes are at revision 3 by now."),
    413: ("More than is taken.", "too_big", "Song.wav has 1200 MB, over 1074 MB."),
    415: ("Another content type is needed.", "wrong_type", "Send multipart/form-data or application/json."),
    429: ("Too many requests.", "busy", "Too many requests at once. Wait a moment."),
    503: ("It could not be done now.", "disk", "Song.mid could not be written: the disk is full."),
    507: ("There is too little room on the disk.", "disk_full", "Song.wav needs 300 MB and 10 MB are free."),
}

_log = logging.getLogger("sidestick.http")

T = TypeVar("T", bound=BaseModel)


class Problem(BaseModel):
    """Every refusal looks like this. `revision` comes with stale_revision: the one that holds now."""

    model_config = ConfigDict(json_schema_extra={"required": ["code", "text"]})

    code: str = Field(description="for programs", examples=["stale_revision"])
    text: str = Field(description="one sentence for people")
    revision: int | None = Field(default=None, description="with stale_revision: the one that holds now")


def document_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The part of a route's documentation that lists how it may refuse."""
    return {status: _document_status(status) for status in statuses}


def problem_response(
    status: int, code: str, text: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    body = json.dumps({"code": code, "text": text, **more})
    return Response(body, status, dict(headers or {}), "application/json")


def install_handlers(app: FastAPI) -> None:
    """Every error of `app` leaves as a Problem."""
    app.add_exception_handler(SidestickError, _handle_sidestick_error)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)
    app.add_exception_handler(HTTPException, _handle_http_exception)
    app.add_exception_handler(Exception, _handle_unexpected)


def read_body(kind: type[T], body: bytes | str) -> T:
    """A body that FastAPI does not read by itself, refused in the same words. Raises Rejected (bad_request)."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise Rejected("bad_request", _join_sentences((each, each["loc"]) for each in error.errors())) from None


def error_response(error: SidestickError) -> Response:
    """The answer for an error that sidestick raised on purpose."""
    if isinstance(error, StaleRevision):
        return problem_response(409, error.code, error.reason, revision=error.revision)
    if isinstance(error, Rejected):
        return problem_response(STATUS.get(error.code, 400), error.code, error.reason)
    if isinstance(error, JobMoved):
        return problem_response(409, "job_moved", str(error))
    return problem_response(503, error.code if isinstance(error, WorkFailed) else "failed", str(error))


async def _handle_sidestick_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, SidestickError)
    return error_response(error)


async def _handle_validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem_response(400, "bad_request", _join_sentences((each, each["loc"][1:]) for each in error.errors()))


async def _handle_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    page = answer_unknown(request.headers.get("accept", "")) if error.status_code == 404 else None
    if page is not None:
        return page
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    text = {404: "There is nothing at this address.", 405: "This cannot be done with this address."}
    sentence = text.get(error.status_code, str(error.detail))
    return problem_response(error.status_code, code, sentence, error.headers)


async def _handle_unexpected(request: Request, error: Exception) -> Response:
    """What nobody foresaw: the log has it, the client does not."""
    _log.error("%s %s broke", request.method, request.url.path, exc_info=error)
    return problem_response(500, "internal", "sidestick could not do this; its log says why. Please report it.")


def _join_sentences(errors: Iterable[tuple[Mapping[str, Any], Sequence[int | str]]]) -> str:
    return " ".join(_sentence(error, ".".join(map(str, place))) for error, place in list(errors)[:5])


def _sentence(error: Mapping[str, Any], place: str) -> str:
    if error["type"] == "json_invalid":
        return "The body is not JSON."
    if error["type"] == "missing":
        return f"{place or 'The body'} is missing."
    return refusal(place or "The body", error)


def _document_status(status: int) -> dict[str, Any]:
    meaning, code, text = _MEANINGS[status]
    example: dict[str, Any] = {"code": code, "text": text}
    if status == 409:
        example["revision"] = 3
    schema = {"$ref": "#/components/schemas/Problem"}
    shown = {"application/json": {"schema": schema, "example": example}}
    return {"model": Problem, "description": meaning, "content": shown}
