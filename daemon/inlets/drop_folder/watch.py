"""The operating system's change events of a folder: inotify, FSEvents, ReadDirectoryChangesW, through watchdog."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from bridge.guard import Guard

Mark = Callable[[Path], None]

_EVENT_TYPES = frozenset({"created", "modified", "moved", "closed", "deleted"})


class Watch(Protocol):
    """Calls its mark, from any thread, with each path that something happened to."""

    def point(self, root: Path) -> None:
        """Watch `root`, and nothing else any longer. Raises OSError."""

    def stop(self) -> None: ...


class NativeWatch:
    """Watches with all folders below. Links to other folders are not followed."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark
        self._observer: Any = None
        self._root = self._real = Path()

    def point(self, root: Path) -> None:
        from watchdog.observers import Observer

        self.stop()
        self._root, self._real = root, root.resolve()
        observer = Observer()
        observer.schedule(self, str(self._real), recursive=True)
        observer.start()
        self._observer = observer

    def stop(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join()

    def dispatch(self, event: Any) -> None:
        """What watchdog calls. A folder that changed inside says nothing: what changed in it says so itself."""
        if event.event_type not in _EVENT_TYPES or (event.is_directory and event.event_type == "modified"):
            return
        for place in filter(None, (event.src_path, event.dest_path)):
            with Guard(f"A change of {place!r}"):
                self._mark(self._path_below_root(Path(os.fsdecode(place))))

    def _path_below_root(self, place: Path) -> Path:
        """`place` as seen from the root that was asked for; the root itself if it is spelt in another way."""
        try:
            return self._root / place.relative_to(self._real)
        except ValueError:
            return self._root


class NoWatch:
    """For network shares, which announce nothing: the folder is looked through again and again instead."""

    def point(self, root: Path) -> None:
        pass

    def stop(self) -> None:
        pass
