"""An editor of the hits: corrections are collected and applied once at the end.

A song keeps every revision it ever had; applying one costs dictionary entries, so a long history stays quick. A copy
goes on from where the editor stands.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import copy
from functools import cache
from itertools import islice
from operator import attrgetter, lt

from bridge.drum_labels import SOUNDS
from bridge.timebase import Seconds
from daemon.pipeline.records import Drum, Hit
from daemon.score.changes import AddedHit, Changes, DrumRange, VelocityChange

_ADDED_LEVEL = -20.0  # dB below full scale, of what nobody measured; its velocity is given


class HitEditor:
    """Editor of `hits`: the hits as detected and their corrections."""

    def __init__(self, hits: Iterable[Hit]) -> None:
        self._hits = {hit.id: hit for hit in hits}
        self._members: dict[int, list[int]] = defaultdict(list)
        for hit in self._hits.values():
            self._members[hit.cluster].append(hit.id)
        self._labels: dict[int, str] = {}
        self._onsets: dict[int, Seconds] = {}
        self._velocities: dict[int, int] = {}
        self._corrected = dict(self._hits)
        self._touched: set[int] = set()  # those whose corrected hit is not up to date

    def copy(self) -> "HitEditor":
        other = copy(self)
        other._hits, other._corrected, other._touched = dict(self._hits), dict(self._corrected), set(self._touched)
        other._labels, other._onsets = dict(self._labels), dict(self._onsets)
        other._velocities = dict(self._velocities)
        return other

    def apply(self, changes: Changes) -> None:
        """Each kind of change in the order in which Changes lists them."""
        for cluster, text in changes.clusters.items():
            self._relabel(dict.fromkeys(self._members[cluster], text))
        for span in changes.ranges:
            self._relabel(dict.fromkeys(self._hits_in(span), span.label))
        self._relabel(changes.hits)
        self._delete(changes)
        self._onsets.update((number, Seconds(onset)) for number, onset in changes.move.items())
        self._touched.update(changes.move)
        for loudness in changes.velocity:
            self._set_velocities(self._new_velocities(loudness))
        self._set_velocities(changes.velocities)
        for item in changes.add:
            self._hits[item.id] = self._corrected[item.id] = _make_hit(item)

    def corrected_hits(self) -> tuple[Hit, ...]:
        """The hits that are left, by onset."""
        for number in self._touched & self._hits.keys():
            self._corrected[number] = self._rewrite(self._hits[number])
        self._touched.clear()
        found = tuple(self._corrected.values())
        onsets = [hit.onset for hit in found]
        if all(map(lt, onsets, islice(onsets, 1, None))):
            return found
        return tuple(sorted(found, key=attrgetter("onset", "id")))

    def _relabel(self, labels: Mapping[int, str]) -> None:
        self._labels.update(labels)
        self._touched.update(labels)

    def _set_velocities(self, velocities: Mapping[int, int]) -> None:
        self._velocities.update(velocities)
        self._touched.update(velocities)

    def _rewrite(self, hit: Hit) -> Hit:
        label = self._labels.get(hit.id)
        return Hit(
            id=hit.id,
            onset=self._onsets.get(hit.id, hit.onset),
            drum=hit.drum if label is None else drum_of(label, hit.drum),
            label=label or hit.label,
            level=hit.level,
            velocity=self._velocities.get(hit.id, hit.velocity),
            strength=hit.strength,
            confidence=hit.confidence if label is None else 1.0,
            cluster=hit.cluster,
        )

    def _delete(self, changes: Changes) -> None:
        gone = set(changes.delete_hits).union(*(self._members[cluster] for cluster in changes.delete_clusters))
        for number in gone.union(*map(self._hits_in, changes.delete_ranges)):
            self._hits.pop(number, None)
            self._corrected.pop(number, None)

    def _hits_in(self, span: DrumRange) -> list[int]:
        times = ((self._onsets.get(hit.id, hit.onset), hit) for hit in self._hits.values())
        return [hit.id for at, hit in times if span.start <= at < span.end and self._is_drum(hit, span.drum)]

    def _new_velocities(self, loudness: VelocityChange) -> dict[int, int]:
        meant = [
            hit
            for hit in self._hits.values()
            if loudness.cluster in (None, hit.cluster) and self._is_drum(hit, loudness.drum)
        ]
        now = ((hit.id, self._velocities.get(hit.id, hit.velocity)) for hit in meant)
        return {number: min(127, max(1, round(v * loudness.scale + loudness.add))) for number, v in now}

    def _is_drum(self, hit: Hit, drum: str | None) -> bool:
        """`drum` is None, or the drum or the label that the hit has by now."""
        if drum is None:
            return True
        label = self._labels.get(hit.id, hit.label)
        return drum in (label, drum_of(label, hit.drum))


@cache
def drum_of(label: str, otherwise: Drum) -> Drum:
    """The stem of the kit that a label belongs to; hand percussion has none and stays where it was heard."""
    family = SOUNDS[label].family
    return otherwise if family == "percussion" else Drum(family)


def _make_hit(item: AddedHit) -> Hit:
    return Hit(
        id=item.id,
        onset=Seconds(item.onset),
        drum=drum_of(item.label, Drum.CYMBALS),
        label=item.label,
        level=_ADDED_LEVEL,
        velocity=item.velocity,
        strength=1.0,
        confidence=1.0,
        cluster=-1,
    )
