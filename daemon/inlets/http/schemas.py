"""The schemas of HTTP bodies and answers, as /docs shows them. Times are seconds of the source unless told."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from daemon.pipeline.options import Options
from daemon.pipeline.stages import STAGE_NAMES

Json = dict[str, Any]
if TYPE_CHECKING:
    StageName = str
else:
    StageName = Literal[STAGE_NAMES]
AudioFormat = Literal["wav", "flac", "mp3"]
RevisionNumber = Annotated[int, Field(strict=True, ge=0, le=2**31)]


class _Schema(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DownloadView(_Schema):
    """The network that is being fetched: bytes that are here, and bytes in all, 0 where nobody says."""

    name: str = Field(examples=["htdemucs"])
    done: int
    total: int


class RemarkView(_Schema):
    """What a musician should know about a song that was done all the same."""

    code: str = Field(description="for programs", examples=["no_beat"])
    text: str = Field(description="one sentence for people")


class JobView(_Schema):
    """One request. `fraction` is of the whole job; `draft` says that what lies there is a first draft."""

    id: str
    name: str = Field(examples=["Song.wav"])
    path: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: str = Field(description="the step it is in, '' unless it runs", examples=["separate"])
    doing: str = Field(description="the same in words", examples=["Taking the song apart"])
    stages: "list[JobStageView]" = Field(description="those that it goes through, in order")
    fraction: float = Field(ge=0, le=1)
    eta_s: float | None = Field(description="seconds that are left, null while unknown")
    download: DownloadView | None = Field(description="in the stage fetch: what comes, and how much of it is here")
    code: str = Field(description="why it failed, for programs")
    reason: str = Field(description="why it failed, for people")
    remarks: list[RemarkView] = Field(description="what there is to know about its latest results")
    created: float = Field(description="seconds since 1970")
    finished: float | None = Field(description="seconds since 1970: its end, or its latest correction")
    revision: int | None = Field(description="of its notes; null before there are any")
    draft: bool
    manifest: str | None
    midi: str | None
    options: Options
    links: dict[str, str]


class JobsView(_Schema):
    """`next` is the `before` of the next page, null on the last one."""

    jobs: list[JobView]
    next: str | None


class RefusedSong(_Schema):
    name: str
    code: str
    text: str


class BatchView(_Schema):
    """Of several songs in one request: a job for each that was taken, and why the others were not."""

    jobs: list[JobView]
    refused: list[RefusedSong]


class NewJobBody(_Schema):
    """A file on this machine, or an address that yt-dlp knows. `options` go over those of the settings."""

    path: str | None = Field(default=None, max_length=4096, examples=["/home/me/Music/Song.wav"])
    url: str | None = Field(default=None, max_length=2048, examples=["https://example.org/song"])
    options: Json = Field(default_factory=dict, examples=[{"separator": "htdemucs", "grid": {"step": "1/16"}}])


class RerunBody(_Schema):
    """Work it out again from a stage on; `options` go over those of the job."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    first: StageName = Field(default="separate", alias="from")
    options: Json = Field(default_factory=dict)


class CorrectionBody(_Schema):
    """`changes` in the words of `sidestick relabel --changes`; `revision` is the one that they were made for."""

    revision: RevisionNumber
    changes: Json = Field(examples=[{"clusters": {"2": "snare"}, "delete_hits": [40]}])


class SettingsBody(_Schema):
    """Options that need no audio: grid, swing, drum_map, velocity, sensitivity, note_ms."""

    revision: RevisionNumber
    options: Json = Field(examples=[{"grid": {"step": "1/16", "swing": 0.58}, "drum_map": "ableton"}])


class RevisionBody(_Schema):
    revision: RevisionNumber


class PushBody(_Schema):
    """How the notes are played on the MIDI port."""

    when: Literal["now", "transport", "link"] = "now"
    loop: bool = False
    channel: int | None = Field(default=None, ge=1, le=16)
    parts: tuple[str, ...] = Field(default=(), max_length=32)


class AuditionBody(_Schema):
    """`learn`: the next pad that is played names the cluster; left out, daemon.learn of the settings says whether."""

    cluster: Annotated[int, Field(strict=True, ge=-1, le=2**31)]
    learn: bool | None = Field(default=None, strict=True)


class TapBody(_Schema):
    """One tap of the beat: at `seconds` of the song, now if it is left out."""

    seconds: float | None = Field(default=None, ge=0, le=86400, examples=[2.613])


class PushedView(_Schema):
    notes: int


class TappedView(_Schema):
    """So many taps count; `bpm` is 0 until there are two, and `revision` of the notes has this beat."""

    taps: int
    bpm: float
    revision: int


class EmptyView(_Schema):
    """It was done, and there is nothing to tell."""


class GridView(_Schema):
    beats: list[float]
    downbeats: list[int] = Field(description="indices into beats")
    bpm: float
    numerator: int
    denominator: int
    confidence: float = Field(description="0 means that no beat was found")


class TableView(_Schema):
    """Rows under a header: a third of the size of named fields."""

    columns: list[str]
    rows: list[list[Any]]


class ClusterView(_Schema):
    """Hits that sound alike. `typical` is the id of a hit worth listening to, at `time`."""

    id: int
    drum: str
    label: str
    confidence: float
    count: int
    velocity: float
    typical: int
    time: float


class ChordView(_Schema):
    start: float
    end: float
    name: str


class NotesView(_Schema):
    """Everything that sounds, corrections included. `onset` is heard, `time` where it was moved to."""

    revision: int
    duration: float
    grid: GridView
    options: Options
    can_undo: bool
    can_redo: bool
    hits: TableView
    clusters: list[ClusterView]
    parts: dict[str, TableView]
    key: str | None
    chords: list[ChordView]


class ClustersView(_Schema):
    revision: int
    clusters: list[ClusterView]


class RevisionView(_Schema):
    """`parent` is the revision that it was made on; 0 is as heard."""

    number: int
    parent: int
    changes: Json


class RevisionsView(_Schema):
    head: int
    revisions: list[RevisionView]
    can_undo: bool
    can_redo: bool


class StemsView(_Schema):
    stems: list[str] = Field(examples=[["mix", "drums", "bass", "backing", "kick", "snare"]])


class WaveformView(_Schema):
    """The least and the greatest sample at each point, -1..1."""

    start: float
    end: float
    min: list[float]
    max: list[float]


class HealthView(_Schema):
    name: str
    version: str
    protocol: int
    pid: int
    device: str = Field(description="what networks run on: cpu, cuda or mps; auto until one has run")
    midi_port: str = Field(description="what sidestick plays through, or why it does not; for people")
    midi_open: bool
    uptime_s: float


class LabelView(_Schema):
    name: str
    title: str
    drum: str


class StageView(_Schema):
    """A stage in words for people. Each pitched part is a step of `notes` under its own name."""

    name: str = Field(examples=["kit"])
    title: str
    doing: str = Field(description="what is being done in it")
    made: str = Field(description="what it has made")


class JobStageView(StageView):
    """A stage of a job. Progress names it by one of its `steps`."""

    steps: list[str] = Field(examples=[["kit"]])


class OptionsView(_Schema):
    """What can be asked for here, and what is asked for if nothing is said."""

    model_config = ConfigDict(populate_by_name=True)

    defaults: Options
    schema_: Json = Field(alias="schema")
    drum_maps: list[str]
    labels: list[LabelView]
    parts: list[str]
    separators: list[str]
    stages: list[StageView] = Field(description="in the order in which they are run")


class ResultView(_Schema):
    """All of a result in one answer. `midi` has the .mid of each part by its name, and of all as `song`, in base64."""

    job: JobView
    bpm: float | None = Field(description="null where no beat was found")
    beats_per_bar: int
    duration: float
    key: str | None
    hits: dict[str, int] = Field(description="how many of each drum, by label")
    notes: dict[str, int] = Field(description="how many of each pitched part")
    midi: dict[str, str]
    stems: dict[str, str] = Field(description="where each stem is, as long as the cache has it")
    models: dict[str, str] = Field(description="which network did the work of each stage")


class ModelView(_Schema):
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


class ModelsView(_Schema):
    """`next_fetch` is what the next song would have fetched first, null if all is here or nothing may be fetched."""

    folder: str = Field(description="where networks lie; folders.models in the settings moves it")
    offline: bool
    models: list[ModelView]
    next_fetch: str | None


class DawView(_Schema):
    name: str
    title: str
    next_step: str = Field(description="what to install there, for people")


class SetupView(_Schema):
    """What the first set-up asks for. `is_new`: nobody has answered yet, and this machine may."""

    is_new: bool
    drop: list[str] = Field(description="the folders that are watched")
    default_drop: str
    daw: str
    daws: list[DawView]
    at_log_on: bool
    remark: str = Field(description="why the start at log-on could not be set up; '' if it could")


class SetupBody(_Schema):
    """The answers; what is left out stays as it is. `drop` is a folder of this machine, and is made."""

    drop: str | None = Field(default=None, min_length=1, max_length=4096)
    daw: str | None = Field(default=None, max_length=64)
    at_log_on: bool | None = Field(default=None, strict=True)


class LogLineView(_Schema):
    time: str
    text: str


class LogView(_Schema):
    lines: list[LogLineView]
