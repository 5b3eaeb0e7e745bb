"""Cleanup: removes what killed workers left behind, and keeps the cache within its limits."""

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import SidestickError
from daemon.files import TEMPORARY
from daemon.outlets.naming import lock_folder
from daemon.outlets.staging import is_staging
from daemon.pipeline.cache import StageCache

CHECK_SECONDS = 60.0  # seconds between two looks at the cache


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """The limits of the cache: seconds since the last use, and bytes in all."""

    max_age: float
    max_bytes: int


class Cleanup:
    """`locks` is where folders of outputs are held. `clock` gives seconds since 1970; `expire` removes old jobs."""

    def __init__(
        self,
        cache: StageCache,
        limits: CacheLimits,
        locks: Path,
        clock: Callable[[], float] = time.time,
        expire: Callable[[], None] = lambda: None,
    ) -> None:
        self._cache = cache
        self._limits = limits
        self._locks = locks
        self._clock = clock
        self._expire = expire
        self._next = 0.0

    def remove_leftovers(self, source: Path) -> None:
        """Remove the half-written files of a worker that died over `source`, when nobody else writes there."""
        with suppress(OSError, SidestickError), lock_folder(source, None, self._locks):
            self._cache.sweep()
            for folder in (source.parent, source.with_suffix(".stems")):
                for path in folder.glob(f"{TEMPORARY}*"):
                    if not (path.is_dir() and is_staging(path, self._locks)):
                        _remove(path)

    def trim_cache(self, since: float) -> None:
        """Once in a while: drop old results, but none that was used after `since`, when the oldest job began."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + CHECK_SECONDS
        with suppress(OSError):
            self._cache.sweep()
            self._cache.retain(self._limits.max_age, self._limits.max_bytes, since)
        self._expire()


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
