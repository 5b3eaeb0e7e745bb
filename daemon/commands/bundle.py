"""`sidestick doctor --bundle`: a ZIP to send with a question. No sound, no names of songs or people, no home path."""

import getpass
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path, PurePath

from daemon.config import Config
from daemon.errors import DiskFailed
from daemon.files import describe_os_error
from daemon.logs import tail

FILE = "sidestick-report.zip"

_LINES = 2000  # of the log
_SUFFIXES = (
    r"aac|aif|aifc|aiff|caf|flac|m4a|m4v|mov|mp3|mp4|oga|ogg|opus|rf64|w64|wav|wave|webm|mid|midi|zip|svg|asd|part|"
    r"error\.txt|sidestick\.json"
)
_NAME = rf".+?\.(?:{_SUFFIXES})\b"
_STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+  \w+ +\S.*? \w+:\d+)?  (?:! )?"
_FIRST_NAME = re.compile(rf"^({_STAMP})({_NAME})", re.IGNORECASE)
_ANY_NAME = re.compile(rf"\S*?\.(?:{_SUFFIXES})\b", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://(?!127\.0\.0\.1|\[::1\]|localhost)[^\s)]+")
# Up to what can end a path in a sentence; OSC addresses are none.
_PATH = re.compile(r"(?<![\w.:/~])(?:~[/\\]|/(?!sidestick/)|[A-Za-z]:\\)[^:;,'\"()\n]*")


def write_bundle(target: Path, report: str, found: Config) -> Path:
    """The ZIP at `target`, with what `sidestick doctor` says. Raises DiskFailed."""
    log = scrub_log(tail(found.settings.folders.state, _LINES))
    texts = {
        "doctor.txt": scrub(report),
        "settings.txt": "\n".join(_settings(found)) + "\n",
        "packages.txt": "\n".join(_packages()) + "\n",
        "log.txt": "\n".join(log) + "\n",
    }
    with suppress(OSError):
        texts["timings.json"] = (found.settings.folders.state / "timings.json").read_text("utf-8")
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in texts.items():
                packed.writestr(name, text)
    except OSError as error:
        raise DiskFailed(f"{target} cannot be written: {describe_os_error(error)}.") from None
    return target


def scrub(text: str, home: Path | None = None, user: str = "") -> str:
    """`text` without the home folder's path and the user's name."""
    place, name = str(home or Path.home()), user or _user()
    shown = text.replace(place, "~") if len(place) > 1 else text
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "USER", shown) if len(name) > 1 else shown


def scrub_log(lines: Iterable[str]) -> list[str]:
    """Log lines without the names of songs, the paths and the addresses that stand in them."""
    given = list(lines)
    titles = sorted({title for line in given for title in _titles(line)}, key=len, reverse=True)
    return [_scrub_line(line, titles) for line in given]


def _titles(line: str) -> Iterator[str]:
    """The song that a line is about: a line begins with its file's name."""
    found = _FIRST_NAME.match(line)
    if found:
        name = PurePath(found[2]).name
        yield name
        yield name.partition(".")[0] if len(name.partition(".")[0]) > 2 else name


def _scrub_line(line: str, titles: Sequence[str]) -> str:
    shown = _ADDRESS.sub("(address)", line)
    shown = _PATH.sub("(path)", shown)
    for title in titles:
        shown = shown.replace(title, "(song)")
    stamp = re.match(_STAMP, shown)
    begin = stamp.end() if stamp else 0
    return scrub(shown[:begin] + _ANY_NAME.sub("(file)", shown[begin:]))


def _settings(found: Config) -> Iterator[str]:
    """Every setting that is not as it comes, paths outside the home folder left out."""
    for row in found.values():
        if row.origin != "default":
            text = _PATH.sub(_keep_home, scrub(json.dumps(row.value, ensure_ascii=False)))
            yield f"{scrub(row.name)} = {text}"


def _keep_home(found: re.Match[str]) -> str:
    return "~/(path)" if found[0].startswith("~") else "(path)"


def _packages() -> Iterator[str]:
    for need in requires("sidestick") or []:
        name = re.split(r"[^\w.-]", need, maxsplit=1)[0]
        with suppress(PackageNotFoundError):
            yield f"{name} {version(name)}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
