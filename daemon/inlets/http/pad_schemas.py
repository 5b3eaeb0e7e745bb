"""The schemas of drum maps and of the pads that make one."""

from typing import Annotated

from pydantic import Field

from daemon.inlets.http.machine_schemas import Schema

Midi7 = Annotated[int, Field(strict=True, ge=0, le=127)]
DrumName = Annotated[str, Field(min_length=1, max_length=64)]


class DrumMapView(Schema):
    """`notes` are MIDI notes by drum; `stand_ins` names the drum that plays one that the map lacks."""

    name: str
    title: str
    own: bool = Field(description="yours, from the settings")
    notes: dict[str, int]
    stand_ins: dict[str, str]


class DrumMapsView(Schema):
    drum_maps: list[DrumMapView]


class DrumMapBody(Schema):
    notes: Annotated[dict[DrumName, Midi7], Field(min_length=1, max_length=64)]


class PadBody(Schema):
    """One note of the drum channel."""

    pitch: Midi7
    velocity: Annotated[int, Field(strict=True, ge=1, le=127)] = 100


class WalkBody(Schema):
    """The drums that are asked for, one after the other; none are those of a whole kit."""

    labels: list[DrumName] = Field(default=[], max_length=64)


class WalkView(Schema):
    """`current` is the drum to strike, null when all are done; `problem` says why the last stroke did not count."""

    current: str | None
    notes: dict[str, int]
    problem: str
    heard: str = Field(description="where strokes come from; for people")
