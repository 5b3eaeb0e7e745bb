"""The routes put together."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from daemon import __version__
from daemon.inlets.http import errors, health, jobs, media, notes, page, pictures, push, schemas, stream
from daemon.inlets.http.context import HttpContext
from daemon.inlets.http.examples import EXAMPLES
from daemon.inlets.http.security import SecurityMiddleware, SecuritySettings

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
            self.openapi_schema = _describe_api(self)
        return self.openapi_schema


def build_application(context: HttpContext, security_settings: SecuritySettings) -> SecurityMiddleware:
    app = Application(title="sidestick", version=__version__, description=_ABOUT, docs_url=None, redoc_url=None)
    app.state.context = context
    errors.install_handlers(app)
    common = errors.document_errors(
        *((401,) if security_settings.key else ()), 403, *((429,) if security_settings.rate else ())
    )
    for routes in (jobs, notes, media, pictures, push, stream, health):
        app.include_router(routes.router, responses=common)
    page.install_page(app)
    return SecurityMiddleware(app, security_settings, context.metrics.count_answer)


def _describe_api(app: FastAPI) -> dict[str, Any]:
    """Wrong arguments are 400 with a Problem here, not 422; and every refusal is JSON, whatever the answer would be."""
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    known = errors.document_errors(400)[400]
    wrong = {"description": known["description"], "content": known["content"]}
    for path in found["paths"].values():
        for operation in path.values():
            if operation["responses"].pop("422", None):
                operation["responses"].setdefault("400", wrong)
            _keep_json_refusals(operation["responses"])
    components = found["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    components["NewJobBody"] = schemas.NewJobBody.model_json_schema(ref_template="#/components/schemas/{model}")
    for name, example in EXAMPLES.items():
        components[name]["example"] = example
    return found


def _keep_json_refusals(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status >= "400" and "application/json" in response.get("content", {}):
            response["content"] = {"application/json": response["content"]["application/json"]}
