"""`sidestick drum-map`: a drum map of your own from the names that a DAW has for the notes of a kit."""

import re
from pathlib import Path

from bridge.drum_map import LABELS, SOUNDS, DrumMap, DrumMapError
from bridge.note_names import map_of_names, read_names
from daemon.config import load
from daemon.errors import Rejected
from daemon.setup import save_drum_map


def run(file: Path, name: str) -> int:
    """Read the names, write the map into the settings, and print it. Raises Rejected for a file without drums."""
    try:
        names = read_names(file)
        found = map_of_names(names, name or default_name(file))
    except DrumMapError as error:
        raise Rejected("bad_option", str(error)) from None
    settings = load()
    save_drum_map(settings, found.name, found.notes)
    print(f"{found.name}: {len(found.notes)} drums, now in {settings.file}. Use it with --drum-map {found.name}.\n")
    print("\n".join(_rows(found, names)))
    return 0


def default_name(file: Path) -> str:
    """The file's name in the letters that a map's name may have."""
    return re.sub(r"[^a-z0-9_.-]+", "_", file.stem.casefold()).strip("_.-")[:64] or "mine"


def _rows(found: DrumMap, names: dict[int, str]) -> list[str]:
    rows = [f"{SOUNDS[label].name:<14} {note:>3}  {names[note]}" for label, note in found.notes.items()]
    lacking = [label for label in LABELS if label not in found.notes]
    stand_ins = [f"{SOUNDS[label].name:<14}   -  {_stand_in(found, label)}" for label in lacking]
    return [*rows, *stand_ins]


def _stand_in(found: DrumMap, label: str) -> str:
    other = found.stand_in(label)
    return f"{SOUNDS[other].name} plays it" if other else "General MIDI's note plays it"
