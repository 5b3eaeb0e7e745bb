"""Every export, one row each: a new one is a module and a row here, and all inlets offer it."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from bridge.drum_labels import UnknownNameError, find, plain_name
from daemon.errors import Rejected
from daemon.extras import install_command
from daemon.outlets.exports.song import Export, require_beat
from daemon.outlets.naming import OutputKind, export_kind


def _late(module: str, function: str) -> Callable[..., Any]:
    """A function of a module here that is loaded when an export is made: most songs are written without any."""
    return lambda *given, **named: getattr(import_module(f"{__package__}.{module}"), function)(*given, **named)


DRUMMERS = {
    "drummer": "a drummer for a song without drums",
    "drummer_2": "another drummer for it",
    "drummer_3": "a third drummer for it",
}

EXPORTS = {
    export.name: export
    for export in (
        Export("csv", "hits.csv", "every hit and note, as a table", "text/csv", _late("hit_tables", "to_csv")),
        Export(
            "json", "hits.json", "every hit and note, for programs", "application/json", _late("hit_tables", "to_json")
        ),
        Export("tracks", "tracks.mid", "MIDI with a track for each drum", "audio/midi", _late("tracks", "to_bytes")),
        Export(
            "drum_files", "drums.zip", "a MIDI file for each drum", "application/zip", _late("drum_files", "to_bytes")
        ),
        Export(
            "musicxml",
            "musicxml",
            "a score",
            "application/vnd.recordare.musicxml+xml",
            _late("musicxml", "to_bytes"),
            require_beat,
        ),
        Export(
            "score_svg",
            "score.svg",
            "the score as a picture",
            "image/svg+xml",
            _late("engraving", "to_svg"),
            require_beat,
            ("verovio",),
            "score",
        ),
        Export(
            "score_pdf",
            "score.pdf",
            "the score to print",
            "application/pdf",
            _late("engraving", "to_pdf"),
            _late("engraving", "object_to_pdf"),
            ("verovio", "cairocffi"),
            "score",
        ),
        Export(
            "tab",
            "tab.txt",
            "strings and frets",
            "text/plain; charset=utf-8",
            _late("tab", "to_bytes"),
            _late("tab", "object_to_tab"),
        ),
        Export(
            "guitar_pro",
            "gp5",
            "Guitar Pro 5",
            "application/octet-stream",
            _late("guitar_pro", "to_bytes"),
            require_beat,
            ("guitarpro",),
            "score",
        ),
        Export(
            "dawproject",
            "dawproject",
            "a project for Bitwig, Studio One, Cubase",
            "application/zip",
            _late("dawproject", "to_bytes"),
        ),
        Export("reaper", "rpp", "a REAPER project", "application/octet-stream", _late("reaper_project", "to_bytes")),
        Export(
            "rekordbox",
            "rekordbox.xml",
            "cues and beats for DJs",
            "text/xml",
            _late("rekordbox", "to_bytes"),
            require_beat,
        ),
        Export(
            "clone_hero",
            "clonehero.zip",
            "a song for Clone Hero and YARG",
            "application/zip",
            _late("clone_hero", "to_bytes"),
            require_beat,
        ),
        *(
            Export(
                name,
                f"{name}.mid",
                caption,
                "audio/midi",
                partial(_late("drummer", "to_bytes"), choice=i),
                _late("drummer", "objection"),
            )
            for i, (name, caption) in enumerate(DRUMMERS.items())
        ),
    )
}


def export_of(name: str) -> Export:
    """The export of that name. Raises Rejected: bad_option, with the nearest name; no_package."""
    try:
        found = EXPORTS[find("export", name, {plain_name(each): each for each in EXPORTS})]
    except UnknownNameError as error:
        raise Rejected("bad_option", str(error)) from None
    if missing := [package for package in found.packages if find_spec(package) is None]:
        needs = f"The export {found.name} needs {' and '.join(missing)}."
        raise Rejected("no_package", f"{needs} Add it with: {install_command([found.extra])}")
    return found


def exports_of(names: Iterable[str]) -> list[Export]:
    return [export_of(name) for name in dict.fromkeys(names)]


def export_kinds(names: Iterable[str], padded: bool) -> Iterator[tuple[OutputKind, Export]]:
    """Each of them with what follows the song's name; `padded` says that files start with a bar, before the song."""
    for export in exports_of(names):
        yield export_kind(export.ending, padded), export
