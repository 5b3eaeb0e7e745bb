"""Which way a drum was struck: open or closed hat, which tom, crash or ride, stick on the rim.

Only what the sound supports: where it does not tell, the plain label stays and its confidence says so.
"""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from daemon.pipeline.drums.candidates import THRESHOLD
from daemon.pipeline.drums.timbre import Timbre
from daemon.pipeline.records import Candidate, Drum

TOM_RATIO = 1.10  # fundamentals closer than this belong to one tom; published (arXiv 2509.24853)
SIDE_STICK_BODY = 0.25  # share of energy under 400 Hz; this and the three below were chosen by hand
SIDE_STICK_DECAY = -18.0  # dB from the first 93 ms to the second
OPEN_DECAY = -9.0  # dB, the same; only where no transcriber tells open hats and crashes
RIDE_DECAY = -7.0  # dB, the same
TOMS = {
    "floor_tom": 84.0,
    "low_tom": 108.0,
    "mid_tom": 125.0,
    "high_tom": 155.0,
}  # Hz; fitted on toms of 11 rendered songs
SMALLEST_TOM = 0.06  # of all tom strokes, what makes a drum of its own; by hand
LESS_LIKELY = {"low_tom": 0.02}  # squared octaves that a name costs: of three toms none is called low; by hand

# Strokes asked for a finer label, the one in question among them, and how far apart in dB a band they count little.
# Chosen on 48 rendered songs on kits that were trained on and 72 on others.
ASKED = 9
ALIKE = 4.0
LEAST_CHANCE = 1e-3

Labels = list[str]


def articulate(drum: Drum, labels: Sequence[str], heard: Timbre, has_labels: bool) -> Labels:
    """Better labels for the hits of one drum. `has_labels`: all but the toms are told apart already."""
    if not len(labels):
        return []
    by_sound: dict[Drum, Callable[[], Labels]] = {Drum.TOMS: lambda: tom_labels(heard.pitch)}
    if not has_labels:
        by_sound[Drum.SNARE] = lambda: _snare_labels(labels, heard)
        by_sound[Drum.HIHAT] = lambda: _choose(heard.decay > OPEN_DECAY, "open_hihat", "closed_hihat")
        by_sound[Drum.CYMBALS] = lambda: _choose(heard.decay < RIDE_DECAY, "ride", "crash")
    return by_sound.get(drum, lambda: list(labels))()


def finer_labels(found: Sequence[Candidate], shapes: NDArray[np.float32]) -> Labels:
    """The label of each candidate of a drum, or a finer one where the strokes that sound most alike agree on it.

    One stroke's chances are not to be trusted: a pedal hat is told by all pedal hats of the song. `shapes` is
    (candidates, features) in dB; the geometric mean of the chances is weighted by how alike strokes sound.
    """
    names = sorted({name for c in found for name, _ in c.finer})
    sure = np.flatnonzero([c.strength >= THRESHOLD for c in found])
    if not names or not len(sure):
        return [c.label for c in found]
    chances = np.array([[dict(c.finer).get(name, 0.0) for name in names] for c in found])
    points = shapes / np.sqrt(shapes.shape[1])
    apart, which = KDTree(points[sure]).query(points, k=range(1, min(ASKED, len(sure)) + 1))
    weight = np.exp(-((apart / ALIKE) ** 2)) + 1e-9
    logs = np.log(np.maximum(chances[sure], LEAST_CHANCE))[which]
    likely = np.exp((weight[:, :, None] * logs).sum(axis=1) / weight.sum(axis=1)[:, None])
    best = likely.argmax(axis=1)
    return [
        names[b] if likely[i, b] >= THRESHOLD else c.label for i, (b, c) in enumerate(zip(best, found, strict=True))
    ]


def tom_labels(pitch: NDArray[np.float32]) -> Labels:
    """Names by fundamental: a new tom where neighbours in pitch are more than TOM_RATIO apart, then the nearest names.

    A stroke or two of a pitch of its own are no drum: they join the nearest one.
    """
    if not len(pitch):
        return []
    octaves = np.log2(np.maximum(pitch, 1.0))
    ordered = np.sort(octaves)
    groups = np.split(ordered, np.flatnonzero(np.diff(ordered) > np.log2(TOM_RATIO)) + 1)
    usual = sorted(groups, key=len, reverse=True)[: len(TOMS)]
    centres = np.sort([float(np.median(group)) for group in usual if len(group) >= SMALLEST_TOM * len(pitch)])
    names = _nearest_names(centres.tolist())
    return [names[which] for which in np.abs(octaves[:, None] - centres).argmin(axis=1)]


def _nearest_names(octaves: Sequence[float]) -> tuple[str, ...]:
    """A name of its own for each tom, from low to high, that together are nearest to how toms are tuned."""

    def cost(names: tuple[str, ...]) -> float:
        apart = (tone - np.log2(TOMS[name]) for tone, name in zip(octaves, names, strict=True))
        return sum(step**2 for step in apart) + sum(LESS_LIKELY.get(name, 0.0) for name in names)

    return min(combinations(TOMS, len(octaves)), key=cost)


def _snare_labels(labels: Sequence[str], heard: Timbre) -> Labels:
    """A stick laid across the rim clicks: hardly any body, gone in a moment."""
    sticks = (heard.body < SIDE_STICK_BODY) & (heard.decay < SIDE_STICK_DECAY)
    return ["side_stick" if stick else label for stick, label in zip(sticks, labels, strict=True)]


def _choose(which: NDArray[np.bool_], yes: str, no: str) -> Labels:
    return [yes if it else no for it in which]
