"""`sidestick drum-map`: a drum map of your own, from the names that a DAW has for notes, or from struck pads."""

import queue
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from bridge.drum_map import LABELS, SOUNDS, DrumMap, DrumMapError, map_names
from bridge.guard import Guard
from bridge.midi.port import open_sources
from bridge.note_names import map_of_names, read_names
from daemon.config import load
from daemon.errors import Rejected
from daemon.outlets.pad_learner import note_on
from daemon.outlets.pad_walk import PadWalk
from daemon.setup import save_drum_map


def run(file: Path | None, name: str, *, strike: bool = False) -> int:
    """By striking pads, or from the names of a file. Raises Rejected without either, and for a file without drums."""
    if strike == (file is not None):
        raise Rejected("bad_option", "Name a file with note names, or strike the pads with --strike.")
    return learn_pads(name or "my_kit") if file is None else read_file(file, name)


def learn_pads(name: str) -> int:
    """Ask for drum after drum on every MIDI input, and write what was struck into the settings."""
    if name in map_names():
        raise Rejected("bad_option", f"{name} is the map of an instrument. Call yours something else.")
    answers = queue.SimpleQueue[bytes | None]()
    sources = open_sources(lambda message, _: answers.put(message), ())
    if not sources:
        raise Rejected("no_port", "There is no MIDI input. Plug the kit in by USB, or start JACK or PipeWire.")
    try:
        print(f"Pads are heard from {', '.join(port.label for port in sources)}.")
        print("Strike each drum as it is named. Enter skips one that your kit does not have.")
        threading.Thread(target=_read_lines, args=(answers,), name="skips", daemon=True).start()
        notes = walk(answers)
    finally:
        for port in sources:
            port.close()
    if not notes:
        print("No pad was struck, so there is no map.", file=sys.stderr)
        return 1
    _save(DrumMap(name, notes))
    return 0


def walk(answers: "queue.SimpleQueue[bytes | None]", clock: Callable[[], float] = time.monotonic) -> dict[str, int]:
    """The notes of the drums that were struck; MIDI messages come in the queue, None is a drum that is skipped."""
    pads, asked = PadWalk(), ""
    while (state := pads.state).current:
        if asked != state.current or state.problem:
            print(state.problem or f"{SOUNDS[state.current].name}:", flush=True)
        asked = state.current
        message = answers.get()
        if message is None:
            pads.skip()
        elif (stroke := note_on(message)) is not None:
            pads.strike(stroke[0], clock())
    return pads.state.notes


def _read_lines(answers: "queue.SimpleQueue[bytes | None]") -> None:
    with Guard("The Enter key"):
        for _ in sys.stdin:
            answers.put(None)


def read_file(file: Path, name: str) -> int:
    """Read the names, write the map into the settings, and print it. Raises Rejected for a file without drums."""
    try:
        names = read_names(file)
        found = map_of_names(names, name or default_name(file))
    except DrumMapError as error:
        raise Rejected("bad_option", str(error)) from None
    _save(found, names)
    return 0


def _save(found: DrumMap, names: Mapping[int, str] = MappingProxyType({})) -> None:
    settings = load()
    save_drum_map(settings, found.name, found.notes)
    print(f"{found.name}: {len(found.notes)} drums, now in {settings.file}. Use it with --drum-map {found.name}.\n")
    print("\n".join(_rows(found, names)))


def default_name(file: Path) -> str:
    """The file's name in the letters that a map's name may have."""
    return re.sub(r"[^a-z0-9_.-]+", "_", file.stem.casefold()).strip("_.-")[:64] or "mine"


def _rows(found: DrumMap, names: Mapping[int, str]) -> list[str]:
    rows = [
        f"{SOUNDS[label].name:<14} {note:>3}  {names.get(note, '')}".rstrip() for label, note in found.notes.items()
    ]
    lacking = [label for label in LABELS if label not in found.notes]
    stand_ins = [f"{SOUNDS[label].name:<14}   -  {_stand_in(found, label)}" for label in lacking]
    return [*rows, *stand_ins]


def _stand_in(found: DrumMap, label: str) -> str:
    other = found.stand_in(label)
    return f"{SOUNDS[other].name} plays it" if other else "General MIDI's note plays it"
