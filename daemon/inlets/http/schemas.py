"""The schemas of HTTP bodies and answers, as /docs shows them. Times are seconds of the source unless told."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field

from daemon.inlets.http.machine_schemas import DawView as DawView
from daemon.inlets.http.machine_schemas import EarView as EarView
from daemon.inlets.http.machine_schemas import HealthView as HealthView
from daemon.inlets.http.machine_schemas import ModelsView as ModelsView
from daemon.inlets.http.machine_schemas import ModelView as ModelView
from daemon.inlets.http.machine_schemas import Schema
from daemon.inlets.http.machine_schemas import SettingKind as SettingKind
from daemon.inlets.http.machine_schemas import SettingsChange as SettingsChange
from daemon.inlets.http.machine_schemas import SettingsView as SettingsView
from daemon.inlets.http.machine_schemas import SettingView as SettingView
from daemon.inlets.http.machine_schemas import SetupBody as SetupBody
from daemon.inlets.http.machine_schemas import SetupView as SetupView
from daemon.inlets.http.machine_schemas import TaughtSongView as TaughtSongView
from daemon.inlets.http.network_schemas import NetworkView as NetworkView
from daemon.inlets.http.pad_schemas import DrumMapBody as DrumMapBody
from daemon.inlets.http.pad_schemas import DrumMapsView as DrumMapsView
from daemon.inlets.http.pad_schemas import DrumMapView as DrumMapView
from daemon.inlets.http.pad_schemas import PadBody as PadBody
from daemon.inlets.http.pad_schemas import WalkBody as WalkBody
from daemon.inlets.http.pad_schemas import WalkView as WalkView
from daemon.pipeline.options import Options
from daemon.pipeline.stages import STAGE_NAMES

Json = dict[str, Any]
if TYPE_CHECKING:
    StageName = str
else:
    StageName = Literal[STAGE_NAMES]
AudioFormat = Literal["wav", "flac", "mp3"]
RevisionNumber = Annotated[int, Field(strict=True, ge=0, le=2**31)]


class DownloadView(Schema):
    """The network that is being fetched: bytes that are here, and bytes in all, 0 where nobody says."""

    name: str = Field(examples=["htdemucs"])
    done: int
    total: int


class RemarkView(Schema):
    """What a musician should know about a song that was done all the same."""

    code: str = Field(description="for programs", examples=["no_beat"])
    text: str = Field(description="one sentence for people")


class JobView(Schema):
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
    bpm: float | None = Field(description="of its notes; null where no beat was found")
    networks: dict[str, str] = Field(description="which network did which stage", examples=[{"separate": "htdemucs"}])
    manifest: str | None
    midi: str | None
    options: Options
    links: dict[str, str]


class JobFilesView(Schema):
    """Paths of what is there of a job."""

    kept: list[str] = Field(description="what stays when the job is forgotten", examples=[["/music/Song.drums.mid"]])
    removable: list[str] = Field(description="an upload and what was made of it, which `files` removes", examples=[[]])
    bin: bool = Field(default=False, description="they go to the system's bin, and can be taken back from there")


class JobsView(Schema):
    """`next` is the `before` of the next page, null on the last one."""

    jobs: list[JobView]
    next: str | None


class RefusedSong(Schema):
    name: str
    code: str
    text: str


class BatchView(Schema):
    """Of several songs in one request: a job for each that was taken, and why the others were not."""

    jobs: list[JobView]
    refused: list[RefusedSong]


class NewJobBody(Schema):
    """A file on this machine, or an address that yt-dlp knows. `options` go over those of the settings."""

    path: str | None = Field(default=None, max_length=4096, examples=["/home/me/Music/Song.wav"])
    url: str | None = Field(default=None, max_length=2048, examples=["https://example.org/song"])
    options: Json = Field(default_factory=dict, examples=[{"separator": "htdemucs", "grid": {"step": "1/16"}}])


class RerunBody(Schema):
    """Work it out again from a stage on; `options` go over those of the job."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    first: StageName = Field(default="separate", alias="from")
    options: Json = Field(default_factory=dict)


class CorrectionBody(Schema):
    """`changes` in the words of `sidestick relabel --changes`; `revision` is the one that they were made for."""

    revision: RevisionNumber
    changes: Json = Field(examples=[{"clusters": {"2": "snare"}, "delete_hits": [40]}])


class SettingsBody(Schema):
    """Options that need no audio: grid, swing, drum_map, velocity, sensitivity, note_ms."""

    revision: RevisionNumber
    options: Json = Field(examples=[{"grid": {"step": "1/16", "swing": 0.58}, "drum_map": "ableton"}])


class RevisionBody(Schema):
    revision: RevisionNumber


class PushBody(Schema):
    """How the notes are played on the MIDI port."""

    when: Literal["now", "transport", "link"] = "now"
    loop: bool = False
    channel: int | None = Field(default=None, ge=1, le=16)
    parts: tuple[str, ...] = Field(default=(), max_length=32)


class AuditionBody(Schema):
    """`learn`: the next pad that is played names the cluster; left out, daemon.learn of the settings says whether."""

    cluster: Annotated[int, Field(strict=True, ge=-1, le=2**31)]
    learn: bool | None = Field(default=None, strict=True)


class TapBody(Schema):
    """One tap of the beat: at `seconds` of the song, now if it is left out."""

    seconds: float | None = Field(default=None, ge=0, le=86400, examples=[2.613])


class PushedView(Schema):
    notes: int


class TappedView(Schema):
    """So many taps count; `bpm` is 0 until there are two, and `revision` of the notes has this beat."""

    taps: int
    bpm: float
    revision: int


class EmptyView(Schema):
    """It was done, and there is nothing to tell."""


class GridView(Schema):
    beats: list[float]
    downbeats: list[int] = Field(description="indices into beats")
    bpm: float
    numerator: int
    denominator: int
    confidence: float = Field(description="0 means that no beat was found")


class TableView(Schema):
    """Rows under a header: a third of the size of named fields."""

    columns: list[str]
    rows: list[list[Any]]


class ClusterView(Schema):
    """Hits that sound alike. `typical` is the id of a hit worth listening to, at `time`."""

    id: int
    drum: str
    label: str
    confidence: float
    count: int
    velocity: float
    typical: int
    time: float


class ChordView(Schema):
    start: float
    end: float
    name: str


class SectionView(Schema):
    """Sections of one `label` are alike."""

    start: float
    end: float
    label: str


class NotesView(Schema):
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
    sections: list[SectionView]


class ClustersView(Schema):
    revision: int
    clusters: list[ClusterView]


class RevisionView(Schema):
    """`parent` is the revision that it was made on; 0 is as heard."""

    number: int
    parent: int
    changes: Json


class RevisionsView(Schema):
    head: int
    revisions: list[RevisionView]
    can_undo: bool
    can_redo: bool


class StemsView(Schema):
    stems: list[str] = Field(examples=[["mix", "drums", "bass", "backing", "kick", "snare"]])


class ExportView(Schema):
    """`ending` follows the song's name; `objection` says why this song cannot have it, '' if it can."""

    name: str = Field(examples=["csv"])
    ending: str = Field(examples=["hits.csv"])
    caption: str = Field(examples=["every hit and note, as a table"])
    media_type: str = Field(examples=["text/csv"])
    objection: str = ""


class ExportsView(Schema):
    exports: list[ExportView]


class WaveformView(Schema):
    """The least and the greatest sample at each point, -1..1."""

    start: float
    end: float
    min: list[float]
    max: list[float]


class LabelView(Schema):
    name: str
    title: str
    drum: str


class StageView(Schema):
    """A stage in words for people. Each pitched part is a step of `notes` under its own name."""

    name: str = Field(examples=["kit"])
    title: str
    doing: str = Field(description="what is being done in it")
    made: str = Field(description="what it has made")


class JobStageView(StageView):
    """A stage of a job. Progress names it by one of its `steps`."""

    steps: list[str] = Field(examples=[["kit"]])


class OptionsView(Schema):
    """What can be asked for here, and what is asked for if nothing is said."""

    model_config = ConfigDict(populate_by_name=True)

    defaults: Options
    schema_: Json = Field(alias="schema")
    drum_maps: list[str]
    labels: list[LabelView]
    parts: list[str]
    separators: list[str]
    stages: list[StageView] = Field(description="in the order in which they are run")
    add_url: str = Field(description="the line that adds songs from web addresses, '' where they are taken already")


class ResultView(Schema):
    """All of a result in one answer. `midi` has the .mid of each part by its name, and of all as `song`, in base64."""

    job: JobView
    bpm: float | None = Field(description="null where no beat was found")
    meter: str = Field(examples=["4/4"])
    duration: float
    key: str | None
    hits: dict[str, int] = Field(description="how many of each drum, by label")
    notes: dict[str, int] = Field(description="how many of each pitched part")
    midi: dict[str, str]
    stems: dict[str, str] = Field(description="where each stem is, as long as the cache has it")
    models: dict[str, str] = Field(description="which network did the work of each stage")


class LogLineView(Schema):
    time: str
    text: str


class LogView(Schema):
    lines: list[LogLineView]
