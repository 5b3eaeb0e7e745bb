"""The work of a worker: from a task to the files beside the song. Lives in the worker process, with its models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import Rejected
from daemon.jobs.job import Pass
from daemon.jobs.timings import Progress, Step, Timings
from daemon.jobs.worker import Finished, Task, Told
from daemon.outlets.delivery import Delivery, Desk, deliver
from daemon.pipeline.audio.probe import probe
from daemon.pipeline.chain import Transcription, draft, transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.records import Part
from daemon.pipeline.tools import Studio

DRAFT = "draft"
WRITE = "write"


@dataclass(frozen=True, slots=True)
class Shift:
    """Calling it does a task. Of the `studios` each needs less memory than the one before."""

    studios: tuple[Studio, ...]
    desk: Desk
    timings: Timings

    def __call__(self, task: Task, tell: Callable[[Told], None]) -> Finished:
        """Raises Rejected, StageFailed, or what `tell` raises."""
        studio = self.studios[min(task.frugal, len(self.studios) - 1)]
        pace = Pace(task, studio, self.timings, tell)
        if task.which is Pass.DRAFT:
            result = draft(Path(task.source), task.options, studio, lambda _, fraction: pace.report(DRAFT, fraction))
            delivery = deliver(result, _plain(task.options), self.desk)
            pace.learn_draft(result)
            return _finished(delivery)
        result = transcribe(Path(task.source), task.options, studio, pace.report)
        pace.report(WRITE, 0.0)
        delivery = deliver(result, task.options, self.desk)
        pace.learn(result)
        return _finished(delivery)


class Pace:
    """Turns the stages of one task into the progress of its whole job."""

    def __init__(self, task: Task, studio: Studio, timings: Timings, tell: Callable[[Told], None]) -> None:
        self._steps = _steps(task)
        self._timings = timings
        self._tell = tell
        self._clock, self._began = studio.clock, studio.clock()
        expected = timings.expected(self._steps, _seconds(task, studio))
        self._overall = Progress(self._steps, expected, studio.clock)

    def report(self, stage: str, fraction: float) -> None:
        now = self._overall.update(stage, fraction)
        self._tell(Told(stage, now.fraction, now.eta))

    def learn_draft(self, result: Transcription) -> None:
        self._timings.learn(Step(DRAFT), result.source.audio.duration, self._clock() - self._began)

    def learn(self, result: Transcription) -> None:
        """Stages from the cache teach nothing."""
        fresh = {stage.name: stage.seconds for stage in result.stages if not stage.cached}
        for step in self._steps:
            if step.stage in fresh:
                self._timings.learn(step, result.source.audio.duration, fresh[step.stage])


def _steps(task: Task) -> Sequence[Step]:
    options = task.options
    return [*([Step(DRAFT)] if task.drafted else []), *steps(options)]


def steps(options: Options) -> list[Step]:
    """The stages that these options go through."""
    separate = [Step("separate", options.network)] if options.input == "mix" else []
    kit = ["kit", "hits"] if Part.DRUMS in options.parts else []
    after = [*kit, "beats", *options.pitched, *(["harmony"] if options.harmonic else [])]
    return [Step("decode"), *separate, *map(Step, ("listen", *after))]


def _seconds(task: Task, studio: Studio) -> float:
    """The length that the header tells; 0 where there is none, which the pipeline will say."""
    try:
        return probe(Path(task.source), studio.limits).seconds or 0.0
    except Rejected:
        return 0.0


def _plain(options: Options) -> Options:
    """A draft is the MIDI of the drums and nothing else."""
    more = {"stems": None, "kit_stems": False, "backing": False, "plot": False, "harmony": False}
    return options.model_copy(update={"parts": (Part.DRUMS,), **more})


def _finished(delivery: Delivery) -> Finished:
    midi = [str(path) for path in delivery.midis]
    head = delivery.content.history.head
    return Finished(str(delivery.manifest), str(delivery.midi), head, tuple(midi), delivery.remarks)
