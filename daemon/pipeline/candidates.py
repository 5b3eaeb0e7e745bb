"""Which drum may have been struck when: peaks of a transcriber's activations, each placed on the attack it belongs to.

Strengths are rescaled so that 0.5 is the threshold of every class: one number then means the same for all drums, and a
user's sensitivity can move it without the audio.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from bridge.drum_labels import SOUNDS
from daemon.pipeline.onsets import Novelty, refine, strongest
from daemon.pipeline.records import Candidate, Drum

if TYPE_CHECKING:
    from collections.abc import Mapping

    from daemon.pipeline.chain import Activations

THRESHOLD = 0.5
FAINTEST = 0.15
REACH = 0.025
CLASS_LABELS = {"toms": "mid_tom", "closed": "closed_hihat", "open": "open_hihat"}

# The shortest time between two strokes of one drum, in seconds: what a good drummer manages and a little less.
MIN_GAP = {Drum.KICK: 0.035, Drum.SNARE: 0.03, Drum.TOMS: 0.04, Drum.HIHAT: 0.03, Drum.CYMBALS: 0.05}


def candidates(heard: "Activations", found: Novelty) -> list[Candidate]:
    """All candidates by onset, those below the threshold included."""
    scaled = rescale(heard.strength, np.asarray(heard.thresholds, np.float32))
    every = [c for drum in Drum for c in _of_drum(drum, heard, scaled, found)]
    return sorted(every, key=lambda c: (c.onset, c.drum))


def onsets(found: Sequence[Candidate]) -> "Mapping[Drum, list[float]]":
    """Per drum the times of the candidates that count as hits."""
    return {drum: [c.onset for c in found if c.drum is drum and c.strength >= THRESHOLD] for drum in Drum}


def rescale(strength: NDArray[np.float32], thresholds: NDArray[np.float32]) -> NDArray[np.float32]:
    """0..1 with each class's threshold moved to 0.5, straight lines on both sides."""
    below = THRESHOLD * strength / thresholds
    above = THRESHOLD + (1 - THRESHOLD) * (strength - thresholds) / (1 - thresholds)
    return np.where(strength < thresholds, below, above).astype(np.float32)


def label_of_class(name: str) -> str:
    """The label that a transcriber's class starts with; toms are told apart by pitch later."""
    return CLASS_LABELS.get(name, name)


def _of_drum(drum: Drum, heard: "Activations", scaled: NDArray[np.float32], found: Novelty) -> Iterator[Candidate]:
    columns = [i for i, name in enumerate(heard.classes) if SOUNDS[label_of_class(name)].family == drum]
    if not columns or not len(scaled):
        return
    mine = scaled[:, columns]
    frames = _peaks(mine.max(axis=1), heard.frame_rate, MIN_GAP[drum])
    times = refine(found, frames / heard.frame_rate, REACH)
    for frame, time in zip(frames, times, strict=True):
        around = mine[max(0, frame - 1) : frame + 2].max(axis=0)
        best = int(np.argmax(around))
        column = columns[best]
        yield Candidate(
            onset=float(time),
            drum=drum,
            label=label_of_class(heard.classes[column]),
            strength=float(mine[frame].max()),
            confidence=float(around[best] / around.sum() * mine[frame].max()),
            loudness=float(heard.velocity[frame, column]),
        )


def _peaks(curve: NDArray[np.float32], rate: float, gap: float) -> NDArray[np.int64]:
    top = maximum_filter1d(curve, 5, mode="constant")
    frames = np.flatnonzero((curve == top) & (curve >= FAINTEST))
    return strongest(frames, curve[frames], gap * rate)
