"""A drop folder on a real disk in virtual time: nothing is decoded, and jobs are only written down."""

import os
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from daemon.errors import Rejected
from daemon.inlets.drop_folder.folder import DropFolder, FolderSettings
from daemon.inlets.drop_folder.settle import PATIENCE
from daemon.outlets.manifest import Manifest, SourceFile
from daemon.outlets.naming import digest_of
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid
from tests.fakes import FakeClock

QUIET = 2.0
SOUND = b"sound "
_ticks = count(1)


class FakeWatch:
    """Remembers what it was pointed at; tells nothing by itself."""

    def __init__(self) -> None:
        self.roots: list[Path] = []
        self.stopped = 0
        self.limit = False

    def point(self, root: Path) -> None:
        if self.limit:
            raise OSError(28, "No space left on device")
        self.roots.append(root)

    def stop(self) -> None:
        self.stopped += 1


class FakeDropFolder:
    """Files that begin with SOUND open; `rejects` is what a job of that name is refused with.

    A .mid is learned without being read. Names in `breaks` are those over which the reader of headers falls.
    """

    def __init__(self, root: Path, rules: FolderSettings | None = None) -> None:
        self.root = root
        self.rules = rules or FolderSettings(quiet_seconds=QUIET)
        self.clock = FakeClock()
        self.jobs: list[tuple[Path, dict[str, Any]]] = []
        self.rejects: dict[str, Rejected] = {}
        self.breaks: set[str] = set()
        self.learned: list[Path] = []
        self.said: list[str] = []
        self.opened: list[Path] = []
        root.mkdir(exist_ok=True)
        self.restart()

    def restart(self) -> None:
        self.watch = FakeWatch()
        self.folder = DropFolder(
            self.root,
            self.rules,
            self._submit,
            self._open,
            learn=self._learn,
            tell=self.said.append,
            clock=self.clock.now,
            watch=lambda mark: self.watch,
        )

    def put(self, name: str, content: bytes = SOUND) -> Path:
        """A file that nobody was told of, with a time of its own."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        now = 1_700_000_000_000_000_000 + next(_ticks)
        os.utime(path, ns=(now, now))
        return path

    def drop(self, name: str, content: bytes = SOUND) -> Path:
        path = self.put(name, content)
        self.folder.mark(path)
        return path

    def passes(self, seconds: float) -> None:
        self.folder.step()
        self.clock.advance(seconds)
        self.folder.step()

    def settles(self) -> None:
        """Time for the patient decisions too."""
        self.passes(QUIET)
        self.passes(PATIENCE * QUIET)

    def remove(self, path: Path) -> None:
        path.unlink()
        self.folder.mark(path)

    def taken(self) -> list[str]:
        return [path.relative_to(self.root).as_posix() for path, _ in self.jobs]

    def note(self, name: str) -> str:
        return (self.root / f"{name}.error.txt").read_text()

    def notes(self) -> list[str]:
        return sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*.error.txt"))

    def _open(self, path: Path) -> None:
        self.opened.append(path)
        if path.name in self.breaks:
            raise ZeroDivisionError("division by zero")
        if not path.read_bytes().startswith(SOUND):
            raise Rejected("not_audio", f"{path.name} is not audio that can be read. Export it as WAV.")

    def _learn(self, path: Path) -> str:
        if path.name in self.rejects:
            raise self.rejects[path.name]
        self.learned.append(path)
        return f"{path.name} was learned."

    def _submit(self, path: Path, given: Mapping[str, Any]) -> str:
        if path.name in self.rejects:
            raise self.rejects[path.name]
        self.jobs.append((path, dict(given)))
        return f"job{len(self.jobs)}"


def write_answer(source: Path, options: Options | None = None, name: str = "") -> Path:
    """A manifest beside `source` that holds what its content gives with `options`."""
    about = SourceFile(name=source.name, sha256=digest_of(source), duration=1.0)
    manifest = Manifest(sidestick="0", source=about, options=options or Options(), grid=BeatGrid((), (), 120.0))
    path = source.with_name(name or f"{source.stem}.sidestick.json")
    manifest.save(path)
    return path
