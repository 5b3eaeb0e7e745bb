"""Settings for a given tempo, meter and beats: daemon.score.given_tempo says what becomes of them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, Field, model_validator

_MOST = 100_000  # beats or marks: half a day of music
_DAY = 86_400.0  # seconds
_SHORTEST, _LONGEST = 0.04, 15.0  # seconds from beat to beat: a 32nd of 1500 bpm, a whole note at 16

Second = Annotated[float, Field(ge=-_DAY, le=_DAY)]
Denominator = Literal[1, 2, 4, 8, 16, 32]  # a .mid has powers of two


class TempoMark(NamedTuple):
    """From `second` of the source on, this many quarter notes a minute in this meter."""

    second: Second
    bpm: Annotated[float, Field(ge=10, le=1000)]
    numerator: Annotated[int, Field(ge=1, le=64)] = 4
    denominator: Denominator = 4

    @property
    def meter(self) -> tuple[int, int]:
        return self.numerator, self.denominator


class TempoSettings(BaseModel):
    """Tempo and meter as given truth; what is not set is heard."""

    tempo_map: tuple[TempoMark, ...] | None = Field(
        default=None, min_length=1, max_length=_MOST, description="marks [second, bpm, numerator, denominator]"
    )
    beats: tuple[Second, ...] | None = Field(
        default=None, min_length=2, max_length=_MOST, description="seconds of the source, each beat of the song"
    )
    downbeats: tuple[int, ...] | None = Field(default=None, max_length=_MOST, description="which of `beats`, from 0")
    downbeat: Second | None = Field(default=None, description="a second at which a bar starts: the first one heard")
    numerator: int | None = Field(default=None, ge=1, le=64, description="of the meter")
    denominator: Denominator | None = Field(default=None, description="of the meter")

    @model_validator(mode="after")
    def _check_fit(self) -> "TempoSettings":
        _check_rising("the marks of tempo_map", [mark.second for mark in self.tempo_map or ()])
        _check_rising("beats", self.beats or ())
        _check_gaps(self.beats or ())
        _check_rising("downbeats", self.downbeats or ())
        if self.tempo_map and self.beats:
            raise ValueError("give tempo_map or beats, not both")
        if self.downbeats and not 0 <= self.downbeats[0] <= self.downbeats[-1] < len(self.beats or ()):
            worst = self.downbeats[0] if self.downbeats[0] < 0 else self.downbeats[-1]
            raise ValueError(f"downbeats names beat {worst}, and there are {len(self.beats or ())} beats")
        return self


TEMPO_SETTINGS = tuple(TempoSettings.model_fields)


def _check_rising(name: str, values: Sequence[float]) -> None:
    for before, value in pairwise(values):
        if value <= before:
            raise ValueError(f"{name} must rise, and {value:g} comes after {before:g}")


def _check_gaps(beats: Sequence[float]) -> None:
    for before, beat in pairwise(beats):
        if not _SHORTEST <= beat - before <= _LONGEST:
            raise ValueError(
                f"the beats at {before:g} and {beat:g} s are {beat - before:g} s apart; "
                f"it must be {_SHORTEST:g} to {_LONGEST:g}"
            )
