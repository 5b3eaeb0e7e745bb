"""Phrases that people drummed, from the Groove MIDI Dataset (CC BY 4.0, see the model card)."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daemon.weights import GROOVES

PLACES = 12  # of a quarter note, so that sixteenths and triplets are whole places
TICKS = 480  # of a quarter note in the file
_ONCE_A_PLACE = 0.5 / PLACES
_THIRDS, _STRAIGHT = (4, 8), (3, 6, 9)  # places off the beat of triplets, and of eighths and sixteenths

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlayedStroke:
    """`quarters` from the first bar line of its phrase, a little early or late as it was played."""

    quarters: float
    label: str
    velocity: int


@dataclass(frozen=True)
class GroovePhrase:
    """A few bars of one performance, or the first bar of a fill."""

    meter: tuple[int, int]
    bpm: float
    style: str
    performance: int
    is_fill: bool
    strokes: tuple[PlayedStroke, ...]

    @property
    def quarters_per_bar(self) -> float:
        return 4 * self.meter[0] / self.meter[1]

    @property
    def density(self) -> float:
        """Moments with a stroke in each quarter note, over the bars that hold any."""
        bars = max(1, 1 + int(max(stroke.quarters for stroke in self.strokes) // self.quarters_per_bar))
        moments = {round(stroke.quarters / _ONCE_A_PLACE / 2) for stroke in self.strokes}
        return len(moments) / (bars * self.quarters_per_bar)

    def rhythm(self, *labels: str) -> Floats:
        """(places of a bar,) how loud these drums are struck there; all drums if none is named."""
        chosen = [stroke for stroke in self.strokes if not labels or stroke.label in labels]
        times = [stroke.quarters for stroke in chosen]
        return fold_rhythm(times, [stroke.velocity / 127 for stroke in chosen], self.quarters_per_bar)


def fold_rhythm(quarters: list[float], weights: list[float], quarters_per_bar: float) -> Floats:
    """(places of a bar,) the sum of the weights at each place."""
    places = round(quarters_per_bar * PLACES)
    out = np.zeros(places)
    at = np.round(np.array(quarters) * PLACES).astype(int) % places
    np.add.at(out, at, weights)
    return out


def triplet_share(rhythm: Floats) -> float | None:
    """Of what lies off the beat, how much lies on triplets: 0 straight, 1 swung; None where nothing does."""
    within = rhythm.reshape(-1, PLACES).sum(axis=0) if len(rhythm) % PLACES == 0 else np.zeros(PLACES)
    thirds, straight = float(within[list(_THIRDS)].sum()), float(within[list(_STRAIGHT)].sum())
    return thirds / (thirds + straight) if thirds + straight > 0 else None


@cache
def load_phrases(path: Path = GROOVES) -> tuple[GroovePhrase, ...]:
    """All of them, in the order of the file."""
    with np.load(path) as stored:
        fields = {name: stored[name] for name in stored.files}
    labels, styles = fields["labels"].tolist(), fields["styles"].tolist()
    rows = zip(fields["ticks"].tolist(), fields["label"].tolist(), fields["velocity"].tolist(), strict=True)
    strokes = [PlayedStroke(tick / TICKS, labels[label], velocity) for tick, label, velocity in rows]
    stops = np.cumsum(fields["count"].astype(int)).tolist()
    return tuple(
        GroovePhrase((meter[0], meter[1]), bpm, styles[style], performance, fill, tuple(strokes[stop - count : stop]))
        for meter, bpm, style, performance, fill, count, stop in zip(
            *(fields[name].tolist() for name in ("meters", "bpm", "style", "performance", "fill", "count")),
            stops,
            strict=True,
        )
    )
