"""The stages that the pipeline works out by itself. Imported only when there is something to work out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.timebase import Seconds
from daemon.pipeline.audio import superflux as onsets
from daemon.pipeline.audio.mono import mono_mix
from daemon.pipeline.beats import beats
from daemon.pipeline.cache import StageCache
from daemon.pipeline.drums import candidates, hits, stem_onsets
from daemon.pipeline.drums import kit_splitter as kit
from daemon.pipeline.options import Options, VelocityCurve
from daemon.pipeline.pitched import harmony
from daemon.pipeline.pitched import transcribe_part as parts
from daemon.pipeline.pitched.part_settings import NoteTranscriber, PartTranscription
from daemon.pipeline.pitched.polyphonic import NoteSettings, Posteriors
from daemon.pipeline.records import EMBEDDED_KIT, Audio, BeatGrid, DrumCandidates, Drums, Kit, Part, StageFile, Weights
from daemon.pipeline.tools import DrumTranscriber, KitNetwork, ReportFraction

_POSTERIORS = ("note", "onset", "contour")


def detect_candidates(
    transcriber: DrumTranscriber, sound: Audio, in_music: bool, folder: Path, report: ReportFraction
) -> DrumCandidates:
    """Candidates of all drums, and the onset strength that places them."""
    heard = transcriber.transcribe(_report_blocks(sound, report), in_music)
    novelty = onsets.novelty(sound)
    return DrumCandidates(tuple(candidates.candidates(heard, novelty)), _save_novelty(novelty, folder))


def measure_onset_strength(sound: Audio, folder: Path) -> DrumCandidates:
    """The onset strength alone, of what is no drum."""
    return DrumCandidates((), _save_novelty(onsets.novelty(sound), folder))


def _save_novelty(novelty: onsets.Novelty, folder: Path) -> StageFile:
    target = folder / "novelty.npy"
    np.save(target, novelty.values)
    return StageFile(target)


def _report_blocks(sound: Audio, report: ReportFraction) -> "Iterator[NDArray[np.float32]]":
    """Mono blocks; `report` hears of half the way, the other half is the superflux."""
    done = 0
    for block in mono_mix(sound, gain=sound.gain).blocks():
        yield block
        done += len(block)
        report(0.5 * done / sound.frames)


def split_kit(
    drums: Audio, heard: DrumCandidates, network: KitNetwork | None, folder: Path, report: ReportFraction
) -> Kit:
    """The five stems of the kit."""
    weights = network.weights if network else EMBEDDED_KIT
    return kit.split(drums, candidates.onsets(heard.candidates), weights, folder, report, network)


def find_hits(parts: Kit, heard: DrumCandidates, options: Options, report: ReportFraction) -> Drums:
    """The hits, by the recipe of the options. Velocities are those of the default curve."""
    if options.onsets == "superflux":
        return hits.measure_hits(
            stem_onsets.superflux_candidates(parts), parts, VelocityCurve(), has_labels=False, clean=True, report=report
        )
    if options.onsets == "classic":
        found = stem_onsets.classic_candidates(parts, options.classic)
        return hits.measure_hits(found, parts, VelocityCurve(), has_labels=False, clean=False, report=report)
    return hits.measure_hits(heard.candidates, parts, VelocityCurve(), has_labels=True, clean=True, report=report)


def track_beats(heard: DrumCandidates, found: Drums, options: Options) -> BeatGrid:
    """Tempo, beats and bars."""
    novelty = onsets.Novelty(np.load(heard.novelty.path))
    return beats.track_beats(novelty, found.hits, bpm=options.bpm, numerator=options.numerator)


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
        done = 0
        for block in mono_mix(self.audio, gain=self.audio.gain, subtract=self.subtract).blocks():
            yield block
            done += len(block)
            report(min(1.0, done / self.audio.frames))


def transcribe_stem(
    sound: NoteInput, part: Part, mix: Audio, settings: NoteSettings, report: ReportFraction
) -> PartTranscription:
    """The notes of a pitched part, held against the mix that it came from, which may be the stem itself."""
    return parts.transcribe_part(
        sound.audio,
        part,
        mix_level=parts.loudness(mix),
        settings=settings,
        transcriber=sound.transcriber,
        report=report,
        mix=None if mix == sound.audio else mix,
    )


def estimate_harmony(
    sounds: Sequence[NoteInput], grid: BeatGrid, duration: Seconds, report: ReportFraction
) -> harmony.Harmony:
    """Key and chords of what sounds together."""
    heard = [sound.posteriors(lambda part, i=i: report((i + part) / len(sounds))) for i, sound in enumerate(sounds)]  # type: ignore[misc]
    return harmony.estimate_harmony(heard, grid, duration)
