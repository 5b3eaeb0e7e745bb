"""Routes: what a finished stage holds, to look at."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse, JSONResponse, Response

from daemon.inlets.http import schemas
from daemon.inlets.http.cached_results import JobResults
from daemon.inlets.http.context import Context, HttpContext, no_sound
from daemon.inlets.http.errors import document_errors
from daemon.inlets.http.media_cache import WaveformSpan
from daemon.inlets.http.notes import harmony_view
from daemon.outlets.stems import StemSound
from daemon.pipeline.pitched.harmony import Harmony
from daemon.pipeline.pitched.part_settings import PartTranscription
from daemon.pipeline.records import RATE, Audio, BeatGrid, Drum, DrumCandidates, Kit, Source, Stems

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


@router.get(
    "/{stage}", summary="A stage's result", response_class=Response, responses={**_PICTURE, **document_errors(400, 404)}
)
def picture(job: str, stage: schemas.StageName, context: Context) -> Response:
    """There as soon as the stage is done, while the others still work."""
    results = context.find_results(job)
    shown = _draw_stage(context, results, stage)
    if shown is None:
        raise no_sound(results.job, f"the result of {stage}")
    return shown


def _draw_stage(context: HttpContext, results: JobResults, stage: str) -> Response | None:
    match stage:
        case "decode" if (source := results.latest("decode", Source)) is not None:
            return FileResponse(context.media_cache.spectrogram(StemSound(source.audio)), media_type="image/png")
        case "separate" if (stems := results.latest("separate", Stems)) is not None:
            return JSONResponse(_waveforms(context, {part.value: audio for part, audio in stems.parts.items()}))
        case "kit" if (kit := results.latest("kit", Kit)) is not None:
            return JSONResponse(_waveforms(context, {drum.value: audio for drum, audio in kit.drums.items()}))
        case "listen" if (heard := results.latest("listen", DrumCandidates)) is not None:
            return JSONResponse(_onset_strength(heard))
        case "hits" if (heard := results.latest("listen", DrumCandidates)) is not None:
            return JSONResponse(_candidate_rows(heard))
        case "beats" if (grid := results.latest("beats", BeatGrid)) is not None:
            return JSONResponse({"beats": grid.beats, "downbeats": grid.downbeats, "bpm": grid.bpm})
        case "notes" if notes := dict(_part_rows(results)):
            return JSONResponse(notes)
        case "harmony" if (found := results.latest("harmony", Harmony)) is not None:
            return JSONResponse(harmony_view(found))
    return None


def _waveforms(context: HttpContext, audios: dict[str, Audio]) -> dict[str, Any]:
    sounds = {name: StemSound(audio) for name, audio in audios.items()}
    spans = {name: WaveformSpan(0.0, audio.duration, POINTS) for name, audio in audios.items()}
    return {"stems": {name: context.media_cache.waveform(sounds, name, span) for name, span in spans.items()}}


def _onset_strength(heard: DrumCandidates) -> dict[str, Any]:
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


def _part_rows(results: JobResults) -> Iterator[tuple[str, list[tuple[float, float, int]]]]:
    for part in results.job.options.pitched_parts:
        if (heard := results.latest(part.value, PartTranscription)) is not None:
            yield part.value, _note_rows(heard)


def _note_rows(heard: PartTranscription) -> list[tuple[float, float, int]]:
    return [(round(note.onset, 4), round(note.duration, 4), note.pitch) for note in heard.notes]


def _candidate_rows(heard: DrumCandidates) -> dict[str, Any]:
    drums: dict[str, list[tuple[float, float]]] = {drum.value: [] for drum in Drum}
    for each in heard.candidates:
        drums[each.drum.value].append((round(each.onset, 4), round(each.strength, 3)))
    return drums
