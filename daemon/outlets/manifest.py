"""Song.sidestick.json: all that is known about one transcription, enough to make its MIDI without the audio.

It is compact, one hit a line, and ends with a checksum of itself, by which an edit by hand is seen.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from bridge.drum_labels import SOUNDS
from bridge.timebase import Seconds
from daemon.errors import Rejected
from daemon.files import describe_os_error, write_atomically
from daemon.outlets.manifest_tables import HitTable, NoteTable, break_rows
from daemon.pipeline.options import Options
from daemon.pipeline.pitched.harmony import Harmony
from daemon.pipeline.records import BeatGrid, Cluster, Drum, Part
from daemon.score.changes import FIRST_DRAFT_ID, Detections
from daemon.score.history import History
from daemon.score.sections import SongSection

SCHEMA: Literal[1] = 1

_CHECKSUM = re.compile(rb',\n"checksum":"([0-9a-f]{64})"\}\s*\Z')
_TABLES = ("history", "notes", "hits", "checksum")


class _ManifestModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class SourceFile(_ManifestModel):
    """The file that was transcribed. `folder` is where it lay, seen from the manifest; `duration` is in s."""

    name: str
    folder: str = "."
    sha256: str
    duration: float = Field(gt=0)
    remarks: tuple[str, ...] = ()


class StageRun(_ManifestModel):
    """How one stage was done, with the SHA-256 of the model's weights ('' for signal processing)."""

    stage: str
    model: str = ""
    sha256: str = ""
    device: str = "cpu"
    seconds: float = Field(default=0.0, ge=0)


class Output(_ManifestModel):
    """A file that sidestick wrote. `path` is relative to the manifest, with forward slashes."""

    path: str
    kind: str
    sha256: str


class Manifest(_ManifestModel):
    """One transcription. `options` are those it was heard with; what was changed since stands in `history`.

    `thresholds` are the strengths that made a hit at sensitivity 0.5; weaker rows of `hits` are candidates, as are
    notes of a strength below 0.5. `notes` has an entry for each pitched part, `harmony` the key and the chords.
    """

    format: Literal["sidestick manifest"] = "sidestick manifest"
    schema_version: Literal[1] = SCHEMA
    sidestick: str
    source: SourceFile
    options: Options
    stages: tuple[StageRun, ...] = ()
    grid: BeatGrid
    thresholds: dict[Drum, float] = Field(default_factory=dict)
    clusters: tuple[Cluster, ...] = ()
    outputs: tuple[Output, ...] = ()
    strokes: str = Field(default="", description="of the stage cache: all candidates, for what corrections teach")
    padding: float = Field(default=0.0, ge=0, description="seconds of silence before the song in what was written")
    corrected_grid: BeatGrid | None = Field(
        default=None,
        description="the beat that the MIDI lies on, where it is not `grid`, the one that was heard",
    )
    sections: tuple[SongSection, ...] = Field(default=(), description="by that beat, corrections included")
    remarks: tuple[str, ...] = ()
    history: History = History()
    harmony: Harmony | None = None
    notes: dict[Part, NoteTable] = Field(default_factory=dict)
    hits: HitTable = HitTable()
    checksum: str = ""

    _edited: bool = PrivateAttr(False)

    @model_validator(mode="after")
    def _references_fit(self) -> Self:
        strange = {row[8] for row in self.hits.rows} - {cluster.id for cluster in self.clusters} - {-1}
        if strange:
            raise ValueError(f"there is no cluster {min(strange)}")
        unknown = _labels(self) - SOUNDS.keys()
        if unknown:
            raise ValueError(f"there is no drum called {min(unknown)!r}")
        return self

    @property
    def is_edited(self) -> bool:
        """Somebody else has changed the file that this was loaded from."""
        return self._edited

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read `path`. Raises Rejected: no_manifest, bad_manifest or newer_manifest."""
        return cls.parse(read_bytes(path), path)

    @classmethod
    def parse(cls, data: bytes, path: Path) -> Self:
        """The manifest that `data` of `path` holds. Raises Rejected as `load` does."""
        sealed = _CHECKSUM.search(data)
        body = data[: sealed.start()] if sealed else data
        try:
            found = cls.model_validate_json(body + b"}" if sealed else body)
        except ValidationError as error:
            raise _diagnose(path, data, error) from None
        found._edited = sealed is None or _digest(body) != sealed[1].decode()
        return found

    def save(self, path: Path) -> None:
        """Write it whole. Raises DiskFailed when the disk refuses."""
        write_atomically(path, self.encode())

    def encode(self) -> bytes:
        """The file's bytes: the same for the same content."""
        sections = [self.model_dump_json(include={name})[1:-1] for name in self._head_fields()]
        sections.append('"history":' + self.history.model_dump_json(exclude_defaults=True))
        sections.append(break_rows(self.model_dump_json(include={"notes"})[1:-1]))
        sections.append('"hits":' + self.hits.json_text)
        body = ("{" + ",\n".join(sections)).encode()
        return body + b',\n"checksum":"' + _digest(body).encode() + b'"}\n'

    def original_records(self) -> Detections:
        """The records behind it, as they were before any correction."""
        notes = {part: table.records for part, table in self.notes.items()}
        return Detections(self.hits.records, self.clusters, self.thresholds, Seconds(self.source.duration), notes)

    @property
    def is_draft(self) -> bool:
        """Of a song whose final was still to come."""
        return any(cluster.id >= FIRST_DRAFT_ID for cluster in self.clusters)

    def corrections_fit(self, other: "Manifest") -> bool:
        """Corrections of this one fit the other, which has the same hits and notes under the same numbers, or more."""
        same = all(other.notes.get(part) == table for part, table in self.notes.items())
        return same and self.hits == other.hits and self.clusters == other.clusters

    @classmethod
    def _head_fields(cls) -> list[str]:
        return [name for name in cls.model_fields if name not in _TABLES]


def schema_text() -> str:
    """The JSON schema of a manifest."""
    return json.dumps(Manifest.model_json_schema(), indent=1, ensure_ascii=False) + "\n"


def _labels(manifest: Manifest) -> set[str]:
    labels = {cluster.label for cluster in manifest.clusters}
    for revision in manifest.history.revisions:
        changes = revision.changes
        labels.update(changes.clusters.values(), changes.hits.values())
        labels.update(span.label for span in changes.ranges)
        labels.update(hit.label for hit in changes.add)
    return labels


def read_bytes(path: Path) -> bytes:
    """A manifest's bytes. A song given by mistake is refused after its first byte, however long it is."""
    try:
        with path.open("rb") as file:
            first = file.read(1)
            if first == b"{":
                return first + file.read()
    except FileNotFoundError:
        raise Rejected("no_manifest", f"There is no {path}; transcribe the song first.") from None
    except OSError as error:
        raise Rejected("no_manifest", f"{path} cannot be read: {describe_os_error(error)}.") from None
    raise Rejected("bad_manifest", f"{path} is not a sidestick manifest; give the song's .sidestick.json file.")


def _diagnose(path: Path, data: bytes, error: ValidationError) -> Rejected:
    try:
        values: Any = json.loads(data)
    except (ValueError, RecursionError):
        return Rejected("bad_manifest", f"{path} is damaged (not JSON); transcribe the song again.")
    if values.get("format") != "sidestick manifest":
        return Rejected("bad_manifest", f"{path} is not a sidestick manifest; give the song's .sidestick.json file.")
    version = values.get("schema_version")
    if isinstance(version, int) and version > SCHEMA:
        writer = values.get("sidestick", "a newer version")
        return Rejected("newer_manifest", f"{path} was written by sidestick {writer}; update sidestick to use it.")
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"])) or "the file"
    return Rejected("bad_manifest", f"{path} is damaged: {place}: {first['msg']}. Transcribe the song again.")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
