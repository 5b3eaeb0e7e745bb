"""Corrections of a draft, or of an earlier transcription, carried over to what was heard anew.

The revisions stay, one by one, so that an undo goes back through them; each is told of the hits that are the same
strokes. What a musician said is never dropped: a stroke that was named and is not heard any more is added.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import TypeVar

from daemon.pipeline.records import Drum, Drums, Hit
from daemon.score.changes import FIRST_DRAFT_ID, AddedHit, Changes, Detections, VelocityChange
from daemon.score.history import History, Revision
from daemon.score.hit_editor import drum_of

_SAME_STROKE = 0.03  # seconds; two transcribers hear one stroke within 20 ms, chosen by hand
_Value = TypeVar("_Value")
_MOST = 0.5  # part of a cluster's hits that must be of another one for it to be that one


def number_as_draft(found: Drums) -> Drums:
    """Hits and clusters under numbers that no final has: what is said of them later cannot mean another hit."""
    hits = tuple(
        replace(hit, id=hit.id + FIRST_DRAFT_ID, cluster=hit.cluster + FIRST_DRAFT_ID if hit.cluster >= 0 else -1)
        for hit in found.hits
    )
    clusters = tuple(
        replace(each, id=each.id + FIRST_DRAFT_ID, typical=each.typical + FIRST_DRAFT_ID) for each in found.clusters
    )
    return replace(found, hits=hits, clusters=clusters)


def carry_over(history: History, before: Detections, after: Detections, audible: Collection[Hit]) -> History:
    """`history`, made for the hits of `before`, for those of `after`, of which `audible` sound.

    Corrections of pitched parts stay as they are.
    """
    translator = _Translator(before, after, audible)
    added: dict[int, dict[int, int]] = {0: {}}
    revisions = []
    for revision in history.revisions:
        names = added[revision.number] = dict(added[revision.parent])
        changes = translator.translate(revision.changes, names)
        revisions.append(Revision(number=revision.number, parent=revision.parent, changes=changes))
    return History(revisions=tuple(revisions), head=history.head)


@dataclass(frozen=True, slots=True)
class _Matches:
    """Which hit of after is which of before: `alike` of one drum, `moved` of another one at that time."""

    alike: Mapping[int, int]
    moved: Mapping[int, int]


class _Translator:
    """`names`, where it is asked for, are the hits that were added on the way to a revision: by their old id."""

    def __init__(self, before: Detections, after: Detections, audible: Collection[Hit]) -> None:
        self._before = {hit.id: hit for hit in before.hits}
        self._audible = sorted(audible, key=lambda hit: hit.onset)
        self._matches = _match(before.hits, self._audible)
        self._free_ids = count(1 + max((hit.id for hit in after.hits), default=-1))
        self._members: dict[int, list[int]] = defaultdict(list)
        for hit in before.hits:
            self._members[hit.cluster].append(hit.id)
        self._cluster_of = {hit.id: hit.cluster for hit in after.hits}
        self._clusters = self._match_clusters(after.hits)

    def translate(self, changes: Changes, names: dict[int, int]) -> Changes:
        added = self._add_missing(changes, names)
        new_ids = {item.id for item in added}
        there = {names[item.id]: item.label for item in changes.add if names[item.id] not in new_ids}
        doomed = (new for old in changes.delete_clusters for new in self._strays(old))
        return changes.model_copy(
            update={
                "clusters": {new: label for old, label in changes.clusters.items() for new in self._clusters[old]},
                "hits": {
                    **{new: label for old, label in changes.clusters.items() for new in self._strays(old)},
                    **self._rename(changes.hits, names),
                    **there,
                },
                "delete_clusters": tuple(new for old in changes.delete_clusters for new in self._clusters[old]),
                "delete_hits": tuple(dict.fromkeys((*self._find_alike(changes.delete_hits, names), *doomed))),
                "move": self._rename(changes.move, names),
                "velocity": tuple(self._translate_velocities(changes.velocity)),
                "velocities": self._rename(changes.velocities, names),
                "add": added,
            }
        )

    def _find(self, old: int, names: Mapping[int, int]) -> int | None:
        found = names.get(old, self._matches.alike.get(old))
        return self._matches.moved.get(old) if found is None else found

    def _find_alike(self, olds: Iterable[int], names: Mapping[int, int]) -> Iterator[int]:
        """Of one drum only: where another one is heard instead, a deleted hit is gone already."""
        found = (names.get(old, self._matches.alike.get(old)) for old in olds)
        return (new for new in found if new is not None)

    def _rename(self, values: Mapping[int, _Value], names: Mapping[int, int]) -> dict[int, _Value]:
        found = ((self._find(old, names), value) for old, value in values.items())
        return {new: value for new, value in found if new is not None}

    def _strays(self, cluster: int) -> Iterator[int]:
        """The hits of a cluster that lie in none of those that it is now."""
        found = (self._matches.alike.get(old) for old in self._members[cluster])
        return (new for new in found if new is not None and self._cluster_of[new] not in self._clusters[cluster])

    def _add_missing(self, changes: Changes, names: dict[int, int]) -> tuple[AddedHit, ...]:
        """Hits that were added, and those that were named or moved and are not heard any more."""
        told = dict.fromkeys((*changes.hits, *changes.move))
        missing = [self._as_added(old, changes) for old in told if self._find(old, names) is None]
        added = []
        for item in (*(item for item in missing if item), *changes.add):
            heard = self._heard_at(item)
            names[item.id] = next(self._free_ids) if heard is None else heard
            if heard is None:
                added.append(item.model_copy(update={"id": names[item.id]}))
        return tuple(added)

    def _as_added(self, old: int, changes: Changes) -> AddedHit | None:
        hit = self._before.get(old)
        if hit is None:
            return None
        onset, label = changes.move.get(old, hit.onset), changes.hits.get(old, hit.label)
        return AddedHit(id=old, onset=onset, label=label, velocity=hit.velocity)

    def _heard_at(self, item: AddedHit) -> int | None:
        """The hit of that drum, if the new transcription has it."""
        drum = drum_of(item.label, Drum.CYMBALS)
        near = [hit for hit in self._audible if hit.drum == drum and abs(hit.onset - item.onset) < _SAME_STROKE]
        return min(near, key=lambda hit: abs(hit.onset - item.onset)).id if near else None

    def _translate_velocities(self, velocity: Iterable[VelocityChange]) -> Iterator[VelocityChange]:
        for each in velocity:
            if each.cluster is None:
                yield each
            else:
                yield from (each.model_copy(update={"cluster": new}) for new in self._clusters[each.cluster])

    def _match_clusters(self, after: Iterable[Hit]) -> Mapping[int, tuple[int, ...]]:
        """The clusters of after most of whose hits are of one of before."""
        old_of = {new: self._before[old].cluster for old, new in self._matches.alike.items()}
        sizes: Counter[int] = Counter()
        shared: Counter[tuple[int, int]] = Counter()
        for hit in after:
            sizes[hit.cluster] += 1
            if hit.id in old_of:
                shared[old_of[hit.id], hit.cluster] += 1
        found: dict[int, tuple[int, ...]] = defaultdict(tuple)
        for (old, new), number in shared.items():
            if new >= 0 and old >= 0 and number > _MOST * sizes[new]:
                found[old] += (new,)
        return found


def _match(before: Iterable[Hit], after: Collection[Hit]) -> _Matches:
    alike = _pair(before, after, lambda a, b: a.drum == b.drum)
    rest = [hit for hit in before if hit.id not in alike]
    taken = set(alike.values())
    return _Matches(alike, _pair(rest, [hit for hit in after if hit.id not in taken], lambda a, b: a.drum != b.drum))


def _pair(before: Iterable[Hit], after: Collection[Hit], fit: Callable[[Hit, Hit], bool]) -> dict[int, int]:
    """Old id -> new id, the nearest in time first, each once."""
    slots: dict[int, list[Hit]] = defaultdict(list)
    for hit in after:
        slots[int(hit.onset / _SAME_STROKE)].append(hit)
    near = []
    for old in before:
        at = int(old.onset / _SAME_STROKE)
        candidates = (new for slot in (at - 1, at, at + 1) for new in slots.get(slot, ()))
        near += [(abs(new.onset - old.onset), old.id, new.id) for new in candidates if fit(old, new)]
    found: dict[int, int] = {}
    taken: set[int] = set()
    for apart, old_id, new_id in sorted(near):
        if apart < _SAME_STROKE and old_id not in found and new_id not in taken:
            found[old_id] = new_id
            taken.add(new_id)
    return found
