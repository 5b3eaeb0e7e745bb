"""What can be asked of a transcription: the same words on the command line, in stemd.toml, in OSC and in the config."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from daemon.errors import Rejected
from daemon.jobs.tempo_words import TempoWords
from daemon.pipeline.records import Drum, Part
from daemon.wording import refusal

Separator = Literal["auto", "htdemucs", "htdemucs_ft", "htdemucs_6s", "hdemucs_mmi", "mdx", "mdx_extra", "embedded"]
StemFormat = Literal["wav", "flac", "mp3"]
Input = Literal["mix", "drums", "bass", "vocals", "other", "guitar", "piano"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Grid(_Frozen):
    """How hits move towards the beat. `step` is a note value: 1/16, or 1/8T for triplets."""

    step: Literal["1/4", "1/8", "1/16", "1/32", "1/4T", "1/8T", "1/16T"] = "1/16"
    quantize: bool = True
    strength: float = Field(default=1.0, ge=0, le=1, description="0 leaves every hit where it was, 1 moves it all")
    tolerance: float = Field(default=0.3, ge=0, le=0.5, description="of a step; a hit further off keeps its time")
    swing: float | Literal["auto"] = Field(default="auto", description="0.5 straight to 0.75, or auto: measured")

    @field_validator("swing", mode="before")
    @classmethod
    def _swing_in_range(cls, value: object) -> object:
        if value != "auto" and not 0.5 <= _number(value) <= 0.75:
            raise ValueError("use auto, or 0.5 (straight) to 0.75 (dotted)")
        return value if value == "auto" else _number(value)


class SongGrid(Grid, TempoWords):
    """Where the beats of the song are, as far as somebody says so, and how hits move towards them."""


class VelocityCurve(_Frozen):
    """Level to velocity: the loudest hit of a drum gets `top`, one `range_db` below it gets `bottom`."""

    top: int = Field(default=120, ge=1, le=127)
    bottom: int = Field(default=20, ge=1, le=127)
    range_db: float = Field(default=36.0, gt=0, le=96)
    gamma: float = Field(default=1.0, gt=0, le=4, description="above 1 spreads the loud hits, below 1 the soft ones")


class Classic(_Frozen):
    """The published recipe, parameter by parameter: librosa's peak picking and the shortest gaps, per drum."""

    hop: int = Field(default=512, ge=64, le=4096, description="samples")
    delta: dict[Drum, float] = {
        Drum.KICK: 0.08, Drum.SNARE: 0.06, Drum.TOMS: 0.07, Drum.HIHAT: 0.05, Drum.CYMBALS: 0.06,
    }  # fmt: skip
    wait: dict[Drum, int] = {Drum.KICK: 3, Drum.SNARE: 2, Drum.TOMS: 3, Drum.HIHAT: 1, Drum.CYMBALS: 4}
    gap_ms: dict[Drum, float] = {
        Drum.KICK: 35, Drum.SNARE: 40, Drum.TOMS: 40, Drum.HIHAT: 25, Drum.CYMBALS: 150,
    }  # fmt: skip


class Options(_Frozen):
    """One request. Everything has a default that suits a full song."""

    input: Input = "mix"
    parts: tuple[Part, ...] = (Part.DRUMS,)
    separator: str = "auto"
    kit: Literal["auto", "embedded", "drumsep", "drumsep6"] = "auto"
    onsets: Literal["default", "superflux", "classic"] = "default"
    classic: Classic = Classic()
    bpm: float | None = Field(default=None, ge=20, le=400)
    numerator: int = Field(default=4, ge=1, le=16, description="beats in a bar")
    grid: SongGrid = SongGrid()
    velocity: VelocityCurve = VelocityCurve()
    sensitivity: dict[str, float] = Field(default_factory=dict, description="drum -> 0..1; 0.5 is the default")
    drum_map: str = "gm"
    note_ms: float = Field(default=50.0, ge=5, le=2000)
    stems: StemFormat | None = None
    kit_stems: bool = Field(default=False, description="also the five stems of the drum kit; needs stems")
    backing: bool = Field(default=False, description="the song without its drums")
    plot: bool = False
    draft: bool = Field(default=True, description="a first .mid before the separation; only in the daemon")

    @classmethod
    def read(cls, values: dict[str, Any], spelt: Callable[[str], str] = str) -> "Options":
        """Validated options, or Rejected with one sentence for each mistake. `spelt` is how the sender calls a name."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise Rejected("bad_option", " ".join(refusal(spelt(_name(e)), e) for e in error.errors())) from None


def _name(error: Any) -> str:
    return ".".join(str(part) for part in error["loc"]) or "options"


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return float("nan")
