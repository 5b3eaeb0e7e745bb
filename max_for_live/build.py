"""Builds sidestick.amxd from the sources in this folder: python -m max_for_live.build [--edit FOLDER]

Without an argument the frozen device is written, which a user drags into Live. With --edit the unfrozen device and
its script go to FOLDER, to be opened and changed in Max. The same sources always give the same bytes.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from max_for_live.amxd import AUDIO_EFFECT, FROZEN, Device, Entry, encode
from max_for_live.panel import BANKS, HEIGHT, WIDTH, panel
from max_for_live.patch import FONT, FONT_SIZE, Box, Cord, Kind, Patch, StoredAs, chain

HERE = Path(__file__).resolve().parent
DEVICE = HERE / "sidestick.amxd"
SCRIPT = "sidestick.js"
MODIFIED = 3_850_000_000  # seconds since 1904: a constant, so that a build can be repeated to the byte
PUSH_DIALS = 8
SOURCES = (
    "errors", "paths", "files", "live", "tracks", "timing", "tempo_map", "job_notes", "drums", "drum_rack", "notes",
    "note_matching", "note_writer", "note_edits", "source_clip", "midi_clip", "warp_markers", "stem_tracks", "requests",
    "reply_port", "connection", "song_owners", "song_store", "settings", "panel", "results", "remarks", "device",
    "events", "corrections", "song_position", "beat", "main",
)  # fmt: skip


def script() -> str:
    """All scripts as one file: a frozen device needs no search path for it."""
    return "\n".join((HERE / "code" / f"{name}.js").read_text("utf-8") for name in SOURCES)


def patcher() -> dict[str, Any]:
    """The device as Max describes it in JSON."""
    whole = panel() + _wiring()
    return {
        "patcher": {
            "fileversion": 1,
            "appversion": {"major": 8, "minor": 1, "revision": 0, "architecture": "x64", "modernui": 1},
            "classnamespace": "box",
            "rect": [60.0, 80.0, 1100.0, 860.0],
            "openrect": [0.0, 0.0, float(WIDTH), float(HEIGHT)],
            "bglocked": 0,
            "openinpresentation": 1,
            "default_fontsize": FONT_SIZE,
            "default_fontface": 0,
            "default_fontname": FONT,
            "gridonopen": 1,
            "gridsize": [8.0, 8.0],
            "devicewidth": float(WIDTH),
            "description": "Drums and notes of the selected clip as MIDI, by sidestick.",
            **whole.to_dict(),
            "parameters": _parameters(whole),
            "dependency_cache": [{"name": SCRIPT, "bootpath": ".", "type": "TEXT", "implicit": 1}],
            "latency": 0,
            "project": _project(),
        }
    }


def build_frozen() -> bytes:
    entry = Entry(SCRIPT, "TEXT", script().encode(), MODIFIED)
    return encode(Device(AUDIO_EFFECT, FROZEN, _text(), DEVICE.name, MODIFIED, (entry,)))


def build_unfrozen() -> bytes:
    return encode(Device(AUDIO_EFFECT, 0, _text()))


def main(argv: Sequence[str]) -> None:
    parser = ArgumentParser(prog="max_for_live.build", description=__doc__)
    parser.add_argument("--edit", type=Path, metavar="FOLDER", help="write the form that Max can edit to FOLDER")
    folder = parser.parse_args(argv).edit
    if folder is None:
        DEVICE.write_bytes(build_frozen())
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DEVICE.name).write_bytes(build_unfrozen())
    (folder / SCRIPT).write_text(script(), "utf-8")


def _wiring() -> Patch:
    """What is not seen: sound straight through, the script, its wires to sidestick, and what is stored with the set."""
    return _sound() + _script_boxes() + _store()


def _sound() -> Patch:
    boxes = (
        Box("sound_in", "newobj", 2, 2, "plugin~", signals=True),
        Box("sound_out", "newobj", 2, 2, "plugout~", signals=True),
    )
    return Patch(boxes, (Cord("sound_in", 0, "sound_out", 0), Cord("sound_in", 1, "sound_out", 1)))


def _script_boxes() -> Patch:
    boxes = (
        Box("device", "newobj", 1, 3, "live.thisdevice"),
        Box("init", "message", 2, 1, "init"),
        Box("script", "newobj", 1, 4, f"js {SCRIPT}",
            attributes={"saved_object_attributes": {"filename": SCRIPT, "parameter_enable": 0}}),
        Box("to_sidestick", "newobj", 1, 0, "udpsend 127.0.0.1 9331"),
        Box("receiver", "newobj", 1, 1, "udpreceive 9340 @defer 1 @quiet 1"),
        Box("to_self", "newobj", 1, 0, "udpsend 127.0.0.1 9340"),
    )  # fmt: skip
    cords = (
        *chain("device", "init", "script", "to_sidestick"),
        Cord("script", 1, "receiver"),
        Cord("script", 2, "to_self"),
        Cord("receiver", 0, "script"),
    )
    return Patch(boxes, cords)


def _store() -> Patch:
    names = {"parameter_longname": "Songs", "parameter_shortname": "Songs"}
    kept = {**names, "parameter_type": int(Kind.BLOB), "parameter_invisible": int(StoredAs.WITH_SET)}
    boxes = (
        Box("stored", "newobj", 1, 3, "pattr stored @parameter_enable 1 @thru 2",
            attributes={"parameter_enable": 1, "saved_attribute_attributes": {"valueof": kept}}),
        Box("stored_out", "newobj", 1, 1, "prepend stored"),
    )  # fmt: skip
    return Patch(boxes, (Cord("script", 3, "stored"), *chain("stored", "stored_out", "script")))


def _parameters(whole: Patch) -> dict[str, Any]:
    """Live's own list of them: id -> long name, short name, unused; and what Push shows."""
    parameters = {box.id: box.parameter for box in whole.boxes if box.parameter}
    named = {id: [parameter.name, parameter.short or parameter.name, 0] for id, parameter in parameters.items()}
    banks = {"parameterbanks": _banks(), "inherited_shortname": 1}
    return {**named, "obj-stored": ["Songs", "Songs", 0], **banks}


def _banks() -> dict[str, Any]:
    """The pages of Push; a dash is a dial without a parameter."""
    return {
        str(i): {"index": i, "name": name, "parameters": [*parameters, *["-"] * (PUSH_DIALS - len(parameters))]}
        for i, (name, parameters) in enumerate(BANKS.items())
    }


def _project() -> dict[str, Any]:
    return {
        "version": 1,
        "creationdate": MODIFIED,
        "modificationdate": MODIFIED,
        "viewrect": [0.0, 0.0, 300.0, 500.0],
        "autoorganize": 1,
        "hideprojectwindow": 1,
        "showdependencies": 1,
        "autolocalize": 0,
        "contents": {"patchers": {}},
        "layout": {},
        "searchpath": {},
        "detailsvisible": 0,
        "amxdtype": int.from_bytes(AUDIO_EFFECT.encode(), "big"),
        "readonly": 0,
        "devpathtype": 0,
        "devpath": ".",
        "sortmode": 0,
        "viewmode": 0,
        "includepackages": 0,
    }


def _text() -> str:
    return json.dumps(patcher(), indent="\t", ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1:])
