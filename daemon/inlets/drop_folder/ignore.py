"""Names in a drop folder that are nobody's song: temporary files, what systems leave about, and our own results."""

import re
import unicodedata
from fnmatch import translate
from pathlib import PurePath

RECIPE = "sidestick.toml"
NOTE = ".error.txt"

_NAMES = (
    *("desktop.ini", "Thumbs.db", "ehthumbs.db", "Icon\r", "$RECYCLE.BIN", "System Volume Information"),
    *("lost+found", "@eaDir", "#recycle", "__MACOSX"),
    *("*.part", "*.partial", "*.crdownload", "*.download", "*.opdownload", "*.filepart", "*.aria2", "*.tmp"),
    *("*.temp", "*.syncthing.*", "~$*", "*~"),
    *("*.asd", "*.reapeaks", "*.pkf", "*.pek", "*.sfk", "*.ovw", "*.peak"),
    *("*.mid", "*.sidestick.json", "*.stems", "*.backing.*", "*.backing-*.*", "*.error.txt", "*.sidestick.svg"),
    RECIPE,
)
_COMPANIONS = frozenset(
    (
        *(".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".heic", ".tif", ".tiff", ".svg", ".pdf"),
        *(".txt", ".md", ".rtf", ".nfo", ".log", ".html", ".json", ".xml", ".toml", ".ini", ".url", ".lnk", ".webloc"),
        *(".cue", ".m3u", ".m3u8", ".pls", ".lrc", ".sfv", ".md5", ".accurip"),
        *(".rpp", ".rpp-bak", ".als", ".alc", ".cpr", ".bak", ".ptx", ".flp", ".song", ".musicxml", ".db", ".zip"),
    )
)


def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(_folded(name)) for name in names))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


_JUNK = _pattern(_NAMES)


def ignored(relative: PurePath) -> bool:
    """Whether a path below the drop folder is to be left alone. Hidden names are: `.Song.wav.Xy12` is half a copy."""
    return any(part.startswith(".") or _JUNK.match(_folded(part)) for part in relative.parts)


def companion(name: str) -> bool:
    """Whether it may well lie beside songs without being one: no remark is due when it turns out to be no sound."""
    return PurePath(name).suffix.lower() in _COMPANIONS
