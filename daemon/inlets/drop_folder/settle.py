"""When is a dropped file all there? When nothing about it has changed for a while and its header can be read.

No event says so: a file that is moved in is never closed, and polling never hears of closing at all.
"""

import os
import stat
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import Rejected

PATIENCE = 5.0  # quiet times that a file whose header does not open may rest: the copy may have stalled

Opens = Callable[[Path], object]
"""Reads the header; raises Rejected when there is none that works."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """By what a change is seen: the size in bytes, and the time of the last change in ns since 1970."""

    size: int
    changed: int


@dataclass(frozen=True, slots=True)
class Settled:
    """A file that has come to rest. `objection` says why it cannot be used, if so."""

    path: Path
    stamp: Stamp
    objection: Rejected | None = None


@dataclass(frozen=True, slots=True)
class _Resting:
    path: Path
    stamp: Stamp | None
    since: float


def stamp_of(path: Path) -> Stamp | None:
    """None when there is no ordinary file, or none that may be looked at."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return Stamp(found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def key_of(path: Path) -> str:
    """One key for one file: macOS reports the same name composed once and decomposed later."""
    text = str(path)
    composed = unicodedata.normalize("NFC", text)
    if composed == text or not os.path.lexists(composed):
        return composed
    return composed if _same(text, composed) else text


def _same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:
        return not os.path.lexists(one)


class Settling:
    """The files that are being waited for. `quiet` is in seconds, as is every `now`."""

    def __init__(self, quiet: float, opens: Opens, look: Callable[[Path], Stamp | None] = stamp_of) -> None:
        self._quiet = quiet
        self._opens = opens
        self._look = look
        self._resting: dict[str, _Resting] = {}

    def __len__(self) -> int:
        return len(self._resting)

    def mark(self, path: Path, now: float) -> None:
        """Something may have happened to `path`. Its rest begins with the first look at it, not with the event."""
        key = key_of(path)
        if key not in self._resting:
            self._resting[key] = _Resting(path, self._look(path), now)

    def forget(self) -> None:
        self._resting.clear()

    def step(self, now: float) -> Iterator[Settled]:
        """The files that are ready now, in the order in which they came. Those that are gone are forgotten."""
        for key, resting in list(self._resting.items()):
            del self._resting[key]  # first, so that a file that upsets its reader cannot hold up the others for ever
            found = self._looked(resting, now)
            if isinstance(found, Settled):
                yield found
            elif found is not None:
                self._resting[key] = found

    def _looked(self, resting: _Resting, now: float) -> Settled | _Resting | None:
        stamp = self._look(resting.path)
        if stamp is None:
            return None
        if stamp != resting.stamp:
            return _Resting(resting.path, stamp, now)
        if now - resting.since < self._quiet:
            return resting
        return self._opened(resting, stamp, now - resting.since)

    def _opened(self, resting: _Resting, stamp: Stamp, rest: float) -> Settled | _Resting:
        path = resting.path
        try:
            self._opens(path)
        except Rejected as objection:
            return Settled(path, stamp, objection) if rest >= PATIENCE * self._quiet else resting
        return Settled(path, stamp) if self._look(path) == stamp else resting
