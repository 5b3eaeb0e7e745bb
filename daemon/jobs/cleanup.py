"""Order in the house: what killed workers left behind, and a cache that stays within its limits."""

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import SidestickError
from daemon.files import TEMPORARY
from daemon.outlets.naming import folder_held
from daemon.pipeline.cache import Workspace

EVERY = 60.0  # seconds between two looks at the cache


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the cache may keep: seconds since the last use, and bytes in all."""

    max_age: float
    max_bytes: int


class Upkeep:
    """`locks` is where folders of outputs are held. `clock` gives seconds since 1970."""

    def __init__(
        self, workspace: Workspace, allowance: Allowance, locks: Path, clock: Callable[[], float] = time.time
    ) -> None:
        self._workspace = workspace
        self._allowance = allowance
        self._locks = locks
        self._clock = clock
        self._next = 0.0

    def tidy(self, source: Path) -> None:
        """Remove the half-written files of a worker that died over `source`, when nobody else writes there."""
        with suppress(OSError, SidestickError), folder_held(source, None, self._locks):
            self._workspace.sweep()
            for folder in (source.parent, source.with_suffix(".stems")):
                for path in folder.glob(f"{TEMPORARY}*"):
                    _remove(path)

    def retain(self, since: float) -> None:
        """Once in a while: drop old results, but none that was used after `since`, when the oldest job began."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + EVERY
        with suppress(OSError):
            kept = self._workspace.used_since(since)
            self._workspace.retain(self._allowance.max_age, self._allowance.max_bytes, kept)


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
