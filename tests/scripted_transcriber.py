"""A transcriber for tests that hears exactly what it is told was played."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.records import Weights
from tests.synth import RATE, Stroke

CLASSES = ("kick", "snare", "toms", "closed_hihat", "open_hihat", "crash", "ride")
CLASS_OF = {"hihat": "closed_hihat", "tom": "toms", "cymbal": "crash"}
FRAME_RATE = 100.0


@dataclass(frozen=True)
class FakeActivations:
    frame_rate: float
    classes: tuple[str, ...]
    strength: NDArray[np.float32]
    velocity: NDArray[np.float32]
    thresholds: tuple[float, ...]
    lateness: tuple[float, ...] = (0.0,) * len(CLASSES)
    articulations: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    spectrum: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 40), np.float32))


@dataclass
class ScriptedTranscriber:
    """Strength 0.9 at each stroke. It reads all blocks, as a real one would, and counts how often it was asked."""

    strokes: Sequence[Stroke]
    calls: int = 0
    weights: Weights = field(default_factory=lambda: Weights("scripted", "0" * 64))

    def transcribe(self, blocks: Iterable[NDArray[np.float32]], in_music: bool = False) -> FakeActivations:
        self.calls += 1
        frames = sum(block.shape[-1] for block in blocks)
        return activations(self.strokes, frames / RATE)


def activations(strokes: Iterable[Stroke], seconds: float, strength: float = 0.9) -> FakeActivations:
    shape = (int(seconds * FRAME_RATE) + 1, len(CLASSES))
    found, velocity = np.zeros(shape, np.float32), np.full(shape, 0.5, np.float32)
    for stroke in strokes:
        name = CLASS_OF.get(stroke.drum, stroke.drum)
        found[round(stroke.onset * FRAME_RATE), CLASSES.index(name)] = strength
    return FakeActivations(FRAME_RATE, CLASSES, found, velocity, (0.4,) * len(CLASSES))
