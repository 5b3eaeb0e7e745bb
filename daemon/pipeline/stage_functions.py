"""The stages of the pipeline as functions: a frozen record in, a frozen record out. Their table is in stages.py.

Each is given the folder of its result, for the files that its record names, and a function that hears how far it is.
What is heavy is imported where it is used.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bridge.timebase import Seconds
from daemon.pipeline.audio.probe import Limits, Probe
from daemon.pipeline.cache import StageCache
from daemon.pipeline.options import Classic, VelocityCurve
from daemon.pipeline.pitched.harmony import Harmony
from daemon.pipeline.pitched.part_settings import ClassicNoteSettings, ClassicRecipe, NoteTranscriber, PartTranscription
from daemon.pipeline.pitched.polyphonic import NoteSettings, Posteriors
from daemon.pipeline.records import (
    EMBEDDED_KIT,
    Audio,
    BeatGrid,
    DrumCandidates,
    Drums,
    Hit,
    Kit,
    Part,
    Source,
    Stems,
    Weights,
)
from daemon.pipeline.tempo_settings import split_meter
from daemon.pipeline.tools import DrumTranscriber, KitNetwork, KitSplitter, ReportFraction, Separator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from daemon.pipeline.drums.personal_ear import PersonalEar

NO_MODEL = Weights("")
RESAMPLER = Weights("soxr")

_POSTERIORS = ("note", "onset", "contour")


class StageInput(Protocol):
    """All that a stage gets. `weights` are those of the model that it runs with."""

    @property
    def weights(self) -> Weights: ...


@dataclass(frozen=True, slots=True)
class DecodeInput:
    """A file by its content. `header` is what its probe told; None if nobody has looked yet."""

    path: Path
    digest: str
    limits: Limits
    header: Probe | None = None
    weights: Weights = RESAMPLER


def decode(given: DecodeInput, folder: Path, report: ReportFraction) -> Source:
    """The sound of any file that the probe accepts."""
    from daemon.pipeline.audio.decode import decode as decode_file

    target = folder / "audio.wav"
    return decode_file(given.path, target, given.limits, report, header=given.header, digest=given.digest)


@dataclass(frozen=True, slots=True)
class SeparateInput:
    """A mix, its separator, and the parts to take out of it. `digest` is that of the source."""

    mix: Audio
    digest: str
    parts: tuple[Part, ...]
    separator: Separator

    @property
    def weights(self) -> Weights:
        return self.separator.weights


def separate(given: SeparateInput, folder: Path, report: ReportFraction) -> Stems:
    """The stems of a mix."""
    return given.separator.separate(given.mix, given.parts, folder, report)


@dataclass(frozen=True, slots=True)
class ListenInput:
    """A sound; `content` names it. Without a transcriber only the onset strength is measured, of what is no drum."""

    sound: Audio
    content: str
    transcriber: DrumTranscriber | None
    in_music: bool = False

    @property
    def weights(self) -> Weights:
        return self.transcriber.weights if self.transcriber else NO_MODEL


def detect_candidates(given: ListenInput, folder: Path, report: ReportFraction) -> DrumCandidates:
    """Candidates of all drums, and the onset strength that places them."""
    from daemon.pipeline.audio import superflux
    from daemon.pipeline.audio.mono import mono_mix
    from daemon.pipeline.drums.strokes import collect_candidates

    def report_blocks() -> "Iterator[NDArray[np.float32]]":
        """Mono blocks; `report` hears of half the way, the other half is the superflux."""
        done = 0
        for block in mono_mix(given.sound, gain=given.sound.gain).blocks():
            yield block
            done += len(block)
            report(0.5 * done / given.sound.frames)

    heard = given.transcriber.transcribe(report_blocks(), given.in_music) if given.transcriber else None
    novelty = superflux.novelty(given.sound)
    return collect_candidates(heard, novelty, given.in_music, folder)


@dataclass(frozen=True, slots=True)
class KitInput:
    """A drum stem and what was heard in it. Without a `splitter` the embedded one works, with `network` if there is."""

    drums: Audio
    content: str
    heard: DrumCandidates
    heard_with: Weights
    splitter: KitSplitter | None
    network: KitNetwork | None

    @property
    def weights(self) -> Weights:
        model = self.splitter or self.network
        return model.weights if model else EMBEDDED_KIT

    @property
    def placed_by(self) -> Weights | None:
        """What told the onsets, for the splitter that goes by them."""
        return None if self.splitter else self.heard_with


def split_kit(given: KitInput, folder: Path, report: ReportFraction) -> Kit:
    """The five stems of the kit."""
    from daemon.pipeline.drums.candidates import onsets
    from daemon.pipeline.drums.kit_splitter import split

    if given.splitter is not None:
        return given.splitter.split(given.drums, folder, report)
    return split(given.drums, onsets(given.heard.candidates), given.weights, folder, report, given.network)


@dataclass(frozen=True, slots=True)
class HitsInput:
    """What was heard, and the kit that it is measured in; without a kit it is a draft. `method` is the option `onsets`,
    `classic` what that one needs more, `ear` what corrections of earlier songs taught."""

    heard: DrumCandidates
    content: str
    heard_with: Weights
    kit: Kit | None = None
    method: str = "draft"
    classic: Classic | None = None
    ear: "PersonalEar | None" = None

    @property
    def weights(self) -> Weights:
        return Weights(f"{self.method}, personal ear", self.ear.digest) if self.ear else Weights(self.method)

    @property
    def ear_digest(self) -> str | None:
        return self.ear.digest if self.ear else None

    @property
    def splitter(self) -> Weights | None:
        return self.kit.model if self.kit else None


def find_hits(given: HitsInput, folder: Path, report: ReportFraction) -> Drums:
    """The hits, by the method of the options. Velocities are those of the default curve."""
    from daemon.pipeline.drums import hit_methods, hits

    if given.kit is None:
        return hits.draft_hits(given.heard.candidates, VelocityCurve())
    if given.method == "superflux":
        return hit_methods.measure_superflux_hits(given.kit, report)
    if given.classic is not None:
        return hit_methods.measure_classic_hits(given.kit, given.classic, report)
    return hit_methods.measure_usual_hits(given.heard, given.kit, given.ear, folder, report)


@dataclass(frozen=True, slots=True)
class BeatsInput:
    """Onset strength, hits, the music if it is more than drums, and the `bpm` and `meter` that somebody told."""

    heard: DrumCandidates
    hits: tuple[Hit, ...]
    content: str
    bpm: float | None
    meter: str | None
    music: Audio | None = None
    weights: Weights = NO_MODEL

    @property
    def has_chords(self) -> bool:
        return self.music is not None

    @property
    def strokes(self) -> list[tuple[float, str]]:
        return [(hit.onset, hit.label) for hit in self.hits]


def track_beats(given: BeatsInput, _: Path, __: ReportFraction) -> BeatGrid:
    """Tempo, beats and bars."""
    import numpy as np

    from daemon.pipeline.audio.semitones import measure_semitones
    from daemon.pipeline.audio.superflux import Novelty
    from daemon.pipeline.beats import beats

    novelty, meter = Novelty(np.load(given.heard.novelty.path)), split_meter(given.meter) if given.meter else None
    sound = measure_semitones(given.music) if given.music else None
    return beats.track_beats(novelty, given.hits, sound, bpm=given.bpm, meter=meter)


@dataclass(frozen=True, slots=True)
class CachedNoteTranscriber:
    """A note transcriber with a cache: what it found in a sound lies under `name`."""

    transcriber: NoteTranscriber
    cache: StageCache
    name: str

    @property
    def weights(self) -> Weights:
        return self.transcriber.weights

    def transcribe(self, blocks: "Iterable[NDArray[np.float32]]", rate: int) -> Posteriors:
        import numpy as np

        def fill(folder: Path) -> None:
            heard = self.transcriber.transcribe(blocks, rate)
            for name in _POSTERIORS:
                np.save(folder / f"{name}.npy", getattr(heard, name))

        folder = self.cache.recall("keys", self.name)
        if folder is not None and not self.cache.is_whole(folder):
            self.cache.forget(folder)
        folder = self.cache.obtain("keys", self.name, fill)
        return Posteriors(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in _POSTERIORS))


@dataclass(frozen=True, slots=True)
class NoteInput:
    """A sound and its note transcriber; `subtract` is taken off it before."""

    audio: Audio
    transcriber: CachedNoteTranscriber
    subtract: Audio | None = None

    def posteriors(self, report: ReportFraction) -> Posteriors:
        return self.transcriber.transcribe(self._blocks(report), self.audio.rate)

    def _blocks(self, report: ReportFraction) -> "Iterator[NDArray[np.float32]]":
        from daemon.pipeline.audio.mono import mono_mix

        done = 0
        for block in mono_mix(self.audio, gain=self.audio.gain, subtract=self.subtract).blocks():
            yield block
            done += len(block)
            report(min(1.0, done / self.audio.frames))


@dataclass(frozen=True, slots=True)
class ClassicNotes:
    """The published recipe for notes, and its settings."""

    recipe: ClassicRecipe
    settings: ClassicNoteSettings


@dataclass(frozen=True, slots=True)
class PitchedPartInput:
    """A pitched part's stem, held against the mix that it came from, which may be the stem itself.

    `settings` are those of the default recipe; with `classic` that one is asked for.
    """

    sound: NoteInput
    content: str
    part: Part
    mix: Audio
    settings: NoteSettings = field(default_factory=NoteSettings)
    classic: ClassicNotes | None = None

    @property
    def weights(self) -> Weights:
        return self.classic.recipe.weights if self.classic else self.sound.transcriber.weights

    @property
    def recipe_settings(self) -> NoteSettings | ClassicNoteSettings:
        return self.classic.settings if self.classic else self.settings


def transcribe_notes(given: PitchedPartInput, _: Path, report: ReportFraction) -> PartTranscription:
    """The notes of a pitched part."""
    if given.classic:
        notes = given.classic.recipe.transcribe(given.sound.audio.path, given.classic.settings, report)
        return PartTranscription(notes)
    from daemon.pipeline.pitched.transcribe_part import loudness, transcribe_part

    return transcribe_part(
        given.sound.audio,
        given.part,
        mix_level=loudness(given.mix),
        settings=given.settings,
        transcriber=given.sound.transcriber,
        report=report,
        mix=None if given.mix == given.sound.audio else given.mix,
    )


@dataclass(frozen=True, slots=True)
class HarmonyInput:
    """What sounds together. `parts` are those that `sounds` are the stems of; none for the song less its drums."""

    sounds: tuple[NoteInput, ...]
    content: str
    parts: tuple[Part, ...]
    grid: BeatGrid
    duration: Seconds

    @property
    def weights(self) -> Weights:
        return self.sounds[0].transcriber.weights


def estimate_harmony(given: HarmonyInput, _: Path, report: ReportFraction) -> Harmony:
    """Key and chords of what sounds together."""
    from daemon.pipeline.pitched import harmony

    whole = len(given.sounds)
    heard = [s.posteriors(lambda part, i=i: report((i + part) / whole)) for i, s in enumerate(given.sounds)]  # type: ignore[misc]
    return harmony.estimate_harmony(heard, given.grid, given.duration)
