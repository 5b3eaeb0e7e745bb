"""Hits and notes as plain tables: CSV for spreadsheets, JSON for programs."""

import csv
import json
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from daemon.outlets.exports.song import ExportSong
from daemon.outlets.exports.tab import TUNINGS, fret_part
from daemon.pipeline.beats.meter import has_beats
from daemon.pipeline.records import Part
from daemon.score.bars import SongBars
from daemon.score.note_cleanup import WrittenNote

COLUMNS = (
    *("part", "id", "onset_s", "time_s", "duration_s", "bar", "beat", "label", "pitch", "velocity"),
    *("level_db", "confidence", "cluster", "string", "fret"),
)


def to_csv(song: ExportSong) -> bytes:
    """A row for each hit and note, by time; `onset_s` is where it was heard, `time_s` where it is written.

    `bar` counts from 1 and is empty without a beat, `beat` counts from 1 within the bar. `string` counts from 1, the
    highest, on a guitar or bass whose tuning reaches its lowest note.
    """
    text = StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n", restval="")
    writer.writeheader()
    writer.writerows(_rows(song))
    return text.getvalue().encode("utf-8")


def to_json(song: ExportSong) -> bytes:
    """The same rows as objects, with tempo, beats, key and chords."""
    arrangement, grid = song.arrangement, song.arrangement.grid
    harmony = arrangement.harmony
    found = {
        "name": arrangement.name,
        "duration_s": arrangement.duration,
        "bpm": grid.bpm if grid.beats else None,
        "beats_s": grid.beats,
        "downbeats": grid.downbeats,
        "drum_map": song.drum_map.name,
        "key": harmony.key.full_name if harmony and harmony.key.confidence > 0 else None,
        "chords": [
            {"time_s": chord.onset, "duration_s": chord.duration, "name": chord.name}
            for chord in (harmony.chords if harmony else ())
        ],
        "rows": _rows(song),
    }
    return json.dumps(found, ensure_ascii=False, indent=1).encode("utf-8")


def _rows(song: ExportSong) -> list[dict[str, Any]]:
    grid = song.arrangement.grid
    bars = SongBars(grid, song.arrangement.duration) if has_beats(grid) else None
    rows = [*_hit_rows(song, bars), *_note_rows(song, bars)]
    return sorted(rows, key=lambda row: (row["time_s"], row["part"], row["id"]))


def _hit_rows(song: ExportSong, bars: SongBars | None) -> Iterator[dict[str, Any]]:
    arrangement = song.arrangement
    for time, hit in zip(arrangement.times, arrangement.hits, strict=True):
        yield {
            "part": "drums", "id": hit.id, "onset_s": round(hit.onset, 5), "time_s": round(time, 5),
            **_place(bars, time), "label": hit.label, "pitch": song.drum_map.pitch(hit.label),
            "velocity": hit.velocity, "level_db": round(hit.level, 1), "confidence": round(hit.confidence, 3),
            "cluster": hit.cluster,
        }  # fmt: skip


def _note_rows(song: ExportSong, bars: SongBars | None) -> Iterator[dict[str, Any]]:
    for part, notes in song.arrangement.notes.items():
        for note, fret in zip(notes, _fret_cells(part, notes), strict=True):
            yield {
                "part": part.value, "id": note.id, "onset_s": round(note.onset, 5), "time_s": round(note.time, 5),
                "duration_s": round(note.duration, 5), **_place(bars, note.time), "pitch": note.pitch,
                "velocity": note.velocity, "confidence": round(note.confidence, 3), **fret,
            }  # fmt: skip


def _fret_cells(part: Part, notes: Sequence[WrittenNote]) -> list[dict[str, int]]:
    if part not in TUNINGS:
        return [{} for _ in notes]
    return [{"string": at.string, "fret": at.fret} if at else {} for at in fret_part(part, notes)[1]]


def _place(bars: SongBars | None, time: float) -> dict[str, Any]:
    if bars is None:
        return {}
    found = bars.position(time)
    return {"bar": found.bar, "beat": round(found.beat, 4)}
