"""What sounds like a hit but is another drum: the rattle of the snare under a kick, a tom that rings along.

A stem is never quite clean. A stroke that falls together with one of another drum and is very much softer is taken for
bleed, and a drum whose loudest strokes are all far under the rest of the kit is taken for one that is not played. Hats
and cymbals that are struck by themselves too in this song are believed, however soft. A snare under a kick or a tom
that is softer than the song's lone snares is its wires. Such hits stay candidates: whoever asks for more hits of that
drum gets them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.drums.candidates import THRESHOLD
from daemon.pipeline.records import Candidate, Drum

Floats = NDArray[np.float32]
CandidatesByDrum = Mapping[Drum, Sequence[Candidate]]
Levels = Mapping[Drum, Floats]

TOGETHER = 0.03  # seconds; chosen by hand
# dB under the other drum, and under the loudest drum of the kit; chosen on rendered clips (weights/MODEL_CARD.md)
MASKED = {Drum.KICK: 20.0, Drum.SNARE: 20.0, Drum.TOMS: 14.0, Drum.HIHAT: 36.0, Drum.CYMBALS: 36.0}
ABSENT = {Drum.KICK: 30.0, Drum.SNARE: 30.0, Drum.TOMS: 30.0, Drum.HIHAT: 45.0, Drum.CYMBALS: 45.0}

BELIEVED = frozenset({Drum.HIHAT, Drum.CYMBALS})
ALONE_SHARE = 0.2  # of a drum's strokes; from here on it is believed; chosen on rendered clips
RATTLE = 10.0  # dB under the median lone snare; chosen on 16 rendered songs on kits that were trained on
RATTLING = (Drum.KICK, Drum.TOMS)  # what sets the wires of a snare off
LEAST_LONE = 3  # snares by themselves that make a reference; by hand


def suppress_bleed(found: CandidatesByDrum, level: Levels) -> dict[Drum, list[Candidate]]:
    """The same candidates; those that are bleed have a strength under the threshold. `level` is dB, one a candidate."""
    sure = {drum: np.array([c.strength >= THRESHOLD for c in found[drum]], bool) for drum in found}
    loud = {drum: float(np.percentile(level[drum][sure[drum]], 90)) for drum in found if sure[drum].any()}
    kit = max(loud.values(), default=0.0)
    return {
        drum: _weaken(found[drum], _find_masked(drum, found, level, sure) | (loud.get(drum, kit) < kit - ABSENT[drum]))
        for drum in found
    }


def _find_masked(
    drum: Drum, found: CandidatesByDrum, level: Levels, sure: Mapping[Drum, NDArray[np.bool_]]
) -> NDArray[np.bool_]:
    """Which candidates of `drum` lie under a sure stroke of another drum at the same moment."""
    times = np.array([c.onset for c in found[drum]])
    over = {
        other: loudest_at(times, np.array([c.onset for c in found[other]])[sure[other]], level[other][sure[other]])
        for other in found
        if other is not drum and sure[other].any()
    }
    most = np.max([*over.values(), np.full(len(times), -np.inf)], axis=0)
    lone = sure[drum] & np.isneginf(most)
    if drum in BELIEVED and sure[drum].any() and lone.sum() >= ALONE_SHARE * sure[drum].sum():
        return np.zeros(len(times), bool)
    masked: NDArray[np.bool_] = level[drum] < most - MASKED[drum]
    if drum is Drum.SNARE and lone.sum() >= LEAST_LONE:
        shaken = np.isfinite(np.max([over[o] for o in RATTLING if o in over] or [np.full(len(times), -np.inf)], axis=0))
        masked = masked | (shaken & (level[drum] < np.median(level[drum][lone]) - RATTLE))
    return masked


def loudest_at(times: Floats, onsets: Floats, level: Floats) -> Floats:
    """The loudest of the `onsets` (sorted) within TOGETHER of each time, -inf where there is none."""
    first, last = np.searchsorted(onsets, times - TOGETHER), np.searchsorted(onsets, times + TOGETHER)
    padded, most = np.append(level, -np.inf), int((last - first).max(initial=0))
    near = [padded[np.where(first + step < last, first + step, -1)] for step in range(most)]
    return np.max(near, axis=0) if near else np.full(len(times), -np.inf)


def _weaken(found: Sequence[Candidate], bleed: NDArray[np.bool_]) -> list[Candidate]:
    return [
        replace(c, strength=c.strength * 0.99 * THRESHOLD) if it and c.strength >= THRESHOLD else c
        for c, it in zip(found, bleed, strict=True)
    ]
