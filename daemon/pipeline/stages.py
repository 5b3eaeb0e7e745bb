"""The stages that the pipeline works out by itself. Imported only when there is something to work out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.timebase import Seconds
from daemon.pipeline.audio import superflux as onsets
from daemon.pipeline.beats import beats
from daemon.pipeline.cache import Workspace
from daemon.pipeline.drums import candidates, hits, stem_onsets
from daemon.pipeline.drums import kit_splitter as kit
from daemon.pipeline.options import Options, VelocityCurve
from daemon.pipeline.pitched import harmony
from daemon.pipeline.pitched import transcribe_part as parts
from daemon.pipeline.pitched.part_settings import HeardPart, KeyListener
from daemon.pipeline.pitched.polyphonic import NoteSettings, Posteriors
from daemon.pipeline.records import EMBEDDED_KIT, Audio, BeatGrid, Drums, Kept, Kit, Listening, Part, Weights
from daemon.pipeline.tools import Fraction, KitNetwork, Listener

_BLOCK = 1 << 18
_POSTERIORS = ("note", "onset", "contour")


def listen(listener: Listener, sound: Audio, in_music: bool, folder: Path, report: Fraction) -> Listening:
    """Candidates of all drums, and the onset strength that places them."""
    heard = listener.listen(_watched(sound, report), in_music)
    novelty = onsets.novelty(sound)
    return Listening(tuple(candidates.candidates(heard, novelty)), _kept(novelty, folder))


def attacks(sound: Audio, folder: Path) -> Listening:
    """The onset strength alone, of what is no drum."""
    return Listening((), _kept(onsets.novelty(sound), folder))


def _kept(novelty: onsets.Novelty, folder: Path) -> Kept:
    target = folder / "novelty.npy"
    np.save(target, novelty.values)
    return Kept(target)


def _watched(sound: Audio, report: Fraction) -> "Iterator[NDArray[np.float32]]":
    """Mono blocks; `report` hears of half the way, the other half is the superflux."""
    done = 0
    for block in sound.blocks(1 << 18):
        yield block.mean(axis=0)
        done += block.shape[1]
        report(0.5 * done / sound.frames)


def split(drums: Audio, heard: Listening, network: KitNetwork | None, folder: Path, report: Fraction) -> Kit:
    """The five stems of the kit."""
    weights = network.weights if network else EMBEDDED_KIT
    return kit.split(drums, candidates.onsets(heard.candidates), weights, folder, report, network)


def find(parts: Kit, heard: Listening, options: Options, report: Fraction) -> Drums:
    """The hits, by the recipe of the options. Velocities are those of the default curve."""
    if options.onsets == "superflux":
        return hits.hits(stem_onsets.superflux(parts), parts, VelocityCurve(), told=False, clean=True, report=report)
    if options.onsets == "classic":
        found = stem_onsets.classic(parts, options.classic)
        return hits.hits(found, parts, VelocityCurve(), told=False, clean=False, report=report)
    return hits.hits(heard.candidates, parts, VelocityCurve(), told=True, clean=True, report=report)


def count(heard: Listening, found: Drums, options: Options) -> BeatGrid:
    """Tempo, beats and bars."""
    novelty = onsets.Novelty(np.load(heard.novelty.path))
    return beats.beats(novelty, found.hits, bpm=options.bpm, numerator=options.numerator)


@dataclass(frozen=True, slots=True)
class KeptKeys:
    """A key listener that listens to every sound once: what it heard lies in the workspace under `name`."""

    listener: KeyListener
    workspace: Workspace
    name: str

    @property
    def weights(self) -> Weights:
        return self.listener.weights

    def listen(self, blocks: "Iterable[NDArray[np.float32]]", rate: int) -> Posteriors:
        def fill(folder: Path) -> None:
            heard = self.listener.listen(blocks, rate)
            for name in _POSTERIORS:
                np.save(folder / f"{name}.npy", getattr(heard, name))

        folder = self.workspace.obtain("keys", self.name, fill)
        return Posteriors(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in _POSTERIORS))


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound and who listens to it; `less` is taken off it before."""

    audio: Audio
    keys: KeptKeys
    less: Audio | None = None

    def heard(self, report: Fraction) -> Posteriors:
        return self.keys.listen(self._blocks(report), self.audio.rate)

    def _blocks(self, report: Fraction) -> "Iterator[NDArray[np.float32]]":
        for start in range(0, self.audio.frames, _BLOCK):
            block = self.audio.read(start, _BLOCK)
            yield (block - self.less.read(start, _BLOCK) if self.less else block).mean(axis=0)
            report(min(1.0, (start + _BLOCK) / self.audio.frames))


def transcribe_stem(sound: Sound, part: Part, mix: Audio, settings: NoteSettings, report: Fraction) -> HeardPart:
    """The notes of a pitched part, held against the mix that it came from, which may be the stem itself."""
    return parts.transcribe_part(
        sound.audio,
        part,
        mix_level=parts.loudness(mix),
        settings=settings,
        listener=sound.keys,
        report=report,
        mix=None if mix == sound.audio else mix,
    )


def harmonise(sounds: Sequence[Sound], grid: BeatGrid, duration: Seconds, report: Fraction) -> harmony.Harmony:
    """Key and chords of what sounds together."""
    heard = [sound.heard(lambda part, i=i: report((i + part) / len(sounds))) for i, sound in enumerate(sounds)]  # type: ignore[misc]
    return harmony.harmony(heard, grid, duration)
