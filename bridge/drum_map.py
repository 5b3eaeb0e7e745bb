"""Which note plays which drum: General MIDI, Ableton's Drum Rack, drum plug-ins, and maps that a user writes.

The built-in maps lie in `drum_maps/`, a TOML file each, with the published charts they come from: only maps that could
be confirmed are there. 36 is C1 where a DAW calls 60 C3.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from bridge.drum_labels import (
    LABELS,
    SOUNDS,
    DrumSound,
    Family,
    UnknownNameError,
    find,
    label,
    label_of,
    plain_name,
)

__all__ = [
    "LABELS",
    "SOUNDS",
    "DrumMap",
    "DrumMapError",
    "DrumSound",
    "Family",
    "UnknownNameError",
    "built_in_map",
    "label",
    "label_of",
    "map_names",
]  # fmt: skip


_FOLDER = Path(__file__).parent / "drum_maps"


class DrumMapError(ValueError):
    """A drum map that cannot be used. `problems` holds one sentence for each mistake."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class DrumMap:
    """Note numbers (0-127) by label. What an instrument lacks is played by the nearest drum that it has.

    The rest is what a .mid of that instrument may hold beside them: `also` further notes of a label, `openings` the
    hi-hat from nearly closed to wide open, `controlled` the hi-hats that `controller` opens, `chokes` what stops a
    cymbal, `others` strokes that have no label here, as flams and rims of toms.
    """

    name: str
    notes: Mapping[str, int]
    title: str = ""
    sources: tuple[str, ...] = ()
    also: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    openings: tuple[int, ...] = ()
    controller: int | None = None
    controlled: tuple[int, ...] = ()
    chokes: Mapping[str, int] = field(default_factory=dict)
    others: Mapping[str, int] = field(default_factory=dict)

    def stand_in(self, label: str) -> str | None:
        """The label whose note plays `label`: itself where the map has it, None where it has nothing like it."""
        return next((known for known in (label, *SOUNDS[label].stand_ins) if known in self.notes), None)

    def pitch(self, label: str) -> int:
        """The note for `label`, of its nearest stand-in where the map lacks it, or else General MIDI's."""
        played = self.stand_in(label)
        return SOUNDS[label].pitch if played is None else self.notes[played]

    def label_of(self, pitch: int) -> str | None:
        """The first label that this map plays on `pitch`."""
        found = next((label for label, note in self.notes.items() if note == pitch), None)
        if found is None and pitch in (*self.openings, *self.controlled):
            return "open_hihat"
        return found or next((label for label, notes in self.also.items() if pitch in notes), None)

    def read_pitch(self, pitch: int) -> str | None:
        """What a .mid or a pad means by `pitch`: this map's label, else General MIDI's; a choke is no drum."""
        if pitch in (*self.chokes.values(), *self.others.values()):
            return None
        return self.label_of(pitch) or label_of(pitch)

    @property
    def pitches(self) -> frozenset[int]:
        """Every note that the map knows."""
        single = (self.notes.values(), self.openings, self.controlled, self.chokes.values(), self.others.values())
        return frozenset(chain(*single, *self.also.values()))

    @classmethod
    def of(cls, values: Mapping[str, object], name: str = "user") -> "DrumMap":
        """A map that a user wrote: `name`, `base` (a map to start from), table `notes`; or DrumMapError."""
        problems = tuple(_problems(values))
        if problems:
            raise DrumMapError(problems)
        base = values.get("base")
        start = built_in_map(base).notes if isinstance(base, str) else {}
        return cls(str(values.get("name", name)), {**start, **_notes(values["notes"])})

    @classmethod
    def load(cls, path: Path) -> "DrumMap":
        """A map from a TOML file. Raises DrumMapError with sentences that name the file."""
        try:
            return cls.of(tomllib.loads(path.read_text(encoding="utf-8")), path.stem)
        except DrumMapError as error:
            raise DrumMapError(tuple(f"{path.name}: {problem}" for problem in error.problems)) from None
        except OSError as error:
            raise DrumMapError((f"The drum map {path} cannot be read: {error.strerror}.",)) from None
        except RecursionError:
            raise DrumMapError((f"{path.name} is nested too deeply.",)) from None
        except ValueError as error:
            raise DrumMapError((f"{path.name} is not a TOML file: {error}.",)) from None


def built_in_map(name: str) -> DrumMap:
    """A built-in map by its name or the instrument's; UnknownNameError suggests the nearest."""
    return _built_in()[find("drum map", name, _plain_names())]


def map_names() -> tuple[str, ...]:
    """General MIDI first, then by the alphabet."""
    return tuple(_built_in())


@cache
def _built_in() -> dict[str, DrumMap]:
    return {name: _map_of(name, values) for name, values in _tables().items()}


@cache
def _plain_names() -> dict[str, str]:
    named = (
        (other, name) for name, values in _tables().items() for other in (name, values["title"], *values["aliases"])
    )
    return {plain_name(other): name for other, name in named}


@cache
def _tables() -> dict[str, dict[str, Any]]:
    found = sorted(_FOLDER.glob("*.toml"), key=lambda file: (file.stem != "gm", file.stem))
    return {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in found}


def _map_of(name: str, values: Mapping[str, Any]) -> DrumMap:
    hihat = values.get("hihat", {})
    return DrumMap(
        name,
        values["notes"],
        title=values["title"],
        sources=tuple(values["sources"]),
        also={label: tuple(notes) for label, notes in values.get("also", {}).items()},
        openings=tuple(hihat.get("openings", ())),
        controller=hihat.get("controller"),
        controlled=tuple(hihat.get("controlled", ())),
        chokes=values.get("chokes", {}),
        others=values.get("others", {}),
    )


def markdown() -> str:
    """The tables of docs/drum-maps.md: the notes of each map, then what else its .mid may hold."""
    rows = (" | ".join((f"`{name}`", *_cells(known))) for name, known in _built_in().items())
    more = (f"- **{known.title}** (`{name}`). {_more(known)}" for name, known in _built_in().items())
    head = " | ".join(("map", *(label.replace("_", " ") for label in LABELS)))
    table = [f"| {head} |", f"|{' --- |' * (len(LABELS) + 1)}", *(f"| {row} |" for row in rows)]
    return "\n".join([*table, "", *more])


def _cells(known: DrumMap) -> Iterator[str]:
    return (str(known.notes.get(label, "")) for label in LABELS)


def _more(known: DrumMap) -> str:
    """What a map has besides its notes, and where it comes from."""
    parts = {
        "Hi-hat from nearly closed to wide open": ", ".join(map(str, known.openings)),
        f"opened by CC {known.controller or 4}": ", ".join(map(str, known.controlled)),
        "chokes": ", ".join(f"{label.replace('_', ' ')} {note}" for label, note in known.chokes.items()),
        "others": ", ".join(f"{stroke} {note}" for stroke, note in known.others.items()),
    }
    told = "; ".join(f"{what}: {notes}" for what, notes in parts.items() if notes)
    return f"{told[:1].upper()}{told[1:]}{'. ' if told else ''}Source: {'; '.join(known.sources)}."


def _problems(values: Mapping[str, object]) -> Iterator[str]:
    for key in values.keys() - {"name", "base", "notes"}:
        yield f"A drum map has name, base and notes; {key!r} means nothing here."
    base, notes = values.get("base", "gm"), values.get("notes")
    if not isinstance(base, str) or plain_name(base) not in _plain_names():
        yield f"base: {base!r} is no drum map. Choose one of {', '.join(map_names())}."
    if not isinstance(notes, Mapping) or not notes:
        yield "notes: a table of drums and their note numbers is missing, such as kick = 36."
        return
    for drum, pitch in notes.items():
        yield from _note_problems(str(drum), pitch)


def _note_problems(drum: str, pitch: object) -> Iterator[str]:
    try:
        label(drum)
    except UnknownNameError as error:
        yield f"{error}"
    if isinstance(pitch, bool) or not isinstance(pitch, int) or not 0 <= pitch <= 127:
        yield f"{drum}: {pitch!r} is no MIDI note. Write a number from 0 to 127 (General MIDI's kick is 36)."


def _notes(table: object) -> dict[str, int]:
    assert isinstance(table, Mapping)
    return {label(str(drum)): pitch for drum, pitch in table.items()}
