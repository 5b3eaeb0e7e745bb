"""What a worker does of a song: one of three phases, each of which leaves its results in the store for the next.

fetch       (io)        the song's bytes are brought here, named by their digest, and decoded
separate    (separate)  taken apart: what a GPU, or most of a CPU's time, is for
transcribe  (cpu)       everything else, and the files of the song put where results go
"""

import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from bridge.guard import Guard
from daemon.distributed.catalogue_run import MAX_TRIES, CatalogueRun, CatalogueSong, SongOutcome
from daemon.distributed.object_store import ObjectStore, open_store
from daemon.errors import (
    BrokerFailed,
    CacheFailed,
    Cancelled,
    NoMemory,
    NoWeights,
    ObjectStoreFailed,
    Rejected,
    SidestickError,
    WorkFailed,
)
from daemon.files import FileStamp, file_digest
from daemon.jobs.job import Pass
from daemon.jobs.run_task import FinishedTask, TaskRunner
from daemon.jobs.worker import MAX_MEMORY_LEVEL, Task
from daemon.pipeline.audio.probe import probe
from daemon.pipeline.chain import SongFile, open_song, prepare, recall_source
from daemon.pipeline.tools import ReportStage, Tools

LOOK_SECONDS = 1.0  # between two looks whether the run was cancelled


class Phase(StrEnum):
    """A part of the work on a song that one task does."""

    FETCH = "fetch"
    SEPARATE = "separate"
    TRANSCRIBE = "transcribe"


@dataclass(frozen=True, slots=True)
class SongTask:
    """One phase of one song of a run. `digest` is SHA-256 of its bytes, known after the first phase."""

    run: str
    url: str
    name: str
    phase: Phase = Phase.FETCH
    digest: str = ""
    memory_level: int = 0

    @classmethod
    def read(cls, message: Mapping[str, Any]) -> "SongTask":
        return cls(**{**message, "phase": Phase(message["phase"])})

    @property
    def message(self) -> dict[str, Any]:
        """As it travels: names and numbers alone."""
        return {**asdict(self), "phase": self.phase.value}

    @property
    def song(self) -> CatalogueSong:
        return CatalogueSong(self.url, self.name)


class SongWorker:
    """Does tasks one at a time. `send` hands the next phase on; `tell` gets what happens, for whoever watches."""

    def __init__(
        self, store: ObjectStore, runner: TaskRunner, scratch: Path, name: str, send: Callable[[SongTask], None],
        tell: Callable[[dict[str, Any]], None], clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._store = store
        self._runner = runner
        self._scratch = scratch
        self._name = name
        self._send = send
        self._tell = tell
        self._clock = clock

    def do(self, task: SongTask) -> None:
        """Raises ObjectStoreFailed, BrokerFailed, CacheFailed or OSError: worth another try. All else is put down."""
        run, song = CatalogueRun.load(self._store, task.run), task.song
        if run.is_cancelled() or run.is_over(song):
            return
        number = run.begin_try(song, self._name)
        if number is None:
            reason = f"{song.name} ended its worker {MAX_TRIES} times. Listen to it, and take it out of the list."
            self._fail(run, song, "worker_died", reason)
            return
        try:
            self._do_guarded(run, task)
        finally:
            run.end_try(song, number)

    def _do_guarded(self, run: CatalogueRun, task: SongTask) -> None:
        try:
            with Guard(task.song.name, passing=(SidestickError, OSError)) as guard:
                self._do_phase(run, task)
        except Cancelled:
            self._tell({"run": run.name, "song": task.song.name, "state": "cancelled"})
        except NoMemory as error:
            if task.memory_level >= MAX_MEMORY_LEVEL:
                self._fail(run, task.song, error.code, error.reason)
            else:
                self._send(replace(task, memory_level=task.memory_level + 1))
        except (ObjectStoreFailed, BrokerFailed, CacheFailed, OSError):
            raise
        except NoWeights as error:
            self._fail(run, task.song, error.code, f"{error.reason} It is the worker {self._name} that lacks them.")
        except (Rejected, WorkFailed) as error:
            self._fail(run, task.song, error.code, error.reason)
        if guard.error is not None:
            reason = f"Something broke ({type(guard.error).__name__}: {guard.error}). Please report it."
            self._fail(run, task.song, "internal", reason)

    def _do_phase(self, run: CatalogueRun, task: SongTask) -> None:
        options, levels = run.options, self._runner.tools_by_memory_level
        tools = levels[min(task.memory_level, len(levels) - 1)]
        report = self._reporter(run, task)
        with self._folder(task.song) as folder:
            if task.phase is Phase.FETCH:
                path = self._fetch(task.song, folder)
                known = open_song(path, tools.limits)
                prepare(known, options, tools, report, separate=False)
                following = Phase.SEPARATE if options.input == "mix" else Phase.TRANSCRIBE
                self._send(replace(task, phase=following, digest=known.digest))
            elif task.phase is Phase.SEPARATE:
                prepare(self._find(task, folder, tools), options, tools, report, separate=True)
                self._send(replace(task, phase=Phase.TRANSCRIBE))
            else:
                self._transcribe(run, task, self._find(task, folder, tools), report)

    def _transcribe(self, run: CatalogueRun, task: SongTask, song: SongFile, report: ReportStage) -> None:
        stamp = FileStamp.of(song.path) if song.path.exists() else None
        asked = Task(Pass.FINAL, str(song.path), task.digest, run.options, memory_level=task.memory_level, stamp=stamp)
        done = self._runner.run(asked, lambda progress: report(progress.stage, progress.fraction))
        files = self._publish(open_store(run.spec.out), task.song, song.path)
        outcome = self._outcome(task, done, files)
        if run.mark(outcome):
            self._tell({"run": run.name, "song": task.song.name, "state": "done", "seconds": outcome.seconds})

    def _outcome(self, task: SongTask, done: FinishedTask, files: tuple[str, ...]) -> SongOutcome:
        made, song = done.transcription, task.song
        seconds = round(sum(stage.seconds for stage in made.stages), 3)
        duration = round(made.source.audio.duration, 3)
        return SongOutcome(song.id, song.url, song.name, files, task.digest, duration, seconds, done.remarks)

    def _publish(self, out: ObjectStore, song: CatalogueSong, source: Path) -> tuple[str, ...]:
        """Put the song's files where results go, the manifest last: where it is, the others are."""
        found = (path for path in source.parent.rglob("*") if path.is_file() and path != source)
        files = sorted(found, key=lambda path: (path.name.endswith(".sidestick.json"), path.as_posix()))
        names = tuple(f"{song.name}/{path.relative_to(source.parent).as_posix()}" for path in files)
        for path, name in zip(files, names, strict=True):
            out.write(name, path)
        return names

    def _fetch(self, song: CatalogueSong, folder: Path) -> Path:
        """The song's bytes, in `folder`. Raises Rejected where there are none."""
        place, _, name = song.url.rpartition("/")
        path = folder / name
        if not open_store(place).fetch(name, path):
            raise Rejected("missing", f"There is no {song.url} any more.")
        return path

    def _find(self, task: SongTask, folder: Path, tools: Tools) -> SongFile:
        """The song as an earlier phase left it in the store; fetched again if its sound was removed there."""
        song = SongFile(folder / task.url.rpartition("/")[2], task.digest)
        if recall_source(song, tools) is not None:
            return song
        path = self._fetch(task.song, folder)
        if file_digest(path) != task.digest:
            raise Rejected("changed", f"{task.url} was changed after it was begun. Run the catalogue again.")
        return replace(song, header=probe(path, tools.limits))

    @contextmanager
    def _folder(self, song: CatalogueSong) -> Iterator[Path]:
        """An empty folder for one phase of one song, gone at its end."""
        folder = self._scratch / f"{song.id}-{secrets.token_hex(4)}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _reporter(self, run: CatalogueRun, task: SongTask) -> ReportStage:
        """Tells how far the song is, once a second, and raises Cancelled when the run was cancelled."""
        due = self._clock() + LOOK_SECONDS

        def report(stage: str, fraction: float) -> None:
            nonlocal due
            if self._clock() < due:
                return
            due = self._clock() + LOOK_SECONDS
            if run.is_cancelled():
                raise Cancelled(f"The run {run.name} was cancelled.")
            self._tell({"run": run.name, "song": task.name, "state": stage, "fraction": round(fraction, 3)})

        return report

    def _fail(self, run: CatalogueRun, song: CatalogueSong, code: str, reason: str) -> None:
        if run.mark(SongOutcome(song.id, song.url, song.name, code=code, reason=reason)):
            self._tell({"run": run.name, "song": song.name, "state": "failed", "code": code, "reason": reason})
