"""What the cache still holds of a job: the results of its stages, found on the way that the pipeline itself goes."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from daemon.errors import SidestickError
from daemon.jobs.job import Fingerprint, Job
from daemon.jobs.worker import MOST_FRUGAL
from daemon.outlets.stems import Sound, backing
from daemon.pipeline.cache import Workspace, load
from daemon.pipeline.chain import draft, transcribe
from daemon.pipeline.records import Kit, Part, Source, Stems
from daemon.pipeline.tools import Studio

STAGES = ("decode", "separate", "listen", "kit", "hits", "beats", "notes", "harmony")
PARTS = frozenset(part.value for part in Part if part is not Part.DRUMS)
MIX, BACKING = "mix", "backing"

_REMEMBERED = 64
T = TypeVar("T")


def _place(stage: str) -> int:
    """Every pitched part has a stage of its name, which is one of `notes`."""
    return STAGES.index("notes" if stage in PARTS else stage)


class _NotThere(SidestickError):
    """The search ends: this stage was not worked out yet, or its result was dropped."""


class _Search(Workspace):
    """A workspace in which things are only found, never made."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.found: list[tuple[str, Path]] = []

    def obtain(self, stage: str, key: str, *_: object) -> Path:
        path = self.recall(stage, key)
        if path is None:
            raise _NotThere(stage)
        self.found.append((stage, path))
        return path


@dataclass(frozen=True, slots=True)
class Held:
    """The results that are there, as (stage, folder), those of a draft before those of the final pass."""

    job: Job
    results: tuple[tuple[str, Path], ...]

    def record(self, stage: str, kind: type[T]) -> T | None:
        """The latest result of `stage`, None if there is none."""
        folder = next((path for name, path in reversed(self.results) if name == stage), None)
        return None if folder is None else load(folder, kind)[0]

    def sounds(self) -> dict[str, Sound]:
        """Everything that can be listened to: the mix, its parts, the drums' own stems, the song without drums."""
        return dict(self._sounds())

    def _sounds(self) -> Iterator[tuple[str, Sound]]:
        source, stems, kit = self.record("decode", Source), self.record("separate", Stems), self.record("kit", Kit)
        if source is None:
            return
        yield MIX, Sound(source.audio)
        if self.job.options.input != MIX:
            yield self.job.options.input, Sound(source.audio)
        if stems is not None:
            yield from ((part.value, Sound(audio)) for part, audio in stems.parts.items())
            if Part.DRUMS in stems.parts:
                yield BACKING, backing(source.audio, stems.parts[Part.DRUMS])
        if kit is not None:
            yield from ((drum.value, Sound(audio)) for drum, audio in kit.drums.items())


class Shelf:
    """`studio` must fetch nothing; `lean` is the one for jobs that had too little memory."""

    def __init__(self, root: Path, studio: Studio, lean: Studio) -> None:
        self._root = root
        self._studio = studio
        self._lean = lean
        self._known: dict[str, Held] = {}

    def held(self, job: Job) -> Held:
        """What is there now. Quick for a job that has ended, once it was asked for."""
        known = self._known.get(job.id)
        if known is not None and known.job == job and all(path.is_dir() for _, path in known.results):
            return known
        found = Held(job, tuple(self._searched(job)))
        if not job.active:
            self._remember(found)
        return found

    def forget(self, job: Job, first: str) -> None:
        """Drop the results of the stage `first` and of those behind it, so that they are worked out again."""
        cache = Workspace(self._root)
        for stage, folder in self.held(job).results:
            if _place(stage) >= STAGES.index(first):
                cache.forget(folder)
        self._known.pop(job.id, None)

    def _searched(self, job: Job) -> Collection[tuple[str, Path]]:
        with suppress(OSError):
            if Fingerprint.of(job.path) != job.source:
                return []
        search = _Search(self._root)
        studio = replace(self._lean if job.frugal >= MOST_FRUGAL else self._studio, workspace=search)
        for way in (draft, transcribe):
            with suppress(SidestickError, OSError):
                way(job.path, job.options, studio, lambda *_: None)
        return dict.fromkeys(search.found)

    def _remember(self, held: Held) -> None:
        self._known[held.job.id] = held
        while len(self._known) > _REMEMBERED:
            self._known.pop(next(iter(self._known)))
