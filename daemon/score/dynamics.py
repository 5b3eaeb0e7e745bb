"""Which strokes are accents and which are ghost notes: what notation and games tell apart of a velocity."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Literal

from daemon.pipeline.records import Hit

Dynamic = Literal["ghost", "plain", "accent"]

_GHOST, _SOFT = 0.62, 62  # of the drum's median, and a velocity: a ghost note is under both; chosen by hand
_ACCENT, _LOUD = 1.18, 105  # the same for an accent, which is over both
_GHOSTLY = ("snare",)  # drums on which drummers play ghost notes


def dynamics(hits: Sequence[Hit]) -> list[Dynamic]:
    """One for each hit, against the others of its label."""
    velocities: defaultdict[str, list[int]] = defaultdict(list)
    for hit in hits:
        velocities[hit.label].append(hit.velocity)
    usual = {label: median(found) for label, found in velocities.items()}
    return [_dynamic(hit, usual[hit.label]) for hit in hits]


def _dynamic(hit: Hit, usual: float) -> Dynamic:
    if hit.label in _GHOSTLY and hit.velocity <= min(_SOFT, usual * _GHOST):
        return "ghost"
    return "accent" if hit.velocity >= max(_LOUD, usual * _ACCENT) else "plain"
