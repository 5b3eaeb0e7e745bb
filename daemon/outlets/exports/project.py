"""What a project of a DAW is made of: the song and its stems as sounds, its notes on a tempo map, regions, colours."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.notes import Clip, Marker
from bridge.timebase import Seconds
from daemon.outlets.exports.song import ExportSong
from daemon.outlets.naming import STEMS_FOLDER, OutputKind
from daemon.pipeline.pitched.harmony import NONE

Colour = tuple[int, int, int]

# Those of reaper_scripts/sidestick/lib/part_colours.lua.
COLOURS: dict[str, Colour] = {
    "drums": (214, 93, 66), "bass": (86, 130, 196), "vocals": (201, 164, 66), "guitar": (106, 158, 98),
    "piano": (150, 112, 184), "other": (128, 138, 148), "chords": (190, 122, 152), "song": (96, 104, 112),
}  # fmt: skip
_KIT = ("kick", "snare", "toms", "hihat", "cymbals")
_PADDED = ".bar1"


@dataclass(frozen=True, slots=True)
class ProjectSound:
    """A sound on a track of its own. `path` is how the project names it, `file` where it can be read.

    `skip` is the silence in seconds that the file has before the song. What is `muted` sounds in other tracks already.
    """

    name: str
    path: str
    file: Path
    colour: Colour
    skip: float = 0.0
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    start: Seconds
    end: Seconds
    name: str


def project_clip(song: ExportSong) -> Clip:
    """The notes with second 0 of the sound at tick 0, and bar lines on the song's bars."""
    arrangement = song.arrangement
    options = arrangement.options.model_copy(update={"start": "map"})
    return replace(arrangement, options=options).clip(song.drum_map)


def colour_of(name: str) -> Colour:
    """Of a part, a stem or a drum."""
    plain = name.casefold()
    return COLOURS.get(plain) or COLOURS["drums" if plain in _KIT else "other"]


def project_sounds(song: ExportSong) -> list[ProjectSound]:
    """The song itself, muted where its stems are there, and the stems. Only files that can be read now."""
    folder, stems = _folder(song), list(_stems(song))
    if song.source is None or not song.source.is_file():
        return stems
    name = song.arrangement.name
    own = ProjectSound(
        name, _name_from(song.source, folder), song.source, COLOURS["song"], muted=any(not s.muted for s in stems)
    )
    return [own, *stems]


def chord_regions(song: ExportSong) -> list[Region]:
    harmony = song.arrangement.harmony
    found = (chord for chord in (harmony.chords if harmony else ()) if chord.name != NONE)
    return [Region(chord.onset, Seconds(chord.onset + chord.duration), chord.name) for chord in found]


def project_markers(song: ExportSong, clip: Clip) -> list[Marker]:
    """Those of the clip without the chords, which are regions."""
    chords = {region.name for region in chord_regions(song)}
    return [marker for marker in clip.markers if marker.text not in chords]


def _stems(song: ExportSong) -> Iterator[ProjectSound]:
    """In the order of the files; the kit's own stems are muted where the whole drums are there too."""
    drums = any(_stem_name(kind) == "drums" for kind in song.sounds)
    for kind, file in song.sounds.items():
        name = _stem_name(kind)
        if name and file.is_file():
            path, padding = song.files[kind], song.arrangement.padding if _PADDED in kind else 0.0
            muted = drums and name in _KIT
            yield ProjectSound(name, _name_from(path, path.parent.parent), file, colour_of(name), padding, muted)


def _stem_name(kind: OutputKind) -> str:
    """'' for what is no stem: the backing track is in them."""
    folder, _, name = kind.partition("/")
    return name.rpartition(".")[0].removesuffix(_PADDED) if folder == STEMS_FOLDER else ""


def _folder(song: ExportSong) -> Path | None:
    """Where the project will lie."""
    return next((path.parent for kind, path in song.files.items() if "/" not in kind), None)


def _name_from(path: Path, folder: Path | None) -> str:
    """Seen from the project, with forward slashes; absolute where it lies elsewhere."""
    if folder is not None and path.drive == folder.drive:
        return Path(os.path.relpath(path, folder)).as_posix()
    return path.as_posix()
