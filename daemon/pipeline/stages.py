"""The stages that the pipeline works out by itself. Imported only when there is something to work out."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daemon.jobs.options import Options, VelocityCurve
from daemon.pipeline import beats, candidates, hits, kit, onsets, stem_onsets
from daemon.pipeline.chain import Fraction, Listener, Listening
from daemon.pipeline.record_file import Kept
from daemon.pipeline.records import Audio, BeatGrid, Drums, Kit, Weights


def listen(listener: Listener, sound: Audio, in_music: bool, folder: Path, report: Fraction) -> Listening:
    """Candidates of all drums, and the onset strength that places them."""
    heard = listener.listen(_watched(sound, report), in_music)
    novelty = onsets.novelty(sound)
    target = folder / "novelty.npy"
    np.save(target, novelty.values)
    return Listening(tuple(candidates.candidates(heard, novelty)), Kept(target))


def _watched(sound: Audio, report: Fraction) -> "Iterator[NDArray[np.float32]]":
    """Mono blocks; `report` hears of half the way, the other half is the superflux."""
    done = 0
    for block in sound.blocks(1 << 18):
        yield block.mean(axis=0)
        done += block.shape[1]
        report(0.5 * done / sound.frames)


def split(drums: Audio, heard: Listening, weights: Weights, folder: Path, report: Fraction) -> Kit:
    """The five stems of the kit."""
    return kit.split(drums, candidates.onsets(heard.candidates), weights, folder, report)


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
