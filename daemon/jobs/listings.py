"""Answers that are too long for the wire: a JSON file in the state folder, whose path is sent instead."""

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from bridge.drum_map import DrumMap
from bridge.midi.played_tracks import PlayedTrack, TrackNote
from bridge.timebase import Seconds
from daemon.files import translate_os_errors, write_atomically
from daemon.jobs.job import Job
from daemon.jobs.spool_files import remove_old_files
from daemon.jobs.worker import TaskProgress
from daemon.outlets.delivery import Arrangement, drum_map
from daemon.outlets.exports.table import EXPORTS
from daemon.pipeline.records import Cluster, Hit, Part
from daemon.remarks import code_of
from daemon.score.note_cleanup import WrittenNote

KEEP_SECONDS = 3600.0  # seconds that a listing lies there to be read
TRACK_NOTE_COLUMNS = ("time", "duration", "pitch", "velocity", "channel")
NO_CLUSTER = -1  # the cluster of hits that are in none

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job, and how far it is while it runs."""

    job: Job
    progress: TaskProgress | None


class Listings:
    """`clock` gives the time of day in seconds, as files have it."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock

    def write(self, kind: str, request: str, content: Sequence[Row] | Mapping[str, Sequence[Row]]) -> Path:
        """One file for each question, so that nobody reads another's answer; one row a line. Raises DiskFailed.

        Of several lists each has its name, which starts a line: a client may stop reading before one that it leaves.
        """
        with translate_os_errors(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_old_files(self._folder, self._clock() - KEEP_SECONDS)
        path = self._folder / f"{kind}-{hashlib.sha256(request.encode()).hexdigest()[:16]}.json"
        if isinstance(content, Mapping):
            lists = ",\n".join(f"{json.dumps(name)}: {_row_lines(rows)}" for name, rows in content.items())
            text = f"{{{lists}}}"
        else:
            text = _row_lines(content)
        write_atomically(path, f"{text}\n".encode())
        return path


def _row_lines(rows: Sequence[Row]) -> str:
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"[\n{lines}\n]"


def job_rows(jobs: Sequence[JobStatus]) -> list[Row]:
    """Each job as plain values; `eta` in seconds, None while unknown."""
    return [_job_row(each.job, each.progress) for each in jobs]


def note_rows(score: Arrangement, notes: DrumMap) -> list[Row]:
    """Every hit and note of all parts by time: `onset` as it was played, `time` as it is written, in s of the source.

    The `id` of a note is one of its part. A hit has a label, a pitched note a duration.
    """
    hits = _hit_rows(list(zip(score.hits, score.times, strict=True)), notes)
    rows: list[Row] = [{"part": Part.DRUMS.value, **row} for row in hits]
    rows += [_note_row(part, note) for part, written in score.notes.items() for note in written]
    return sorted(rows, key=lambda row: (row["time"], row["part"], row["id"]))


def track_rows(tracks: Iterable[tuple[Part, PlayedTrack]], padding: Seconds) -> list[Row]:
    """Each track of the .mid of each part, all that a DAW plays of it. Times in s of the source, which starts after
    `padding` in the file.
    """
    return [
        {
            "part": part.value,
            "name": track.name,
            "notes": {"columns": TRACK_NOTE_COLUMNS, "rows": [_played_row(note, padding) for note in track.notes]},
            "messages": [[round(time - padding, 6), *data] for time, data in track.messages],
        }
        for part, track in tracks
    ]


def _played_row(note: TrackNote, padding: Seconds) -> list[float]:
    return [round(note.time - padding, 6), round(note.duration, 6), note.pitch, note.velocity, note.channel]


def export_rows(score: Arrangement) -> list[Row]:
    """Everything that a song can be exported as; `objection` says why this one cannot, '' if it can."""
    return [
        {"name": each.name, "ending": each.ending, "caption": each.caption, "objection": each.object(score)}
        for each in EXPORTS.values()
    ]


def cluster_rows(score: Arrangement, own_maps: Mapping[str, Mapping[str, int]]) -> list[Row]:
    """The clusters as they are after all corrections, then the hits in none, one row for each label.

    Every hit has its `onset` as it was played, and the `time` and `pitch` of the note that stands for it in the .mid,
    in seconds of the source. `own_maps` are the user's drum maps. Raises Rejected for a map that is gone.
    """
    notes = drum_map(score.options.drum_map, own_maps)
    members: dict[int, list[_TimedHit]] = defaultdict(list)
    for timed_hit in zip(score.hits, score.times, strict=True):
        members[timed_hit[0].cluster].append(timed_hit)
    rows = [_cluster_row(cluster, members.pop(cluster.id), notes) for cluster in score.clusters]
    return [*rows, *_unclustered_rows([timed_hit for rest in members.values() for timed_hit in rest], notes)]


_TimedHit = tuple[Hit, Seconds]


def _cluster_row(cluster: Cluster, members: Sequence[_TimedHit], notes: DrumMap) -> Row:
    return {
        "cluster": cluster.id,
        "label": cluster.label,
        "drum": cluster.drum,
        "confidence": cluster.confidence,
        "count": cluster.count,
        "velocity": cluster.velocity,
        "typical": cluster.typical,
        "time": cluster.time,
        "hits": _hit_rows(members, notes),
    }


def _unclustered_rows(placed: Sequence[_TimedHit], notes: DrumMap) -> Iterator[Row]:
    """Hits that sound like no others, or were added by hand. `typical` is the surest of a label."""
    by_label: dict[str, list[_TimedHit]] = defaultdict(list)
    for hit, at in placed:
        by_label[hit.label].append((hit, at))
    for label in sorted(by_label):
        hits = [hit for hit, _ in by_label[label]]
        surest = max(hits, key=lambda hit: hit.confidence)
        alike = Cluster(
            NO_CLUSTER, surest.drum, label, round(fmean(hit.confidence for hit in hits), 3), len(hits),
            round(fmean(hit.velocity for hit in hits), 2), surest.id, surest.onset,
        )  # fmt: skip
        yield _cluster_row(alike, by_label[label], notes)


def _hit_rows(members: Sequence[_TimedHit], notes: DrumMap) -> list[Row]:
    pitches = {label: notes.pitch(label) for label in {hit.label for hit, _ in members}}
    return [
        {
            "id": hit.id,
            "onset": hit.onset,
            "time": round(at, 6),
            "label": hit.label,
            "pitch": pitches[hit.label],
            "velocity": hit.velocity,
        }
        for hit, at in members
    ]


def _note_row(part: Part, note: WrittenNote) -> Row:
    return {
        "part": part.value,
        "id": note.id,
        "onset": note.onset,
        "time": round(note.time, 6),
        "duration": round(note.duration, 6),
        "pitch": note.pitch,
        "velocity": note.velocity,
    }


def _job_row(job: Job, progress: TaskProgress | None) -> Row:
    return {
        "job": job.id,
        "state": job.state,
        "path": job.source.path,
        "priority": job.priority.name.lower(),
        "created": job.created,
        "changed": job.changed,
        "stage": progress.stage if progress else "",
        "fraction": round(progress.fraction, 3) if progress else float(job.state == "done"),
        "eta": round(progress.eta, 1) if progress else None,
        "download": asdict(progress.download) if progress and progress.download else None,
        "manifest": job.manifest,
        "midi": job.midi,
        "code": job.code,
        "reason": job.reason,
        "remarks": [{"code": code_of(text), "text": text} for text in job.remarks],
    }
