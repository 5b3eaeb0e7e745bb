"""Routes: health, the options that can be asked for, and metrics."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from bridge.drum_labels import SOUNDS
from bridge.drum_map import map_names
from daemon import __version__
from daemon.extras import install_command
from daemon.inlets.http import schemas, url_download
from daemon.inlets.http.context import Context, HttpContext
from daemon.inlets.http.metrics import format_metric
from daemon.jobs.job import State
from daemon.pipeline.options import Options
from daemon.pipeline.records import Part
from daemon.pipeline.stages import STAGES

_TEXT: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/plain": {"schema": {"type": "string"}, "example": 'sidestick_jobs{state="queued"} 2\n'}},
        "description": "The text format of Prometheus.",
    }
}

router = APIRouter(tags=["sidestick"])


@router.get("/health", summary="Is sidestick there?")
def health(context: Context) -> schemas.HealthView:
    about, now = context.core.about(), context.core.status()
    return schemas.HealthView(
        name=about.name,
        version=about.version,
        protocol=about.protocol,
        pid=about.pid,
        device=now.device,
        midi_port=now.midi_port,
        midi_open=now.midi_open,
        uptime_s=round(time.monotonic() - context.start_time, 1),
    )


@router.get("/api/options", summary="What can be asked for")
def options(context: Context) -> schemas.OptionsView:
    """The defaults of the settings, the schema of all options, and the names that go into them."""
    return schemas.OptionsView(
        defaults=context.core.defaults,
        schema=Options.model_json_schema(),
        drum_maps=list(dict.fromkeys((*map_names(), *context.core.drum_maps))),
        labels=[schemas.LabelView(name=s.label, title=s.name, drum=s.family) for s in SOUNDS.values()],
        parts=[part.value for part in Part],
        separators=list(context.separators),
        stages=[schemas.StageView(name=stage.name, **asdict(stage.caption)) for stage in STAGES],
        add_url="" if url_download.is_there() else install_command(["url"]),
    )


@router.get("/metrics", summary="Figures for Prometheus", response_class=PlainTextResponse, responses=_TEXT)
def metrics(context: Context) -> PlainTextResponse:
    text = "\n".join(_metric_lines(context)) + "\n"
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _metric_lines(context: HttpContext) -> Iterator[str]:
    now, totals = context.core.status(), context.metrics
    yield from format_metric("info", "gauge", "The version that runs.", {__version__: 1}, "version")
    yield from format_metric(
        "uptime_seconds", "gauge", "Seconds since the start.", {"": time.monotonic() - context.start_time}
    )
    yield from format_metric(
        "jobs", "gauge", "Jobs by state.", {state.value: now.jobs[state] for state in State}, "state"
    )
    yield from format_metric("queue_length", "gauge", "Jobs that wait.", {"": now.jobs[State.QUEUED]})
    yield from format_metric("stage_seconds_total", "counter", "Seconds in each stage.", totals.stage_seconds, "stage")
    yield from format_metric("stage_runs_total", "counter", "How often each stage was run.", totals.stage_runs, "stage")
    yield from format_metric("cache_bytes", "gauge", "Bytes of finished stages.", {"": context.cache.size()})
    yield from format_metric("events_total", "counter", "What happened since the start.", totals.events, "event")
    yield from format_metric("osc_datagrams_total", "counter", "What came by OSC.", context.osc_counts(), "kind")
    yield from format_metric("midi_notes_total", "counter", "Notes played on the MIDI port.", {"": now.notes_sent})
    yield from format_metric("http_answers_total", "counter", "Answers over HTTP.", totals.answers, "status")
    yield from format_metric("listeners", "gauge", "Who listens to events.", {"": context.event_log.listeners})
