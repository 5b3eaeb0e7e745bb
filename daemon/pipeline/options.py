"""What can be asked of a transcription: the same options in every inlet, in sidestick.toml and in the config."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bridge.timebase import GridStep
from daemon.errors import Rejected
from daemon.pipeline.records import PITCHED_PARTS, Drum, Part
from daemon.pipeline.tempo_settings import TempoSettings, lift_tempo
from daemon.validation import refusal, remedy

StemFormat = Literal["wav", "flac", "mp3"]
FileStart = Literal["audio", "bars", "map"]
if TYPE_CHECKING:
    Input = str
    PitchedPart = str
else:
    Input = Literal[("mix", *(part.value for part in Part))]
    PitchedPart = Literal[tuple(part.value for part in PITCHED_PARTS)]
Share = Annotated[float, Field(ge=0, le=1)]
ALL_PARTS = (Part.DRUMS, Part.BASS, Part.VOCALS, Part.OTHER)
SIX_STEMS = "htdemucs_6s"


_SHORT_NAMES = {"hh": "hihat", "bd": "kick", "sd": "snare", "tom": "toms", "cy": "cymbals", "cymbal": "cymbals"}


def full_name(name: str) -> str:
    """A drum of the kit by the short name that other programs have for it, such as hh."""
    return _SHORT_NAMES.get(name.strip().casefold(), name)


def _check_drum_or_part(given: str) -> str:
    name = full_name(given)
    known = [*Drum, *PITCHED_PARTS]
    if name not in known:
        raise ValueError(f"use {', '.join(known[:-1])} or {known[-1]}")
    return name


DrumOrPart = Annotated[str, AfterValidator(_check_drum_or_part)]
"""A drum or a pitched part."""


class _OptionsModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class Grid(_OptionsModel):
    """How hits move towards the beat. `step` is a note value: 1/16, or 1/8T for triplets."""

    step: GridStep = "1/16"
    quantize: bool = True
    strength: float = Field(default=1.0, ge=0, le=1, description="0 leaves every hit where it was, 1 moves it all")
    tolerance: float = Field(default=0.3, ge=0, le=0.5, description="of a step; a hit further off keeps its time")
    swing: float | Literal["auto"] = Field(default="auto", description="0.5 straight to 0.75, or auto: measured")

    @field_validator("swing", mode="before")
    @classmethod
    def _check_swing(cls, value: object) -> object:
        if value != "auto" and not 0.5 <= _number(value) <= 0.75:
            raise ValueError("use auto, or 0.5 (straight) to 0.75 (dotted)")
        return value if value == "auto" else _number(value)


class VelocityCurve(_OptionsModel):
    """Level to velocity: a loud hit of a drum gets `top`, one `range_db` below it gets `bottom`."""

    top: int = Field(default=120, ge=1, le=127)
    bottom: int = Field(default=20, ge=1, le=127)
    range_db: float = Field(default=36.0, gt=0, le=96)
    gamma: float = Field(default=1.0, gt=0, le=4, description="above 1 spreads the loud hits, below 1 the soft ones")


# As the recipe that many scripts share has them: librosa's delta and wait, and the least time between two hits.
CLASSIC_DELTA = {Drum.KICK: 0.08, Drum.SNARE: 0.06, Drum.TOMS: 0.07, Drum.HIHAT: 0.05, Drum.CYMBALS: 0.06}
CLASSIC_WAIT = {Drum.KICK: 3, Drum.SNARE: 2, Drum.TOMS: 3, Drum.HIHAT: 1, Drum.CYMBALS: 4}  # hops
CLASSIC_GAP_MS = {Drum.KICK: 35.0, Drum.SNARE: 40.0, Drum.TOMS: 40.0, Drum.HIHAT: 25.0, Drum.CYMBALS: 150.0}


class Classic(_OptionsModel):
    """The published recipe, parameter by parameter: librosa's peak picking and the shortest gaps, per drum."""

    hop: int = Field(default=512, ge=64, le=4096, description="samples")
    delta: dict[Drum, Annotated[float, Field(ge=0, le=10)]] = dict(CLASSIC_DELTA)
    wait: dict[Drum, Annotated[int, Field(ge=0, le=1000)]] = dict(CLASSIC_WAIT)
    gap_ms: dict[Drum, Annotated[float, Field(ge=0, le=10_000)]] = dict(CLASSIC_GAP_MS)

    @model_validator(mode="after")
    def _fill_drums(self) -> Self:
        """Drums that are not named keep the published value."""
        self.delta.update({**CLASSIC_DELTA, **self.delta})
        self.wait.update({**CLASSIC_WAIT, **self.wait})
        self.gap_ms.update({**CLASSIC_GAP_MS, **self.gap_ms})
        return self


class PartOptions(_OptionsModel):
    """How a pitched part is heard and written; what is not set is as it suits the part.

    The names that Basic Pitch gave its settings stand in brackets. Those in AUDIO_PART_OPTIONS need the audio.
    """

    monophonic: bool | None = Field(default=None, description="one voice at a time; bass and vocals are")
    shortest_ms: float | None = Field(default=None, ge=10, le=2000, description="shortest note [minimum_note_length]")
    lowest: float | None = Field(default=None, ge=16, le=8000, description="Hz [minimum_frequency]")
    highest: float | None = Field(default=None, ge=32, le=8000, description="Hz [maximum_frequency]")
    onset: float = Field(default=0.5, gt=0, le=1, description="attack at sensitivity 0.5 [onset_threshold]")
    frame: float = Field(default=0.3, gt=0, le=1, description="sound at sensitivity 0.5 [frame_threshold]")
    melodia: bool = Field(default=True, description="also notes without an attack [melodia_trick]")
    bends: bool | None = Field(default=None, description="pitch bends [multiple_pitch_bends]; vocals have them")
    mpe: bool = Field(default=False, description="a MIDI channel for each note, so that each bends by itself")
    confidence: float = Field(default=0.0, ge=0, le=1, description="less sure notes are left out")
    transpose: int = Field(default=0, ge=-48, le=48, description="semitones")
    midi_bpm: float = Field(default=120, ge=20, le=400, description="in files of the classic recipe [midi_tempo]")
    gap_ms: float = Field(default=0.0, ge=0, le=500, description="free before the next note of the voice or key")
    sustain_ms: float | None = Field(default=None, ge=0, le=4000, description="pauses this short are filled; bass 150")
    overlap: Literal["cut", "keep"] | None = Field(default=None, description="cut: a note ends the one before")
    grid: Grid | None = Field(default=None, description="as the song's if not set")
    velocity: VelocityCurve | None = Field(default=None, description="as the song's if not set")

    @model_validator(mode="after")
    def _check_range(self) -> "PartOptions":
        if self.lowest and self.highest and self.lowest >= self.highest:
            raise ValueError(f"lowest ({self.lowest:g} Hz) must lie below highest ({self.highest:g} Hz)")
        return self


AUDIO_PART_OPTIONS = ("monophonic", "shortest_ms", "lowest", "highest", "onset", "frame", "melodia")


class Options(TempoSettings):
    """One request. Everything has a default that suits a full song."""

    input: Input = "mix"
    parts: tuple[Part, ...] = Field(default=(Part.DRUMS,), description="or all: drums, bass, vocals, other; or none")
    separator: str = "auto"
    kit: Literal["auto", "embedded", "drumsep", "drumsep6"] = "auto"
    onsets: Literal["default", "superflux", "classic"] = "default"
    classic: Classic = Classic()
    note_recipe: Literal["default", "classic"] = Field(
        default="default", description="classic: heard and written as Basic Pitch's own package does it"
    )
    grid: Grid = Grid()
    velocity: VelocityCurve = VelocityCurve()
    sensitivity: dict[DrumOrPart, Share] = Field(
        default_factory=dict, description="drum or part -> 0..1; 0.5 if not set"
    )
    notes: dict[PitchedPart, PartOptions] = Field(
        default_factory=dict, description="part -> how it is heard and written"
    )
    harmony: bool | None = Field(default=None, description="key and chords; with pitched parts if not set")
    drum_map: str = "gm"
    note_ms: float = Field(default=50.0, ge=5, le=2000)
    as_played: bool = Field(default=False, description="also a .mid with every note at the time it was played")
    start: FileStart | None = Field(
        default=None, description="where files start: with the audio at one tempo, with a bar, or with a tempo map"
    )
    stems: StemFormat | None = None
    stem_names: tuple[Part, ...] = Field(default=(), description="only these stems; needs stems")
    stems_as_source: bool = Field(default=False, description="stems at the rate and depth of the file")
    kit_stems: bool = Field(default=False, description="also the five stems of the drum kit; needs stems")
    backing: bool = Field(default=False, description="the song without its drums")
    export: tuple[str, ...] = Field(default=(), description="files for other programs, as csv, tracks, clone_hero")
    plot: bool = False
    draft: bool = Field(default=True, description="a first .mid before the separation; only in the daemon")

    @field_validator("export", mode="before")
    @classmethod
    def _split_export(cls, value: object) -> object:
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    @model_validator(mode="before")
    @classmethod
    def _expand_parts(cls, values: Any) -> Any:
        """A stem is that part; of a song `all` are the usual four, and every part comes once, in the usual order."""
        if not isinstance(values, dict):
            return values
        values = lift_tempo(values)
        stem = values.get("input", "mix")
        asked = values.get("parts", (Part.DRUMS,))
        given = asked.split(",") if isinstance(asked, str) else asked
        if not isinstance(given, list | tuple) or stem not in get_args(Input):
            return values
        parts = _order_parts(given)
        strange = [part for part in parts if part not in tuple(Part)]
        return {**values, "parts": parts if stem == "mix" else (stem, *strange)}

    @property
    def stems_only(self) -> bool:
        """Nothing is transcribed: the song is taken apart, and that is all."""
        return not self.parts

    @property
    def wanted_stems(self) -> tuple[Part, ...]:
        """The stems to be written where not all are; with a backing track the drums are needed for it."""
        return (*self.stem_names, *((Part.DRUMS,) if self.backing else ()))

    @property
    def pitched_parts(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part is not Part.DRUMS)

    def part_options(self, part: Part) -> PartOptions:
        return next((found for name, found in self.notes.items() if name == part), PartOptions())

    @property
    def separator_name(self) -> str:
        """The separator's name; `auto` is one that knows guitar and piano where they are wanted."""
        rare = {Part.GUITAR, Part.PIANO} & set(self.parts)
        return SIX_STEMS if self.separator == "auto" and rare else self.separator

    @property
    def wants_harmony(self) -> bool:
        """Whether key and chords are wanted."""
        return bool(self.pitched_parts) if self.harmony is None else self.harmony

    @classmethod
    def read(cls, values: dict[str, Any], spell: Callable[[str], str] = str) -> "Options":
        """Validated options, or Rejected with a sentence for each mistake. `spell` gives the sender's names."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise Rejected("bad_option", " ".join(_refusal(e, spell) for e in error.errors())) from None


def _refusal(error: Any, spell: Callable[[str], str]) -> str:
    name = ".".join(str(part) for part in error["loc"])
    return refusal(spell(name), error) if name else f"Settings that do not go together: {remedy(error)}."


def _order_parts(given: Iterable[object]) -> list[object]:
    """`all` spelt out, known parts in the order of Part, what is no part at the end."""
    names = [name.strip().lower() if isinstance(name, str) else name for name in given]
    asked = [part for name in names for part in (ALL_PARTS if name == "all" else (name,))]
    known = [part for part in Part if part in asked]
    return [*known, *(name for name in asked if name not in (*Part, "none"))]


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return float("nan")
