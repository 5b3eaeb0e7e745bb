"""The work of a worker: from a task to the files beside the song. Lives in the worker process, with its models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import Rejected
from daemon.jobs.job import Pass
from daemon.jobs.timings import ProgressEstimator, TimedStep, Timings
from daemon.jobs.worker import Task, TaskProgress, TaskResult
from daemon.outlets.delivery import Delivery, DeliverySettings, deliver
from daemon.pipeline.audio.probe import probe
from daemon.pipeline.chain import Transcription, draft, transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.records import Part
from daemon.pipeline.tools import Tools

DRAFT = "draft"
WRITE = "write"


@dataclass(frozen=True, slots=True)
class TaskRunner:
    """Runs tasks. `tools_by_memory_level`: each needs less memory than the one before."""

    tools_by_memory_level: tuple[Tools, ...]
    delivery_settings: DeliverySettings
    timings: Timings

    def __call__(self, task: Task, report: Callable[[TaskProgress], None]) -> TaskResult:
        """Raises Rejected, StageFailed, or what `report` raises."""
        tools = self.tools_by_memory_level[min(task.memory_level, len(self.tools_by_memory_level) - 1)]
        progress = JobProgress(task, tools, self.timings, report)
        if task.which_pass is Pass.DRAFT:
            result = draft(Path(task.source), task.options, tools, lambda _, fraction: progress.report(DRAFT, fraction))
            delivery = deliver(result, _draft_options(task.options), self.delivery_settings)
            progress.record_draft_timing(result)
            return _task_result(delivery)
        result = transcribe(Path(task.source), task.options, tools, progress.report)
        progress.report(WRITE, 0.0)
        delivery = deliver(result, task.options, self.delivery_settings)
        progress.record_timings(result)
        return _task_result(delivery)


class JobProgress:
    """Turns the stages of one task into the progress of its whole job."""

    def __init__(self, task: Task, tools: Tools, timings: Timings, report: Callable[[TaskProgress], None]) -> None:
        self._steps = _job_steps(task)
        self._timings = timings
        self._report_progress = report
        self._clock, self._began = tools.clock, tools.clock()
        expected = timings.estimate_steps(self._steps, _audio_seconds(task, tools))
        self._overall = ProgressEstimator(self._steps, expected, tools.clock)

    def report(self, stage: str, fraction: float) -> None:
        now = self._overall.update(stage, fraction)
        self._report_progress(TaskProgress(stage, now.fraction, now.eta))

    def record_draft_timing(self, result: Transcription) -> None:
        self._timings.record(TimedStep(DRAFT), result.source.audio.duration, self._clock() - self._began)

    def record_timings(self, result: Transcription) -> None:
        """Stages from the cache teach nothing."""
        fresh = {stage.name: stage.seconds for stage in result.stages if not stage.cached}
        for step in self._steps:
            if step.stage in fresh:
                self._timings.record(step, result.source.audio.duration, fresh[step.stage])


def _job_steps(task: Task) -> Sequence[TimedStep]:
    options = task.options
    return [*([TimedStep(DRAFT)] if task.has_draft else []), *steps(options)]


def steps(options: Options) -> list[TimedStep]:
    """The stages that these options go through."""
    separate = [TimedStep("separate", options.separator_name)] if options.input == "mix" else []
    kit = ["kit", "hits"] if Part.DRUMS in options.parts else []
    after = [*kit, "beats", *options.pitched_parts, *(["harmony"] if options.wants_harmony else [])]
    return [TimedStep("decode"), *separate, *map(TimedStep, ("listen", *after))]


def _audio_seconds(task: Task, tools: Tools) -> float:
    """The length that the header tells; 0 where there is none, which the pipeline will say."""
    try:
        return probe(Path(task.source), tools.limits).seconds or 0.0
    except Rejected:
        return 0.0


def _draft_options(options: Options) -> Options:
    """A draft is the MIDI of the drums and nothing else."""
    more = {"stems": None, "kit_stems": False, "backing": False, "plot": False, "harmony": False}
    return options.model_copy(update={"parts": (Part.DRUMS,), **more})


def _task_result(delivery: Delivery) -> TaskResult:
    midi = [str(path) for path in delivery.midis]
    head = delivery.content.history.head
    return TaskResult(str(delivery.manifest), str(delivery.midi), head, tuple(midi), delivery.remarks)
