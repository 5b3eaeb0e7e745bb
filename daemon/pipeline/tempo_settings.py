"""Settings for a given tempo, meter and beats: daemon.score.given_tempo says what becomes of them."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_MOST = 100_000  # beats or marks: half a day of music
_DAY = 86_400.0  # seconds
_SHORTEST, _LONGEST = 0.04, 15.0  # seconds from beat to beat: a 32nd of 1500 bpm, a whole note at 16

Second = Annotated[float, Field(ge=-_DAY, le=_DAY)]
Denominator = Literal[1, 2, 4, 8, 16, 32]  # a .mid has powers of two
_MOST_NUMERATOR = 64  # more is a slip of the finger; chosen by hand
_METER = re.compile(r"(\d{1,2})/(\d{1,2})")


def split_meter(text: str) -> tuple[int, int]:
    """Numerator and denominator of a meter such as 7/8. Raises ValueError for what is none."""
    found = _METER.fullmatch(text)
    numerator, denominator = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= numerator <= _MOST_NUMERATOR or denominator not in get_args(Denominator):
        raise ValueError("write a meter like 3/4, 7/8 or 12/8")
    return numerator, denominator


def _check_meter(text: str) -> str:
    split_meter(text)
    return text


Meter = Annotated[str, AfterValidator(_check_meter)]


class TempoMark(NamedTuple):
    """From `second` of the source on, this many quarter notes a minute in this meter."""

    second: Second
    bpm: Annotated[float, Field(ge=10, le=1000)]
    numerator: Annotated[int, Field(ge=1, le=_MOST_NUMERATOR)] = 4
    denominator: Denominator = 4

    @property
    def meter(self) -> tuple[int, int]:
        return self.numerator, self.denominator


class TempoSettings(BaseModel):
    """Tempo and meter as given truth; what is not set is heard. Nothing can be told in two ways at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    bpm: float | None = Field(default=None, ge=20, le=400)
    meter: Meter | None = Field(default=None, description="as 3/4 or 7/8; heard if not set")
    downbeat: Second | None = Field(default=None, description="a second at which a bar starts: the first one heard")
    tempo_map: tuple[TempoMark, ...] | None = Field(
        default=None, min_length=1, max_length=_MOST, description="marks [second, bpm, numerator, denominator]"
    )
    beats: tuple[Second, ...] | None = Field(
        default=None, min_length=2, max_length=_MOST, description="seconds of the source, each beat of the song"
    )
    downbeats: tuple[int, ...] | None = Field(default=None, max_length=_MOST, description="which of `beats`, from 0")

    @model_validator(mode="after")
    def _check_fit(self) -> "TempoSettings":
        _check_rising("the marks of tempo_map", [mark.second for mark in self.tempo_map or ()])
        _check_rising("beats", self.beats or ())
        _check_gaps(self.beats or ())
        _check_rising("downbeats", self.downbeats or ())
        _check_told_once(self)
        if self.downbeats and not 0 <= self.downbeats[0] <= self.downbeats[-1] < len(self.beats or ()):
            worst = self.downbeats[0] if self.downbeats[0] < 0 else self.downbeats[-1]
            raise ValueError(f"downbeats names beat {worst}, and there are {len(self.beats or ())} beats")
        return self


TEMPO_SETTINGS = tuple(TempoSettings.model_fields)
_GIVEN_BEATS = ("tempo_map", "beats")
_METER_PARTS = ("numerator", "denominator")


def lift_tempo(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with what a client told of the beat within `grid` beside it, where the song's tempo and meter are told.

    A meter told as `numerator` and `denominator` becomes `meter`. What is told in both places stays where it is.
    """
    told = dict(values)
    if isinstance(told.get("grid"), Mapping):
        inner = dict(told.pop("grid"))
        for name in (*TEMPO_SETTINGS, *_METER_PARTS):
            if name in inner and name not in told:
                told[name] = inner.pop(name)
        if inner or not values["grid"]:
            told["grid"] = inner
    if isinstance(told.get("numerator"), int) and "meter" not in told:
        told["meter"] = f"{told.pop('numerator')}/{told.pop('denominator', 4)}"
    return told


def replaced_tempo(told: Mapping[str, Any]) -> dict[str, None]:
    """What `told` takes the place of: of a tempo, a tempo map and beats only what is told last holds.

    A new tempo map or new beats leave nothing of the tempo told before, and null for them leaves a bpm only.
    """
    if any(name in told for name in _GIVEN_BEATS):
        given = any(told.get(name) is not None for name in _GIVEN_BEATS)
        return dict.fromkeys(name for name in TEMPO_SETTINGS if given or name != "bpm")
    return dict.fromkeys((*_GIVEN_BEATS, "downbeats")) if told.get("bpm") is not None else {}


def _check_told_once(settings: TempoSettings) -> None:
    told = [name for name in ("bpm", *_GIVEN_BEATS) if getattr(settings, name) is not None]
    if len(told) > 1:
        raise ValueError(f"give {told[0]} or {told[1]}, not both")
    if settings.tempo_map and settings.meter:
        raise ValueError("the marks of tempo_map have their meters; leave out meter")
    if settings.beats and settings.downbeat is not None:
        raise ValueError("downbeats says which of the beats start a bar; leave out downbeat")


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
