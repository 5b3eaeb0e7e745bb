"""A song goes in, a transcription comes out: the pipeline, to be read from top to bottom.

Every stage's result is kept in the workspace under the digest of the sound and the settings that it depends on, so
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
from daemon.pipeline.cache import key, load, save
from daemon.pipeline.drums.velocity import revoiced
from daemon.pipeline.options import SIX_STEMS, Options, VelocityCurve
from daemon.pipeline.pitched.harmony import Harmony
from daemon.pipeline.pitched.part_settings import HeardPart, settings_of
from daemon.pipeline.records import EMBEDDED_KIT, Audio, BeatGrid, Drums, Kit, Listening, Part, Source, Stems, Weights
from daemon.pipeline.tools import Fraction, Report, Separation, Studio

if TYPE_CHECKING:
    from daemon.pipeline.stages import Sound

T = TypeVar("T")
VERSION = 7  # of the stages' results; a new one leaves old results of the cache unused


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
    notes: Mapping[Part, HeardPart] = field(default_factory=dict)
    harmony: Harmony | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        told = [self.source.remarks, self.stems.remarks if self.stems else (), self.drums.remarks, self.grid.remarks]
        parts = [heard.remarks for heard in self.notes.values()]
        return tuple(dict.fromkeys(remark for remarks in (*told, *parts) for remark in remarks))


def transcribe(path: Path, options: Options, studio: Studio, report: Report) -> Transcription:
    """The whole way. Raises Rejected for what cannot be used and StageFailed for what cannot be done."""
    run = _Run(studio, report)
    source = run.decoded(path)
    stems = run.separated(source, options)
    sound = key(source.digest, stems.model if stems else None)
    parts, heard, found = run.struck(source, stems, sound, options)
    grid = run.beats(heard, found, sound, options)
    found = _voiced(found, options)
    notes = {part: run.notes(part, source, stems, sound, options) for part in options.pitched}
    harmony = run.harmony(source, stems, grid, sound, options) if options.harmonic else None
    return Transcription(source, found, grid, tuple(run.stages), stems, parts, notes, harmony)


def draft(path: Path, options: Options, studio: Studio, report: Report) -> Transcription:
    """What can be told within seconds: the transcriber listens to the file as it is."""
    run = _Run(studio, report)
    source = run.decoded(path)
    sound = key(source.digest, None)
    heard = run.heard(source.audio, sound, in_music=options.input == "mix")
    found = run.drafted(heard, sound)
    grid = run.beats(heard, found, sound, options)
    return Transcription(source, _voiced(found, options), grid, tuple(run.stages))


def _voiced(found: Drums, options: Options) -> Drums:
    """The hits as loud as asked, or none where they only served to find the beat."""
    if Part.DRUMS not in options.parts:
        return Drums((), (), {})
    return replace(found, hits=revoiced(found.hits, options.velocity))


class _Run:
    """One song on its way through the stages."""

    def __init__(self, studio: Studio, report: Report) -> None:
        self._studio = studio
        self._report = report
        self.stages: list[Stage] = []

    def decoded(self, path: Path) -> Source:
        probe(path, self._studio.limits)
        digest = file_digest(path)

        def made(folder: Path, report: Fraction) -> Source:
            return decode(path, folder / "audio.wav", self._studio.limits, report)

        return replace(self._stage("decode", Source, made, Weights("soxr"), digest), path=path)

    def separated(self, source: Source, options: Options) -> Stems | None:
        """The parts that are asked for, and the drums, which tell the beat. All if the cache has them anyway."""
        if options.input != "mix":
            return None
        separation = self._separation(options)
        known = separation.parts()
        refuse_missing(options.parts, known, separation.weights.name)
        every = (source.digest, separation.weights, known)
        there = self._studio.workspace.recall("separate", key(VERSION, *every))
        wanted = tuple(part for part in known if part is Part.DRUMS or part in options.parts)
        parts = known if options.stems or there else wanted
        made = partial(separation.separate, source.audio, parts)
        return self._stage("separate", Stems, made, separation.weights, *every[:2], parts)

    def _separation(self, options: Options) -> Separation:
        try:
            return self._studio.separation(options.network, partial(self._report, "separate"))
        except NoWeights as missing:
            if options.network == options.separator:
                raise
            reason = f"Guitar and piano need {options.network}, which cannot be used because {missing.why}."
            raise StageFailed("separate", reason) from missing

    def struck(
        self, source: Source, stems: Stems | None, name: str, options: Options
    ) -> tuple[Kit | None, Listening, Drums]:
        """The kit and its hits; where nobody wants them, only what tells the beat."""
        if Part.DRUMS not in options.parts:
            return None, *self.pulse(source, stems, name)
        drums = stems.parts[Part.DRUMS] if stems else source.audio
        heard = self.heard(drums, name)
        kit = self.kit(drums, heard, name, options)
        return kit, heard, self.hits(kit, heard, name, options)

    def heard(self, sound: Audio, name: str, in_music: bool = False) -> Listening:
        listener = self._studio.listener

        def made(folder: Path, report: Fraction) -> Listening:
            from daemon.pipeline.stages import listen

            return listen(listener, sound, in_music, folder, report)

        return self._stage("listen", Listening, made, listener.weights, name, listener.weights, in_music)

    def kit(self, drums: Audio, heard: Listening, name: str, options: Options) -> Kit:
        splitter = self._studio.kit_splitter(options.kit)
        if splitter is not None:
            made = partial(splitter.split, drums)
            return self._stage("kit", Kit, made, splitter.weights, name, splitter.weights)
        network = self._studio.kit_network

        def embedded(folder: Path, report: Fraction) -> Kit:
            from daemon.pipeline.stages import split

            return split(drums, heard, network, folder, report)

        weights = network.weights if network else EMBEDDED_KIT
        return self._stage("kit", Kit, embedded, weights, name, weights, self._studio.listener.weights)

    def hits(self, parts: Kit, heard: Listening, name: str, options: Options) -> Drums:
        def made(_: Path, report: Fraction) -> Drums:
            from daemon.pipeline.stages import find

            return find(parts, heard, options, report)

        recipe = options.classic if options.onsets == "classic" else options.onsets
        needs = (name, self._studio.listener.weights, parts.model, recipe)
        return self._stage("hits", Drums, made, Weights(options.onsets), *needs)

    def drafted(self, heard: Listening, name: str) -> Drums:
        def made(_: Path, __: Fraction) -> Drums:
            from daemon.pipeline.drums.hits import draft

            return draft(heard.candidates, VelocityCurve())

        return self._stage("hits", Drums, made, Weights("draft"), name, self._studio.listener.weights, "draft")

    def beats(self, heard: Listening, found: Drums, name: str, options: Options) -> BeatGrid:
        def made(_: Path, __: Fraction) -> BeatGrid:
            from daemon.pipeline.stages import count

            return count(heard, found, options)

        needs = (name, [(hit.onset, hit.label) for hit in found.hits], options.bpm, options.numerator)
        return self._stage("beats", BeatGrid, made, Weights(""), *needs)

    def pulse(self, source: Source, stems: Stems | None, name: str) -> tuple[Listening, Drums]:
        """What the beat is told by where nobody wants the hits: the drums, or whatever sounds."""
        if not stems:
            return self.attacks(source.audio, name), Drums((), (), {})
        drums = stems.parts.get(Part.DRUMS)
        name = name if drums else key(source.digest, None)
        heard = self.heard(drums or source.audio, name, in_music=drums is None)
        return heard, self.drafted(heard, name)

    def attacks(self, sound: Audio, name: str) -> Listening:
        def made(folder: Path, _: Fraction) -> Listening:
            from daemon.pipeline.stages import attacks

            return attacks(sound, folder)

        return self._stage("listen", Listening, made, Weights(""), name, "attacks")

    def notes(self, part: Part, source: Source, stems: Stems | None, name: str, options: Options) -> HeardPart:
        listener, settings = self._studio.key_listener, settings_of(part, options.of(part))
        stem = stems.parts[part] if stems else source.audio

        def made(_: Path, report: Fraction) -> HeardPart:
            from daemon.pipeline.stages import transcribe_stem

            return transcribe_stem(self._sound(stem, name, part), part, source.audio, settings, report)

        return self._stage(part.value, HeardPart, made, listener.weights, name, settings, listener.weights)

    def harmony(self, source: Source, stems: Stems | None, grid: BeatGrid, name: str, options: Options) -> Harmony:
        """Key and chords of all stems but the drums if they were listened to; else of the song less its drums."""
        listener = self._studio.key_listener
        there = stems.parts if stems else {}
        parts = options.pitched if not stems or whole(stems.model.name, options.pitched) else ()

        def made(_: Path, report: Fraction) -> Harmony:
            from daemon.pipeline.stages import harmonise

            sounds = [self._sound(there.get(part, source.audio), name, part) for part in parts]
            rest = self._sound(source.audio, name, "backing", there.get(Part.DRUMS))
            return harmonise(sounds or [rest], grid, source.audio.duration, report)

        return self._stage("harmony", Harmony, made, listener.weights, name, parts, grid, listener.weights)

    def _sound(self, sound: Audio, name: str, what: str, less: Audio | None = None) -> "Sound":
        from daemon.pipeline.stages import KeptKeys, Sound

        listener = self._studio.key_listener
        keys = KeptKeys(listener, self._studio.workspace, key(VERSION, name, what, listener.weights))
        return Sound(sound, keys, less)

    def _stage(
        self, name: str, kind: type[T], make: "Callable[[Path, Fraction], T]", weights: Weights, *needs: object
    ) -> T:
        """The record of one stage, from the workspace or made now; `needs` is all that it depends on."""
        clock, told = self._studio.clock, partial(self._report, name)
        began, made = clock(), []

        def fill(folder: Path) -> None:
            save(folder, _guarded(name, make, folder, told), clock() - began)
            made.append(folder)

        told(0.0)
        folder = self._studio.workspace.obtain(name, key(VERSION, *needs), fill, partial(told, 0.0))
        record, seconds = load(folder, kind)
        self.stages.append(Stage(name, weights, seconds, cached=not made))
        told(1.0)
        return record


def whole(model: str, pitched: Sequence[Part]) -> bool:
    """Whether these stems of a separator, and its drums, are all of the song."""
    rare = {Part.GUITAR, Part.PIANO} if model == SIX_STEMS else set()
    return set(pitched) == {Part.BASS, Part.VOCALS, Part.OTHER} | rare


def refuse_missing(wanted: Sequence[Part], known: Sequence[Part], model: str) -> None:
    """Raises Rejected when a separator knows too few parts."""
    missing = [part for part in wanted if part not in known]
    if missing:
        rare = {Part.GUITAR, Part.PIANO}.issuperset(missing) and model != SIX_STEMS
        remedy = f"Use the separator {SIX_STEMS}." if rare else f"Its parts are {', '.join(known)}."
        raise Rejected("no_part", f"{model} has no {' and no '.join(missing)} stem. {remedy}")


def _guarded(name: str, make: Callable[[Path, Fraction], T], folder: Path, told: Fraction) -> T:
    """One of the four guards: whatever a stage trips over fails its job, with the reason, and nothing else."""
    try:
        return make(folder, told)
    except (SidestickError, OSError):
        raise
    except MemoryError:
        raise NoMemory(name, f"There was not enough memory to {name}. Close other programs and try again.") from None
    except Exception as error:
        reason = f"The stage {name} broke ({type(error).__name__}: {error}). Please report it with the song's name."
        raise StageFailed(name, reason) from error
