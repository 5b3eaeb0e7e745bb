"""Routes: what a finished stage holds, to look at."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse, JSONResponse, Response

from daemon.inlets.http import schemas as shapes
from daemon.inlets.http.cached_results import Held
from daemon.inlets.http.context import Front, Here, no_sound
from daemon.inlets.http.errors import may
from daemon.inlets.http.media_cache import Span
from daemon.inlets.http.notes import harmony
from daemon.outlets.stems import Sound
from daemon.pipeline.pitched.harmony import Harmony
from daemon.pipeline.pitched.part_settings import HeardPart
from daemon.pipeline.records import RATE, Audio, BeatGrid, Drum, Kit, Listening, Source, Stems

POINTS = 1000
FRAMES = 4000

_HOP = 128  # samples between two values of the onset strength
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "image/png": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {
                "schema": {"type": "object"},
                "example": {"beats": [0.043, 0.471, 0.9, 1.328], "downbeats": [0], "bpm": 140.0},
            },
        },
        "description": "decode: a spectrogram as PNG. separate, kit: {stems: {name: {start, end, min, max}}}. listen: "
        "{frame_rate, classes, strength, novelty}. hits: {drum: [[onset, strength]]}. beats: {beats, downbeats, bpm}. "
        "notes: {part: [[onset, duration, pitch]]}. harmony: {key, chords: [{start, end, name}]}.",
    }
}

router = APIRouter(prefix="/api/jobs/{job}/pictures", tags=["files"])


@router.get("/{stage}", summary="A stage's result", response_class=Response, responses={**_PICTURE, **may(400, 404)})
def picture(job: str, stage: shapes.Stage, here: Here) -> Response:
    """There as soon as the stage is done, while the others still work."""
    held = here.held(job)
    shown = _drawn(here, held, stage)
    if shown is None:
        raise no_sound(held.job, f"the result of {stage}")
    return shown


def _drawn(here: Front, held: Held, stage: str) -> Response | None:
    match stage:
        case "decode" if (source := held.record("decode", Source)) is not None:
            return FileResponse(here.lab.picture(Sound(source.audio)), media_type="image/png")
        case "separate" if (stems := held.record("separate", Stems)) is not None:
            return JSONResponse(_waves(here, {part.value: audio for part, audio in stems.parts.items()}))
        case "kit" if (kit := held.record("kit", Kit)) is not None:
            return JSONResponse(_waves(here, {drum.value: audio for drum, audio in kit.drums.items()}))
        case "listen" if (heard := held.record("listen", Listening)) is not None:
            return JSONResponse(_strength(heard))
        case "hits" if (heard := held.record("listen", Listening)) is not None:
            return JSONResponse(_found(heard))
        case "beats" if (grid := held.record("beats", BeatGrid)) is not None:
            return JSONResponse({"beats": grid.beats, "downbeats": grid.downbeats, "bpm": grid.bpm})
        case "notes" if notes := dict(_parts(held)):
            return JSONResponse(notes)
        case "harmony" if (found := held.record("harmony", Harmony)) is not None:
            return JSONResponse(harmony(found))
    return None


def _waves(here: Front, audios: dict[str, Audio]) -> dict[str, Any]:
    sounds = {name: Sound(audio) for name, audio in audios.items()}
    spans = {name: Span(0.0, audio.duration, POINTS) for name, audio in audios.items()}
    return {"stems": {name: here.lab.waveform(sounds, name, span) for name, span in spans.items()}}


def _strength(heard: Listening) -> dict[str, Any]:
    """The onset strength of all drums together, and of each where the transcriber heard something."""
    import numpy as np

    novelty = np.load(heard.novelty.path)
    step = max(1, -(-len(novelty) // FRAMES))
    coarse = np.maximum.reduceat(novelty, np.arange(0, len(novelty), step)) if len(novelty) else novelty
    rate = RATE / _HOP / step
    drums = np.zeros((len(Drum), len(coarse)))
    order = {drum: row for row, drum in enumerate(Drum)}
    for each in heard.candidates:
        column = min(len(coarse) - 1, int(each.onset * rate))
        if column >= 0:
            drums[order[each.drum], column] = max(drums[order[each.drum], column], each.strength)
    top = float(coarse.max(initial=0.0)) or 1.0
    return {
        "frame_rate": rate,
        "classes": [drum.value for drum in Drum],
        "strength": drums.round(3).tolist(),
        "novelty": (coarse / top).astype(float).round(3).tolist(),
    }


def _parts(held: Held) -> Iterator[tuple[str, list[tuple[float, float, int]]]]:
    for part in held.job.options.pitched:
        if (heard := held.record(part.value, HeardPart)) is not None:
            yield part.value, _notes(heard)


def _notes(heard: HeardPart) -> list[tuple[float, float, int]]:
    return [(round(note.onset, 4), round(note.duration, 4), note.pitch) for note in heard.notes]


def _found(heard: Listening) -> dict[str, Any]:
    drums: dict[str, list[tuple[float, float]]] = {drum.value: [] for drum in Drum}
    for each in heard.candidates:
        drums[each.drum.value].append((round(each.onset, 4), round(each.strength, 3)))
    return drums
