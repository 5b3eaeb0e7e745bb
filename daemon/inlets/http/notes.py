"""Routes: what was heard, and its corrections. Each answer is the whole song as it is now."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic_core import to_json

from daemon.inlets.http import schemas as shapes
from daemon.inlets.http.context import Front, Here
from daemon.inlets.http.errors import may
from daemon.outlets.delivery import Delivery, Desk, Score, arrange, correct, step
from daemon.outlets.manifest import Manifest
from daemon.pipeline.pitched.harmony import NONE, Harmony
from daemon.score.history import History
from daemon.score.note_cleanup import WrittenNote

HITS = ["id", "onset", "time", "drum", "label", "pitch", "velocity", "level", "confidence", "cluster"]
NOTES = ["id", "onset", "time", "duration", "pitch", "velocity", "confidence"]

router = APIRouter(prefix="/api/jobs/{job}", tags=["notes"])
_SONG: dict[int | str, dict[str, Any]] = {200: {"model": shapes.Notes, "description": "The song as it is now."}}
_EDIT = {**_SONG, **may(400, 404, 409)}


@router.get("/notes", summary="All notes", response_class=JSONResponse, responses={**_SONG, **may(404, 409)})
def notes(job: str, here: Here) -> Response:
    """Hits, notes, beats and chords, corrections included; of a job that still runs its draft."""
    found = here.manifest(job)
    return _song(here, found, arrange(found))


@router.get("/clusters", summary="What sounds alike", responses=may(404, 409))
def clusters(job: str, here: Here) -> shapes.Clusters:
    found = here.manifest(job)
    return shapes.Clusters(revision=found.history.head, clusters=_clusters(arrange(found)))


@router.put("/clusters", summary="Correct", response_class=JSONResponse, responses=_EDIT)
def change(job: str, asked: shapes.Correction, here: Here) -> Response:
    """A new revision: relabel, delete, add, move, louder or softer, more or fewer hits. The MIDI is written at once."""
    return _edited(here, job, lambda path, desk: correct(path, asked.changes, desk, asked.revision))


@router.post("/regenerate", summary="Write again", response_class=JSONResponse, responses=_EDIT)
def regenerate(job: str, asked: shapes.Settings, here: Here) -> Response:
    """A new revision with other settings: grid, swing, drum map, velocity, sensitivity."""
    changes = {"settings": asked.options}
    return _edited(here, job, lambda path, desk: correct(path, changes, desk, asked.revision))


@router.get("/revisions", summary="Every correction", responses=may(404, 409))
def revisions(job: str, here: Here) -> shapes.Revisions:
    history = here.manifest(job).history
    made = [
        shapes.Revision(
            number=each.number, parent=each.parent, changes=each.changes.model_dump(mode="json", exclude_defaults=True)
        )
        for each in history.revisions
    ]
    return shapes.Revisions(head=history.head, revisions=made, **_steps(history))


@router.post("/revisions/undo", summary="Undo", response_class=JSONResponse, responses=_EDIT)
def undo(job: str, asked: shapes.At, here: Here) -> Response:
    return _edited(here, job, lambda path, desk: step(path, True, desk, asked.revision))


@router.post("/revisions/redo", summary="Redo", response_class=JSONResponse, responses=_EDIT)
def redo(job: str, asked: shapes.At, here: Here) -> Response:
    return _edited(here, job, lambda path, desk: step(path, False, desk, asked.revision))


def _edited(here: Front, job: str, edit: Callable[[Path, Desk], Delivery]) -> Response:
    made = here.desk.edit(job, edit)
    return _song(here, made.content, made.score or arrange(made.content))


def _song(here: Front, manifest: Manifest, score: Score) -> Response:
    """Not through a model: thousands of rows are not worth checking twice."""
    drum_map = here.drum_map(score)
    pitches = {label: drum_map.pitch(label) for label in {hit.label for hit in score.hits}}
    rows = [
        (
            hit.id, round(hit.onset, 5), round(time, 5), hit.drum, hit.label, pitches[hit.label], hit.velocity,
            round(hit.level, 1), round(hit.confidence, 3), hit.cluster,
        )
        for hit, time in zip(score.hits, score.times, strict=True)
    ]  # fmt: skip
    grid = score.grid
    body = {
        "revision": manifest.history.head,
        "duration": score.duration,
        "grid": {name: getattr(grid, name) for name in shapes.Grid.model_fields},
        "options": score.options,
        **_steps(manifest.history),
        "hits": {"columns": HITS, "rows": rows},
        "clusters": _clusters(score),
        "parts": {part: {"columns": NOTES, "rows": list(map(_row, notes))} for part, notes in score.notes.items()},
        **harmony(score.harmony),
    }
    return Response(to_json(body), media_type="application/json")


def _row(note: WrittenNote) -> tuple[Any, ...]:
    times = (round(note.onset, 5), round(note.time, 5), round(note.duration, 5))
    return note.id, *times, note.pitch, note.velocity, round(note.confidence, 3)


def harmony(found: Harmony | None) -> dict[str, Any]:
    """The key, None if it is not sure, and the chords."""
    if found is None:
        return {"key": None, "chords": []}
    chords = [{"start": c.onset, "end": c.onset + c.duration, "name": c.name} for c in found.chords if c.name != NONE]
    return {"key": found.key.name if found.key.confidence > 0 else None, "chords": chords}


def _clusters(score: Score) -> list[shapes.Cluster]:
    return [
        shapes.Cluster(
            id=each.id, drum=each.drum, label=each.label, confidence=each.confidence, count=each.count,
            velocity=each.velocity, typical=each.typical, time=each.time,
        )
        for each in score.clusters
    ]  # fmt: skip


def _steps(history: History) -> dict[str, bool]:
    return {"can_undo": history.head > 0, "can_redo": any(r.parent == history.head for r in history.revisions)}
