"""The table of the stages, and what runs a row of it.

A new stage is a row and a function. The cache, progress, timings, the names of HTTP and what the page, REAPER and Live
show live from it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from daemon.errors import CacheFailed, NoMemory, SidestickError, StageFailed, WorkFailed
from daemon.pipeline import stage_functions as functions
from daemon.pipeline.audio.compact import compact_sounds
from daemon.pipeline.cache import DAMAGED, key, load, save
from daemon.pipeline.options import Options
from daemon.pipeline.pitched.harmony import Harmony
from daemon.pipeline.pitched.part_settings import PartTranscription
from daemon.pipeline.records import PITCHED_PARTS, BeatGrid, DrumCandidates, Drums, Kit, Part, Source, Stems, Weights
from daemon.pipeline.tools import ReportFraction, ReportStage, Tools

VERSION = 16  # of the stages' results; a new one leaves old results of the cache unused

Given = TypeVar("Given", bound=functions.StageInput)
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class StageCaption:
    """A stage in a musician's words: its title, what is being done in it, and what it has made."""

    title: str
    doing: str
    made: str


@dataclass(frozen=True, slots=True)
class Stage(Generic[Given, Made]):
    """A row of the table. Its result depends on what `depends_on` names of its input, and on nothing else.

    `usual_speed` is the seconds of work for a second of audio: a guess that holds until this machine has run it once.
    `steps` are the names under which these options have it run; most stages are one step, or none.
    """

    name: str
    function: Callable[[Given, Path, ReportFraction], Made]
    record: type[Made]
    depends_on: tuple[str, ...]
    usual_speed: float
    caption: StageCaption
    steps: Callable[[Options], Sequence[str]]


def _run_always(name: str) -> Callable[[Options], Sequence[str]]:
    return lambda _: (name,)


def _run_for_parts(name: str) -> Callable[[Options], Sequence[str]]:
    return lambda options: (name,) if options.parts else ()


def _run_for_drums(name: str) -> Callable[[Options], Sequence[str]]:
    return lambda options: (name,) if Part.DRUMS in options.parts else ()


DECODE = Stage(
    "decode", functions.decode, Source, depends_on=("digest",), usual_speed=0.005,
    caption=StageCaption("Read", "Reading the file", "The song as a spectrogram"),
    steps=_run_always("decode"),
)  # fmt: skip
SEPARATE = Stage(
    "separate", functions.separate, Stems, depends_on=("digest", "weights", "parts"), usual_speed=0.6,
    caption=StageCaption("Take apart", "Taking the song apart", "Its stems"),
    steps=lambda options: ("separate",) if options.input == "mix" else (),
)  # fmt: skip
LISTEN = Stage(
    "listen", functions.detect_candidates, DrumCandidates, depends_on=("content", "weights", "in_music"),
    usual_speed=0.02,
    caption=StageCaption("Listen", "Listening to the drums", "How strongly each drum starts"),
    steps=_run_for_parts("listen"),
)  # fmt: skip
KIT = Stage(
    "kit", functions.split_kit, Kit, depends_on=("content", "weights", "placed_by"), usual_speed=0.02,
    caption=StageCaption("Split the kit", "Splitting the kit", "The drums of the kit"),
    steps=_run_for_drums("kit"),
)  # fmt: skip
HITS = Stage(
    "hits", functions.find_hits, Drums,
    depends_on=("content", "heard_with", "splitter", "method", "classic", "ear_digest"), usual_speed=0.02,
    caption=StageCaption("Find hits", "Finding the hits", "Hits, told apart by their sound"),
    steps=_run_for_drums("hits"),
)  # fmt: skip
BEATS = Stage(
    "beats", functions.track_beats, BeatGrid, depends_on=("content", "strokes", "has_chords", "bpm", "meter"),
    usual_speed=0.01,
    caption=StageCaption("Find the beat", "Finding the beat", "Beats and bar lines"),
    steps=_run_for_parts("beats"),
)  # fmt: skip
NOTES = Stage(
    "notes", functions.transcribe_notes, PartTranscription, depends_on=("content", "recipe_settings", "weights"),
    usual_speed=0.04,
    caption=StageCaption("Find notes", "Finding the notes", "The notes of each part"),
    steps=lambda options: [part.value for part in options.pitched_parts],
)  # fmt: skip
HARMONY = Stage(
    "harmony", functions.estimate_harmony, Harmony, depends_on=("content", "parts", "grid", "weights"),
    usual_speed=0.04,
    caption=StageCaption("Find chords", "Finding key and chords", "Key and chords"),
    steps=lambda options: ("harmony",) if options.wants_harmony else (),
)  # fmt: skip

STAGES: tuple[Stage[Any, Any], ...] = (DECODE, SEPARATE, LISTEN, KIT, HITS, BEATS, NOTES, HARMONY)
STAGE_NAMES = tuple(stage.name for stage in STAGES)

DRAFT, FETCH, WRITE = "draft", "fetch", "write"
DRAFT_CAPTION = StageCaption("First draft", "Making a first draft", "The drums as heard in the mix")
_STEPS_AROUND = {DRAFT: DRAFT_CAPTION.doing, FETCH: "Fetching a network", WRITE: "Writing the files"}
"""The steps of a job that are no stages."""


def stage_of(step: str) -> Stage[Any, Any] | None:
    """The stage that runs under the name `step`; every pitched part has a step of its name."""
    name = NOTES.name if step in PITCHED_PARTS else step
    return next((stage for stage in STAGES if stage.name == name), None)


def describe_step(step: str) -> str:
    """What is being done in a step of a job, in a musician's words."""
    stage = stage_of(step)
    if stage is None:
        return _STEPS_AROUND.get(step, step)
    return stage.caption.doing if step == stage.name else f"{stage.caption.doing}: {step}"


@dataclass(frozen=True, slots=True)
class StageTiming:
    """One stage as it was run. `seconds` is what it took when it was worked out; `cached` says that was earlier."""

    name: str
    weights: Weights
    seconds: float
    cached: bool


class StageRunner:
    """Runs the stages of one song, each from the cache where it can, and notes down what each took."""

    def __init__(self, tools: Tools, report: ReportStage) -> None:
        self._tools = tools
        self._report = report
        self.timings: list[StageTiming] = []

    def run(self, stage: Stage[Given, Made], given: Given, step: str = "") -> Made:
        """The record of a stage, from the cache or made now. `step` is its name in this song, where it has several."""
        step, clock = step or stage.name, self._tools.clock
        began, made, report = clock(), [], partial(self._report, step)

        def fill(folder: Path) -> None:
            try:
                record = _run_guarded(step, partial(stage.function, given), folder, report)
            except StageFailed as error:
                raise _name_missing_file(given, error) from error
            record = compact_sounds(record, folder)
            save(folder, record, clock() - began)
            made.append(folder)

        report(0.0)
        cache = self._tools.cache
        obtain = partial(cache.obtain, step, _cache_key(stage, given), fill, partial(report, 0.0))
        folder = obtain()
        if not made and not cache.is_whole(folder):
            cache.forget(folder)
            folder = obtain()
        record, seconds = load(folder, stage.record)
        self.timings.append(StageTiming(step, given.weights, seconds, cached=not made))
        report(1.0)
        return record

    def recall(self, stage: Stage[Given, Made], given: Given) -> Made | None:
        """The record of a stage if the cache has it."""
        folder = self._tools.cache.recall(stage.name, _cache_key(stage, given))
        with suppress(*DAMAGED):
            return None if folder is None else load(folder, stage.record)[0]
        return None


def _cache_key(stage: Stage[Given, Made], given: Given) -> str:
    return key(VERSION, *(getattr(given, name) for name in stage.depends_on))


def _name_missing_file(given: object, failure: StageFailed) -> WorkFailed:
    """What a stage was to read may have gone while the song was worked on: somebody emptied the cache."""
    for path in _files_of(given):
        if not path.exists():
            return CacheFailed(f"{path} was removed while it was needed. Ask for the song again.")
    return failure


def _files_of(record: object) -> Iterator[Path]:
    if isinstance(record, Path):
        yield record
    elif is_dataclass(record):
        for field in fields(record):
            yield from _files_of(getattr(record, field.name))
    elif isinstance(record, Mapping):
        for value in record.values():
            yield from _files_of(value)


def _run_guarded(name: str, make: Callable[[Path, ReportFraction], Made], folder: Path, report: ReportFraction) -> Made:
    """A guard: whatever a stage trips over fails its job, with the reason, and nothing else."""
    try:
        return make(folder, report)
    except (SidestickError, OSError):
        raise
    except MemoryError:
        raise NoMemory(name, f"There was not enough memory to {name}. Close other programs and try again.") from None
    except Exception as error:
        reason = f"The stage {name} broke ({type(error).__name__}: {error}). Please report it with the song's name."
        raise StageFailed(name, reason) from error
