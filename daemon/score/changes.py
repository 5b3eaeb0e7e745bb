"""The format of a correction: the same on the command line, in OSC and in the manifest.

{"clusters": {"2": "snare"}, "hits": {"17": "open_hihat"}, "delete_hits": [40],
 "ranges": [{"from": 12, "to": 14.5, "drum": "hihat", "label": "ride"}], "sensitivity": {"snare": 0.7, "bass": 0.6},
 "notes": {"bass": {"octave": {"7": -1}, "pitch": {"8": 43}, "delete": [9], "merge": [[10, 11]],
                    "add": [{"pitch": 40, "onset": 12.5, "duration": 0.4}]}},
 "settings": {"notes": {"bass": {"transpose": -12}}}}
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from bridge.drum_labels import SOUNDS, UnknownNameError, label
from bridge.timebase import Seconds
from daemon.errors import Rejected
from daemon.pipeline.options import DrumOrPart, PitchedPart
from daemon.pipeline.pitched.polyphonic import PartNote
from daemon.pipeline.records import Cluster, Drum, Hit, Part
from daemon.pipeline.tempo_settings import lift_tempo
from daemon.score import note_changes
from daemon.score.note_changes import ChangeModel, NoteChanges, TimeRange
from daemon.validation import refusal


@dataclass(frozen=True, slots=True)
class Detections:
    """What the transcribers found, before any correction.

    `hits` hold the candidates too: hits whose strength is under their drum's entry in `thresholds`, the value
    at sensitivity 0.5. A drum without an entry keeps all its hits. A candidate may belong to no cluster (-1).
    `notes` have an entry for each pitched part that was listened to.
    """

    hits: tuple[Hit, ...]
    clusters: tuple[Cluster, ...]
    thresholds: dict[Drum, float]
    duration: Seconds
    notes: Mapping[Part, tuple[PartNote, ...]] = field(default_factory=dict)


FIRST_DRAFT_ID = 1_000_000
"""Hits and clusters of a draft are numbered from here."""

_EXAMPLE = '{"clusters": {"2": "snare"}}'


class DrumRange(TimeRange):
    """`drum` is a drum or a label."""

    drum: str | None = None


class RelabelRange(DrumRange):
    label: str


class AddedHit(ChangeModel):
    """A hit that the transcriber missed. `id` is given out by `read`."""

    id: int = -1
    onset: float = Field(ge=0)
    label: str
    velocity: int = Field(default=100, ge=1, le=127)


class VelocityChange(ChangeModel):
    """velocity x scale + add, kept within 1..127, for a drum or label, a cluster, or (neither) all hits."""

    drum: str | None = None
    cluster: int | None = None
    scale: float = Field(default=1.0, gt=0, le=10)
    add: float = Field(default=0.0, ge=-127, le=127)


_Item = TypeVar("_Item", bound=ChangeModel)


class Changes(ChangeModel):
    """One correction. Its entries take effect in this order, so that the particular wins over the general."""

    settings: dict[str, Any] = Field(
        default_factory=dict, description="options that need no audio", examples=[{"grid": {"step": "1/8"}}]
    )
    sensitivity: dict[DrumOrPart, float] = Field(
        default_factory=dict, description="drum or part -> 0..1; 0.5 is as heard", examples=[{"snare": 0.7}]
    )
    clusters: dict[int, str] = Field(default_factory=dict, description="cluster -> label", examples=[{"2": "snare"}])
    ranges: tuple[RelabelRange, ...] = Field(
        default=(),
        description="the hits of a time, or those of one drum or label in it, get a label",
        examples=[[{"from": 12, "to": 14.5, "drum": "hihat", "label": "ride"}]],
    )
    hits: dict[int, str] = Field(default_factory=dict, description="hit -> label", examples=[{"17": "open_hihat"}])
    delete_clusters: tuple[int, ...] = Field(default=(), description="clusters that are none", examples=[[3]])
    delete_ranges: tuple[DrumRange, ...] = Field(
        default=(), description="hits of a time that are none", examples=[[{"from": 0, "to": 1.5, "drum": "toms"}]]
    )
    delete_hits: tuple[int, ...] = Field(default=(), description="hits that are none", examples=[[40]])
    move: dict[int, float] = Field(
        default_factory=dict, description="hit -> onset in seconds", examples=[{"17": 12.48}]
    )
    velocity: tuple[VelocityChange, ...] = Field(
        default=(),
        description="velocity x scale + add, of a drum or label, of a cluster, or of all hits",
        examples=[[{"drum": "snare", "scale": 0.9, "add": 4}]],
    )
    velocities: dict[int, Annotated[int, Field(ge=1, le=127)]] = Field(
        default_factory=dict, description="hit -> velocity", examples=[{"17": 96}]
    )
    add: tuple[AddedHit, ...] = Field(
        default=(), description="hits that were missed", examples=[[{"onset": 3.2, "label": "kick", "velocity": 90}]]
    )
    notes: dict[PitchedPart, NoteChanges] = Field(
        default_factory=dict, description="part -> corrections of its notes", examples=[{"bass": {"delete": [9]}}]
    )


def from_flags(
    clusters: Iterable[str] = (), hits: Iterable[str] = (), delete_hits: Iterable[int] = ()
) -> dict[str, Any]:
    """The JSON form of `--cluster 2=snare --hit 17=open_hihat --delete-hit 40`."""
    asked = {
        "clusters": dict(_parse_pair("--cluster", text) for text in clusters),
        "hits": dict(_parse_pair("--hit", text) for text in hits),
        "delete_hits": list(delete_hits),
    }
    return {name: value for name, value in asked.items() if value}


def read(
    given: str | dict[str, Any],
    heard: Detections,
    taken: Iterable[int] = (),
    taken_notes: Mapping[str, Iterable[int]] | None = None,
) -> Changes:
    """Checked changes with their labels spelt in full. `taken` are the ids of hits, and notes, that were added before.

    Raises Rejected: bad_change, unknown_label, unknown_cluster, unknown_hit, unknown_part or unknown_note.
    """
    changes = _parse(_parse_object(given))
    if changes == Changes():
        raise Rejected("bad_change", "There is nothing to change in it; name a cluster, a hit or a setting.")
    ids = {hit.id for hit in heard.hits} | set(taken)
    _check_ids(changes, heard, ids)
    _check_times(changes, heard.duration)
    known = taken_notes or {}
    notes = {part: _check_notes(part, each, heard, known.get(part, ())) for part, each in changes.notes.items()}
    return _number_added(_resolve_names(changes), 1 + max(ids, default=-1)).model_copy(update={"notes": notes})


def _check_notes(part: PitchedPart, changes: NoteChanges, heard: Detections, taken: Iterable[int]) -> NoteChanges:
    """Checked corrections of a part, its new notes numbered."""
    found = heard.notes.get(Part(part))
    if found is None:
        there = ", ".join(heard.notes) or "none"
        raise Rejected("unknown_part", f"There are no notes of {part}; transcribe the song with it. Parts: {there}.")
    ids = {note.id for note in found} | set(taken)
    note_changes.check(part, changes, ids, heard.duration)
    return changes.number_added(1 + max(ids, default=-1))


def _parse_pair(flag: str, text: str) -> tuple[str, str]:
    number, equals, name = text.partition("=")
    if not (equals and number.strip().isdecimal() and name.strip()):
        raise Rejected("bad_change", f"{flag} {text!r} does not work; write a number and a label, like 2=snare.")
    return number.strip(), name.strip()


def _parse_object(given: str | dict[str, Any]) -> dict[str, Any]:
    try:
        found = json.loads(given) if isinstance(given, str) else given
    except (ValueError, RecursionError) as error:
        raise Rejected("bad_change", f"The changes are not JSON ({error}).") from None
    if not isinstance(found, dict):
        raise Rejected("bad_change", f"The changes must be a JSON object like {_EXAMPLE}, not {given!r:.60}.")
    return found


def _parse(values: dict[str, Any]) -> Changes:
    values = _lift_settings(values)
    unknown = [name for name in values if name not in Changes.model_fields]
    if unknown:
        raise Rejected("bad_change", f"{unknown[0]!r} cannot be changed{_suggestion(unknown[0], Changes.model_fields)}")
    try:
        return Changes.model_validate(values)
    except ValidationError as error:
        raise Rejected("bad_change", " ".join(refusal(_error_path(e), e) for e in error.errors()[:5])) from None


def _error_path(error: Any) -> str:
    return ".".join(str(part) for part in error["loc"] if part != "[key]")


def _lift_settings(values: dict[str, Any]) -> dict[str, Any]:
    """Sensitivity is a setting to a client and an entry of its own here: the heard strengths decide on it.

    The beat may be told within the grid or beside it.
    """
    settings = values.get("settings")
    if not isinstance(settings, dict):
        return values
    settings = lift_tempo(settings)
    if "sensitivity" not in settings:
        return {**values, "settings": settings}
    rest = {name: value for name, value in settings.items() if name != "sensitivity"}
    return {"sensitivity": settings["sensitivity"], **values, "settings": rest}


def _suggestion(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there is {', '.join(names)}."


def _check_ids(changes: Changes, heard: Detections, hits: set[int]) -> None:
    clusters = {cluster.id for cluster in heard.clusters}
    named = [loudness.cluster for loudness in changes.velocity if loudness.cluster is not None]
    _check_known("cluster", clusters, [*changes.clusters, *changes.delete_clusters, *named])
    _check_known("hit", hits, [*changes.hits, *changes.delete_hits, *changes.move, *changes.velocities])


def _check_known(what: str, known: set[int], asked: Sequence[int]) -> None:
    strange = next((number for number in asked if number not in known), None)
    if strange is not None:
        if strange >= FIRST_DRAFT_ID and not any(number >= FIRST_DRAFT_ID for number in known):
            raise Rejected(f"unknown_{what}", f"That {what} was one of the draft; look at the final notes first.")
        there = f"they go from {min(known)} to {max(known)}" if known else f"this song has no {what}s"
        raise Rejected(f"unknown_{what}", f"There is no {what} {strange}; {there}.")


def _check_times(changes: Changes, duration: Seconds) -> None:
    for span in (*changes.ranges, *changes.delete_ranges):
        if span.start >= span.end:
            raise Rejected(
                "bad_change", f"The range from {span.start:g} to {span.end:g} s is empty; `from` comes first."
            )
    late = [at for at in (*changes.move.values(), *(a.onset for a in changes.add)) if not 0 <= at <= duration]
    if late:
        raise Rejected("bad_change", f"{late[0]:g} s is outside the song, which goes from 0 to {duration:.3f} s.")
    loud = next((v for v in changes.sensitivity.values() if not 0 <= v <= 1), None)
    if loud is not None:
        raise Rejected("bad_change", f"Sensitivity {loud:g} does not work; it goes from 0 to 1.")


def _resolve_names(changes: Changes) -> Changes:
    """Every name as it stands in the table of drums; each distinct one is looked up once."""
    items = (*changes.ranges, *changes.delete_ranges, *changes.velocity, *changes.add)
    texts = {item.label for item in items if isinstance(item, RelabelRange | AddedHit)}
    labels = {text: _resolve_label(text) for text in {*texts, *changes.clusters.values(), *changes.hits.values()}}
    groups = {
        item.drum: _resolve_drum(item.drum)
        for item in items
        if isinstance(item, DrumRange | VelocityChange) and item.drum
    }
    full = partial(_resolve_item, labels=labels, groups=groups)
    return changes.model_copy(
        update={
            "clusters": {number: labels[text] for number, text in changes.clusters.items()},
            "hits": {number: labels[text] for number, text in changes.hits.items()},
            "ranges": tuple(map(full, changes.ranges)),
            "delete_ranges": tuple(map(full, changes.delete_ranges)),
            "velocity": tuple(map(full, changes.velocity)),
            "add": tuple(map(full, changes.add)),
        }
    )


def _resolve_item(item: _Item, labels: dict[str, str], groups: dict[str, str]) -> _Item:
    drum = getattr(item, "drum", None) or ""
    spelt = {"label": labels.get(getattr(item, "label", "")), "drum": groups.get(drum)}
    return item.model_copy(update={name: text for name, text in spelt.items() if text})


def _resolve_label(text: str) -> str:
    if text in SOUNDS:
        return text
    try:
        return label(text)
    except UnknownNameError as error:
        raise Rejected("unknown_label", str(error)) from None


def _resolve_drum(text: str) -> str:
    return text if text in set(Drum) else _resolve_label(text)


def _number_added(changes: Changes, first: int) -> Changes:
    added = tuple(item.model_copy(update={"id": first + i}) for i, item in enumerate(changes.add))
    return changes.model_copy(update={"add": added})
