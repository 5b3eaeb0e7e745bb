"""What goes over the wire, as /docs shows it. Times are seconds of the source, or since 1970 where it says so."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from daemon.pipeline.options import Options

Json = dict[str, Any]
Stage = Literal["decode", "separate", "listen", "kit", "hits", "beats", "notes", "harmony"]
Form = Literal["wav", "flac", "mp3"]
Number = Annotated[int, Field(strict=True, ge=0, le=2**31)]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Job(_Shape):
    """One request. `fraction` is of the whole job; `draft` says that what lies there is a first draft."""

    id: str
    name: str = Field(examples=["Song.wav"])
    path: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: str = Field(description="'' unless it runs", examples=["separate"])
    fraction: float = Field(ge=0, le=1)
    eta_s: float | None = Field(description="seconds that are left, null while unknown")
    code: str = Field(description="why it failed, for programs")
    reason: str = Field(description="why it failed, for people")
    created: float = Field(description="seconds since 1970")
    finished: float | None = Field(description="seconds since 1970: its end, or its latest correction")
    revision: int | None = Field(description="of its notes; null before there are any")
    draft: bool
    manifest: str | None
    midi: str | None
    options: Options
    links: dict[str, str]


class Jobs(_Shape):
    """`next` is the `before` of the next page, null on the last one."""

    jobs: list[Job]
    next: str | None


class NewJob(_Shape):
    """A file on this machine, or an address that yt-dlp knows. `options` go over those of the settings."""

    path: str | None = Field(default=None, max_length=4096, examples=["/home/me/Music/Song.wav"])
    url: str | None = Field(default=None, max_length=2048, examples=["https://example.org/song"])
    options: Json = Field(default_factory=dict, examples=[{"separator": "htdemucs", "grid": {"step": "1/16"}}])


class Rerun(_Shape):
    """Work it out again from a stage on; `options` go over those of the job."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    first: Stage = Field(default="separate", alias="from")
    options: Json = Field(default_factory=dict)


class Correction(_Shape):
    """`changes` in the words of `sidestick relabel --changes`; `revision` is the one that they were made for."""

    revision: Number
    changes: Json = Field(examples=[{"clusters": {"2": "snare"}, "delete_hits": [40]}])


class Settings(_Shape):
    """Options that need no audio: grid, swing, drum_map, velocity, sensitivity, note_ms."""

    revision: Number
    options: Json = Field(examples=[{"grid": {"step": "1/16", "swing": 0.58}, "drum_map": "ableton"}])


class At(_Shape):
    revision: Number


class Push(_Shape):
    """How the notes are played on the MIDI port."""

    when: Literal["now", "transport", "link"] = "now"
    loop: bool = False
    channel: int | None = Field(default=None, ge=1, le=16)
    parts: tuple[str, ...] = Field(default=(), max_length=32)


class Audition(_Shape):
    cluster: Annotated[int, Field(strict=True, ge=-1, le=2**31)]


class Pushed(_Shape):
    notes: int


class Nothing(_Shape):
    """It was done, and there is nothing to tell."""


class Grid(_Shape):
    beats: list[float]
    downbeats: list[int] = Field(description="indices into beats")
    bpm: float
    numerator: int
    denominator: int
    confidence: float = Field(description="0 means that no beat was found")


class Table(_Shape):
    """Rows under a header: a third of the size of named fields."""

    columns: list[str]
    rows: list[list[Any]]


class Cluster(_Shape):
    """Hits that sound alike. `typical` is the id of a hit worth listening to, at `time`."""

    id: int
    drum: str
    label: str
    confidence: float
    count: int
    velocity: float
    typical: int
    time: float


class Chord(_Shape):
    start: float
    end: float
    name: str


class Notes(_Shape):
    """Everything that sounds, corrections included. `onset` is heard, `time` where it was moved to."""

    revision: int
    duration: float
    grid: Grid
    options: Options
    can_undo: bool
    can_redo: bool
    hits: Table
    clusters: list[Cluster]
    parts: dict[str, Table]
    key: str | None
    chords: list[Chord]


class Clusters(_Shape):
    revision: int
    clusters: list[Cluster]


class Revision(_Shape):
    """`parent` is the revision that it was made on; 0 is as heard."""

    number: int
    parent: int
    changes: Json


class Revisions(_Shape):
    head: int
    revisions: list[Revision]
    can_undo: bool
    can_redo: bool


class Stems(_Shape):
    stems: list[str] = Field(examples=[["mix", "drums", "bass", "backing", "kick", "snare"]])


class Waveform(_Shape):
    """The least and the greatest sample at each point, -1..1."""

    start: float
    end: float
    min: list[float]
    max: list[float]


class Health(_Shape):
    name: str
    version: str
    protocol: int
    pid: int
    device: str
    midi_port: str = Field(description="what sidestick plays through, or why it does not; for people")
    midi_open: bool
    uptime_s: float


class Label(_Shape):
    name: str
    title: str
    drum: str


class Choices(_Shape):
    """What can be asked for here, and what is asked for if nothing is said."""

    model_config = ConfigDict(populate_by_name=True)

    defaults: Options
    schema_: Json = Field(alias="schema")
    drum_maps: list[str]
    labels: list[Label]
    parts: list[str]
    separators: list[str]


class Line(_Shape):
    time: str
    text: str


class Log(_Shape):
    lines: list[Line]
