"""Hits and notes as rows under a header: a third of the size of named fields, and quick to read and write.

Onsets and strengths are kept to a millionth, levels to a thousandth of a dB, confidences to a ten-thousandth.
"""

from collections.abc import Iterable
from functools import cached_property
from itertools import starmap
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bridge.drum_labels import SOUNDS
from bridge.notes import Bend
from bridge.timebase import Seconds
from daemon.pipeline.pitched.polyphonic import PartNote
from daemon.pipeline.records import Drum, Hit

HIT_COLUMNS = ("id", "onset", "drum", "label", "level", "velocity", "strength", "confidence", "cluster")
NOTE_COLUMNS = ("id", "pitch", "onset", "duration", "velocity", "level", "strength", "confidence", "bends")

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
NoteRow = tuple[
    Annotated[int, Field(ge=0)],
    Annotated[int, Field(ge=0, le=127)],
    _Time,
    _Time,
    _Velocity,
    float,
    Annotated[float, Field(ge=0, le=1)],
    Annotated[float, Field(ge=0, le=1)],
    tuple[tuple[float, float], ...],
]


class _RowTable(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class HitTable(_RowTable):
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
        return cls(rows=tuple(map(_hit_row, hits)))

    @cached_property
    def records(self) -> tuple[Hit, ...]:
        return tuple(starmap(Hit, self.rows))

    @cached_property
    def json_text(self) -> str:
        """As JSON, a row a line. No correction changes it, so it is worked out once."""
        return break_rows(self.model_dump_json())


class NoteTable(_RowTable):
    """The notes of one pitched part as heard, the fainter ones among them. Times in seconds, level in dB.

    Bends are (time, semitones). A note sounds from the sensitivity 1 - strength on.
    """

    columns: tuple[str, ...] = NOTE_COLUMNS
    rows: tuple[NoteRow, ...] = ()

    @model_validator(mode="after")
    def _columns_fit(self) -> "NoteTable":
        if self.columns != NOTE_COLUMNS:
            raise ValueError(f"the columns must be {', '.join(NOTE_COLUMNS)}")
        if len({row[0] for row in self.rows}) != len(self.rows):
            raise ValueError("two notes have the same id")
        return self

    @classmethod
    def of(cls, notes: Iterable[PartNote]) -> "NoteTable":
        return cls(rows=tuple(map(_note_row, notes)))

    @cached_property
    def records(self) -> tuple[PartNote, ...]:
        return tuple(map(_note, self.rows))


def break_rows(table: str) -> str:
    """One row a line. Safe, because no text in a table can hold a bracket."""
    return table.replace("[[", "[\n[").replace("],[", "],\n[")


def _hit_row(hit: Hit) -> HitRow:
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


def _note_row(note: PartNote) -> NoteRow:
    return (
        note.id,
        note.pitch,
        round(note.onset, 6),
        round(note.duration, 6),
        note.velocity,
        round(note.level, 3),
        round(note.strength, 4),
        round(note.confidence, 4),
        tuple((round(bend.time, 6), round(bend.semitones, 4)) for bend in note.bends),
    )


def _note(row: NoteRow) -> PartNote:
    number, pitch, onset, duration, velocity, level, strength, confidence, bends = row
    return PartNote(
        id=number,
        pitch=pitch,
        onset=Seconds(onset),
        duration=Seconds(duration),
        velocity=velocity,
        level=level,
        confidence=confidence,
        bends=tuple(Bend(Seconds(time), semitones) for time, semitones in bends),
        strength=strength,
    )
