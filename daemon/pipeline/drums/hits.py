"""The hits of the drum stem: candidates with level, velocity, articulation and cluster."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bridge.timebase import Seconds
from daemon.pipeline.drums.articulation import articulate, finer_labels
from daemon.pipeline.drums.bleed import suppress_bleed
from daemon.pipeline.drums.candidates import THRESHOLD
from daemon.pipeline.drums.clusters import clusters, groups, number_hits
from daemon.pipeline.drums.covered_levels import estimate_levels
from daemon.pipeline.drums.even_strokes import restore_even_strokes
from daemon.pipeline.drums.personal_ear import KnownKit
from daemon.pipeline.drums.strokes import Sounds
from daemon.pipeline.drums.timbre import timbre
from daemon.pipeline.drums.velocity import LOUD, drum_velocities, envelope, levels, reference
from daemon.pipeline.records import Candidate, Drum, Drums, Hit, Kit

if TYPE_CHECKING:
    from daemon.pipeline.options import VelocityCurve

BELOW_LOUDEST = 60.0  # dB; what is so far under the loudest hit of the kit is bleed or noise; by hand
LOUDNESS_RANGE = 40.0  # dB that the transcriber's own loudness, 0..1, stands for: drafts only; by hand

Floats = NDArray[np.float32]
ReportFraction = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class WeighedCandidates:
    """Candidates of each drum by onset, and the level of each in dB. What lies under `floor` is no stroke."""

    candidates: Mapping[Drum, Sequence[Candidate]]
    level: Mapping[Drum, Floats]
    least: float | None = None

    @property
    def floor(self) -> float:
        if self.least is not None:
            return self.least
        return max((float(each.max(initial=-np.inf)) for each in self.level.values()), default=0.0) - BELOW_LOUDEST


@dataclass(frozen=True, slots=True)
class Taught:
    """Candidates as a user's corrections have them, what is known of their kit, and how each sounds.

    `trusted` are hits by those corrections alone: they may be as soft as they like.
    """

    weighed: WeighedCandidates
    known: KnownKit
    sounds: Mapping[Drum, Sounds]
    trusted: Mapping[Drum, NDArray[np.bool_]]


def weigh_candidates(found: Sequence[Candidate], kit: Kit, *, has_labels: bool, clean: bool) -> WeighedCandidates:
    """Hits and candidates of a kit with their levels, after all rules.

    `has_labels` says that the labels of `found` tell an open hat from a closed one and a crash from a ride, and that
    its strengths tell what was half heard; `clean` asks for what is only bleed to be left out.
    """
    mine = {drum: [c for c in found if c.drum is drum] for drum in Drum}
    if has_labels:
        mine = {drum: restore_even_strokes(one) for drum, one in mine.items()}
    level = {drum: levels(loud, [c.onset for c in mine[drum]]) for drum, loud in envelopes(kit)}
    return WeighedCandidates(suppress_bleed(mine, level) if clean else mine, level)


def measure_hits(
    weighed: WeighedCandidates,
    kit: Kit,
    curve: "VelocityCurve",
    *,
    has_labels: bool,
    report: ReportFraction,
    taught: Taught | None = None,
) -> Drums:
    """Hits and candidates of a kit, measured on its stems; what was `taught` names some of them."""
    mine, level, floor = weighed.candidates, weighed.level, weighed.floor
    fair = estimate_levels(mine, level) if has_labels else level
    ids = count()
    heard: list[Hit] = []
    for number, drum in enumerate(Drum):
        report(number / len(Drum))
        loud = np.flatnonzero((level[drum] >= floor) | (taught.trusted[drum] if taught else False))
        kept = [mine[drum][i] for i in loud.tolist()]
        sound = timbre(kit.drums[drum], [c.onset for c in kept])
        labels = articulate(drum, finer_labels(kept, sound.shape), sound, has_labels)
        if taught:
            labels = taught.known.rename(drum, labels, taught.sounds[drum][loud])
        heard += _make_hits(kept, labels, fair[drum][loud], sound.shape, curve, ids)
    report(1.0)
    return _make_drums(heard)


def envelopes(kit: Kit) -> Iterator[tuple[Drum, Floats]]:
    """How loud each drum of the kit is."""
    if kit.envelopes:
        yield from zip(Drum, np.load(kit.envelopes), strict=True)
    else:
        yield from ((drum, envelope(kit.drums[drum])) for drum in Drum)


def draft_hits(found: Sequence[Candidate], curve: "VelocityCurve") -> Drums:
    """Hits without a kit: levels as the transcriber guessed them, one cluster a label."""
    ids = count()
    heard: list[Hit] = []
    for drum in Drum:
        mine = [c for c in found if c.drum is drum]
        level = LOUDNESS_RANGE * (np.array([c.loudness for c in mine], np.float32) - 1)
        heard += _make_hits(mine, [c.label for c in mine], level, np.zeros((len(mine), 1), np.float32), curve, ids)
    return _make_drums(heard)


def _make_hits(
    found: Sequence[Candidate],
    labels: list[str],
    level: Floats,
    shapes: Floats,
    curve: "VelocityCurve",
    ids: "count[int]",
) -> list[Hit]:
    level = np.round(level, 2)
    sure = [i for i, c in enumerate(found) if round(c.strength, 4) >= THRESHOLD]
    cluster = np.full(len(found), -1)
    for group in groups([labels[i] for i in sure], shapes[sure]):
        cluster[[sure[i] for i in group.members]] = next(ids)
    velocity = _velocities(found, level, sure, curve)
    return [
        Hit(
            id=-1,
            onset=Seconds(round(c.onset, 6)),
            drum=c.drum,
            label=labels[i],
            level=round(float(level[i]), 2),
            velocity=int(velocity[i]),
            strength=round(c.strength, 4),
            confidence=round(c.confidence, 4),
            cluster=int(cluster[i]),
        )
        for i, c in enumerate(found)
    ]


def _velocities(
    found: Sequence[Candidate], level: Floats, sure: list[int], curve: "VelocityCurve"
) -> NDArray[np.int64]:
    """Of candidates of one drum. Those that are not sure do not move the reference that the others are held against."""
    if not found:
        return np.zeros(0, np.int64)
    drum = found[0].drum
    return drum_velocities(level, drum, curve, reference(level[sure] if sure else level, LOUD[drum]))


def _make_drums(heard: list[Hit]) -> Drums:
    thresholds = dict.fromkeys(Drum, THRESHOLD)
    ordered = number_hits(heard)
    return Drums(ordered, clusters(ordered, thresholds), thresholds)
