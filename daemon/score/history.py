"""Numbered revisions with undo and redo. Nothing that was ever corrected is forgotten."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, PrivateAttr, model_validator

from daemon.errors import Rejected
from daemon.score.changes import Changes


class Revision(BaseModel):
    """One correction, made on top of revision `parent` (0: as heard)."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    number: int
    parent: int
    changes: Changes


_Result = TypeVar("_Result")


@dataclass(slots=True)
class Replay:
    """A cache of what was worked out from a history: one more correction costs only itself. Equal to any other."""

    _results: dict[Hashable, tuple[object, Any]] = field(default_factory=dict, compare=False, repr=False)

    def latest(self, name: Hashable) -> tuple[object, Any] | None:
        """The latest result of that name, behind what it was made from."""
        return self._results.get(name)

    def store(self, name: Hashable, made_from: object, result: _Result) -> _Result:
        self._results[name] = made_from, result
        return result

    def recall(self, name: Hashable, made_from: object, make: Callable[[], _Result]) -> _Result:
        """The latest result of that name if it was made from the same, else a new one."""
        known = self.latest(name)
        if known is not None and known[0] == made_from:
            found: _Result = known[1]
            return found
        return self.store(name, made_from, make())


class History(BaseModel):
    """All revisions ever made, in order of their numbers, and the one that holds now (`head`).

    A correction made after an undo starts a new branch; redo follows the newest, the older stays on record.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    revisions: tuple[Revision, ...] = ()
    head: int = 0

    _replay: Replay = PrivateAttr(default_factory=Replay)

    @model_validator(mode="after")
    def _numbers_fit(self) -> Self:
        count = len(self.revisions)
        if [revision.number for revision in self.revisions] != list(range(1, count + 1)):
            raise ValueError("revisions are numbered 1, 2, 3 ...")
        if not 0 <= self.head <= count or any(not 0 <= r.parent < r.number for r in self.revisions):
            raise ValueError("a revision stands on one that is not there")
        return self

    def apply(self, changes: Changes) -> "History":
        number = len(self.revisions) + 1
        new = Revision(number=number, parent=self.head, changes=changes)
        extended = History(revisions=(*self.revisions, new), head=number)
        extended._replay = self._replay
        return extended

    @property
    def replay(self) -> Replay:
        """Shared by all histories that this one led to."""
        return self._replay

    def undo(self) -> "History":
        if self.head == 0:
            raise Rejected("nothing_to_undo", "There is nothing to undo; everything is as it was heard.")
        return self.model_copy(update={"head": self.revisions[self.head - 1].parent})

    def redo(self) -> "History":
        newest = max((r.number for r in self.revisions if r.parent == self.head), default=None)
        if newest is None:
            raise Rejected("nothing_to_redo", f"There is nothing to redo after revision {self.head}.")
        return self.model_copy(update={"head": newest})

    def current_revisions(self) -> tuple[Revision, ...]:
        """What leads from the heard hits to the head, oldest first."""
        chain: list[Revision] = []
        number = self.head
        while number:
            chain.append(revision := self.revisions[number - 1])
            number = revision.parent
        return tuple(reversed(chain))

    def current_changes(self) -> tuple[Changes, ...]:
        return tuple(revision.changes for revision in self.current_revisions())

    def added_note_ids(self) -> dict[str, list[int]]:
        """The same for the notes of each pitched part."""
        ids: dict[str, list[int]] = {}
        for revision in self.revisions:
            for part, changes in revision.changes.notes.items():
                ids.setdefault(part, []).extend(changes.new_ids())
        return ids

    def added_hit_ids(self) -> tuple[int, ...]:
        """The ids of all hits ever added, undone ones too, so that no id is given out twice."""
        return tuple(item.id for revision in self.revisions for item in revision.changes.add)
