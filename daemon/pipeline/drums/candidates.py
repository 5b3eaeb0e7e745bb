"""Which drum may have been struck when: peaks of a transcriber's activations, each placed on the attack it belongs to.

Strengths are rescaled so that 0.5 is the threshold of every class: one number then means the same for all drums, and a
user's sensitivity can move it without the audio.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from bridge.drum_labels import SOUNDS
from daemon.pipeline.audio.peaks import local_maxima, thin_peaks, vertex
from daemon.pipeline.audio.superflux import Novelty, refine
from daemon.pipeline.records import Candidate, Drum

if TYPE_CHECKING:
    from collections.abc import Mapping

THRESHOLD = 0.5  # of a strength; a class's own threshold lies in the weights and is moved here by `rescale`
FAINTEST = 0.15  # strength of the faintest candidate that is kept for higher sensitivities; chosen by hand
BARELY = 0.02  # the same for a personal ear: 97 % of the strokes of 36 rendered songs are among them, 93 % without
# Frames from an onset at which its spectrum is looked at, through the long window and through the short one; the
# simplest of ten choices that served a personal ear on six rendered bands.
LONG_STEPS = (0, 4)
SHORT_STEPS = (0, 1, 3, 8, -2)
# Seconds to either side of where the transcriber has an attack in which superflux is asked, and how well the two must
# agree. Chosen on 20 rendered clips through htdemucs and 12 rendered songs of drums alone.
REACH = 0.02
AGREE = 0.015
LEAST_CHANCE = 1e-4  # so that none has no logarithm of minus infinity
CLASS_LABELS = {"toms": "mid_tom", "closed": "closed_hihat", "open": "open_hihat"}

Floats = NDArray[np.float32]

# The shortest time between two strokes of one drum, in seconds: what a good drummer manages and a little less; by hand.
MIN_GAP = {Drum.KICK: 0.035, Drum.SNARE: 0.03, Drum.TOMS: 0.04, Drum.HIHAT: 0.03, Drum.CYMBALS: 0.05}


class Activations(Protocol):
    """What a transcriber hears: `strength` and `velocity` (frames, classes) in 0..1, `frame_rate` frames a second.

    `lateness` is how many seconds each class is late by itself. Classes of one drum share a threshold, to be held
    against the chance that any of them sounds. `articulations` are the (frames,) chances of finer labels of a drum that
    is struck, their thresholds at 0.5. `spectrum` (frames, bands) is what was heard, at a usual level.
    """

    @property
    def frame_rate(self) -> float: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def strength(self) -> NDArray[np.float32]: ...
    @property
    def velocity(self) -> NDArray[np.float32]: ...
    @property
    def thresholds(self) -> tuple[float, ...]: ...
    @property
    def lateness(self) -> tuple[float, ...]: ...
    @property
    def articulations(self) -> "Mapping[str, NDArray[np.float32]]": ...
    @property
    def spectrum(self) -> NDArray[np.float32]: ...


def candidates(heard: Activations, found: Novelty, faintest: float = FAINTEST) -> list[Candidate]:
    """All candidates by onset, those below the threshold included."""
    every = [candidate for drum in Drum for candidate in _drum_candidates(drum, heard, found, faintest)]
    return sorted(every, key=lambda candidate: (candidate.onset, candidate.drum))


def faint_candidates(heard: Activations, found: Novelty, known: Sequence[Candidate]) -> list[Candidate]:
    """Those that are too weak to be `known`, and no second ones of what is."""
    near = {drum: np.array([-np.inf, *(c.onset for c in known if c.drum is drum)]) for drum in Drum}
    weak = (c for c in candidates(heard, found, BARELY) if c.strength < FAINTEST)
    return [c for c in weak if np.abs(near[c.drum] - c.onset).min() > MIN_GAP[c.drum]]


def measure_sounds(heard: Activations, onsets: Sequence[float]) -> NDArray[np.float16]:
    """(onsets, features): how each sounds, by the spectrum at a few moments around it; the same at any gain."""
    spectrum, half = heard.spectrum, heard.spectrum.shape[1] // 2
    if not len(spectrum):
        return np.zeros((len(onsets), 0), np.float16)
    frames = np.round(np.array(onsets, float) * heard.frame_rate).astype(int)
    rows = {step: spectrum[np.clip(frames + step, 0, len(spectrum) - 1)] for step in {*LONG_STEPS, *SHORT_STEPS}}
    parts = [*(rows[step][:, :half] for step in LONG_STEPS), *(rows[step][:, half:] for step in SHORT_STEPS)]
    return np.concatenate(parts, axis=1).astype(np.float16)


def onsets(found: Sequence[Candidate]) -> "Mapping[Drum, list[float]]":
    """Per drum the times of the candidates that count as hits."""
    return {drum: [c.onset for c in found if c.drum is drum and c.strength >= THRESHOLD] for drum in Drum}


def leave_toms_out(found: Sequence[Candidate]) -> list[Candidate]:
    """Toms with a strength under the threshold: in a whole mix most of them are notes of the bass."""
    return [
        replace(c, strength=0.99 * THRESHOLD * c.strength) if c.drum is Drum.TOMS and c.strength >= THRESHOLD else c
        for c in found
    ]


def rescale(strength: Floats, threshold: float) -> Floats:
    """0..1 with `threshold` moved to 0.5, straight lines on both sides."""
    below = THRESHOLD * strength / threshold
    above = THRESHOLD + (1 - THRESHOLD) * (strength - threshold) / (1 - threshold)
    return np.where(strength < threshold, below, above).astype(np.float32)


def label_of_class(name: str) -> str:
    """The label that a transcriber's class starts with; toms are told apart by pitch later."""
    return CLASS_LABELS.get(name, name)


def _drum_candidates(drum: Drum, heard: Activations, found: Novelty, faintest: float) -> Iterator[Candidate]:
    """The classes of one drum together: a hat sounds if it sounds open or closed, and the stronger gives its name."""
    columns = [i for i, name in enumerate(heard.classes) if SOUNDS[label_of_class(name)].family == drum]
    if not columns or not len(heard.strength):
        return
    mine = heard.strength[:, columns]
    curve = rescale(1 - np.prod(1 - mine, axis=1), heard.thresholds[columns[0]])
    frames = _peaks(curve, heard.frame_rate, MIN_GAP[drum], faintest)
    around = np.stack([mine[max(0, frame - 1) : frame + 2].sum(axis=0) for frame in frames] or [np.zeros(len(columns))])
    best = around.argmax(axis=1)
    late = np.array([heard.lateness[columns[b]] for b in best])[: len(frames)]
    times = _place_attacks(found, _between_frames(curve, frames) / heard.frame_rate - late)
    told = ((name, curve) for name, curve in heard.articulations.items() if name in SOUNDS)
    finer = {name: curve for name, curve in told if SOUNDS[name].family == drum}
    for frame, time, near, which in zip(frames, times, around, best, strict=False):
        yield Candidate(
            onset=float(time),
            drum=drum,
            label=label_of_class(heard.classes[columns[which]]),
            strength=float(curve[frame]),
            confidence=float(curve[frame] * near[which] / near.sum()),
            loudness=float(heard.velocity[frame, columns[which]]),
            finer=tuple((name, float(chance[max(0, frame - 1) : frame + 2].mean())) for name, chance in finer.items()),
        )


def _place_attacks(found: Novelty, heard: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half-way between transcriber and superflux where they agree, else where the transcriber has it.

    What counts as the moment of an attack is superflux's say: its median distance from the transcriber is added.
    """
    seen = refine(found, heard, REACH)
    near = np.abs(seen - heard) < AGREE
    heard = heard + (np.median((seen - heard)[near]) if near.any() else 0.0)
    return np.maximum(np.where(np.abs(seen - heard) < AGREE, (seen + heard) / 2, heard), 0)


def _between_frames(curve: Floats, frames: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each peak by a parabola: the transcriber was taught Gaussian bumps, whose logarithm is one."""
    chances = np.log(np.maximum(curve, LEAST_CHANCE))
    return np.array([frame + vertex(chances, int(frame)) for frame in frames], float)


def _peaks(curve: Floats, rate: float, gap: float, faintest: float) -> NDArray[np.int64]:
    frames = local_maxima(curve, 5)
    frames = frames[curve[frames] >= faintest]
    return thin_peaks(frames, curve[frames], gap * rate)
