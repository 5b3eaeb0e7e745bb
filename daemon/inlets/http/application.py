"""Everything that the HTTP inlet needs, put together once its port is open: context, routes and security."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.types import Receive, Scope, Send

from daemon import __version__
from daemon.backends.checkpoints import Checkpoints
from daemon.backends.ensemble import open_separator
from daemon.backends.separate import EMBEDDED
from daemon.backends.separators import KIT_NETWORKS, NamedSeparator, kit_splitter
from daemon.config import Settings, is_loopback
from daemon.core import Core
from daemon.events import EventBus
from daemon.inlets.http import (
    ear,
    errors,
    health,
    jobs,
    media,
    models,
    network,
    notes,
    pads,
    page,
    pictures,
    playing,
    results,
    schemas,
    setup,
    stream,
    uploads,
)
from daemon.inlets.http import settings as settings_routes
from daemon.inlets.http.cached_results import CachedResults
from daemon.inlets.http.context import HttpContext, SetupAccess
from daemon.inlets.http.event_log import EventLog, EventLogHandler
from daemon.inlets.http.examples import EXAMPLES
from daemon.inlets.http.http_rules import answer_by_rules
from daemon.inlets.http.media_cache import MediaCache
from daemon.inlets.http.metrics import Metrics
from daemon.inlets.http.security import SecurityMiddleware, SecuritySettings
from daemon.logs import NAME
from daemon.pipeline.tools import Tools

BUSY_RATE = 50.0  # requests a second from one address, where other machines may ask and nothing else is set


_ABOUT = """Songs in, stems and MIDI out, on this machine. Jobs are the same ones that OSC and the drop folders know.

Every refusal is JSON: a `code` for programs and a `text` for people. Corrections name the `revision` that they were
made for; when somebody else was first, the answer is 409 with the one that holds. From other machines, and once
`daemon.http_key` is set, send `Authorization: Bearer KEY` (or `?key=KEY` where no header can be set).

The events also come by WebSocket, at `/api/ws`: send `{"subscribe": "all"}`, `{"subscribe": JOB}` or
`{"cancel": JOB}`; hear `{"id": 1790000000000001, "event": "progress", "data": {"job": "a1b2c3d4e5f6", ...}}`."""


def open_application(
    settings: Settings,
    core: Core,
    bus: EventBus,
    tools: Tools,
    osc_counts: Mapping[str, int],
    port: int,
    *,
    setup_access: SetupAccess | None = None,
) -> tuple[HttpContext, SecurityMiddleware]:
    """The context, which listens to the bus from now on, and the application."""
    context = HttpContext(
        settings=settings,
        core=core,
        cached_results=build_cached_results(settings, tools),
        media_cache=MediaCache(settings.folders.cache / "stages"),
        event_log=EventLog(),
        metrics=Metrics(),
        cache=tools.cache,
        separators=_separators(settings),
        osc_counts=lambda: dict(osc_counts),
        setup=setup_access,
    )
    bus.subscribe(context.event_log.record_event)
    bus.subscribe(context.metrics.record_event)
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # what is wrong with a form is told to its sender
    logging.getLogger(NAME).addHandler(EventLogHandler(context.event_log))
    uploads.sweep(settings.folders.uploads)
    return context, build_application(context, security_settings(settings, port))


def security_settings(settings: Settings, port: int) -> SecuritySettings:
    given = settings.daemon
    outside = not is_loopback(given.http_host)
    return SecuritySettings(
        port=port,
        host=given.http_host,
        outside=outside,
        key=given.http_key.get_secret_value() if given.http_key else "",
        origins=frozenset(given.http_origins),
        rate=given.http_rate or (BUSY_RATE if outside else 0.0),
    )


def build_cached_results(settings: Settings, tools: Tools) -> CachedResults:
    """The cached results: what is there is found, and nothing is fetched."""
    known = Checkpoints(settings.folders.models, offline=True, custom=settings.models)
    full = replace(
        tools,
        separator=lambda name, report: open_separator(
            name, known, settings.device, report, fast=settings.fast_separator
        ),
        kit_splitter=lambda name: kit_splitter(name, known, settings.device),
    )
    small = NamedSeparator(EMBEDDED, known, settings.device)
    small_tools = replace(full, separator=lambda *_: small, kit_splitter=lambda *_: None)
    return CachedResults(settings.folders.cache / "stages", full, small_tools)


def _separators(settings: Settings) -> tuple[str, ...]:
    checkpoints = Checkpoints(settings.folders.models, offline=settings.offline, custom=settings.models)
    names = (name for name in checkpoints.names() if name not in KIT_NETWORKS)
    return tuple(dict.fromkeys(("auto", EMBEDDED, *names)))


class Application(FastAPI):
    """FastAPI that answers as HTTP's clients expect, and whose description leaves out what is never answered."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await answer_by_rules(super().__call__, self.routes, scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

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
    machine = (setup, settings_routes, ear, models, health)
    for routes in (jobs, results, notes, media, pictures, network, playing, pads, stream, *machine):
        app.include_router(routes.router, responses=common)
    app.include_router(jobs.batch_router, responses=common)
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
