"""What can be asked of a transcription: the same words on the command line, in stemd.toml, in OSC and in the config."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from daemon.errors import Rejected
from daemon.pipeline.records import Part

Separator = Literal["auto", "htdemucs", "htdemucs_ft", "htdemucs_6s", "hdemucs_mmi", "mdx", "mdx_extra", "embedded"]
StemFormat = Literal["wav", "flac", "mp3"]
Input = Literal["mix", "drums", "bass", "vocals", "other", "guitar", "piano"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Grid(_Frozen):
    """How hits move towards the beat. `step` is a note value: 1/16, or 1/8T for triplets."""

    step: Literal["1/4", "1/8", "1/16", "1/32", "1/4T", "1/8T", "1/16T"] = "1/16"
    quantize: bool = True
    strength: float = Field(1.0, ge=0, le=1, description="0 leaves every hit where it was played, 1 moves it all the way")
    tolerance: float = Field(0.3, ge=0, le=0.5, description="of a step; a hit further off keeps its time")
    swing: float | Literal["auto"] = Field("auto", description="0.5 straight to 0.75, or auto: measured")

    @field_validator("swing")
    @classmethod
    def _swing_in_range(cls, value: float | str) -> float | str:
        if isinstance(value, float) and not 0.5 <= value <= 0.75:
            raise ValueError("swing goes from 0.5 (straight) to 0.75 (dotted), or auto")
        return value


class VelocityCurve(_Frozen):
    """Level to velocity: the loudest hit of a drum gets `top`, one `range_db` below it gets `bottom`."""

    top: int = Field(120, ge=1, le=127)
    bottom: int = Field(20, ge=1, le=127)
    range_db: float = Field(36.0, gt=0, le=96)
    gamma: float = Field(1.0, gt=0, le=4, description="above 1 spreads the loud hits, below 1 the soft ones")


class Options(_Frozen):
    """One request. Everything has a default that suits a full song."""

    input: Input = "mix"
    parts: tuple[Part, ...] = (Part.DRUMS,)
    separator: str = "auto"
    kit: Literal["auto", "embedded", "drumsep", "drumsep6"] = "auto"
    onsets: Literal["default", "superflux", "classic"] = "default"
    bpm: float | None = Field(None, ge=20, le=400)
    numerator: int = Field(4, ge=1, le=16, description="beats in a bar")
    grid: Grid = Grid()
    velocity: VelocityCurve = VelocityCurve()
    sensitivity: dict[str, float] = Field(default_factory=dict, description="drum -> 0..1; 0.5 is the default")
    drum_map: str = "gm"
    note_ms: float = Field(50.0, ge=5, le=2000)
    stems: StemFormat | None = None
    backing: bool = False
    plot: bool = False

    @classmethod
    def read(cls, values: dict[str, Any]) -> "Options":
        """Validated options, or Rejected with one sentence for each mistake."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise Rejected("bad_option", " ".join(_sentence(e) for e in error.errors())) from None


def _sentence(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"]) or "options"
    return f"{name}: {error['input']!r} does not work ({error['msg'].lower()})."
