"""A disk of 8 MB that a test can fill: a real one where the system lets us mount it, else one that counts its bytes.

The counted one refuses at the same places with the same errors: files that Python writes, sound that libsndfile
writes, and lists that SQLite writes.
"""

import builtins
import errno
import io
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import soundfile

SIZE = 8 << 20  # bytes
BLOCK = 4096  # bytes that a file takes at least


class SmallDisk:
    """`fill` puts a file of somebody else there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.film = folder / "film"

    def free(self) -> int:
        about = os.statvfs(self.folder)
        return about.f_bavail * about.f_frsize

    def fill(self, room: int = 0) -> None:
        """Leaves `room` bytes."""
        self.film.write_bytes(bytes(self.free() - room))

    def make_room(self) -> None:
        self.film.unlink()


class CountedDisk(SmallDisk):
    """A folder whose files may not be larger together than SIZE."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        super().__init__(folder)
        self._open, self._write, self._connect = io.open, soundfile.SoundFile.write, sqlite3.connect
        self._statvfs, self._usage = os.statvfs, shutil.disk_usage
        patch.setattr(io, "open", self.open)
        patch.setattr(builtins, "open", self.open)
        patch.setattr(soundfile.SoundFile, "write", lambda sound, data: self.write_sound(sound, data))
        patch.setattr(sqlite3, "connect", self.connect)
        patch.setattr(os, "statvfs", self.statvfs)
        patch.setattr(shutil, "disk_usage", self.disk_usage)

    def holds(self, path: Any) -> bool:
        return isinstance(path, str | os.PathLike) and Path(path).absolute().is_relative_to(self.folder)

    def free(self) -> int:
        used = 0
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with suppress(FileNotFoundError):
                    used += -(-os.lstat(f"{folder}/{name}").st_size // BLOCK) * BLOCK
        return max(0, SIZE - used)

    def require_room(self, grown: int) -> None:
        if -(-grown // BLOCK) * BLOCK > self.free():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def open(self, path: Any, mode: str = "r", buffering: int = -1, *args: Any, **named: Any) -> Any:
        if not self.holds(path) or not set(mode) & set("wax+"):
            return self._open(path, mode, buffering, *args, **named)
        raw = _CountedFile(self, path, mode.replace("b", "").replace("t", ""), named.pop("opener", None))
        buffered = io.BufferedRandom(raw) if raw.readable() else io.BufferedWriter(raw)  # type: ignore[type-var]
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *args, **named)

    def write_sound(self, sound: soundfile.SoundFile, data: Any) -> None:
        if self.holds(sound.name) and self.free() < data.nbytes // 2:
            raise soundfile.LibsndfileError(2)  # "System error."
        self._write(sound, data)

    def connect(self, path: Any, **named: Any) -> sqlite3.Connection:
        return self._connect(path, factory=self.connection if self.holds(path) else sqlite3.Connection, **named)

    def connection(self, *args: Any, **named: Any) -> sqlite3.Connection:
        made = _CountedConnection(*args, **named)
        made.disk = self
        return made

    def statvfs(self, path: Any) -> Any:
        return SimpleNamespace(f_bavail=self.free(), f_frsize=1) if self.holds(path) else self._statvfs(path)

    def disk_usage(self, path: Any) -> Any:
        return SimpleNamespace(free=self.free()) if self.holds(path) else self._usage(path)


class _CountedFile(io.FileIO):
    def __init__(self, disk: CountedDisk, path: Any, mode: str, opener: Any) -> None:
        super().__init__(path, mode, opener=opener)
        self._disk = disk

    def write(self, data: Any) -> int:
        there = os.fstat(self.fileno()).st_size
        grown = max(there, self.tell() + memoryview(data).nbytes) - -(-there // BLOCK) * BLOCK
        self._disk.require_room(max(0, grown))
        return super().write(data)


class _CountedConnection(sqlite3.Connection):
    disk: CountedDisk

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        done = super().execute(sql, *args)
        if done.rowcount > 0 and self.disk.free() < BLOCK:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return done


@contextmanager
def open_small_disk(folder: Path) -> Iterator[SmallDisk]:
    """A disk at `folder`, which is made."""
    folder.mkdir()
    if _mount(folder):
        yield SmallDisk(folder)
        subprocess.run(["umount", "-l", folder], check=True)
        return
    with pytest.MonkeyPatch.context() as patch:
        yield CountedDisk(folder, patch)


def _mount(folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False
