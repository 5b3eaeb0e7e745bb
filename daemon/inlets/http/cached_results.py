"""Cached results: what the cache still holds of a job's stages, found on the way that the pipeline itself goes."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from daemon.backends.architectures import Architecture, architecture_of
from daemon.errors import SidestickError
from daemon.jobs.job import Fingerprint, Job
from daemon.jobs.worker import MAX_MEMORY_LEVEL
from daemon.outlets.manifest import Manifest
from daemon.outlets.stems import StemSound, backing_track
from daemon.pipeline.cache import StageCache, load
from daemon.pipeline.chain import SongFile, draft, transcribe
from daemon.pipeline.records import Kit, Part, Source, Stems
from daemon.pipeline.stages import HITS, STAGE_NAMES, STAGES, stage_of
from daemon.pipeline.tools import Tools

MIX, BACKING = "mix", "backing"

_REMEMBERED = 64
T = TypeVar("T")


class _NotCached(SidestickError):
    """The search ends: this stage was not worked out yet, or its result was dropped."""


class _CacheSearch(StageCache):
    """A workspace in which things are only found, never made.

    `job` tells where its hits lie if the personal ear has learnt since.
    """

    def __init__(self, root: Path, job: Job) -> None:
        super().__init__(root)
        self._job = job
        self.results: list[tuple[str, Path]] = []
        self.unfinished_results: dict[str, Path] = {}

    def obtain(self, stage: str, key: str, *_: object) -> Path:
        path = self.recall(stage, key)
        if path is None and stage == HITS.name:
            path = self._recall_hits()
        if path is None:
            if being_made := self.find_unfinished(stage, key):
                self.unfinished_results[stage] = being_made
            raise _NotCached(stage)
        self.results.append((stage, path))
        return path

    def _recall_hits(self) -> Path | None:
        with suppress(SidestickError):
            name = Manifest.load(Path(self._job.manifest)).strokes if self._job.manifest else ""
            return self.recall(HITS.name, name) if name else None
        return None


@dataclass(frozen=True, slots=True)
class JobResults:
    """The results that are there, as (stage, folder), those of a draft before those of the final pass."""

    job: Job
    results: tuple[tuple[str, Path], ...]

    def latest(self, stage: str, kind: type[T]) -> T | None:
        """The latest result of `stage`, None if there is none."""
        folder = next((path for name, path in reversed(self.results) if name == stage), None)
        return None if folder is None else load(folder, kind)[0]

    def sounds(self) -> dict[str, StemSound]:
        """Everything that can be listened to: the mix, its parts, the drums' own stems, the song without drums."""
        return dict(self._iter_sounds())

    def _iter_sounds(self) -> Iterator[tuple[str, StemSound]]:
        source, stems, kit = self.latest("decode", Source), self.latest("separate", Stems), self.latest("kit", Kit)
        if source is None:
            return
        yield MIX, StemSound(source.audio)
        if self.job.options.input != MIX:
            yield self.job.options.input, StemSound(source.audio)
        if stems is not None:
            yield from ((part.value, StemSound(audio)) for part, audio in stems.parts.items())
            if Part.DRUMS in stems.parts:
                yield BACKING, backing_track(source.audio, stems.parts[Part.DRUMS])
        if kit is not None:
            yield from ((drum.value, StemSound(audio)) for drum, audio in kit.drums.items())


class CachedResults:
    """Finds the cached results of jobs. `tools` must fetch nothing; `small_tools` are for jobs short of memory."""

    def __init__(self, root: Path, tools: Tools, small_tools: Tools) -> None:
        self._root = root
        self._tools = tools
        self._small_tools = small_tools
        self._results_by_job: dict[str, JobResults] = {}

    def find_results(self, job: Job) -> JobResults:
        """What is there now. Quick for a job that has ended, once it was asked for."""
        known = self._results_by_job.get(job.id)
        if known is not None and known.job == job and all(path.is_dir() for _, path in known.results):
            return known
        found = JobResults(job, tuple(dict.fromkeys(self._search(job).results)))
        if not job.is_active:
            self._remember(found)
        return found

    def architecture(self, job: Job, step: str) -> Architecture | None:
        """The network of the package that works in `step` of a job."""
        return architecture_of(step, job.options, self._tools.kit_splitter)

    def forget(self, job: Job, first: str) -> None:
        """Drop the results of the stage `first` and of those behind it, so that they are worked out again."""
        cache = StageCache(self._root)
        dropped = STAGES[STAGE_NAMES.index(first) :]
        for step, folder in self.find_results(job).results:
            if stage_of(step) in dropped:
                cache.forget(folder)
        self._results_by_job.pop(job.id, None)

    def find_unfinished(self, job: Job, stage: str) -> Path | None:
        """The folder in which the result of `stage` is being made for a job that runs."""
        return self._search(job).unfinished_results.get(stage) if job.is_active else None

    def _search(self, job: Job) -> _CacheSearch:
        search = _CacheSearch(self._root, job)
        with suppress(OSError):
            if Fingerprint.of(job.path) != job.source:
                return search
        tools = replace(self._small_tools if job.memory_level >= MAX_MEMORY_LEVEL else self._tools, cache=search)
        song = SongFile(job.path, job.digest) if job.digest else job.path
        for way in (draft, transcribe):
            with suppress(SidestickError, OSError):
                way(song, job.options, tools, lambda *_: None)
        return search

    def _remember(self, results: JobResults) -> None:
        self._results_by_job[results.job.id] = results
        while len(self._results_by_job) > _REMEMBERED:
            self._results_by_job.pop(next(iter(self._results_by_job)))
