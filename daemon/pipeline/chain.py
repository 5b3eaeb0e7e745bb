"""A song goes in, a transcription comes out: the pipeline, to be read from top to bottom.

Every stage's result lies in the stage cache under the digest of the sound and the settings that it depends on, so
that only what has changed is worked out again. The stages themselves stand in stages.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from daemon.errors import NoWeights, Rejected, StageFailed
from daemon.files import file_digest
from daemon.pipeline.audio.probe import Limits, Probe, probe
from daemon.pipeline.cache import key
from daemon.pipeline.drums.velocity import revoice_hits
from daemon.pipeline.options import SIX_STEMS, Options, PartOptions
from daemon.pipeline.pitched.harmony import Harmony
from daemon.pipeline.pitched.part_settings import (
    HARMONY_NETWORK,
    NETWORKS,
    NoteNetwork,
    PartTranscription,
    classic_settings_of,
    settings_of,
)
from daemon.pipeline.records import Audio, BeatGrid, DrumCandidates, Drums, Kit, Part, Source, Stems
from daemon.pipeline.stage_functions import (
    BeatsInput,
    CachedNoteTranscriber,
    ClassicNotes,
    DecodeInput,
    HarmonyInput,
    HitsInput,
    KitInput,
    ListenInput,
    NoteInput,
    PitchedPartInput,
    SeparateInput,
)
from daemon.pipeline.stages import (
    BEATS,
    DECODE,
    FETCH,
    HARMONY,
    HITS,
    KIT,
    LISTEN,
    NOTES,
    SEPARATE,
    VERSION,
    StageRunner,
    StageTiming,
)
from daemon.pipeline.tools import ReportStage, Separator, Tools

_NO_GRID = BeatGrid(beats=(), downbeats=(), bpm=120.0, confidence=0.0)  # where nobody wants notes


@dataclass(frozen=True, slots=True)
class SongFile:
    """A song by its content: `digest` is SHA-256 of its bytes, `path` where this machine has them, or had them.

    `header` is what its probe told; None if nobody has looked, for the decoded sound is there.
    """

    path: Path
    digest: str
    header: Probe | None = None


def open_song(path: Path, limits: Limits) -> SongFile:
    """Raises Rejected as `probe` does."""
    return SongFile(header=probe(path, limits), path=path, digest=file_digest(path))


def recall_source(song: SongFile, tools: Tools) -> Source | None:
    """The decoded sound of `song` if the cache has it, wherever its file is by now."""
    runner = StageRunner(tools, lambda *_: None)
    return runner.recall(DECODE, DecodeInput(song.path, song.digest, tools.limits))


@dataclass(frozen=True, slots=True)
class Transcription:
    """All that was worked out. `stems` and `kit` are None for a draft and for what did not need them.

    `notes` has an entry for each pitched part that was asked for, with no notes in it if the song has no such part.
    """

    source: Source
    drums: Drums
    grid: BeatGrid
    stages: tuple[StageTiming, ...]
    stems: Stems | None = None
    kit: Kit | None = None
    notes: Mapping[Part, PartTranscription] = field(default_factory=dict)
    harmony: Harmony | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        told = [self.source.remarks, self.stems.remarks if self.stems else (), self.drums.remarks, self.grid.remarks]
        parts = [heard.remarks for heard in self.notes.values()]
        return tuple(dict.fromkeys(remark for remarks in (*told, *parts) for remark in remarks))


def transcribe(song: Path | SongFile, options: Options, tools: Tools, report: ReportStage) -> Transcription:
    """The whole way. Raises Rejected for what cannot be used and WorkFailed for what cannot be done."""
    chain = _Chain(options, tools, report)
    source = chain.decode(song)
    stems = chain.separate(source) if options.input == "mix" else None
    chain.content = key(source.digest, stems.model if stems else None)
    if options.stems_only:
        return Transcription(source, Drums((), (), {}), _NO_GRID, chain.timings, stems)
    kit = None
    if Part.DRUMS in options.parts:
        drums = stems.parts[Part.DRUMS] if stems else source.audio
        heard = chain.listen(drums)
        kit = chain.split_kit(drums, heard)
        found = chain.find_hits(heard, kit)
    else:
        heard, found = chain.listen_for_beats(source, stems)
    grid = chain.track_beats(source, heard, found)
    notes = {part: chain.transcribe_notes(part, source, stems) for part in options.pitched_parts}
    harmony = chain.estimate_harmony(source, stems, grid) if options.wants_harmony else None
    return Transcription(source, _apply_velocity(found, options), grid, chain.timings, stems, kit, notes, harmony)


def prepare(song: SongFile, options: Options, tools: Tools, report: ReportStage, separate: bool) -> None:
    """The first stages of `transcribe` alone: read the song, and take it apart if that is asked for and wanted.

    Their results are in the cache then, where `transcribe` finds them, on whichever machine.
    """
    chain = _Chain(options, tools, report)
    source = chain.decode(song)
    if separate and options.input == "mix":
        chain.separate(source)


def draft(song: Path | SongFile, options: Options, tools: Tools, report: ReportStage) -> Transcription:
    """A draft within seconds: the drum transcriber runs on the file as it is."""
    chain = _Chain(options, tools, report)
    source = chain.decode(song)
    chain.content = key(source.digest, None)
    heard = chain.listen(source.audio, in_music=options.input == "mix")
    found = chain.find_hits(heard)
    grid = chain.track_beats(source, heard, found)
    return Transcription(source, _apply_velocity(found, options), grid, chain.timings)


def _apply_velocity(found: Drums, options: Options) -> Drums:
    """The hits as loud as asked, or none where they only served to find the beat."""
    if Part.DRUMS not in options.parts:
        return Drums((), (), {})
    return replace(found, hits=revoice_hits(found.hits, options.velocity))


class _Chain:
    """The stages of one song with its options and tools. `content` names the sound that they work on."""

    def __init__(self, options: Options, tools: Tools, report: ReportStage) -> None:
        self._options = options
        self._tools = tools
        self._report = report
        self._runner = StageRunner(tools, report)
        self.content = ""

    @property
    def timings(self) -> tuple[StageTiming, ...]:
        return tuple(self._runner.timings)

    def decode(self, song: Path | SongFile) -> Source:
        known = song if isinstance(song, SongFile) else open_song(song, self._tools.limits)
        given = DecodeInput(known.path, known.digest, self._tools.limits, known.header)
        return replace(self._runner.run(DECODE, given), path=known.path)

    def separate(self, source: Source) -> Stems:
        """The parts that are asked for, and the drums, which tell the beat. All if the cache has them anyway."""
        separator = self._open_separator()
        known = separator.parts()
        refuse_missing((*self._options.parts, *self._options.stem_names), known, separator.weights.name)
        every = SeparateInput(source.audio, source.digest, known, separator)
        there = self._runner.recall(SEPARATE, every)
        named = self._options.wanted_stems
        if there or (self._options.stems and not self._options.stem_names):
            return self._runner.run(SEPARATE, every)
        drums = () if self._options.stems_only and named else (Part.DRUMS,)
        wanted = tuple(part for part in known if part in (*drums, *named, *self._options.parts))
        return self._runner.run(SEPARATE, replace(every, parts=wanted))

    def _open_separator(self) -> Separator:
        wanted = self._options.separator_name
        try:
            return self._tools.separator(wanted, partial(self._report, FETCH))
        except NoWeights as missing:
            if wanted == self._options.separator:
                raise
            reason = f"Guitar and piano need {wanted}, which cannot be used because {missing.cause}."
            raise NoWeights(reason, missing.cause) from missing

    def listen(self, sound: Audio, in_music: bool = False) -> DrumCandidates:
        return self._runner.run(LISTEN, ListenInput(sound, self.content, self._tools.drum_transcriber, in_music))

    def listen_for_beats(self, source: Source, stems: Stems | None) -> tuple[DrumCandidates, Drums]:
        """What the beat is told by where nobody wants the hits: the drums, or whatever sounds."""
        if stems is None:
            strength = self._runner.run(LISTEN, ListenInput(source.audio, self.content, None))
            return strength, Drums((), (), {})
        drums = stems.parts.get(Part.DRUMS)
        content = self.content if drums else key(source.digest, None)
        transcriber = self._tools.drum_transcriber
        given = ListenInput(drums or source.audio, content, transcriber, in_music=drums is None)
        heard = self._runner.run(LISTEN, given)
        return heard, self._runner.run(HITS, HitsInput(heard, content, transcriber.weights))

    def split_kit(self, drums: Audio, heard: DrumCandidates) -> Kit:
        splitter, heard_with = self._tools.kit_splitter(self._options.kit), self._tools.drum_transcriber.weights
        return self._runner.run(
            KIT, KitInput(drums, self.content, heard, heard_with, splitter, self._tools.kit_network)
        )

    def find_hits(self, heard: DrumCandidates, kit: Kit | None = None) -> Drums:
        """The hits as measured in the kit; without one, those of a draft."""
        given = HitsInput(heard, self.content, self._tools.drum_transcriber.weights)
        if kit is not None:
            method = self._options.onsets
            classic = self._options.classic if method == "classic" else None
            ear = self._tools.personal_ear() if method == "default" else None
            given = replace(given, kit=kit, method=method, classic=classic, ear=ear)
        return self._runner.run(HITS, given)

    def track_beats(self, source: Source, heard: DrumCandidates, found: Drums) -> BeatGrid:
        music = None if self._options.input == Part.DRUMS.value else source.audio
        given = BeatsInput(heard, found.hits, self.content, self._options.bpm, self._options.meter, music)
        return self._runner.run(BEATS, given)

    def transcribe_notes(self, part: Part, source: Source, stems: Stems | None) -> PartTranscription:
        stem, asked = stems.parts[part] if stems else source.audio, self._options.part_options(part)
        given = PitchedPartInput(self._note_input(stem, part, NETWORKS[part]), self.content, part, source.audio)
        if self._options.note_recipe == "classic":
            return self._runner.run(NOTES, replace(given, classic=self._classic_recipe(part, asked)), part.value)
        return self._runner.run(NOTES, replace(given, settings=settings_of(part, asked)), part.value)

    def _classic_recipe(self, part: Part, asked: PartOptions) -> ClassicNotes:
        """The published recipe, which hears every part alike."""
        recipe = self._tools.classic_notes
        if recipe is None:
            raise StageFailed(part.value, "The classic recipe for notes is not to be had here. Use the default one.")
        return ClassicNotes(recipe, classic_settings_of(asked))

    def estimate_harmony(self, source: Source, stems: Stems | None, grid: BeatGrid) -> Harmony:
        """Key and chords of all stems but the drums if they were listened to; else of the song less its drums."""
        there = stems.parts if stems else {}
        parts = self._options.pitched_parts
        if stems and not is_whole_song(stems.model.name, parts):
            parts = ()
        sounds = [self._note_input(there.get(part, source.audio), part, HARMONY_NETWORK) for part in parts]
        if not sounds:
            sounds = [self._note_input(source.audio, "backing", HARMONY_NETWORK, there.get(Part.DRUMS))]
        given = HarmonyInput(tuple(sounds), self.content, parts, grid, source.audio.duration)
        return self._runner.run(HARMONY, given)

    def _note_input(self, sound: Audio, what: str, network: NoteNetwork, subtract: Audio | None = None) -> NoteInput:
        transcriber = self._tools.note_transcriber(network)
        name = key(VERSION, self.content, what, transcriber.weights)
        return NoteInput(sound, CachedNoteTranscriber(transcriber, self._tools.cache, name), subtract)


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
