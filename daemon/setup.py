"""The first set-up: the drop folder, the DAW, and the start at log-on. config.toml keeps its comments."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import tomlkit
from tomlkit.exceptions import TOMLKitError

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


def _table(document: tomlkit.TOMLDocument, name: str) -> Any:
    if name not in document:
        document[name] = tomlkit.table()
    return document[name]


def _rewrite(file: Path, changes: list[Change]) -> None:
    """The file with the changes made and everything else, comments too, as it was."""
    try:
        before = file.read_text("utf-8") if file.exists() else ""
        document = tomlkit.parse(before)
        for change in changes:
            change(document)
        text = tomlkit.dumps(document)
        tomllib.loads(text)
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
