"""Routes: who is there, what it can be asked for, and figures for who watches over it."""

import os
import time
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from bridge.drum_labels import SOUNDS
from bridge.drum_map import map_names
from bridge.osc.addresses import PROTOCOL
from daemon import __version__
from daemon.inlets.http import schemas as shapes
from daemon.inlets.http.context import Front, Here
from daemon.inlets.http.metrics import lines
from daemon.jobs.job import State
from daemon.pipeline.options import Options
from daemon.pipeline.records import Part

_TEXT: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/plain": {"schema": {"type": "string"}, "example": 'sidestick_jobs{state="queued"} 2\n'}},
        "description": "The text format of Prometheus.",
    }
}

router = APIRouter(tags=["sidestick"])


@router.get("/health", summary="Is sidestick there?")
def health(here: Here) -> shapes.Health:
    return shapes.Health(
        name="sidestick",
        version=__version__,
        protocol=PROTOCOL,
        pid=os.getpid(),
        device=here.settings.device,
        midi_port=here.staff.midi.sentence,
        midi_open=here.staff.midi.is_open,
        uptime_s=round(time.monotonic() - here.began, 1),
    )


@router.get("/api/options", summary="What can be asked for")
def options(here: Here) -> shapes.Choices:
    """The defaults of the settings, the schema of all options, and the names that go into them."""
    return shapes.Choices(
        defaults=here.settings.options,
        schema=Options.model_json_schema(),
        drum_maps=list(dict.fromkeys((*map_names(), *here.settings.drum_maps))),
        labels=[shapes.Label(name=s.label, title=s.name, drum=s.family) for s in SOUNDS.values()],
        parts=[part.value for part in Part],
        separators=list(here.separators),
    )


@router.get("/metrics", summary="Figures for Prometheus", response_class=PlainTextResponse, responses=_TEXT)
def metrics(here: Here) -> PlainTextResponse:
    text = "\n".join(_metrics(here)) + "\n"
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _metrics(here: Front) -> Iterator[str]:
    counts, meter = here.staff.store.counts(), here.meter
    yield from lines("info", "gauge", "The version that runs.", {__version__: 1}, "version")
    yield from lines("uptime_seconds", "gauge", "Seconds since the start.", {"": time.monotonic() - here.began})
    yield from lines("jobs", "gauge", "Jobs by state.", {state.value: counts[state] for state in State}, "state")
    yield from lines("queue_length", "gauge", "Jobs that wait.", {"": counts[State.QUEUED]})
    yield from lines("stage_seconds_total", "counter", "Seconds in each stage.", meter.seconds, "stage")
    yield from lines("stage_runs_total", "counter", "How often each stage was run.", meter.stages, "stage")
    yield from lines("cache_bytes", "gauge", "Bytes of finished stages.", {"": here.cache.size()})
    yield from lines("events_total", "counter", "What happened since the start.", meter.events, "event")
    yield from lines("osc_datagrams_total", "counter", "What came by OSC.", here.osc_counts(), "kind")
    yield from lines("midi_notes_total", "counter", "Notes played on the MIDI port.", {"": here.staff.midi.sent})
    yield from lines("http_answers_total", "counter", "Answers over HTTP.", meter.answers, "status")
    yield from lines("listeners", "gauge", "Who listens to events.", {"": here.feed.listeners})
