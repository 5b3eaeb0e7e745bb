"""Which note plays which drum: General MIDI, Ableton's Drum Rack, drum plug-ins, and maps that a user writes.

Where the numbers come from (only maps that could be confirmed are here; 36 is C1 where a DAW calls 60 C3):

- gm: General MIDI level 1.
- ableton: the pads of Live's 808 and 909 Core Kits from C1 up, as published listings of the kits show them.
- superior_drummer_3 (and ezdrummer_3): the Superior Drummer 3 pitch list of chad-ramos/studio-one-drum-maps,
  compared with the EZdrummer 3 map of tobigun/EavesDrum. China and splash are cymbals 5 and 3 of the kit.
- addictive_drums_2: as in tobigun/EavesDrum and lotkey/Drum-MIDI-Converter, which agree. China is cymbal 5,
  the cowbell is the first Flexi.
- ssd5 (Steven Slate Drums 5 and 5.5), mt_power_drum_kit_2 (it has three toms): the same two, which agree.
- logic: Drum Kit Designer with the input mapping "GM", from Apple's script that adapts V-Drums to it: the
  pedal is on 33 and the toms end at 48.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

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


class DrumMapError(ValueError):
    """A drum map that cannot be used. `problems` holds one sentence for each mistake."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class DrumMap:
    """Note numbers (0-127) by label. What an instrument lacks is played by the nearest drum that it has."""

    name: str
    notes: Mapping[str, int]

    def pitch(self, label: str) -> int:
        """The note for `label`, of its nearest stand-in where the map lacks it, or else General MIDI's."""
        wanted = SOUNDS[label]
        played = next((s for s in (label, *wanted.stand_ins) if s in self.notes), None)
        return wanted.pitch if played is None else self.notes[played]

    def label_of(self, pitch: int) -> str | None:
        """The first label that this map plays on `pitch`."""
        return next((label for label, note in self.notes.items() if note == pitch), None)

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
    found = find("drum map", name, {plain_name(n): n for n in _MAPS} | {plain_name(a): n for a, n in _ALIASES.items()})
    return DrumMap(found, _MAPS[found])


def map_names() -> tuple[str, ...]:
    return tuple(_MAPS)


def _problems(values: Mapping[str, object]) -> Iterator[str]:
    for key in values.keys() - {"name", "base", "notes"}:
        yield f"A drum map has name, base and notes; {key!r} means nothing here."
    base, notes = values.get("base", "gm"), values.get("notes")
    if not isinstance(base, str) or plain_name(base) not in {plain_name(n) for n in (*_MAPS, *_ALIASES)}:
        yield f"base: {base!r} is no drum map. Choose one of {', '.join(_MAPS)}."
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


_GM = {name: sound.pitch for name, sound in SOUNDS.items()}

_MAPS: dict[str, dict[str, int]] = {
    "gm": _GM,
    "ableton": {
        "kick": 36, "side_stick": 37, "snare": 38, "clap": 39, "low_tom": 41, "floor_tom": 41,
        "closed_hihat": 42, "mid_tom": 43, "high_tom": 45, "open_hihat": 46, "crash": 49, "ride": 51,
    },
    "superior_drummer_3": {
        "kick": 36, "snare": 38, "side_stick": 37, "rimshot": 40, "high_tom": 48, "mid_tom": 47,
        "low_tom": 45, "floor_tom": 43, "closed_hihat": 42, "pedal_hihat": 21, "open_hihat": 26,
        "crash": 49, "crash_2": 57, "ride": 51, "ride_bell": 53, "china": 52, "splash": 55,
    },
    "addictive_drums_2": {
        "kick": 36, "snare": 38, "side_stick": 42, "rimshot": 37, "high_tom": 71, "mid_tom": 69,
        "low_tom": 67, "floor_tom": 65, "closed_hihat": 49, "pedal_hihat": 48, "open_hihat": 56,
        "crash": 77, "crash_2": 79, "ride": 60, "ride_bell": 61, "china": 91, "cowbell": 47,
    },
    "ssd5": {
        "kick": 36, "snare": 38, "side_stick": 37, "rimshot": 40, "high_tom": 48, "mid_tom": 47,
        "low_tom": 43, "floor_tom": 41, "closed_hihat": 42, "pedal_hihat": 44, "open_hihat": 65,
        "crash": 55, "crash_2": 57, "ride": 51, "ride_bell": 53, "china": 31, "splash": 50,
    },
    "mt_power_drum_kit_2": {
        "kick": 36, "snare": 38, "side_stick": 37, "high_tom": 48, "mid_tom": 45, "floor_tom": 41,
        "closed_hihat": 42, "pedal_hihat": 65, "open_hihat": 46, "crash": 49, "crash_2": 57,
        "ride": 51, "ride_bell": 53, "china": 52, "splash": 55,
    },
    "logic": {
        "kick": 36, "snare": 38, "side_stick": 37, "rimshot": 40, "clap": 39, "high_tom": 48, "mid_tom": 47,
        "low_tom": 45, "floor_tom": 43, "closed_hihat": 42, "pedal_hihat": 33, "open_hihat": 46,
        "crash": 49, "crash_2": 57, "ride": 51, "ride_bell": 53,
    },
}  # fmt: skip

_ALIASES = {
    "General MIDI": "gm", "drum rack": "ableton", "Live": "ableton", "Ableton Drum Rack": "ableton",
    "EZdrummer": "superior_drummer_3", "EZdrummer 3": "superior_drummer_3", "EZD3": "superior_drummer_3",
    "SD3": "superior_drummer_3", "Superior Drummer": "superior_drummer_3", "Toontrack": "superior_drummer_3",
    "AD2": "addictive_drums_2", "Addictive Drums": "addictive_drums_2", "XLN": "addictive_drums_2",
    "Steven Slate Drums": "ssd5", "Steven Slate Drums 5": "ssd5", "SSD": "ssd5", "SSD5.5": "ssd5",
    "MT Power Drum Kit": "mt_power_drum_kit_2", "MT Power": "mt_power_drum_kit_2",
    "Logic Pro": "logic", "Drum Kit Designer": "logic", "GarageBand": "logic",
}  # fmt: skip
