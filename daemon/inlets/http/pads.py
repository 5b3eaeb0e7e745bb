"""Routes: drum maps, the drums that a click plays, and a map learnt by striking pads."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path

from bridge.drum_labels import UnknownNameError, label
from bridge.drum_map import LABELS, DrumMap, built_in_map, map_names
from daemon.config import load
from daemon.errors import Rejected
from daemon.inlets.http import schemas
from daemon.inlets.http.context import Context, HttpContext
from daemon.inlets.http.errors import document_errors
from daemon.inlets.http.setup import require_access
from daemon.outlets.pad_walk import WalkState
from daemon.setup import save_drum_map

router = APIRouter(prefix="/api", tags=["playing"])
MapName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


@router.get("/drum-maps", summary="The drum maps")
def drum_maps(context: Context) -> schemas.DrumMapsView:
    """Those of instruments and your own, with every note."""
    return schemas.DrumMapsView(drum_maps=list(_views(context)))


@router.put("/drum-maps/{name}", summary="A drum map of your own", responses=document_errors(400))
def save(name: MapName, asked: schemas.DrumMapBody, context: Context) -> schemas.DrumMapView:
    """Into the settings file, in place of yours of that name. It holds at once. Only from this machine."""
    access = require_access(context)
    if name in map_names():
        raise Rejected("bad_option", f"{name} is the map of an instrument. Call yours something else.")
    try:
        notes = {label(drum): pitch for drum, pitch in asked.notes.items()}
    except UnknownNameError as error:
        raise Rejected("unknown_label", str(error)) from None
    save_drum_map(load(access.environ), name, notes)
    return _view(DrumMap(name, notes), own=True)


@router.post("/pads/play", summary="Play one drum", responses=document_errors(400, 409))
def play(asked: schemas.PadBody, context: Context) -> schemas.PushedView:
    """Its note on the MIDI port."""
    return schemas.PushedView(notes=context.core.pads.play(asked.pitch, asked.velocity))


@router.post("/pads/walk", summary="Learn a map by striking pads", responses=document_errors(400, 409))
def begin(asked: schemas.WalkBody, context: Context) -> schemas.WalkView:
    """Drum by drum: strike the pad of `current`. Every MIDI input of this computer is listened to meanwhile."""
    return _walk_view(context.core.pads.begin(asked.labels))


@router.get("/pads/walk", summary="Which drum is asked for", responses=document_errors(409))
def state(context: Context) -> schemas.WalkView:
    """Nobody asking for a minute ends it."""
    return _walk_view(context.core.pads.state())


@router.post("/pads/walk/skip", summary="Skip a drum", responses=document_errors(409))
def skip(context: Context) -> schemas.WalkView:
    """One that the kit does not have."""
    return _walk_view(context.core.pads.skip())


@router.post("/pads/walk/back", summary="The drum before, again", responses=document_errors(409))
def step_back(context: Context) -> schemas.WalkView:
    return _walk_view(context.core.pads.step_back())


@router.delete("/pads/walk", summary="Strike no more pads")
def end(context: Context) -> schemas.EmptyView:
    """The inputs are given up."""
    context.core.pads.end()
    return schemas.EmptyView()


def _views(context: HttpContext) -> Iterator[schemas.DrumMapView]:
    own = context.core.drum_maps
    for name in dict.fromkeys((*map_names(), *own)):
        yield _view(DrumMap(name, own[name]) if name in own else built_in_map(name), own=name in own)


def _view(found: DrumMap, own: bool) -> schemas.DrumMapView:
    lacking = {drum: other for drum in LABELS if (other := found.stand_in(drum)) not in (None, drum)}
    return schemas.DrumMapView(
        name=found.name,
        title=found.title or found.name,
        own=own,
        notes=dict(found.notes),
        stand_ins={drum: str(other) for drum, other in lacking.items()},
    )


def _walk_view(found: WalkState) -> schemas.WalkView:
    return schemas.WalkView(**asdict(found))
