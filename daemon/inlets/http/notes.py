"""Routes: what was heard, and its corrections. Each answer is the whole song as it is now."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from fastapi.responses import JSONResponse
from pydantic_core import to_json

from daemon.core import Edited
from daemon.inlets.http import schemas
from daemon.inlets.http.context import Context, HttpContext
from daemon.inlets.http.errors import document_errors
from daemon.outlets.delivery import Arrangement
from daemon.outlets.manifest import Manifest
from daemon.pipeline.pitched.harmony import NONE, Harmony
from daemon.score.history import History
from daemon.score.note_cleanup import WrittenNote

HIT_COLUMNS = ["id", "onset", "time", "drum", "label", "pitch", "velocity", "level", "confidence", "cluster"]
NOTE_COLUMNS = ["id", "onset", "time", "duration", "pitch", "velocity", "confidence"]

router = APIRouter(prefix="/api/jobs/{job}", tags=["notes"])
_SONG: dict[int | str, dict[str, Any]] = {200: {"model": schemas.NotesView, "description": "The song as it is now."}}
_EDIT = {**_SONG, **document_errors(400, 404, 409)}


@router.get(
    "/notes", summary="All notes", response_class=JSONResponse, responses={**_SONG, **document_errors(404, 409)}
)
def notes(job: str, context: Context) -> Response:
    """Hits, notes, beats and chords, corrections included; of a job that still runs its draft."""
    found = context.core.manifest(job)
    return _song_response(context, found, context.core.arrange(found))


@router.get("/clusters", summary="What sounds alike", responses=document_errors(404, 409))
def clusters(job: str, context: Context) -> schemas.ClustersView:
    found = context.core.manifest(job)
    return schemas.ClustersView(revision=found.history.head, clusters=_cluster_views(context.core.arrange(found)))


@router.put("/clusters", summary="Correct", response_class=JSONResponse, responses=_EDIT)
def correct_notes(job: str, asked: schemas.CorrectionBody, context: Context) -> Response:
    """A new revision: relabel, delete, add, move, louder or softer, more or fewer hits. The MIDI is written at once."""
    return _edited_response(context, context.core.relabel(job, asked.changes, asked.revision))


@router.put("/midi", summary="Learn from an edited .mid", response_class=JSONResponse, responses=_EDIT)
def learn(
    job: str,
    midi: Annotated[bytes, Body(media_type="application/octet-stream")],
    context: Context,
    name: str = "edited.mid",
) -> Response:
    """A new revision by the drum notes of a .mid of this song that was edited and saved in a DAW."""
    return _edited_response(context, context.core.learn(job, midi, name))


@router.post("/regenerate", summary="Write again", response_class=JSONResponse, responses=_EDIT)
def regenerate(job: str, asked: schemas.SettingsBody, context: Context) -> Response:
    """A new revision with other settings: grid, swing, drum map, velocity, sensitivity."""
    return _edited_response(context, context.core.regenerate(job, asked.options, asked.revision))


@router.get("/revisions", summary="Every correction", responses=document_errors(404, 409))
def revisions(job: str, context: Context) -> schemas.RevisionsView:
    history = context.core.manifest(job).history
    made = [
        schemas.RevisionView(
            number=each.number, parent=each.parent, changes=each.changes.model_dump(mode="json", exclude_defaults=True)
        )
        for each in history.revisions
    ]
    return schemas.RevisionsView(head=history.head, revisions=made, **_undo_state(history))


@router.post("/revisions/undo", summary="Undo", response_class=JSONResponse, responses=_EDIT)
def undo(job: str, asked: schemas.RevisionBody, context: Context) -> Response:
    return _edited_response(context, context.core.undo(job, asked.revision))


@router.post("/revisions/redo", summary="Redo", response_class=JSONResponse, responses=_EDIT)
def redo(job: str, asked: schemas.RevisionBody, context: Context) -> Response:
    return _edited_response(context, context.core.redo(job, asked.revision))


def _edited_response(context: HttpContext, made: Edited) -> Response:
    return _song_response(context, made.content, made.score)


def _song_response(context: HttpContext, manifest: Manifest, score: Arrangement) -> Response:
    """Not through a model: thousands of rows are not worth checking twice."""
    drum_map = context.core.drum_map(score)
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
        "grid": {name: getattr(grid, name) for name in schemas.GridView.model_fields},
        "options": score.options,
        **_undo_state(manifest.history),
        "hits": {"columns": HIT_COLUMNS, "rows": rows},
        "clusters": _cluster_views(score),
        "parts": {
            part: {"columns": NOTE_COLUMNS, "rows": list(map(_note_row, notes))} for part, notes in score.notes.items()
        },
        **harmony_view(score.harmony),
        "sections": score.sections,
    }
    return Response(to_json(body), media_type="application/json")


def _note_row(note: WrittenNote) -> tuple[Any, ...]:
    times = (round(note.onset, 5), round(note.time, 5), round(note.duration, 5))
    return note.id, *times, note.pitch, note.velocity, round(note.confidence, 3)


def harmony_view(found: Harmony | None) -> dict[str, Any]:
    """The key, None if it is not sure, and the chords."""
    if found is None:
        return {"key": None, "chords": []}
    chords = [{"start": c.onset, "end": c.onset + c.duration, "name": c.name} for c in found.chords if c.name != NONE]
    return {"key": found.key.full_name if found.key.confidence > 0 else None, "chords": chords}


def _cluster_views(score: Arrangement) -> list[schemas.ClusterView]:
    return [
        schemas.ClusterView(
            id=each.id, drum=each.drum, label=each.label, confidence=each.confidence, count=each.count,
            velocity=each.velocity, typical=each.typical, time=each.time,
        )
        for each in score.clusters
    ]  # fmt: skip


def _undo_state(history: History) -> dict[str, bool]:
    return {"can_undo": history.head > 0, "can_redo": any(r.parent == history.head for r in history.revisions)}
