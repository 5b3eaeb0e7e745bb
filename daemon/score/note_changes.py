"""The format of a correction of a pitched part: {"notes": {"bass": {"octave": {"7": -1}, "delete": [9]}}}."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from bridge.timebase import Seconds
from daemon.errors import Rejected
from daemon.pipeline.options import PitchedPart


class ChangeModel(BaseModel):
    """Base of the models of a correction: frozen, and no unknown entries."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_by_name=True, validate_by_alias=True,
        serialize_by_alias=True, defer_build=True,
    )  # fmt: skip


class TimeRange(ChangeModel):
    """From `start` up to, not including, `end`, in seconds of the source."""

    start: float = Field(alias="from", ge=0)
    end: float = Field(alias="to", ge=0)


class Transposition(TimeRange):
    semitones: int = Field(ge=-48, le=48)


class AddedNote(ChangeModel):
    """A note that was missed. `id` is given out when the correction is read."""

    id: int = -1
    pitch: int = Field(ge=0, le=127)
    onset: float = Field(ge=0)
    duration: float = Field(gt=0, le=600)
    velocity: int = Field(default=90, ge=1, le=127)


class SplitNote(ChangeModel):
    """A note that is two. `id`, of the second, is given out when the correction is read."""

    id: int = -1
    note: int
    at: float = Field(ge=0)


class NoteChanges(ChangeModel):
    """Corrections of one part, in the order in which they take effect. Notes go by their id in the manifest."""

    shift: tuple[Transposition, ...] = Field(
        default=(),
        description="the notes of a time go up or down",
        examples=[[{"from": 12, "to": 20, "semitones": 12}]],
    )
    octave: dict[int, int] = Field(default_factory=dict, description="note -> octaves up", examples=[{"7": -1}])
    pitch: dict[int, int] = Field(default_factory=dict, description="note -> MIDI pitch", examples=[{"8": 43}])
    merge: tuple[tuple[int, ...], ...] = Field(
        default=(), description="notes that are one; the first gives the pitch", examples=[[[10, 11]]]
    )
    split: tuple[SplitNote, ...] = Field(
        default=(),
        description="notes that are two, the second from `at` seconds on",
        examples=[[{"note": 7, "at": 12.6}]],
    )
    delete_ranges: tuple[TimeRange, ...] = Field(
        default=(), description="notes of a time that are none", examples=[[{"from": 0, "to": 1.5}]]
    )
    delete: tuple[int, ...] = Field(default=(), description="notes that are none", examples=[[9]])
    move: dict[int, float] = Field(
        default_factory=dict, description="note -> onset in seconds", examples=[{"7": 12.48}]
    )
    length: dict[int, float] = Field(default_factory=dict, description="note -> seconds", examples=[{"7": 0.25}])
    velocity: dict[int, int] = Field(default_factory=dict, description="note -> 1..127", examples=[{"7": 96}])
    add: tuple[AddedNote, ...] = Field(
        default=(),
        description="notes that were missed",
        examples=[[{"pitch": 40, "onset": 12.5, "duration": 0.4, "velocity": 90}]],
    )

    def note_ids(self) -> Iterator[int]:
        """Every note that it speaks of."""
        yield from (*self.octave, *self.pitch, *self.delete, *self.move, *self.length, *self.velocity)
        for group in self.merge:
            yield from group
        yield from (cut.note for cut in self.split)

    def new_ids(self) -> Iterator[int]:
        """Of every note that it makes."""
        yield from (cut.id for cut in self.split)
        yield from (note.id for note in self.add)

    def number_added(self, first: int) -> "NoteChanges":
        cuts = tuple(cut.model_copy(update={"id": first + i}) for i, cut in enumerate(self.split))
        first += len(cuts)
        added = tuple(note.model_copy(update={"id": first + i}) for i, note in enumerate(self.add))
        return self.model_copy(update={"split": cuts, "add": added})


def check(part: PitchedPart, changes: NoteChanges, known: set[int], duration: Seconds) -> None:
    """Raises Rejected (unknown_note, bad_change) for what does not fit the song."""
    strange = next((number for number in changes.note_ids() if number not in known), None)
    if strange is not None:
        there = f"they go from {min(known)} to {max(known)}" if known else f"no {part} was heard"
        raise Rejected("unknown_note", f"There is no {part} note {strange}; {there}.")
    for problem in _problems(changes, duration):
        raise Rejected("bad_change", problem)


def _problems(changes: NoteChanges, duration: Seconds) -> Iterator[str]:
    for span in (*changes.shift, *changes.delete_ranges):
        if span.start >= span.end:
            yield f"The range from {span.start:g} to {span.end:g} s is empty; `from` comes first."
    for at in (*changes.move.values(), *(cut.at for cut in changes.split), *(note.onset for note in changes.add)):
        if not 0 <= at <= duration:
            yield f"{at:g} s is outside the song, which goes from 0 to {duration:.3f} s."
    for pitch in changes.pitch.values():
        if not 0 <= pitch <= 127:
            yield f"Pitch {pitch} does not work; MIDI goes from 0 to 127."
    for octaves in changes.octave.values():
        if not -5 <= octaves <= 5 or octaves == 0:
            yield f"{octaves} octaves do not work; use -5 to 5, like -1 for one down."
    for seconds in changes.length.values():
        if not 0 < seconds <= duration:
            yield f"A length of {seconds:g} s does not work; it goes up to {duration:.3f} s."
    for velocity in changes.velocity.values():
        if not 1 <= velocity <= 127:
            yield f"Velocity {velocity} does not work; it goes from 1 to 127."
    if any(len(set(group)) < 2 for group in changes.merge):
        yield "One note cannot be merged with itself; name two or more."
