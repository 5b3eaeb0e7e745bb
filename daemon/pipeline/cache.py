"""The cache of finished stages: the same sound with the same settings is never worked out twice.

root/separate/<key>/     a finished result; its modification time says when it was last used
root/.making/            results on their way, and results on their way out
root/.locks/             who is making what
root/.sizes.json         the bytes of each result, which never change; what it lacks is measured again
"""

import errno
import hashlib
import json
import os
import secrets
import shutil
import time
import zlib
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields, is_dataclass, replace
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, TypeVar, cast

from filelock import FileLock, Timeout
from pydantic import BaseModel, TypeAdapter
from pydantic_core import from_json

from daemon.errors import CacheFailed
from daemon.files import sync_folder
from daemon.pipeline.cache_index import SUMS, find_results, measure_results

DAY = 86400.0  # seconds
RECORD = "record.json"  # of a stage, beside its sound files
DAMAGED = (OSError, ValueError, KeyError, TypeError)  # what reading a damaged record raises

T = TypeVar("T")

_LOOK_AGAIN = 0.25  # seconds
_DEAR = 0.25  # seconds to make a result from which on it is worth to wait for the disk; chosen by hand
_GRACE = 600.0  # seconds since its last use in which no result is dropped; chosen by hand
_FULL = (errno.ENOSPC, errno.EDQUOT)  # the disk, or the user's share of it
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)


def unusable_cache_error(folder: Path, error: OSError) -> CacheFailed:
    """What to tell a user whose cache folder cannot be written."""
    reason = (error.strerror or str(error)).lower()
    if error.errno in (errno.EEXIST, errno.ENOTDIR) and isinstance(error.filename, str):
        reason = f"{_first_file(Path(error.filename))} is a file where a folder is needed: move it away"
    return CacheFailed(
        f"The cache {folder} cannot be used ({reason}); set folders.cache to another, or SIDESTICK_FOLDERS__CACHE."
    )


def _first_file(path: Path) -> Path:
    return next((place for place in (*reversed(path.parents), path) if place.is_file()), path)


def _is_below(root: Path, name: str | bytes | None) -> bool:
    return isinstance(name, str) and Path(name).is_relative_to(root)


def key(*parts: Any) -> str:
    """32 hex digits that name what a stage depends on: digests, settings, versions. Raises TypeError for paths.

    The same parts give the same key on every machine, whatever the order of their dictionaries.
    """
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=_encode, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _encode(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{value!r} cannot be part of a key")


class StageCache:
    """A cache of the results of stages, under `root`. `clock` gives the seconds since 1970."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.time) -> None:
        self._root = root
        self._clock = clock
        self._pending = root / ".making"
        self._locks = root / ".locks"

    def recall(self, stage: str, key: str) -> Path | None:
        """The folder of a finished result, or None."""
        path = self._root / stage / key
        now = self._clock()
        if not path.is_dir():
            return None
        with suppress(OSError):
            os.utime(path, (now, now))
        return path

    def find_unfinished(self, stage: str, key: str) -> Path | None:
        """The folder in which a result is being made now, the latest if there are several; None if nobody makes it."""
        found = [path for path in self._pending.glob(f"{stage}-{key}-*") if not self._is_abandoned(path)]
        return max(found, key=lambda path: path.stat().st_ctime_ns, default=None)

    def obtain(
        self, stage: str, key: str, fill: Callable[[Path], None], waiting: Callable[[], None] = lambda: None
    ) -> Path:
        """The result, made by `fill(folder)` if it is not there yet.

        While another process makes it, `waiting` is called a few times a second; it may raise to give up.
        """
        found = self.recall(stage, key)
        if found is not None:
            return found
        with self._lock_result(stage, key, waiting):
            found = self.recall(stage, key)
            if found is not None:
                return found
            with self.make(stage, key) as folder:
                fill(folder)
        return self._root / stage / key

    @contextmanager
    def make(self, stage: str, key: str) -> Iterator[Path]:
        """An empty folder that becomes the result, all at once, on success and vanishes on any exception.

        Raises CacheFailed when the disk is full.
        """
        temporary = self._pending / f"{stage}-{key}-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            temporary.mkdir(parents=True)
            began = time.monotonic()
            yield temporary
            self._finish(temporary, self._root / stage / key, durable=time.monotonic() - began >= _DEAR)
        except OSError as error:
            if error.errno in _REFUSED and _is_below(self._root, error.filename):
                raise unusable_cache_error(self._root, error) from error
            if error.errno not in _FULL:
                raise
            raise CacheFailed(f"The disk with {self._root} is full; make some room and try again.") from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def sweep(self) -> int:
        """Remove what killed processes left behind; say how many leftovers there were."""
        gone = [path for path in _inside(self._pending) if self._is_abandoned(path)]
        for path in gone:
            shutil.rmtree(path, ignore_errors=True)
        for lock in _inside(self._locks):
            if self._age(lock) > DAY:
                _drop_lock(lock)
        return len(gone)

    def retain(self, max_age: float, max_bytes: int, since: float = inf) -> int:
        """Drop results unused for `max_age` seconds, then the least recently used above `max_bytes` in all.

        Never those used after `since`, seconds since 1970, and those used in the last ten minutes. Returns the bytes
        that were freed.
        """
        results = sorted(find_results(self._root, self._clock()), key=lambda result: result.used)
        sizes = measure_results(self._root, results)
        now, left, freed = self._clock(), sum(sizes.values()), 0
        for result in results:
            if now - result.used < _GRACE or result.used >= since:
                break
            if (now - result.used > max_age or left > max_bytes) and self._drop(self._root / result.name):
                left -= sizes[result.name]
                freed += sizes[result.name]
        return freed

    def is_whole(self, result: Path) -> bool:
        """Whether all files of a result are what was written: a bad disk or a power cut may have changed them."""
        try:
            sums = from_json((result / SUMS).read_bytes())
            return all([(result / name).stat().st_size, _crc(result / name)] == told for name, told in sums.items())
        except DAMAGED:
            return False

    def forget(self, result: Path) -> None:
        """Drop the folder of one result; nothing if it is gone already."""
        self._drop(result)

    def size(self) -> int:
        """Bytes of all finished results."""
        return sum(measure_results(self._root, list(find_results(self._root, self._clock()))).values())

    @contextmanager
    def _lock_result(self, stage: str, key: str, waiting: Callable[[], None]) -> Iterator[None]:
        lock = FileLock(self._locks / f"{stage}-{key}")
        patience = 0.0
        while not lock.is_locked:
            try:
                self._locks.mkdir(parents=True, exist_ok=True)
                lock.acquire(timeout=patience, poll_interval=0.05)
            except Timeout:
                patience = _LOOK_AGAIN
                waiting()
            except OSError as error:
                raise unusable_cache_error(self._root, error) from error
        try:
            yield
        finally:
            lock.release()

    def _finish(self, temporary: Path, final: Path, durable: bool) -> None:
        """A `durable` result is on the disk before its name is, so that a power cut leaves it whole or not at all.

        Of any other a power cut may leave half: its sums tell, and it is made again.
        """
        (temporary / SUMS).write_text(json.dumps(_sums(temporary)))
        for path in temporary.rglob("*") if durable else ():
            if path.is_file():
                with path.open("rb+") as file:
                    os.fsync(file.fileno())
        now = self._clock()
        os.utime(temporary, (now, now))
        final.parent.mkdir(parents=True, exist_ok=True)
        if final.is_file():
            final.unlink()
        try:
            temporary.rename(final)
        except OSError:
            if not final.is_dir():
                raise
        if durable:
            sync_folder(final.parent)

    def _drop(self, path: Path) -> bool:
        """Out of sight in one step, so that nobody recalls half of it."""
        self._pending.mkdir(parents=True, exist_ok=True)
        away = self._pending / f"dropped-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            path.rename(away)
        except OSError:
            return False
        shutil.rmtree(away, ignore_errors=True)
        return True

    def _is_abandoned(self, path: Path) -> bool:
        from psutil import pid_exists

        _, _, maker = path.name.rpartition("-")[0].rpartition("-")
        return self._age(path) > DAY or not maker.isdigit() or not pid_exists(int(maker))

    def _age(self, path: Path) -> float:
        try:
            return self._clock() - path.stat().st_mtime
        except OSError:
            return 0.0


def _sums(folder: Path) -> dict[str, list[int]]:
    """Bytes and CRC-32 of each file; a checksum against accidents need not be a strong one."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != SUMS)
    return {path.relative_to(folder).as_posix(): [path.stat().st_size, _crc(path)] for path in files}


def _crc(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found = zlib.crc32(block, found)
    return found


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _drop_lock(path: Path) -> None:
    """Remove a lock that nobody holds."""
    lock = FileLock(path)
    with suppress(Timeout, OSError), lock.acquire(timeout=0):
        path.unlink(missing_ok=True)


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    """Made once for each kind of record, which takes ten times as long as to read one."""
    return TypeAdapter(cast(type[Any], kind))


def save(folder: Path, record: object, seconds: float) -> None:
    """Write `record` and what it took into `folder`, which holds all files that it names."""
    adapter = _adapter(cast(Hashable, type(record)))
    head = f'{{"seconds":{seconds:.4f},"record":'.encode()
    (folder / RECORD).write_bytes(head + adapter.dump_json(record) + b"}")


def load(folder: Path, kind: type[T]) -> tuple[T, float]:
    """The record and the seconds it took, its files found in `folder`, which may have moved."""
    found = from_json((folder / RECORD).read_bytes())
    return _relocate(_adapter(cast(Hashable, kind)).validate_python(found["record"]), folder), float(found["seconds"])


def _relocate(value: Any, folder: Path) -> Any:
    if isinstance(value, Path):
        return folder / value.name
    if isinstance(value, dict):
        return {name: _relocate(item, folder) for name, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        named = {f.name: getattr(value, f.name) for f in fields(value)}
        files = {n: v for n, v in named.items() if isinstance(v, Path | dict) or is_dataclass(v)}
        return replace(value, **{n: _relocate(v, folder) for n, v in files.items()})
    return value
