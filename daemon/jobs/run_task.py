"""The task runner: does one song, from a task to the files beside it, for the command line and for workers alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from daemon.backends.catalogue import published_checkpoints
from daemon.backends.separators import AUTO, DEFAULT
from daemon.errors import Rejected
from daemon.events import Download
from daemon.files import FileStamp, file_digest, hash_file
from daemon.jobs.job import Pass
from daemon.jobs.timings import ProgressEstimator, TimedStep, Timings
from daemon.jobs.worker import Task, TaskProgress, TaskResult
from daemon.outlets.delivery import Delivery, DeliverySettings, deliver
from daemon.outlets.naming import require_writable
from daemon.pipeline.audio.probe import probe
from daemon.pipeline.chain import SongFile, Transcription, draft, recall_source, transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.records import Part
from daemon.pipeline.stages import DRAFT, FETCH, SEPARATE, STAGES, WRITE
from daemon.pipeline.tools import Tools
from daemon.score.carry_over import number_as_draft


@dataclass(frozen=True, slots=True)
class FinishedTask:
    """What was worked out, the files that were written from it, and the seconds that it took."""

    transcription: Transcription
    delivery: Delivery
    seconds: float

    @property
    def remarks(self) -> tuple[str, ...]:
        """Those on what was heard, then those on what was written."""
        return tuple(dict.fromkeys((*self.transcription.remarks, *self.delivery.remarks)))

    @property
    def result(self) -> TaskResult:
        delivery = self.delivery
        midi, written = str(delivery.midi or ""), tuple(str(path) for path in delivery.midis)
        return TaskResult(str(delivery.manifest), midi, delivery.content.history.head, written, self.remarks)


@dataclass(frozen=True, slots=True)
class TaskRunner:
    """Runs tasks. `tools_by_memory_level`: each needs less memory than the one before."""

    tools_by_memory_level: tuple[Tools, ...]
    delivery_settings: DeliverySettings
    timings: Timings

    def task_of_file(self, path: Path, options: Options) -> Task:
        """The task for a file. What would come to nothing after minutes of work is refused: Rejected, OSError."""
        probe(path, self.tools_by_memory_level[0].limits)
        require_writable(self.delivery_settings.out or path.parent)
        digest, stamp = hash_file(path)
        return Task(Pass.FINAL, str(path), digest, options, stamp=stamp)

    def run(self, task: Task, report: Callable[[TaskProgress], None]) -> FinishedTask:
        """Raises Rejected, WorkFailed, OSError, or what `report` raises."""
        tools = self.tools_by_memory_level[min(task.memory_level, len(self.tools_by_memory_level) - 1)]
        began = tools.clock()
        song, duration = find_song(task, tools)
        planned = [*([TimedStep(DRAFT)] if task.has_draft else []), *steps(task.options)]
        progress = ProgressEstimator(planned, self.timings.estimate_steps(planned, duration), tools.clock)

        def report_stage(stage: str, fraction: float) -> None:
            download = _download_of(task.options, fraction) if stage == FETCH else None
            report(progress.update_download(download) if download else progress.update(stage, fraction))

        if task.which_pass is Pass.DRAFT:
            made = draft(song, task.options, tools, lambda _, fraction: report_stage(DRAFT, fraction))
            made = replace(made, drums=number_as_draft(made.drums))
            delivery = deliver(made, _draft_options(task.options), self.delivery_settings)
            self.timings.record(TimedStep(DRAFT), made.source.audio.duration, tools.clock() - began)
        else:
            made = transcribe(song, task.options, tools, report_stage)
            report_stage(WRITE, 0.0)
            delivery = deliver(made, task.options, self.delivery_settings)
            self._record_timings(task.options, made)
        return FinishedTask(made, delivery, tools.clock() - began)

    def _record_timings(self, options: Options, made: Transcription) -> None:
        """Stages from the cache teach nothing."""
        fresh = {stage.name: stage.seconds for stage in made.stages if not stage.cached}
        taken = {step: fresh[step.stage] for step in steps(options) if step.stage in fresh}
        self.timings.record_all(taken, made.source.audio.duration)


def _download_of(options: Options, fraction: float) -> Download:
    """The weights of the separator that is wanted, of which `fraction` is here."""
    name = DEFAULT if options.separator_name == AUTO else options.separator_name
    known = published_checkpoints().get(name)
    total = known.first_bytes if known else 0
    return Download(name, round(fraction * total), total)


def find_song(task: Task, tools: Tools) -> tuple[SongFile, float]:
    """The content that `task` names, and its seconds, 0 where nothing tells them.

    From the cache if it was decoded before, wherever its file is by now. Else from the file, as long as that still
    holds this content: raises Rejected (changed, or as `probe` does).
    """
    song = SongFile(Path(task.source), task.digest)
    decoded = recall_source(song, tools)
    if decoded is not None:
        return song, decoded.audio.duration
    header = probe(song.path, tools.limits)
    if FileStamp.of(song.path) != task.stamp and file_digest(song.path) != task.digest:
        raise Rejected("changed", f"{song.path.name} was changed after it was asked for. Ask for it again.")
    return replace(song, header=header), header.seconds or 0.0


def steps(options: Options) -> list[TimedStep]:
    """The stages that these options go through."""
    models = {SEPARATE: options.separator_name}
    return [TimedStep(step, models.get(stage, "")) for stage in STAGES for step in stage.steps(options)]


def _draft_options(options: Options) -> Options:
    """A draft is the MIDI of the drums and nothing else."""
    more = {
        "stems": None,
        "stem_names": (),
        "as_played": False,
        "export": (),
        "kit_stems": False,
        "backing": False,
        "plot": False,
        "harmony": False,
    }
    return options.model_copy(update={"parts": (Part.DRUMS,), **more})
