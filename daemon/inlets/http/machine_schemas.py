"""The schemas of what is said of this machine: health, networks, and the first set-up."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from daemon.pipeline.records import Drum


class Schema(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ModelView(Schema):
    """A network and what is known before it is fetched. `minutes` is for a song of three minutes on this machine."""

    name: str
    state: Literal["here", "not fetched", "unusable"]
    here: str | None = Field(description="where its weights lie")
    problem: str
    megabytes: int = Field(description="to fetch; 0 is not known")
    licence: str
    note: str
    memory_gb: float = Field(description="on a CPU; 0 is not known")
    minutes: float | None
    recommended: bool
    own: bool = Field(description="a checkpoint of your own, from the settings")
    fetched_bytes: int | None = Field(description="that are here while it is being fetched; null if it is not")


class ModelsView(Schema):
    """`next_fetch` is what the next song would have fetched first, null if all is here or nothing may be fetched."""

    folder: str = Field(description="where networks lie; folders.models in the settings moves it")
    offline: bool
    models: list[ModelView]
    next_fetch: str | None


SettingKind = Literal["folder", "folders", "text", "number", "switch", "choice"]


class SettingView(Schema):
    """A setting of config.toml. `pending`: it is in the file, and holds once sidestick is started again."""

    name: str = Field(examples=["daemon.midi_port"])
    group: str
    title: str
    kind: SettingKind
    help: str
    value: str | bool | int | float | list[str]
    default: str | bool | int | float | list[str]
    choices: list[str]
    locked: str = Field(description="the variable of the environment that sets it, '' if the file does")
    pending: bool


class TaughtSongView(Schema):
    """What one corrected song taught: `examples` of each drum, and how many of them had been heard wrong."""

    name: str
    examples: dict[Drum, int]
    corrected: dict[Drum, int]


class EarView(Schema):
    """The personal ear. `on`: corrections teach it, and songs are heard with it."""

    on: bool
    songs: list[TaughtSongView]


class SettingsView(Schema):
    file: str
    settings: list[SettingView]
    restart: bool = Field(description="something waits for the next start")


class SettingsChange(Schema):
    """Values by dotted names; null is the default."""

    changes: dict[str, Any] = Field(examples=[{"daemon.midi_port": "drums"}])


class DawView(Schema):
    name: str
    title: str
    next_step: str = Field(description="what to install there, for people")


class SetupView(Schema):
    """What the first set-up asks for. `is_new`: nobody has answered yet, and this machine may."""

    is_new: bool
    drop: list[str] = Field(description="the folders that are watched")
    default_drop: str
    daw: str
    daws: list[DawView]
    at_log_on: bool
    remark: str = Field(description="why the start at log-on could not be set up; '' if it could")


class SetupBody(Schema):
    """The answers; what is left out stays as it is. `drop` is a folder of this machine, and is made."""

    drop: str | None = Field(default=None, min_length=1, max_length=4096)
    daw: str | None = Field(default=None, max_length=64)
    at_log_on: bool | None = Field(default=None, strict=True)


class HealthView(Schema):
    name: str
    version: str
    protocol: int
    pid: int
    device: str = Field(description="what networks run on: cpu, cuda or mps; auto until one has run")
    midi_port: str = Field(description="what sidestick plays through, or why it does not; for people")
    midi_open: bool
    uptime_s: float
