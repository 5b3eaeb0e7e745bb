"""Names in a drop folder that are nobody's song: temporary files, and what systems and programs leave about.

A name alone makes no sound file ours: what sidestick wrote, its manifests say (see daemon.outlets.ownership).
"""

import re
import unicodedata
from fnmatch import translate
from pathlib import PurePath

OPTIONS_FILE = "sidestick.toml"
NOTE_SUFFIX = ".error.txt"
MIDI_SUFFIX = ".mid"

_IGNORED_NAMES = (
    *("desktop.ini", "Thumbs.db", "ehthumbs.db", "Icon\r", "$RECYCLE.BIN", "System Volume Information"),
    *("lost+found", "@eaDir", "#recycle", "__MACOSX"),
    *("*.part", "*.partial", "*.crdownload", "*.download", "*.opdownload", "*.filepart", "*.aria2", "*.tmp"),
    *("*.temp", "*.syncthing.*", "~$*"),
    *("*.asd", "*.reapeaks", "*.pkf", "*.pek", "*.sfk", "*.ovw", "*.peak"),
    *("*.mid", "*.sidestick.json", "*.error.txt", "*.sidestick.svg"),
    OPTIONS_FILE,
)
_COMPANIONS = frozenset(
    (
        *(".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".heic", ".tif", ".tiff", ".svg", ".pdf"),
        *(".txt", ".md", ".rtf", ".nfo", ".log", ".html", ".json", ".xml", ".toml", ".ini", ".url", ".lnk", ".webloc"),
        *(".cue", ".m3u", ".m3u8", ".pls", ".lrc", ".sfv", ".md5", ".accurip"),
        *(".rpp", ".rpp-bak", ".als", ".alc", ".cpr", ".bak", ".ptx", ".flp", ".song", ".musicxml", ".db", ".zip"),
    )
)


def _name_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(_fold(name)) for name in names))


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


_IGNORED = _name_pattern(_IGNORED_NAMES)


def is_ignored(relative: PurePath) -> bool:
    """Whether a path below the drop folder is to be left alone. Hidden names are: `.Song.wav.Xy12` is half a copy."""
    return any(part.startswith(".") or _IGNORED.match(_fold(part)) for part in relative.parts)


def is_midi(path: PurePath) -> bool:
    """Whether it is a .mid by its name: no song, but perhaps one of ours that a DAW saved again."""
    return path.suffix.lower() == MIDI_SUFFIX


def is_companion(name: str) -> bool:
    """Whether it may well lie beside songs without being one: no remark is due when it turns out to be no sound."""
    return name.endswith("~") or PurePath(name).suffix.lower() in _COMPANIONS
