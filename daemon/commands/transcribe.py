"""`sidestick transcribe`: one song after the other, and a failed one does not stop the rest."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from daemon.commands import part_flags
from daemon.commands.console import Console, JsonConsole, PlainConsole
from daemon.commands.remedies import spell_flags
from daemon.errors import DiskFailed, Rejected, WorkFailed
from daemon.files import describe_os_error
from daemon.jobs.admission import merge_options
from daemon.jobs.run_task import TaskRunner
from daemon.model_list import missing_separator
from daemon.outlets.ownership import Ownership
from daemon.pipeline.audio.probe import AUDIO_SUFFIXES
from daemon.pipeline.options import Options

_FLAG_NAMES = {"grid.step": "grid", "note_recipe": "notes"}


def run(paths: Sequence[Path], typed: dict[str, Any], out: Path | None, as_json: bool) -> int:
    """Transcribe all of `paths`. 0 if every song worked, else 1. Raises Rejected for options that do not fit."""
    from daemon import allocator, config, factories

    settings = config.load().settings
    options = Options.read(merge_options(settings.options.model_dump(), _read_flags(typed)), flag_name)
    try:
        factories.check_options(options, settings)
    except Rejected as refused:
        raise Rejected(refused.code, spell_flags(refused.reason)) from None
    songs = list(expand(paths))
    if not songs:
        where = ", ".join(map(str, paths))
        raise Rejected("no_songs", f"There is no song in {where}. Name a file, or a folder with some.")
    console = JsonConsole(sys.stdout, sys.stderr) if as_json else PlainConsole(sys.stdout, sys.stderr)
    allocator.keep_freed_memory()
    with factories.open_tools(settings) as tools, closing(console):
        if missing := missing_separator(options, factories.checkpoints(settings), factories.timings(settings)):
            console.show_fetch(missing)
        runner = TaskRunner((tools,), factories.delivery_settings(settings, out), factories.timings(settings))
        return int(sum(_transcribe_song(song, options, runner, console) for song in songs) < len(songs))


def _read_flags(typed: dict[str, Any]) -> dict[str, Any]:
    """Options as every inlet has them, without those that nobody typed."""
    names = typed["stem_names"]
    read = {
        "parts": part_flags.parts(typed["parts"]),
        "stem_names": tuple(part.strip() for part in names.split(",")) if names else None,
        "notes": part_flags.settings(typed["notes"] or ()),
        "sensitivity": part_flags.sensitivity(typed["sensitivity"] or ()),
        "grid": _drop_empty(typed["grid"]),
    }
    return _drop_empty({**typed, **read})


def _drop_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None)}


def flag_name(name: str) -> str:
    """What an option is called on the command line: --grid for grid.step, --parts for parts.1, --set for notes."""
    if name.startswith("notes."):
        return f"--set {name.removeprefix('notes.').removesuffix('.[key]')}"
    if name.startswith("sensitivity."):
        return f"--{name.removesuffix('.[key]').replace('.', ' ')}"
    last = _FLAG_NAMES.get(name) or next(part for part in reversed(name.split(".")) if not part.isdecimal())
    return "--" + last.replace("_", "-")


def _transcribe_song(song: Path, options: Options, runner: TaskRunner, console: Console) -> bool:
    """Whether it worked. The reason, if not, goes to the console."""
    try:
        done = runner.run(runner.task_of_file(song, options), partial(console.show_progress, song))
    except (Rejected, WorkFailed) as error:
        console.show_failure(song, error)
        return False
    except OSError as error:
        reason = f"{error.filename or song} cannot be used: {describe_os_error(error)}."
        console.show_failure(song, DiskFailed(reason))
        return False
    console.show_result(song, done.transcription, done.delivery, done.seconds)
    return True


def expand(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as they are named; of folders the songs in them, in order, without what sidestick itself wrote."""
    for path in paths:
        if _is_folder(path):
            ownership = Ownership()
            yield from sorted(found for found in path.rglob("*") if _is_song(found.relative_to(path), found, ownership))
        else:
            yield path


def _is_folder(path: Path) -> bool:
    """False too where nobody can tell: then `probe` says why."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_song(name: Path, path: Path, ownership: Ownership) -> bool:
    hidden = any(part.startswith(".") for part in name.parts)
    return name.suffix.lower() in AUDIO_SUFFIXES and not hidden and path.is_file() and not ownership.is_ours(path)
