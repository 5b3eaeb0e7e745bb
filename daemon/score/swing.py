"""How far the off-beats of a performance lag: measured, and as a bend of the grid.

Swing is where the second of two equal notes falls in their pair: 0.5 is straight, 0.667 a triplet shuffle.
"""

from dataclasses import dataclass
from statistics import median
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.options import Grid

Floats = NDArray[np.float64]

_ENOUGH = 8  # off-beats; fewer prove nothing; this and the two below were chosen by hand
_SCATTER = 0.04  # of a pair: the median deviation of a drummer who swings on purpose
_LEAST, _MOST = 0.54, 0.71  # below it is a straight player's lilt, above it a dotted figure


@dataclass(frozen=True, slots=True)
class Swing:
    """`ratio` 0.5 to 0.75 of a pair that lasts `pair` quarter notes: 1 for eighths, 0.5 for sixteenths."""

    ratio: float = 0.5
    pair: float = 1.0

    @property
    def unit(self) -> Literal["", "1/8", "1/16", "1/32"]:
        """The note that swings; '' when nothing does."""
        if self.ratio == 0.5:
            return ""
        return "1/8" if self.pair == 1 else "1/16" if self.pair == 0.5 else "1/32"

    def bend(self, straight: Floats) -> Floats:
        """Where the musician plays what is written at `straight` (quarter notes)."""
        pairs, inside = np.divmod(straight / self.pair, 1.0)
        late = np.where(inside < 0.5, inside * 2 * self.ratio, 1 - (1 - inside) * 2 * (1 - self.ratio))
        return (pairs + late) * self.pair

    def straighten(self, played: Floats) -> Floats:
        """The inverse of `bend`."""
        pairs, inside = np.divmod(played / self.pair, 1.0)
        early = np.where(inside < self.ratio, inside / (2 * self.ratio), 1 - (1 - inside) / (2 * (1 - self.ratio)))
        return (pairs + early) * self.pair


STRAIGHT = Swing()


def measure_swing(played: Floats, step: float) -> Swing:
    """The swing of hits at `played` (quarter notes): of the eighths if they swing, else of the sixteenths.

    Straight unless at least eight off-beats agree: half of them within 4 % of a pair.
    """
    for pair in (1.0, 0.5):
        if step <= pair / 2 and (ratio := _ratio(played / pair)) is not None:
            return Swing(ratio, pair)
    return STRAIGHT


def _ratio(in_pairs: Floats) -> float | None:
    inside = in_pairs % 1.0
    off = inside[(inside > 0.4) & (inside < 0.8)]
    between = np.count_nonzero((inside > 0.15) & (inside < 0.3))
    if off.size < _ENOUGH or between > off.size / 4:
        return None
    ratio = median(off.tolist())
    scatter = median(np.abs(off - ratio).tolist())
    return ratio if _LEAST <= ratio <= _MOST and scatter <= _SCATTER else None


def choose_swing(played: Floats, settings: Grid, step: float) -> Swing:
    """The swing that `settings` ask for. Triplets and quarter notes do not swing."""
    if settings.step.endswith("T") or settings.step == "1/4":
        return STRAIGHT
    if settings.swing == "auto":
        return measure_swing(played, step)
    return Swing(settings.swing, 2 * step)
