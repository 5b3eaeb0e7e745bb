"""Routes: the settings that the page shows, and their changes, which go into config.toml with its comments kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from fastapi import APIRouter

from bridge.drum_map import map_names
from daemon.config import Config, Settings, load
from daemon.errors import ConfigError, Rejected
from daemon.inlets.http import schemas
from daemon.inlets.http.context import Context, HttpContext, SetupAccess
from daemon.inlets.http.errors import document_errors
from daemon.inlets.http.setup import require_access
from daemon.setup import DROP, change_settings

AT_ONCE = ("options.drum_map", "options.separator")


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting as it is shown: its place, its words, and what kind of value it takes."""

    name: str
    group: str
    title: str
    kind: schemas.SettingKind
    help: str = ""


ROWS = (
    SettingRow(DROP, "Drop folders", "Folders that are watched", "folders", "Songs dropped there become MIDI."),
    SettingRow("folders.models", "Folders", "Networks", "folder", "Some are large; another disk will do."),
    SettingRow("folders.cache", "Folders", "Cache", "folder", "What was worked out, so that a change takes a moment."),
    SettingRow("folders.uploads", "Folders", "Uploads", "folder", "Songs that came by the page, and their MIDI."),
    SettingRow("options.drum_map", "MIDI", "Drum map", "choice", "For songs from now on; each song can have another."),
    SettingRow("daemon.midi_port", "MIDI", "MIDI port", "text", "The name under which DAWs see sidestick."),
    SettingRow("daemon.learn", "MIDI", "A pad names the sounds that were just played", "switch"),
    SettingRow(
        "personal_ear",
        "Work",
        "Corrections teach the ear",
        "switch",
        "For the next songs on that kit; on this machine.",
    ),
    SettingRow("options.separator", "Work", "Songs are taken apart by", "choice"),
    SettingRow("daemon.draft", "Work", "A first draft within seconds", "switch"),
    SettingRow("daemon.workers", "Work", "Songs at a time", "number", "Each takes its own memory."),
    SettingRow("device", "Work", "Networks run on", "choice"),
    SettingRow("offline", "Work", "Never fetch networks", "switch"),
    SettingRow("cache.max_days", "Keep", "The cache, for days after its last use", "number"),
    SettingRow("cache.max_gigabytes", "Keep", "The cache, up to gigabytes", "number"),
    SettingRow("retention.jobs_days", "Keep", "The list of songs, for days", "number", "0 keeps them for good."),
    SettingRow("retention.uploads_days", "Keep", "Uploads, for days", "number", "0 keeps them for good."),
    SettingRow("limits.max_minutes", "Keep", "Songs of up to minutes", "number"),
)

router = APIRouter(prefix="/api/settings", tags=["sidestick"])


@router.get("", summary="The settings", responses=document_errors(403))
def show(context: Context) -> schemas.SettingsView:
    """Those that the page shows. Only from this machine."""
    access = require_access(context)
    return _view(load(access.environ), context)


@router.put("", summary="Change settings", responses=document_errors(400))
def change(asked: schemas.SettingsChange, context: Context) -> schemas.SettingsView:
    """By their dotted names; null is the default. What is wrong is told, and then nothing is changed."""
    access = require_access(context)
    known = {row.name for row in ROWS}
    if strange := next((name for name in asked.changes if name not in known), None):
        raise Rejected("bad_option", f"There is no setting {strange!r} here. There is {', '.join(sorted(known))}.")
    _check_names(asked.changes, context)
    before = load(access.environ)
    try:
        after = change_settings(before, asked.changes, access.environ)
    except ConfigError as error:
        raise Rejected("bad_option", " ".join(map(_name_as_shown, error.problems))) from None
    _take_up(before, after, context, access)
    return _view(after, context)


def _name_as_shown(problem: str) -> str:
    """A setting by its words on the page, without the file it stands in."""
    for row in ROWS:
        problem = re.sub(rf"^{re.escape(row.name)}(\.\d+)* \([^)]*\)", f"“{row.title}”", problem)
    return problem


def _check_names(changes: dict[str, Any], context: HttpContext) -> None:
    """The options hold any name; here only those that exist are taken."""
    for name in AT_ONCE:
        value, choices = changes.get(name), _choices(name, context)
        if value is not None and value not in choices:
            raise Rejected("bad_option", f"{name} cannot be {value!r}. It is one of {', '.join(choices)}.")


def _take_up(before: Config, after: Config, context: HttpContext, access: SetupAccess) -> None:
    """What holds without a restart: the defaults of songs, and folders that are new."""
    fresh = after.settings.options
    chosen = {"drum_map": fresh.drum_map, "separator": fresh.separator}
    context.core.set_defaults(context.core.defaults.model_copy(update=chosen))
    watched = {each.path for each in before.settings.daemon.drop}
    for each in after.settings.daemon.drop:
        if each.path not in watched:
            access.watch(each.path)


def _view(found: Config, context: HttpContext) -> schemas.SettingsView:
    rows = list(_views(found, context))
    return schemas.SettingsView(file=str(found.file), settings=rows, restart=any(row.pending for row in rows))


def _views(found: Config, context: HttpContext) -> Iterator[schemas.SettingView]:
    default = Settings()
    for row in ROWS:
        origin = found.origins.get(row.name, "default")
        value = _value(found.settings, row.name)
        yield schemas.SettingView(
            name=row.name,
            group=row.group,
            title=row.title,
            kind=row.kind,
            help=row.help,
            value=value,
            default=_value(default, row.name),
            choices=_choices(row.name, context),
            locked="" if origin in ("default", str(found.file)) else origin,
            pending=_is_pending(row.name, value, _value(context.settings, row.name)),
        )


def _is_pending(name: str, value: Any, running: Any) -> bool:
    """It is in the file and does not hold yet. A folder more is watched at once, one less after a restart."""
    if name == DROP:
        return bool(set(running) - set(value))
    return name not in AT_ONCE and value != running


def _value(settings: Settings, name: str) -> Any:
    if name == DROP:
        return [str(each.path) for each in settings.daemon.drop]
    value: Any = settings
    for part in name.split("."):
        value = getattr(value, part)
    return str(value) if isinstance(value, Path) else value


def _choices(name: str, context: HttpContext) -> list[str]:
    if name == "options.drum_map":
        return list(dict.fromkeys((*map_names(), *context.core.drum_maps)))
    if name == "options.separator":
        return list(context.separators)
    return list(get_args(Settings.model_fields["device"].annotation)) if name == "device" else []
