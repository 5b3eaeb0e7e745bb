"""What every export is made from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bridge.drum_map import DrumMap
from daemon.outlets.arrange import Arrangement
from daemon.outlets.naming import OutputKind
from daemon.pipeline.beats.meter import has_beats

_SOUND_ENDINGS = (".wav", ".flac", ".mp3")


@dataclass(frozen=True, slots=True)
class ExportSong:
    """A corrected song with its drum map.

    `source` is the file that was transcribed, None where nobody knows it. `files` are the names that the files of the
    song have, `sounds` where those of them that hold sound can be read now.
    """

    arrangement: Arrangement
    drum_map: DrumMap
    source: Path | None = None
    files: Mapping[OutputKind, Path] = field(default_factory=dict)
    sounds: Mapping[OutputKind, Path] = field(default_factory=dict)

    def with_files(self, files: Mapping[OutputKind, Path], waiting: Mapping[Path, Path]) -> "ExportSong":
        """The same with more files; `waiting` says where some of them are until they take their places."""
        known = {**self.files, **files}
        sounds = {kind: waiting.get(path, path) for kind, path in known.items() if kind.endswith(_SOUND_ENDINGS)}
        return replace(self, files=known, sounds=sounds)


def accept(_: Arrangement) -> str:
    """No objection."""
    return ""


def require_beat(arrangement: Arrangement) -> str:
    """Why a song without a beat cannot be written in bars, or ''."""
    if has_beats(arrangement.grid):
        return ""
    return f"{arrangement.name} has no beat, so it has no bars to write. Tell its tempo, then ask again."


@dataclass(frozen=True, slots=True)
class Export:
    """One row of the table.

    `ending` follows the song's name; `caption` and `media_type` describe the file to people and to programs. `write`
    gives its bytes, the same for the same song. `object` says in a sentence why this song has none, or ''.
    `packages` are the importable packages that it needs beyond the default install, and `extra` is the extra that
    has them.
    """

    name: str
    ending: str
    caption: str
    media_type: str
    write: Callable[[ExportSong], bytes]
    object: Callable[[Arrangement], str] = accept
    packages: tuple[str, ...] = ()
    extra: str = ""
