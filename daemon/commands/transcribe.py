"""`sidestick transcribe`: one song after the other, and a failed one does not stop the rest."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.commands.console import Console, JsonConsole, PlainConsole
from daemon.commands.remedies import spell_flags
from daemon.errors import Rejected, StageFailed
from daemon.files import describe_os_error
from daemon.jobs.admission import merge_options
from daemon.jobs.run_task import steps
from daemon.jobs.timings import ProgressEstimator, Timings
from daemon.outlets.delivery import DeliverySettings, deliver
from daemon.outlets.naming import require_writable
from daemon.outlets.ownership import Ownership
from daemon.pipeline.audio.probe import probe
from daemon.pipeline.chain import Transcription, transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.tools import Tools

AUDIO_SUFFIXES = frozenset(
    ".aac .aif .aifc .aiff .caf .flac .m4a .m4v .mov .mp3 .mp4 .oga .ogg .opus .rf64 .w64 .wav .wave .webm".split()  # noqa: SIM905
)
_FLAG_NAMES = {"grid.step": "grid", "numerator": "beats-per-bar", "note_recipe": "notes"}


def run(paths: Sequence[Path], typed: dict[str, Any], out: Path | None, as_json: bool) -> int:
    """Transcribe all of `paths`. 0 if every song worked, else 1. Raises Rejected for options that do not fit."""
    from daemon import app, config

    settings = config.load().settings
    options = Options.read(merge_options(settings.options.model_dump(), typed), flag_name)
    try:
        app.check_options(options, settings)
    except Rejected as refused:
        raise Rejected(refused.code, spell_flags(refused.reason)) from None
    songs = list(expand(paths))
    if not songs:
        where = ", ".join(map(str, paths))
        raise Rejected("no_songs", f"There is no song in {where}. Name a file, or a folder with some.")
    console = JsonConsole(sys.stdout) if as_json else PlainConsole(sys.stdout, sys.stderr)
    with app.open_tools(settings) as tools, closing(console):
        job = _CommandRun(options, app.delivery_settings(settings, out), tools, app.timings(settings), console)
        return int(sum(job.run(song) for song in songs) < len(songs))


def flag_name(name: str) -> str:
    """What an option is called on the command line: --grid for grid.step, --parts for parts.1, --set for notes."""
    if name.startswith("notes."):
        return f"--set {name.removeprefix('notes.').removesuffix('.[key]')}"
    if name.startswith("sensitivity."):
        return f"--{name.removesuffix('.[key]').replace('.', ' ')}"
    last = _FLAG_NAMES.get(name) or next(part for part in reversed(name.split(".")) if not part.isdecimal())
    return "--" + last.replace("_", "-")


@dataclass(frozen=True, slots=True)
class _CommandRun:
    """What all songs of one call share."""

    options: Options
    delivery_settings: DeliverySettings
    tools: Tools
    timings: Timings
    console: Console

    def run(self, song: Path) -> bool:
        """Whether it worked. The reason, if not, goes to the console."""
        progress = _SongProgress(song, self)
        try:
            self._check(song)
            result = transcribe(song, self.options, self.tools, progress.report)
            progress.report("write", 0.0)
            delivery = deliver(result, self.options, self.delivery_settings)
        except (Rejected, StageFailed) as error:
            self.console.show_failure(song, error)
            return False
        except OSError as error:
            self.console.show_failure(
                song, StageFailed("files", f"{error.filename or song} cannot be used: {describe_os_error(error)}.")
            )
            return False
        progress.record_timings(result)
        self.console.show_result(song, result, delivery, progress.elapsed_seconds())
        return True

    def _check(self, song: Path) -> None:
        """What would come to nothing after minutes of work is refused before it."""
        probe(song, self.tools.limits)
        require_writable(self.delivery_settings.out or song.parent)


class _SongProgress:
    """Turns the stages of one song into one line that knows how long it will still take."""

    def __init__(self, song: Path, job: _CommandRun) -> None:
        self._song, self._job = song, job
        self._clock = job.tools.clock
        self._began = self._clock()
        self._steps = steps(job.options)
        expected = job.timings.estimate_steps(self._steps, _audio_seconds(song, job.tools))
        self._overall = ProgressEstimator(self._steps, expected, self._clock)

    def report(self, stage: str, fraction: float) -> None:
        self._job.console.show_progress(self._song, stage, self._overall.update(stage, fraction))

    def elapsed_seconds(self) -> float:
        return self._clock() - self._began

    def record_timings(self, result: Transcription) -> None:
        """Stages from the cache teach nothing."""
        fresh = {stage.name: stage.seconds for stage in result.stages if not stage.cached}
        for step in self._steps:
            if step.stage in fresh:
                self._job.timings.record(step, result.source.audio.duration, fresh[step.stage])


def _audio_seconds(song: Path, tools: Tools) -> float:
    """The length that the header tells; 0 where there is none, which `transcribe` will say."""
    try:
        return probe(song, tools.limits).seconds or 0.0
    except Rejected:
        return 0.0


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
