"""What a user, or a program, sees of the work: progress while it goes on, then what was found and where it lies."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Protocol, TextIO

from daemon.errors import Rejected, StageFailed
from daemon.jobs.timings import Report
from daemon.outlets.delivery import Delivery
from daemon.pipeline.chain import Transcription
from daemon.pipeline.edits import effective

WIDTH = 78


class Console(Protocol):
    def progress(self, song: Path, stage: str, report: Report) -> None: ...
    def failed(self, song: Path, error: Rejected | StageFailed) -> None: ...
    def done(self, song: Path, result: Transcription, delivery: Delivery, elapsed: float) -> None: ...


class PlainConsole:
    """For people: one line a song that moves on a terminal, and one line a stage elsewhere."""

    def __init__(self, out: TextIO, progress: TextIO) -> None:
        self._out, self._progress = out, progress
        self._moving = progress.isatty()
        self._shown = ""

    def progress(self, song: Path, stage: str, report: Report) -> None:
        if self._moving:
            line = f"{song.name}  {stage} {report.fraction:.0%}  {_clock(report.eta)} left"
            self._progress.write(f"\r{line[:WIDTH]:<{WIDTH}}")
            self._progress.flush()
        elif stage != self._shown:
            self._progress.write(f"{song.name}: {stage} (at {report.fraction:.0%}, {_clock(report.eta)} left)\n")
            self._progress.flush()
            self._shown = stage

    def failed(self, song: Path, error: Rejected | StageFailed) -> None:
        self._clear()
        text = error.reason if song.name in error.reason else f"{song.name}: {error.reason}"
        print(text, file=self._progress)

    def done(self, song: Path, result: Transcription, delivery: Delivery, elapsed: float) -> None:
        self._clear()
        for line in _lines(song, result, delivery, elapsed):
            print(line, file=self._out)
        self._out.flush()

    def _clear(self) -> None:
        self._shown = ""
        if self._moving:
            self._progress.write("\r" + " " * WIDTH + "\r")


class JsonConsole:
    """For programs: one object a line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._last: tuple[Path, str, int] | None = None

    def progress(self, song: Path, stage: str, report: Report) -> None:
        now = (song, stage, int(report.fraction * 100))
        if now != self._last:
            self._last = now
            self._say("progress", song, stage=stage, fraction=round(report.fraction, 3), eta=round(report.eta, 1))

    def failed(self, song: Path, error: Rejected | StageFailed) -> None:
        code = error.code if isinstance(error, Rejected) else "stage_failed"
        stage = error.stage if isinstance(error, StageFailed) else None
        self._say("failed", song, code=code, stage=stage, reason=error.reason)

    def done(self, song: Path, result: Transcription, delivery: Delivery, elapsed: float) -> None:
        self._say(
            "done",
            song,
            manifest=str(delivery.manifest),
            written={kind.lstrip("."): str(path) for kind, path in delivery.written.items()},
            bpm=result.grid.bpm,
            hits=dict(counts(delivery)),
            stages=[{"stage": s.name, "seconds": round(s.seconds, 3), "cached": s.cached} for s in result.stages],
            seconds=round(elapsed, 3),
            remarks=[*result.remarks, *delivery.remarks],
        )

    def _say(self, event: str, song: Path, **values: Any) -> None:
        print(json.dumps({"event": event, "file": str(song), **values}, ensure_ascii=False), file=self._out, flush=True)


def counts(delivery: Delivery) -> Counter[str]:
    """Sounding hits per label, corrections included."""
    content = delivery.content
    return Counter(hit.label for hit in effective(content.heard(), content.history, content.options).hits)


def _lines(song: Path, result: Transcription, delivery: Delivery, elapsed: float) -> list[str]:
    found = counts(delivery)
    grid = result.grid
    tempo = (
        f"{grid.bpm:.2f} bpm{'' if grid.constant else ', following the players'}" if grid.confidence else "free time"
    )
    models = {stage.name: stage.weights.name for stage in result.stages if stage.weights.name}
    names = ", ".join(f"{name} {model}" for name, model in models.items() if name in ("separate", "listen", "kit"))
    length = _clock(result.source.audio.duration)
    head = f"{song.name}: {sum(found.values())} hits, {tempo}, {length} of audio in {elapsed:.1f} s"
    times = ", ".join(f"{s.name} {'cached' if s.cached else f'{s.seconds:.1f} s'}" for s in result.stages)
    lines = [head, f"  models    {names}", f"  stages    {times}"]
    lines += [
        f"  {label.replace('_', ' '):<14}{number:>5}  {_bar(number, max(found.values()))}"
        for label, number in _ordered(found)
    ]
    lines += [f"  note      {remark}" for remark in (*result.remarks, *delivery.remarks)]
    lines += [f"  wrote     {path}" for path in (*delivery.written.values(), delivery.manifest)]
    return lines


def _ordered(found: Counter[str]) -> list[tuple[str, int]]:
    from bridge.drum_labels import LABELS

    return [(label, found[label]) for label in LABELS if found[label]]


def _bar(number: int, most: int) -> str:
    return "#" * max(1, round(30 * number / most))


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
