"""The settings: config.toml in the user's config folder, and SIDESTICK_* in the environment, which wins.

A nested setting has two underscores in the environment: SIDESTICK_LIMITS__MAX_MINUTES=60.
"""

import ipaddress
import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from bridge.drum_labels import label
from bridge.files import expand_home
from daemon.errors import ConfigError
from daemon.pipeline.options import Options
from daemon.validation import refusal

PREFIX = "SIDESTICK_"
FILE = "config.toml"
DawName = Literal[
    "reaper", "live", "logic", "cubase", "studio_one", "fl_studio", "bitwig", "pro_tools", "ardour", "other"
]
DAW_NAMES: tuple[str, ...] = get_args(DawName)

_APP = "sidestick"
_CLIENT_NAMES = {
    "SIDESTICK_STATE_FOLDER": "SIDESTICK_FOLDERS__STATE"
}  # the name by which clients without settings know it
_ENVIRONMENT_ONLY = {"config": "SIDESTICK_FOLDERS__CONFIG", "state": "SIDESTICK_STATE_FOLDER"}
_OTHER_VARIABLES = {"SIDESTICK_TRAINING"}
_MIN_KEY_LENGTH = 16


def _expand_home(value: object) -> object:
    return expand_home(value) if isinstance(value, str) else value


def _require_absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("the path must be absolute, or start with ~")
    return path


def _require_long_key(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < _MIN_KEY_LENGTH:
        raise ValueError(f"it is too easy to guess; use {_MIN_KEY_LENGTH} characters or more")
    return key


def _normalise_labels(drums: dict[str, int]) -> dict[str, int]:
    return {label(name): pitch for name, pitch in drums.items()}


AbsolutePath = Annotated[Path, BeforeValidator(_expand_home), AfterValidator(_require_absolute)]
Pitch = Annotated[int, Field(ge=0, le=127)]
Origin = Annotated[str, Field(pattern=r"^https?://[^/\s]+$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
UserDrumMap = Annotated[dict[str, Pitch], Field(min_length=1), AfterValidator(_normalise_labels)]


class _SettingsModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class Folders(_SettingsModel):
    """Where sidestick keeps its own things. `config` and `state` can only be set in the environment."""

    config: AbsolutePath = Field(default_factory=lambda: platformdirs.user_config_path(_APP, appauthor=False))
    state: AbsolutePath = Field(default_factory=lambda: platformdirs.user_state_path(_APP, appauthor=False))
    cache: AbsolutePath = Field(default_factory=lambda: platformdirs.user_cache_path(_APP, appauthor=False))
    models: AbsolutePath = Field(default_factory=lambda: _data_folder() / "models")
    uploads: AbsolutePath = Field(default_factory=lambda: platformdirs.user_music_path() / _APP)


def _data_folder() -> Path:
    return platformdirs.user_data_path(_APP, appauthor=False)


class InputLimits(_SettingsModel):
    """What is accepted as a song."""

    max_minutes: float = Field(default=30.0, gt=0)
    max_gigabytes: float = Field(default=1.0, gt=0)
    min_seconds: float = Field(default=0.1, gt=0)


class CacheSettings(_SettingsModel):
    """How long finished stages are kept after their last use, and how much room they may take."""

    max_days: float = Field(default=30.0, gt=0)
    max_gigabytes: float = Field(default=20.0, gt=0)


class RetentionSettings(_SettingsModel):
    """After how many days without a change jobs are forgotten, and uploads with what was made of them removed.

    0 keeps them for good. What you edited yourself stays, and so does everything beside songs of your own.
    """

    jobs_days: float = Field(default=365.0, ge=0)
    uploads_days: float = Field(default=90.0, ge=0)


class DropFolderSettings(_SettingsModel):
    """A folder that is watched. `poll` is for network shares, which announce nothing."""

    path: AbsolutePath
    poll: bool = False


class DaemonSettings(_SettingsModel):
    """What `sidestick run` does."""

    osc_port: int = Field(default=9331, ge=1, le=65535)
    drop: tuple[DropFolderSettings, ...] = ()
    quiet_seconds: float = Field(default=2.0, gt=0, le=3600, description="a dropped file must stay unchanged this long")
    rescan_seconds: float = Field(default=300.0, ge=1)
    draft: bool = Field(default=True, description="a first .mid before the separation")
    workers: int = Field(default=1, ge=1, le=64)
    idle_unload_seconds: float = Field(default=600.0, gt=0, description="an idle worker lets go of its models")
    midi_port: str = Field(default="sidestick", min_length=1, max_length=64)
    learn: bool = Field(default=False, description="a pad played after an audition names that cluster")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    http_port: int = Field(default=9332, ge=0, le=65535, description="of the review page; 0 is no page")
    http_key: Annotated[SecretStr, AfterValidator(_require_long_key)] | None = Field(
        default=None, description="who asks over HTTP must give it"
    )
    http_host: str = Field(default="127.0.0.1", description="another address of this machine needs http_key")
    http_origins: tuple[Origin, ...] = Field(default=(), description="other web pages that may use sidestick")
    http_rate: float = Field(default=0.0, ge=0, description="requests a second from one address; 0 is no limit")

    @field_validator("http_host")
    @classmethod
    def _require_key_outside(cls, host: str, info: ValidationInfo) -> str:
        if not (is_loopback(host) or info.data.get("http_key")):
            raise ValueError("it lets other machines in; set daemon.http_key too")
        return host


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine and nothing else."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def http_address(host: str, port: int) -> str:
    """Where a browser of this machine finds the page that listens on `host`."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
    name = everywhere.get(host, host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


class DistributedSettings(_SettingsModel):
    """A catalogue on many machines: their queue and their store. The daemon on your own machine needs neither."""

    broker: SecretStr | None = Field(default=None, description="a Redis server: redis://host:6379/0")
    store: str = Field(default="", description="what all machines share: s3://bucket/prefix, gs://, az:// or file://")


class Settings(_SettingsModel):
    """Everything that can be set. Every setting has a default that works."""

    folders: Folders = Field(default_factory=Folders)
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    separator_precision: Literal["auto", "full", "fast"] = Field(
        default="auto", description="fast: bfloat16 products on a CPU that has them; auto is full"
    )
    offline: bool = Field(default=False, description="never fetch weights")
    personal_ear: bool = Field(default=False, description="corrections of drums teach the ear, on this machine only")
    daw: DawName | Literal[""] = Field(default="", description="as the first set-up was told")
    options: Options = Options()
    limits: InputLimits = InputLimits()
    cache: CacheSettings = CacheSettings()
    retention: RetentionSettings = RetentionSettings()
    models: dict[Name, AbsolutePath] = Field(default_factory=dict, description="checkpoints of your own")
    drum_maps: dict[Name, UserDrumMap] = Field(default_factory=dict, description="label -> MIDI note")
    daemon: DaemonSettings = DaemonSettings()
    distributed: DistributedSettings = DistributedSettings()

    @property
    def fast_separator(self) -> bool:
        return self.separator_precision == "fast"


@dataclass(frozen=True, slots=True)
class Value:
    """One setting as it is now. `origin` is "default", the variable's name, or the path of the file."""

    name: str
    value: object
    origin: str


@dataclass(frozen=True, slots=True)
class Config:
    settings: Settings
    file: Path
    origins: Mapping[str, str]

    def values(self) -> Iterator[Value]:
        """Every setting by its dotted name, with the place where its value comes from."""
        for path, value in _leaves(self.settings.model_dump(mode="json")):
            name = ".".join(path)
            yield Value(name, value, self.origins.get(name, "default"))


def load(environ: Mapping[str, str] | None = None, text: str | None = None) -> Config:
    """Read the file, or `text` in its place, and the environment. Raises ConfigError with every mistake in both."""
    variables = _own_variables(os.environ if environ is None else environ)
    file = _config_folder(variables) / FILE
    written, problems = _read(file, text)
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for path, value in _leaves(written):
        _set_nested(merged, path, value)
        origins[".".join(path)] = str(file)
    for variable, text in sorted(variables.items()):
        path = tuple(variable.removeprefix(PREFIX).lower().split("__"))
        _set_nested(merged, path, _decode(text))
        origins[".".join(path)] = variable
    return Config(_validate(merged, origins, problems), file, origins)


def _own_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The SIDESTICK_* variables that are set to something; systems without lower-case names have them in upper case."""
    found = {name.upper(): text for name, text in environ.items() if text}
    return {
        _CLIENT_NAMES.get(name, name): text
        for name, text in found.items()
        if name.startswith(PREFIX) and name not in _OTHER_VARIABLES
    }


def _config_folder(variables: Mapping[str, str]) -> Path:
    named = variables.get(f"{PREFIX}FOLDERS__CONFIG")
    return expand_home(named) if named else platformdirs.user_config_path(_APP, appauthor=False)


def _read(file: Path, text: str | None) -> tuple[dict[str, Any], list[str]]:
    """The file's content and what is wrong with the file as such. No file is no mistake."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8") if text is None else text)
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        return {}, [f"{file} cannot be read ({error.strerror}); check who owns it."]
    except ValueError as error:
        return {}, [f"{file} is not TOML: {error}."]
    except RecursionError:
        return {}, [f"{file} is nested too deeply. One line for each setting is enough."]
    folders = found.get("folders", {})
    return found, [
        f"folders.{name} cannot be set in {file}: what looks for it does not read the file; set {variable} instead."
        for name, variable in _ENVIRONMENT_ONLY.items()
        if isinstance(folders, dict) and name in folders
    ]


def _leaves(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name), value


def _set_nested(values: dict[str, Any], path: Sequence[str], value: object) -> None:
    """Set one value deep inside. Where a plain value is in the way it is left for the validation to name."""
    *sections, last = path
    for section in sections:
        inner = values.setdefault(section, {})
        if not isinstance(inner, dict):
            return
        values = inner
    values[last] = value


def _decode(text: str) -> object:
    """Lists and tables come as JSON, everything else as it is typed."""
    if not text.lstrip().startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _validate(values: dict[str, Any], origins: Mapping[str, str], problems: list[str]) -> Settings:
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError([*problems, *(_sentence(e, origins) for e in error.errors())]) from None
    if problems:
        raise ConfigError(problems)
    return settings


def _sentence(error: Any, origins: Mapping[str, str]) -> str:
    loc = [part for part in error["loc"] if part != "[key]"]
    name = ".".join(map(str, loc))
    origin = next((place for key, place in origins.items() if name.startswith(key)), "")
    origin = origin or next((place for key, place in origins.items() if key.startswith(name)), "the settings")
    if error["type"] == "extra_forbidden":
        return f"There is no setting {name} ({origin}).{_suggestion(str(loc[-1]), _field_names(loc[:-1]))}"
    return refusal(f"{name} ({origin})", error)


def _field_names(loc: Sequence[str | int]) -> list[str]:
    model: type[BaseModel] = Settings
    for name in loc:
        field = model.model_fields.get(str(name))
        kinds = (field.annotation, *get_args(field.annotation)) if field else ()
        model = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), model)
    return list(model.model_fields)


def _suggestion(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" Did you mean {close[0]}?" if close else f" Known are {', '.join(known)}."
