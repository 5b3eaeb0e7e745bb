"""Hits and notes as rows under a header: a third of the size of named fields, and quick to read and write.

Onsets and strengths are kept to a millionth, levels to a thousandth of a dB, confidences to a ten-thousandth.
"""

from collections.abc import Iterable
from functools import cached_property
from itertools import starmap
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bridge.drum_labels import SOUNDS
from bridge.notes import Bend, ClipNote
from bridge.timebase import Seconds
from daemon.pipeline.records import Drum, Hit

HIT_COLUMNS = ("id", "onset", "drum", "label", "level", "velocity", "strength", "confidence", "cluster")
NOTE_COLUMNS = ("pitch", "onset", "duration", "velocity", "bends")

_Time = Annotated[float, Field(ge=0)]
_Velocity = Annotated[int, Field(ge=1, le=127)]
HitRow = tuple[
    Annotated[int, Field(ge=0)],
    _Time,
    Drum,
    str,
    float,
    _Velocity,
    Annotated[float, Field(ge=0)],
    Annotated[float, Field(ge=0, le=1)],
    Annotated[int, Field(ge=-1)],
]
NoteRow = tuple[Annotated[int, Field(ge=0, le=127)], _Time, _Time, _Velocity, tuple[tuple[float, float], ...]]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class HitTable(_Table):
    """Hits as heard, the candidates among them. Times in seconds, level in dB below full scale."""

    columns: tuple[str, ...] = HIT_COLUMNS
    rows: tuple[HitRow, ...] = ()

    @model_validator(mode="after")
    def _rows_fit(self) -> "HitTable":
        if self.columns != HIT_COLUMNS:
            raise ValueError(f"the columns must be {', '.join(HIT_COLUMNS)}")
        if len({row[0] for row in self.rows}) != len(self.rows):
            raise ValueError("two hits have the same id")
        strange = {row[3] for row in self.rows} - SOUNDS.keys()
        if strange:
            raise ValueError(f"there is no drum called {min(strange)!r}")
        return self

    @classmethod
    def of(cls, hits: Iterable[Hit]) -> "HitTable":
        return cls(rows=tuple(map(_row, hits)))

    @cached_property
    def records(self) -> tuple[Hit, ...]:
        return tuple(starmap(Hit, self.rows))

    @cached_property
    def encoded(self) -> str:
        """As JSON, a row a line. No correction changes it, so it is worked out once."""
        return lined(self.model_dump_json())


class NoteTable(_Table):
    """The notes of one pitched part as heard. Times in seconds, bends as (time, semitones)."""

    columns: tuple[str, ...] = NOTE_COLUMNS
    rows: tuple[NoteRow, ...] = ()

    @model_validator(mode="after")
    def _columns_fit(self) -> "NoteTable":
        if self.columns != NOTE_COLUMNS:
            raise ValueError(f"the columns must be {', '.join(NOTE_COLUMNS)}")
        return self

    @classmethod
    def of(cls, notes: Iterable[ClipNote]) -> "NoteTable":
        return cls(rows=tuple(map(_note_row, notes)))

    def notes(self) -> tuple[ClipNote, ...]:
        return tuple(starmap(_note, self.rows))


def lined(table: str) -> str:
    """One row a line. Safe, because no text in a table can hold a bracket."""
    return table.replace("[[", "[\n[").replace("],[", "],\n[")


def _row(hit: Hit) -> HitRow:
    return (
        hit.id,
        round(hit.onset, 6),
        hit.drum,
        hit.label,
        round(hit.level, 3),
        hit.velocity,
        round(hit.strength, 6),
        round(hit.confidence, 4),
        hit.cluster,
    )


def _note_row(note: ClipNote) -> NoteRow:
    bends = tuple((round(bend.time, 6), round(bend.semitones, 4)) for bend in note.bends)
    return note.pitch, round(note.onset, 6), round(note.duration, 6), note.velocity, bends


def _note(pitch: int, onset: float, duration: float, velocity: int, bends: Iterable[tuple[float, float]]) -> ClipNote:
    curve = tuple(Bend(Seconds(time), semitones) for time, semitones in bends)
    return ClipNote(pitch, Seconds(onset), Seconds(duration), velocity, curve)
