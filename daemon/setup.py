"""The first set-up: the drop folder, the DAW, and the start at log-on. config.toml keeps its comments."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import platformdirs
import tomlkit
from tomlkit.exceptions import TOMLKitError

from bridge.files import expand_home
from daemon.config import DAW_NAMES, Config, load
from daemon.errors import ConfigError, DiskFailed, Rejected
from daemon.files import describe_os_error, write_atomically
from daemon.service import Service


@dataclass(frozen=True, slots=True)
class Daw:
    """A DAW: its name in the settings and for people, the drum map that suits it, and what to do there next."""

    name: str
    title: str
    drum_map: str
    next_step: str


_DRAG = "Nothing needs installing there: drag the .mid and the song to bar 1 (docs/your-daw.md)."
DAWS = (
    Daw("reaper", "REAPER", "gm", "Put sidestick's actions into REAPER: three steps in reaper_scripts/README.md."),
    Daw("live", "Ableton Live", "ableton", "Drag max_for_live/sidestick.amxd into Live's User Library."),
    Daw("logic", "Logic Pro", "logic", _DRAG),
    Daw("cubase", "Cubase", "gm", _DRAG),
    Daw("studio_one", "Studio One", "gm", _DRAG),
    Daw("fl_studio", "FL Studio", "gm", _DRAG),
    Daw("bitwig", "Bitwig Studio", "gm", _DRAG),
    Daw("pro_tools", "Pro Tools", "gm", _DRAG),
    Daw("ardour", "Ardour", "gm", _DRAG),
    Daw("other", "Another, or none", "gm", _DRAG),
)
assert tuple(daw.name for daw in DAWS) == DAW_NAMES


DROP = "daemon.drop"


@dataclass(frozen=True, slots=True)
class SetupAnswers:
    """What somebody chose; None leaves it as it is. `at_log_on` False takes the service away."""

    drop: Path | None = None
    daw: str | None = None
    at_log_on: bool | None = None


@dataclass(frozen=True, slots=True)
class SetupState:
    """What is set now. `daw` is '' until somebody has said it."""

    drop: tuple[Path, ...]
    daw: str
    at_log_on: bool
    file: Path

    @property
    def is_new(self) -> bool:
        return not self.drop and not self.daw


def daw_of(name: str) -> Daw:
    """The DAW of this name or title. Raises Rejected."""
    plain = name.strip().casefold()
    found = next((daw for daw in DAWS if plain in (daw.name, daw.title.casefold())), None)
    if found is None:
        raise Rejected("bad_option", f"There is no DAW {name!r} here. Known are {', '.join(DAW_NAMES)}.")
    return found


def default_drop() -> Path:
    return platformdirs.user_music_path() / "sidestick drop"


def state_of(found: Config, service: Service) -> SetupState:
    given = found.settings
    return SetupState(tuple(each.path for each in given.daemon.drop), given.daw, service.file.exists(), found.file)


def apply_answers(answers: SetupAnswers, found: Config, service: Service, environ: Mapping[str, str]) -> Config:
    """The settings with the answers in them. Raises Rejected, DiskFailed or ConfigError, and then nothing is written.

    The service comes last: what it says when it cannot be set up leaves the rest in place.
    """
    changes = _changes(answers, found)
    if answers.drop is not None:
        _make_folder(answers.drop)
    if changes:
        _rewrite(found.file, changes)
    if answers.at_log_on and not service.file.exists():
        service.install()
    elif answers.at_log_on is False and service.file.exists():
        service.uninstall()
    return load(environ)


def change_settings(found: Config, changes: Mapping[str, Any], environ: Mapping[str, str]) -> Config:
    """The settings with `changes` by their dotted names in the file; None puts one back to its default.

    `daemon.drop` is a list of paths, whose folders are made. Raises ConfigError with every mistake, Rejected or
    DiskFailed, and then nothing is written.
    """
    for name in changes:
        origin = found.origins.get(name, str(found.file))
        if origin != str(found.file):
            raise Rejected("bad_option", f"{name} is set by {origin} in the environment, which wins. Change it there.")
    plain = [partial(_set_value, name=name.split("."), value=value) for name, value in changes.items() if name != DROP]
    named = changes.get(DROP) or []
    if not (isinstance(named, list) and all(isinstance(path, str) for path in named)):
        raise Rejected("bad_option", f"{DROP} is a list of folders.")
    folders = [Path(expand_home(path)) for path in named]
    for folder in folders:
        _require_absolute(folder)
        _make_folder(folder)
    drops = [partial(_set_drop_folders, folders=folders)] if DROP in changes else []
    _rewrite(found.file, [*plain, *drops], environ)
    return load(environ)


def save_drum_map(found: Config, name: str, notes: Mapping[str, int]) -> None:
    """A drum map of the user's own, in place of one of that name. Raises ConfigError or DiskFailed."""

    def change(document: tomlkit.TOMLDocument) -> None:
        maps = _table(document, "drum_maps")
        maps[name] = dict(notes)

    _rewrite(found.file, [change])


Change = Callable[[tomlkit.TOMLDocument], None]


def _changes(answers: SetupAnswers, found: Config) -> list[Change]:
    changes: list[Change] = []
    given = found.settings
    if answers.drop is not None:
        _require_absolute(answers.drop)
        if answers.drop not in [each.path for each in given.daemon.drop]:
            changes.append(lambda document: _add_drop_folder(document, str(answers.drop)))
    if answers.daw is not None:
        daw = daw_of(answers.daw)
        changes.append(lambda document: _set_daw(document, daw))
    return changes


def _set_value(document: tomlkit.TOMLDocument, name: Sequence[str], value: Any) -> None:
    *sections, last = name
    place: Any = document
    for section in sections:
        place = _table(place, section)
    if value is None:
        place.pop(last, None)
    elif sections or last in place:
        place[last] = value
    else:
        document.add(last, tomlkit.item(value))


def _set_drop_folders(document: tomlkit.TOMLDocument, folders: Sequence[Path]) -> None:
    """What is known of a folder that stays, such as `poll`, stays too."""
    daemon = _table(document, "daemon")
    known = {str(expand_home(row["path"])): row for row in daemon.get("drop", ()) if isinstance(row.get("path"), str)}
    rows = tomlkit.aot()
    for folder in dict.fromkeys(map(str, folders)):
        row = tomlkit.table()
        row.update(known.get(folder, {"path": folder}))
        rows.append(row)
    daemon.pop("drop", None)
    if rows:
        daemon["drop"] = rows


def _set_daw(document: tomlkit.TOMLDocument, daw: Daw) -> None:
    if "daw" not in document:  # a plain value at the top stands before the first table
        document.add("daw", tomlkit.item(daw.name))
    else:
        document["daw"] = daw.name
    _table(document, "options")["drum_map"] = daw.drum_map


def _add_drop_folder(document: tomlkit.TOMLDocument, path: str) -> None:
    daemon = _table(document, "daemon")
    row = tomlkit.table()
    row["path"] = path
    folders = daemon.get("drop")
    if folders is None:
        folders = daemon["drop"] = tomlkit.aot()
    folders.append(row if isinstance(folders, tomlkit.items.AoT) else {"path": path})


def _table(document: Any, name: str) -> Any:
    if name not in document:
        document[name] = tomlkit.table()
    return document[name]


def _rewrite(file: Path, changes: Sequence[Change], environ: Mapping[str, str] | None = None) -> None:
    """The file with the changes made and everything else, comments too, as it was.

    With `environ` only if what comes out can be used.
    """
    try:
        before = file.read_text("utf-8") if file.exists() else ""
        document = tomlkit.parse(before)
        for change in changes:
            change(document)
        text = tomlkit.dumps(document)
        tomllib.loads(text)
        if environ is not None:
            load(environ, text)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, text.encode())
    except (TOMLKitError, ValueError) as error:
        raise ConfigError([f"{file} cannot be changed: {error}. Write the setting yourself."]) from None
    except OSError as error:
        raise DiskFailed(f"{file} cannot be written: {describe_os_error(error)}.") from None


def _require_absolute(folder: Path) -> None:
    if not folder.is_absolute():
        raise Rejected("relative_path", f"{str(folder)!r} is not an absolute path. Begin with ~ or a drive.")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskFailed(f"{folder} cannot be made: {describe_os_error(error)}. Choose another folder.") from None
