"""A song goes in, a transcription comes out: the pipeline, to be read from top to bottom.

Every stage's result lies in the stage cache under the digest of the sound and the settings that it depends on, so
that only what has changed is worked out again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from daemon.errors import NoMemory, NoWeights, Rejected, SidestickError, StageFailed
from daemon.pipeline.audio.decode import decode, file_digest
from daemon.pipeline.audio.probe import probe
from daemon.pipeline.cache import DAMAGED, key, load, save
from daemon.pipeline.drums.velocity import revoice_hits
from daemon.pipeline.options import SIX_STEMS, Options, VelocityCurve
from daemon.pipeline.pitched.harmony import Harmony
from daemon.pipeline.pitched.part_settings import PartTranscription, classic_settings_of, settings_of
from daemon.pipeline.records import (
    EMBEDDED_KIT,
    Audio,
    BeatGrid,
    DrumCandidates,
    Drums,
    Kit,
    Part,
    Source,
    Stems,
    Weights,
)
from daemon.pipeline.tools import ReportFraction, ReportStage, Separator, Tools

if TYPE_CHECKING:
    from daemon.pipeline.stages import NoteInput

T = TypeVar("T")
VERSION = 9  # of the stages' results; a new one leaves old results of the cache unused


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage as it was run. `seconds` is what it took when it was worked out; `cached` says that was earlier."""

    name: str
    weights: Weights
    seconds: float
    cached: bool


@dataclass(frozen=True, slots=True)
class Transcription:
    """All that was worked out. `stems` and `kit` are None for a draft and for what did not need them.

    `notes` has an entry for each pitched part that was asked for, with no notes in it if the song has no such part.
    """

    source: Source
    drums: Drums
    grid: BeatGrid
    stages: tuple[Stage, ...]
    stems: Stems | None = None
    kit: Kit | None = None
    notes: Mapping[Part, PartTranscription] = field(default_factory=dict)
    harmony: Harmony | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        told = [self.source.remarks, self.stems.remarks if self.stems else (), self.drums.remarks, self.grid.remarks]
        parts = [heard.remarks for heard in self.notes.values()]
        return tuple(dict.fromkeys(remark for remarks in (*told, *parts) for remark in remarks))


def transcribe(path: Path, options: Options, tools: Tools, report: ReportStage) -> Transcription:
    """The whole way. Raises Rejected for what cannot be used and StageFailed for what cannot be done."""
    runner = _StageRunner(tools, report)
    source = runner.decode(path)
    stems = runner.separate(source, options)
    sound = key(source.digest, stems.model if stems else None)
    parts, heard, found = runner.transcribe_drums(source, stems, sound, options)
    grid = runner.track_beats(heard, found, sound, options)
    found = _apply_velocity(found, options)
    notes = {part: runner.transcribe_notes(part, source, stems, sound, options) for part in options.pitched_parts}
    harmony = runner.estimate_harmony(source, stems, grid, sound, options) if options.wants_harmony else None
    return Transcription(source, found, grid, tuple(runner.stages), stems, parts, notes, harmony)


def draft(path: Path, options: Options, tools: Tools, report: ReportStage) -> Transcription:
    """A draft within seconds: the drum transcriber runs on the file as it is."""
    runner = _StageRunner(tools, report)
    source = runner.decode(path)
    sound = key(source.digest, None)
    heard = runner.detect_candidates(source.audio, sound, in_music=options.input == "mix")
    found = runner.draft_hits(heard, sound)
    grid = runner.track_beats(heard, found, sound, options)
    return Transcription(source, _apply_velocity(found, options), grid, tuple(runner.stages))


def _apply_velocity(found: Drums, options: Options) -> Drums:
    """The hits as loud as asked, or none where they only served to find the beat."""
    if Part.DRUMS not in options.parts:
        return Drums((), (), {})
    return replace(found, hits=revoice_hits(found.hits, options.velocity))


class _StageRunner:
    """Runs the stages of one song, each from the cache where it can."""

    def __init__(self, tools: Tools, report: ReportStage) -> None:
        self._tools = tools
        self._report = report
        self.stages: list[Stage] = []

    def decode(self, path: Path) -> Source:
        probe(path, self._tools.limits)
        digest = file_digest(path)

        def make(folder: Path, report: ReportFraction) -> Source:
            return decode(path, folder / "audio.wav", self._tools.limits, report)

        return replace(self._run_stage("decode", Source, make, Weights("soxr"), digest), path=path)

    def separate(self, source: Source, options: Options) -> Stems | None:
        """The parts that are asked for, and the drums, which tell the beat. All if the cache has them anyway."""
        if options.input != "mix":
            return None
        separator = self._open_separator(options)
        known = separator.parts()
        refuse_missing(options.parts, known, separator.weights.name)
        every = (source.digest, separator.weights, known)
        there = self._tools.cache.recall("separate", key(VERSION, *every))
        wanted = tuple(part for part in known if part is Part.DRUMS or part in options.parts)
        parts = known if options.stems or there else wanted
        make = partial(separator.separate, source.audio, parts)
        return self._run_stage("separate", Stems, make, separator.weights, *every[:2], parts)

    def _open_separator(self, options: Options) -> Separator:
        try:
            return self._tools.separator(options.separator_name, partial(self._report, "separate"))
        except NoWeights as missing:
            if options.separator_name == options.separator:
                raise
            reason = f"Guitar and piano need {options.separator_name}, which cannot be used because {missing.cause}."
            raise StageFailed("separate", reason) from missing

    def transcribe_drums(
        self, source: Source, stems: Stems | None, name: str, options: Options
    ) -> tuple[Kit | None, DrumCandidates, Drums]:
        """The kit and its hits; where nobody wants them, only what tells the beat."""
        if Part.DRUMS not in options.parts:
            return None, *self.detect_for_beats(source, stems, name)
        drums = stems.parts[Part.DRUMS] if stems else source.audio
        heard = self.detect_candidates(drums, name)
        kit = self.split_kit(drums, heard, name, options)
        return kit, heard, self.find_hits(kit, heard, name, options)

    def detect_candidates(self, sound: Audio, name: str, in_music: bool = False) -> DrumCandidates:
        transcriber = self._tools.drum_transcriber

        def make(folder: Path, report: ReportFraction) -> DrumCandidates:
            from daemon.pipeline.stages import detect_candidates

            return detect_candidates(transcriber, sound, in_music, folder, report)

        return self._run_stage("listen", DrumCandidates, make, transcriber.weights, name, transcriber.weights, in_music)

    def split_kit(self, drums: Audio, heard: DrumCandidates, name: str, options: Options) -> Kit:
        splitter = self._tools.kit_splitter(options.kit)
        if splitter is not None:
            make = partial(splitter.split, drums)
            return self._run_stage("kit", Kit, make, splitter.weights, name, splitter.weights)
        network = self._tools.kit_network

        def make_embedded(folder: Path, report: ReportFraction) -> Kit:
            from daemon.pipeline.stages import split_kit

            return split_kit(drums, heard, network, folder, report)

        weights = network.weights if network else EMBEDDED_KIT
        return self._run_stage("kit", Kit, make_embedded, weights, name, weights, self._tools.drum_transcriber.weights)

    def find_hits(self, parts: Kit, heard: DrumCandidates, name: str, options: Options) -> Drums:
        def make(_: Path, report: ReportFraction) -> Drums:
            from daemon.pipeline.stages import find_hits

            return find_hits(parts, heard, options, report)

        recipe = options.classic if options.onsets == "classic" else options.onsets
        needs = (name, self._tools.drum_transcriber.weights, parts.model, recipe)
        return self._run_stage("hits", Drums, make, Weights(options.onsets), *needs)

    def draft_hits(self, heard: DrumCandidates, name: str) -> Drums:
        def make(_: Path, __: ReportFraction) -> Drums:
            from daemon.pipeline.drums.hits import draft_hits

            return draft_hits(heard.candidates, VelocityCurve())

        return self._run_stage(
            "hits", Drums, make, Weights("draft"), name, self._tools.drum_transcriber.weights, "draft"
        )

    def track_beats(self, heard: DrumCandidates, found: Drums, name: str, options: Options) -> BeatGrid:
        def make(_: Path, __: ReportFraction) -> BeatGrid:
            from daemon.pipeline.stages import track_beats

            return track_beats(heard, found, options)

        needs = (name, [(hit.onset, hit.label) for hit in found.hits], options.bpm, options.numerator)
        return self._run_stage("beats", BeatGrid, make, Weights(""), *needs)

    def detect_for_beats(self, source: Source, stems: Stems | None, name: str) -> tuple[DrumCandidates, Drums]:
        """What the beat is told by where nobody wants the hits: the drums, or whatever sounds."""
        if not stems:
            return self.measure_onset_strength(source.audio, name), Drums((), (), {})
        drums = stems.parts.get(Part.DRUMS)
        name = name if drums else key(source.digest, None)
        heard = self.detect_candidates(drums or source.audio, name, in_music=drums is None)
        return heard, self.draft_hits(heard, name)

    def measure_onset_strength(self, sound: Audio, name: str) -> DrumCandidates:
        def make(folder: Path, _: ReportFraction) -> DrumCandidates:
            from daemon.pipeline.stages import measure_onset_strength

            return measure_onset_strength(sound, folder)

        return self._run_stage("listen", DrumCandidates, make, Weights(""), name, "attacks")

    def transcribe_notes(
        self, part: Part, source: Source, stems: Stems | None, name: str, options: Options
    ) -> PartTranscription:
        stem = stems.parts[part] if stems else source.audio
        if options.note_recipe == "classic":
            return self.transcribe_classic_notes(part, stem, name, options)
        transcriber, settings = self._tools.note_transcriber, settings_of(part, options.part_options(part))

        def make(_: Path, report: ReportFraction) -> PartTranscription:
            from daemon.pipeline.stages import transcribe_stem

            return transcribe_stem(self._note_input(stem, name, part), part, source.audio, settings, report)

        return self._run_stage(
            part.value, PartTranscription, make, transcriber.weights, name, settings, transcriber.weights
        )

    def transcribe_classic_notes(self, part: Part, stem: Audio, name: str, options: Options) -> PartTranscription:
        """By the published recipe, which hears every part alike."""
        recipe, settings = self._tools.classic_notes, classic_settings_of(options.part_options(part))
        if recipe is None:
            raise StageFailed(part.value, "The classic recipe for notes is not to be had here. Use the default one.")

        def make(_: Path, report: ReportFraction) -> PartTranscription:
            return PartTranscription(recipe.transcribe(stem.path, settings, report))

        needs = (name, part, settings, recipe.weights)
        return self._run_stage(part.value, PartTranscription, make, recipe.weights, *needs)

    def estimate_harmony(
        self, source: Source, stems: Stems | None, grid: BeatGrid, name: str, options: Options
    ) -> Harmony:
        """Key and chords of all stems but the drums if they were listened to; else of the song less its drums."""
        transcriber = self._tools.note_transcriber
        there = stems.parts if stems else {}
        parts = options.pitched_parts if not stems or is_whole_song(stems.model.name, options.pitched_parts) else ()

        def make(_: Path, report: ReportFraction) -> Harmony:
            from daemon.pipeline.stages import estimate_harmony

            sounds = [self._note_input(there.get(part, source.audio), name, part) for part in parts]
            rest = self._note_input(source.audio, name, "backing", there.get(Part.DRUMS))
            return estimate_harmony(sounds or [rest], grid, source.audio.duration, report)

        return self._run_stage("harmony", Harmony, make, transcriber.weights, name, parts, grid, transcriber.weights)

    def _note_input(self, sound: Audio, name: str, what: str, subtract: Audio | None = None) -> "NoteInput":
        from daemon.pipeline.stages import CachedNoteTranscriber, NoteInput

        transcriber = self._tools.note_transcriber
        keys = CachedNoteTranscriber(transcriber, self._tools.cache, key(VERSION, name, what, transcriber.weights))
        return NoteInput(sound, keys, subtract)

    def _run_stage(
        self, name: str, kind: type[T], make: "Callable[[Path, ReportFraction], T]", weights: Weights, *needs: object
    ) -> T:
        """The record of one stage, from the cache or made now; `needs` is all that it depends on."""
        clock, told = self._tools.clock, partial(self._report, name)
        began, made = clock(), []

        def fill(folder: Path) -> None:
            save(folder, _run_guarded(name, make, folder, told), clock() - began)
            made.append(folder)

        told(0.0)
        cache = self._tools.cache
        obtain = partial(cache.obtain, name, key(VERSION, *needs), fill, partial(told, 0.0))
        folder = obtain()
        try:
            record, seconds = load(folder, kind)
            whole = bool(made) or cache.is_whole(folder)
        except DAMAGED:
            whole = False
        if not whole:
            cache.forget(folder)
            record, seconds = load(obtain(), kind)
        self.stages.append(Stage(name, weights, seconds, cached=not made))
        told(1.0)
        return record


def is_whole_song(model: str, pitched: Sequence[Part]) -> bool:
    """Whether these stems of a separator, and its drums, are all of the song."""
    rare = {Part.GUITAR, Part.PIANO} if model == SIX_STEMS else set()
    return set(pitched) == {Part.BASS, Part.VOCALS, Part.OTHER} | rare


def refuse_missing(wanted: Sequence[Part], known: Sequence[Part], model: str) -> None:
    """Raises Rejected when a separator knows too few parts."""
    missing = [part for part in wanted if part not in known]
    if missing:
        rare = {Part.GUITAR, Part.PIANO}.issuperset(missing) and model != SIX_STEMS
        remedy = f"Use separator={SIX_STEMS}." if rare else f"Its parts are {', '.join(known)}."
        raise Rejected("no_part", f"{model} has no {' and no '.join(missing)} stem. {remedy}")


def _run_guarded(name: str, make: Callable[[Path, ReportFraction], T], folder: Path, told: ReportFraction) -> T:
    """A guard: whatever a stage trips over fails its job, with the reason, and nothing else."""
    try:
        return make(folder, told)
    except (SidestickError, OSError):
        raise
    except MemoryError:
        raise NoMemory(name, f"There was not enough memory to {name}. Close other programs and try again.") from None
    except Exception as error:
        reason = f"The stage {name} broke ({type(error).__name__}: {error}). Please report it with the song's name."
        raise StageFailed(name, reason) from error
