"""Groups of hits that sound alike: what a user listens to and relabels.

Within one label, hierarchical clustering on timbre (average linkage), cut where groups are clearly apart.
The order of ids is that of the drums, then of size, so that the same song always gives the same ids.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import cdist

from daemon.pipeline.records import Cluster, Drum, Hit

APART = 11.0  # dB, mean distance per band between groups that sound different; chosen by hand
SMALLEST = 0.06  # of a label's hits; a smaller group joins the nearest one; chosen by hand
MOST = 4  # groups of a label, what a list can show; chosen by hand
SAMPLE = 1200  # hits that the tree is built on; its time grows with their square


@dataclass(frozen=True, slots=True)
class Group:
    """Indices into the hits of one drum that share a label and sound alike."""

    label: str
    members: NDArray[np.int64]


def groups(labels: Sequence[str], shapes: NDArray[np.float32]) -> list[Group]:
    """All hits of one drum in groups, the largest label first. `shapes` is (hits, features) in dB."""
    names = sorted(set(labels), key=lambda name: (-labels.count(name), name))
    every = np.array(labels)
    return [
        Group(name, members) for name in names for members in _split_by_timbre(np.flatnonzero(every == name), shapes)
    ]


def clusters(hits: Sequence[Hit], thresholds: dict[Drum, float]) -> tuple[Cluster, ...]:
    """The clusters of hits that carry their cluster's id already; candidates do not count."""
    sounding = [hit for hit in hits if hit.strength >= thresholds.get(hit.drum, 0.0)]
    return tuple(_cluster(number, list(members)) for number, members in _group_by_cluster(sounding))


def _cluster(number: int, hits: list[Hit]) -> Cluster:
    velocity = float(np.mean([hit.velocity for hit in hits]))
    typical = max(hits, key=lambda hit: hit.confidence - abs(hit.velocity - velocity) / 127)
    return Cluster(
        id=number,
        drum=hits[0].drum,
        label=hits[0].label,
        confidence=round(float(np.mean([hit.confidence for hit in hits])), 3),
        count=len(hits),
        velocity=round(velocity, 2),
        typical=typical.id,
        time=typical.onset,
    )


def _group_by_cluster(hits: Iterable[Hit]) -> Iterator[tuple[int, list[Hit]]]:
    members: dict[int, list[Hit]] = {}
    for hit in hits:
        members.setdefault(hit.cluster, []).append(hit)
    yield from sorted(members.items())


def number_hits(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Hits sorted by onset, with ids from 0 in that order."""
    ordered = sorted(hits, key=lambda hit: (hit.onset, hit.drum))
    return tuple(replace(hit, id=i) for i, hit in enumerate(ordered))


def _split_by_timbre(members: NDArray[np.int64], shapes: NDArray[np.float32]) -> list[NDArray[np.int64]]:
    if len(members) < 8:
        return [members]
    features = shapes[members] / np.sqrt(shapes.shape[1])
    sample = features[:: -(-len(members) // SAMPLE)]
    tree = linkage(sample, "average")
    numbers = fcluster(tree, t=APART, criterion="distance")
    large = [n for n in np.unique(numbers) if (numbers == n).mean() >= SMALLEST]
    large = sorted(large, key=lambda n: -(numbers == n).sum())[:MOST]
    if len(large) < 2:
        return [members]
    centres = np.stack([sample[numbers == n].mean(axis=0) for n in large])
    nearest = cdist(features, centres).argmin(axis=1)
    parts = [members[nearest == i] for i in range(len(large))]
    return sorted((part for part in parts if len(part)), key=len, reverse=True)
