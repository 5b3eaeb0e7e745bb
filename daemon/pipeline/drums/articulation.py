"""Which way a drum was struck: open or closed hat, which tom, crash or ride, stick on the rim.

Only what the sound supports: where it does not tell, the plain label stays and its confidence says so.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.drums.timbre import Timbre
from daemon.pipeline.records import Drum

TOM_RATIO = 1.10  # fundamentals closer than this belong to one tom; published (arXiv 2509.24853)
SIDE_STICK_BODY = 0.25  # share of energy under 400 Hz; this and the three below were chosen by hand
SIDE_STICK_DECAY = -18.0  # dB from the first 93 ms to the second
OPEN_DECAY = -9.0  # dB, the same; only where no transcriber tells open hats and crashes
RIDE_DECAY = -7.0  # dB, the same
TOMS = {1: ("mid_tom",), 2: ("high_tom", "floor_tom"), 3: ("high_tom", "mid_tom", "floor_tom")}  # by number of toms
FOUR_TOMS = ("high_tom", "mid_tom", "low_tom", "floor_tom")

Labels = list[str]


def articulate(drum: Drum, labels: Sequence[str], heard: Timbre, has_labels: bool) -> Labels:
    """Better labels for the hits of one drum. `has_labels`: open hats and crashes are told already."""
    if not len(labels):
        return []
    by_sound: dict[Drum, Callable[[], Labels]] = {
        Drum.SNARE: lambda: _snare_labels(labels, heard),
        Drum.TOMS: lambda: tom_labels(heard.pitch),
    }
    if not has_labels:
        by_sound[Drum.HIHAT] = lambda: _choose(heard.decay > OPEN_DECAY, "open_hihat", "closed_hihat")
        by_sound[Drum.CYMBALS] = lambda: _choose(heard.decay < RIDE_DECAY, "ride", "crash")
    return by_sound.get(drum, lambda: list(labels))()


def tom_labels(pitch: NDArray[np.float32]) -> Labels:
    """high to floor by fundamental: a new tom where neighbours in pitch are more than TOM_RATIO apart."""
    order = np.argsort(pitch)
    steps = np.log(np.maximum(pitch[order], 1.0))
    number = np.concatenate([[0], np.cumsum(np.diff(steps) > np.log(TOM_RATIO))])
    count = min(4, int(number[-1]) + 1)
    names = (TOMS.get(count) or FOUR_TOMS)[::-1]
    spread = np.minimum(number * count // (int(number[-1]) + 1), count - 1)
    out = [""] * len(pitch)
    for place, which in zip(order, spread, strict=True):
        out[place] = names[which]
    return out


def _snare_labels(labels: Sequence[str], heard: Timbre) -> Labels:
    """A stick laid across the rim clicks: hardly any body, gone in a moment."""
    sticks = (heard.body < SIDE_STICK_BODY) & (heard.decay < SIDE_STICK_DECAY)
    return ["side_stick" if stick else label for stick, label in zip(sticks, labels, strict=True)]


def _choose(which: NDArray[np.bool_], yes: str, no: str) -> Labels:
    return [yes if it else no for it in which]
