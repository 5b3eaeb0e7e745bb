"""Numbered revisions with undo and redo. Nothing that was ever corrected is forgotten."""

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from daemon.errors import Rejected
from daemon.score.changes import Changes


class Revision(BaseModel):
    """One correction, made on top of revision `parent` (0: as heard)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    parent: int
    changes: Changes


class History(BaseModel):
    """All revisions ever made, in order of their numbers, and the one that holds now (`head`).

    A correction made after an undo starts a new branch; redo follows the newest, the older stays on record.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    revisions: tuple[Revision, ...] = ()
    head: int = 0

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
        return History(revisions=(*self.revisions, new), head=number)

    def undo(self) -> "History":
        if self.head == 0:
            raise Rejected("nothing_to_undo", "There is nothing to undo; everything is as it was heard.")
        return self.model_copy(update={"head": self.revisions[self.head - 1].parent})

    def redo(self) -> "History":
        newest = max((r.number for r in self.revisions if r.parent == self.head), default=None)
        if newest is None:
            raise Rejected("nothing_to_redo", f"There is nothing to redo after revision {self.head}.")
        return self.model_copy(update={"head": newest})

    def current_changes(self) -> tuple[Changes, ...]:
        """What leads from the heard hits to the head, oldest first."""
        chain: list[Changes] = []
        number = self.head
        while number:
            revision = self.revisions[number - 1]
            chain.append(revision.changes)
            number = revision.parent
        return tuple(reversed(chain))

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
