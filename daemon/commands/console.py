"""What a user, or a program, sees of the work: progress while it goes on, then what was found and where it lies."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TextIO

from daemon.commands.output import LineOutput
from daemon.commands.remedies import spell_flags
from daemon.errors import Rejected, StageFailed, WorkFailed
from daemon.events import Download
from daemon.jobs.worker import TaskProgress
from daemon.model_list import ModelInfo
from daemon.outlets.delivery import Delivery
from daemon.pipeline.beats.meter import quarters_per_beat
from daemon.pipeline.chain import Transcription
from daemon.pipeline.records import BeatGrid
from daemon.pipeline.stages import StageTiming

WIDTH = 78
_PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


class Console(Protocol):
    def show_fetch(self, found: ModelInfo) -> None: ...
    def show_progress(self, song: Path, progress: TaskProgress) -> None: ...
    def show_failure(self, song: Path, error: Rejected | WorkFailed) -> None: ...
    def show_result(self, song: Path, result: Transcription, delivery: Delivery, elapsed: float) -> None: ...
    def close(self) -> None: ...


class PlainConsole:
    """For people: one line a song that moves on a terminal, and one line a stage elsewhere."""

    def __init__(self, out: TextIO, progress: TextIO) -> None:
        self._out, self._progress = LineOutput(out, progress), progress
        self._moving = progress.isatty()
        self._shown = ""

    def show_progress(self, song: Path, progress: TaskProgress) -> None:
        left = f"{_minutes_and_seconds(progress.eta)} left" if progress.eta >= 0 else "time unknown"
        if self._moving:
            what = f"{progress.stage} {progress.fraction:.0%}"
            line = f"{song.name}  {draw_download(progress.download) if progress.download else what}  {left}"
            self._progress.write(f"\r{line[:WIDTH]:<{WIDTH}}")
            self._progress.flush()
        elif progress.stage != self._shown:
            self._progress.write(f"{song.name}: {progress.stage} (at {progress.fraction:.0%}, {left})\n")
            self._progress.flush()
            self._shown = progress.stage

    def show_fetch(self, found: ModelInfo) -> None:
        """What is going to be fetched, before it is."""
        text = f"The network {found.name} is fetched once: {found.facts}. {found.licence}"
        print(text, "Ctrl-C stops it; --separator embedded does without.", file=self._progress)

    def show_failure(self, song: Path, error: Rejected | WorkFailed) -> None:
        self.close()
        reason = spell_flags(error.reason)
        print(reason if song.name in reason else f"{song.name}: {reason}", file=self._progress)

    def show_result(self, song: Path, result: Transcription, delivery: Delivery, elapsed: float) -> None:
        self.close()
        self._out.print_lines(_lines(song, result, delivery, elapsed))

    def close(self) -> None:
        """Leave no half line of progress behind."""
        self._shown = ""
        if self._moving:
            self._progress.write("\r" + " " * WIDTH + "\r")
            self._progress.flush()


class JsonConsole:
    """For programs: one object a line."""

    def __init__(self, out: TextIO, errors: TextIO) -> None:
        self._out = LineOutput(out, errors)
        self._last: tuple[Path, str, int] | None = None

    def show_progress(self, song: Path, progress: TaskProgress) -> None:
        loaded = progress.download.done // 1_000_000 if progress.download else int(progress.fraction * 100)
        now = (song, progress.stage, loaded)
        if now != self._last:
            self._last = now
            far = {"stage": progress.stage, "fraction": round(progress.fraction, 3), "eta": round(progress.eta, 1)}
            more = {"download": asdict(progress.download)} if progress.download else {}
            self._print_event("progress", song, **far, **more)

    def show_fetch(self, found: ModelInfo) -> None:
        about = {name: value for name, value in asdict(found).items() if name not in ("here", "problem", "state")}
        self._out.print_lines([json.dumps({"event": "fetch", **about})])

    def show_failure(self, song: Path, error: Rejected | WorkFailed) -> None:
        stage = error.stage if isinstance(error, StageFailed) else None
        self._print_event("failed", song, code=error.code, stage=stage, reason=spell_flags(error.reason))

    def show_result(self, song: Path, result: Transcription, delivery: Delivery, elapsed: float) -> None:
        self._print_event(
            "done",
            song,
            manifest=str(delivery.manifest),
            written={kind.lstrip("."): str(path) for kind, path in delivery.written.items()},
            bpm=delivery.arrangement.grid.bpm,
            hits=dict(hit_counts(delivery)),
            notes=note_counts(delivery),
            key=_key(delivery),
            stages=[{"stage": s.name, "seconds": round(s.seconds, 3), "cached": s.cached} for s in result.stages],
            seconds=round(elapsed, 3),
            remarks=[spell_flags(remark) for remark in (*result.remarks, *delivery.remarks)],
        )

    def close(self) -> None:
        """Every line is whole already."""

    def _print_event(self, event: str, song: Path, **values: Any) -> None:
        self._out.print_lines([json.dumps({"event": event, "file": str(song), **values})])


def draw_download(download: Download) -> str:
    """Twelve steps and the bytes."""
    share = download.done / download.total if download.total else 0.0
    return f"[{'#' * round(12 * share):<12}] {download.text}"


def hit_counts(delivery: Delivery) -> Counter[str]:
    """Sounding hits per label, corrections included."""
    return Counter(hit.label for hit in delivery.arrangement.hits)


def note_counts(delivery: Delivery) -> dict[str, int]:
    """Notes that are written per pitched part, corrections included."""
    return {part.value: len(notes) for part, notes in delivery.arrangement.notes.items()}


def _lines(song: Path, result: Transcription, delivery: Delivery, elapsed: float) -> Iterator[str]:
    yield f"{song.name}: {_summary(result, delivery)} in {elapsed:.1f} s"
    yield f"  models    {', '.join(_model_names(result))}"
    yield f"  stages    {', '.join(_stage_line(stage) for stage in result.stages)}"
    yield from _part_lines(delivery)
    clusters = delivery.arrangement.clusters
    if clusters:
        yield "  cluster   drum            hits  velocity  sure  listen at"
    for cluster in clusters:
        name, sure = cluster.label.replace("_", " "), f"{cluster.confidence:.0%}"
        place = f"{int(cluster.time) // 60}:{cluster.time % 60:05.2f}"
        yield f"  {cluster.id:>7}   {name:<14}{cluster.count:>6}{cluster.velocity:>10.0f}{sure:>6}{place:>11}"
    yield from (f"  note      {spell_flags(remark)}" for remark in (*result.remarks, *delivery.remarks))
    yield from (f"  wrote     {path}" for path in (*delivery.written.values(), delivery.manifest))


def _key(delivery: Delivery) -> str | None:
    harmony = delivery.content.harmony
    return harmony.key.full_name if harmony and harmony.key.confidence else None


def _part_lines(delivery: Delivery) -> Iterator[str]:
    if key := _key(delivery):
        yield f"  key       {key}"
    notes = delivery.arrangement.notes
    if notes:
        yield "  part         notes   range"
    for part, found in notes.items():
        pitches = [note.pitch for note in found]
        span = f"{pitch_name(min(pitches))} to {pitch_name(max(pitches))}" if pitches else "-"
        yield f"  {part:<10}{len(found):>8}   {span}"


def pitch_name(pitch: int) -> str:
    """60 is C4, as on paper."""
    return f"{_PITCH_CLASSES[pitch % 12]}{pitch // 12 - 1}"


def _summary(result: Transcription, delivery: Delivery) -> str:
    score = delivery.arrangement
    if score.options.stems_only:
        return f"taken apart, {_minutes_and_seconds(result.source.audio.duration)} of audio"
    grid, hits = score.grid, len(score.hits) + sum(map(len, score.notes.values()))
    follow = "" if grid.constant else ", following the players"
    tempo = f"{spell_tempo(grid)}{follow}" if grid.confidence else "free time"
    what = "notes" if score.notes else "hits"
    return f"{hits} {what}, {tempo}, {_minutes_and_seconds(result.source.audio.duration)} of audio"


def spell_tempo(grid: BeatGrid) -> str:
    """As it is typed into a DAW: 119.8 bpm, or dotted quarter = 60 where the beat is one."""
    bpm = f"{grid.bpm:.3f}".rstrip("0").rstrip(".")
    return f"dotted quarter = {bpm}" if quarters_per_beat(grid) == 1.5 else f"{bpm} bpm"


def _model_names(result: Transcription) -> Iterator[str]:
    if result.stems:
        yield f"separator {result.stems.model.name}"
    yield from (f"{s.name} {s.weights.name}" for s in result.stages if s.name in ("listen", "kit") and s.weights.name)
    yield from sorted({f"notes {s.weights.name}" for s in result.stages if s.name in result.notes})


def _stage_line(stage: StageTiming) -> str:
    return f"{stage.name} {'cached' if stage.cached else f'{stage.seconds:.1f} s'}"


def _minutes_and_seconds(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
