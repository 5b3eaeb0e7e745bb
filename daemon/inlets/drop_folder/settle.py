"""When is a dropped file all there? When nothing about it has changed for a while and its header can be read.

No event says so: a file that is moved in is never closed, and polling never hears of closing at all.
"""

import os
import stat
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.guard import Guard
from daemon.errors import Rejected
from daemon.files import FileStamp

PATIENCE = 5.0  # quiet times that a file whose header does not open may rest: the copy may have stalled

OpenHeader = Callable[[Path], object]
"""Reads the header; raises Rejected when there is none that works."""


@dataclass(frozen=True, slots=True)
class SettledFile:
    """A file that has come to rest. `objection` says why it cannot be used, if so."""

    path: Path
    stamp: FileStamp
    objection: Rejected | None = None


@dataclass(frozen=True, slots=True)
class _PendingFile:
    path: Path
    stamp: FileStamp | None
    since: float


def stamp_of(path: Path) -> FileStamp | None:
    """None when there is no ordinary file, or none that may be looked at."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return FileStamp.read(found)


def key_of(path: Path) -> str:
    """One key for one file: macOS reports the same name composed once and decomposed later."""
    text = str(path)
    composed = unicodedata.normalize("NFC", text)
    if composed == text or not os.path.lexists(composed):
        return composed
    return composed if _is_same_file(text, composed) else text


def _is_same_file(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:
        return not os.path.lexists(one)


class PendingFiles:
    """The files that are being waited for. `quiet` is in seconds, as is every `now`."""

    def __init__(
        self, quiet: float, open_header: OpenHeader, read_stamp: Callable[[Path], FileStamp | None] = stamp_of
    ) -> None:
        self._quiet = quiet
        self._open_header = open_header
        self._read_stamp = read_stamp
        self._pending: dict[str, _PendingFile] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def mark(self, path: Path, now: float) -> None:
        """Something may have happened to `path`. Its rest begins with the first look at it, not with the event."""
        key = key_of(path)
        if key not in self._pending:
            self._pending[key] = _PendingFile(path, self._read_stamp(path), now)

    def forget(self) -> None:
        self._pending.clear()

    def step(self, now: float) -> Iterator[SettledFile]:
        """The files that are ready now, in the order in which they came. Those that are gone are forgotten."""
        for key, pending in list(self._pending.items()):
            del self._pending[key]  # first, so that a file that upsets its reader cannot hold up the others for ever
            found = None
            with Guard(str(pending.path), passing=(OSError,)):
                found = self._check(pending, now)
            if isinstance(found, SettledFile):
                yield found
            elif found is not None:
                self._pending[key] = found

    def _check(self, pending: _PendingFile, now: float) -> SettledFile | _PendingFile | None:
        stamp = self._read_stamp(pending.path)
        if stamp is None:
            return None
        if stamp != pending.stamp:
            return _PendingFile(pending.path, stamp, now)
        if now - pending.since < self._quiet:
            return pending
        return self._try_open(pending, stamp, now - pending.since)

    def _try_open(self, pending: _PendingFile, stamp: FileStamp, rest: float) -> SettledFile | _PendingFile:
        path = pending.path
        try:
            self._open_header(path)
        except Rejected as objection:
            return SettledFile(path, stamp, objection) if rest >= PATIENCE * self._quiet else pending
        return SettledFile(path, stamp) if self._read_stamp(path) == stamp else pending
