"""The routes put together."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from daemon import __version__
from daemon.inlets.http import errors as refusals
from daemon.inlets.http import health as house
from daemon.inlets.http import jobs, media, notes, page, pictures, stream
from daemon.inlets.http import push as playing
from daemon.inlets.http import schemas as shapes
from daemon.inlets.http.context import Front
from daemon.inlets.http.examples import EXAMPLES
from daemon.inlets.http.security import Gate, Rules

_ABOUT = """Songs in, stems and MIDI out, on this machine. Jobs are the same ones that OSC and the drop folders know.

Every refusal is JSON: a `code` for programs and a `text` for people. Corrections name the `revision` that they were
made for; when somebody else was first, the answer is 409 with the one that holds. From other machines, and once
`daemon.http_key` is set, send `Authorization: Bearer KEY` (or `?key=KEY` where no header can be set).

The events also come by WebSocket, at `/api/ws`: send `{"subscribe": "all"}`, `{"subscribe": JOB}` or
`{"cancel": JOB}`; hear `{"id": 1790000000000001, "event": "progress", "data": {"job": "a1b2c3d4e5f6", ...}}`."""


class Application(FastAPI):
    """FastAPI whose description leaves out what is never answered."""

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            self.openapi_schema = _described(self)
        return self.openapi_schema


def application(front: Front, rules: Rules) -> Gate:
    app = Application(title="sidestick", version=__version__, description=_ABOUT, docs_url=None, redoc_url=None)
    app.state.front = front
    refusals.install(app)
    common = refusals.may(*((401,) if rules.key else ()), 403, *((429,) if rules.rate else ()))
    for routes in (jobs, notes, media, pictures, playing, stream, house):
        app.include_router(routes.router, responses=common)
    page.install(app)
    return Gate(app, rules, front.meter.answered)


def _described(app: FastAPI) -> dict[str, Any]:
    """Wrong arguments are 400 with a Problem here, not 422; and every refusal is JSON, whatever the answer would be."""
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    known = refusals.may(400)[400]
    wrong = {"description": known["description"], "content": known["content"]}
    for path in found["paths"].values():
        for operation in path.values():
            if operation["responses"].pop("422", None):
                operation["responses"].setdefault("400", wrong)
            _refused_as_json(operation["responses"])
    schemas = found["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["NewJob"] = shapes.NewJob.model_json_schema(ref_template="#/components/schemas/{model}")
    for name, example in EXAMPLES.items():
        schemas[name]["example"] = example
    return found


def _refused_as_json(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status >= "400" and "application/json" in response.get("content", {}):
            response["content"] = {"application/json": response["content"]["application/json"]}
