"""The one place where everything is put together."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.backends.checkpoints import Checkpoints
from daemon.backends.ear import RATE, Ear, packaged_weights
from daemon.backends.separators import kit_splitter, separator
from daemon.config import Settings
from daemon.errors import Rejected
from daemon.inlets.probe import Limits
from daemon.jobs.options import Options
from daemon.jobs.timings import Timings
from daemon.jobs.workspace import Workspace
from daemon.outlets.delivery import Desk, drum_map
from daemon.pipeline.chain import Activations, Studio
from daemon.pipeline.records import Weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GIGABYTE = 1 << 30
DAY = 86400.0


class EarListener:
    """The transcriber that ships with stemd."""

    def __init__(self, ear: Ear, weights: Path) -> None:
        self._ear = ear
        self._weights = weights

    @cached_property
    def weights(self) -> Weights:
        return Weights("ear", hashlib.sha256(self._weights.read_bytes()).hexdigest())

    @property
    def classes(self) -> tuple[str, ...]:
        return self._ear.classes

    def listen(self, blocks: "Iterable[NDArray[np.float32]]", in_music: bool) -> Activations:
        return self._ear.listen(blocks, RATE, in_music=in_music)


@contextmanager
def open_studio(settings: Settings) -> Iterator[Studio]:
    """The pipeline's tools. Leftovers of killed runs and what the cache may not keep are removed at the end."""
    workspace = Workspace(settings.folders.cache / "stages")
    yield studio(settings, workspace)
    workspace.sweep()
    workspace.retain(settings.cache.max_days * DAY, int(settings.cache.max_gigabytes * GIGABYTE))


def studio(settings: Settings, workspace: Workspace) -> Studio:
    weights = checkpoints(settings)
    return Studio(
        workspace=workspace,
        limits=limits(settings),
        listener=listener(),
        separation=lambda name, report: separator(name, weights, settings.device, report),
        kit_splitter=lambda name: kit_splitter(name, weights, settings.device),
    )


def listener() -> EarListener:
    return EarListener(Ear(), packaged_weights())


def checkpoints(settings: Settings) -> Checkpoints:
    return Checkpoints(settings.folders.models, offline=settings.offline, custom=settings.models)


def limits(settings: Settings) -> Limits:
    given = settings.limits
    return Limits(
        max_seconds=60 * given.max_minutes,
        max_bytes=int(given.max_gigabytes * GIGABYTE),
        min_seconds=given.min_seconds,
    )


def desk(settings: Settings, out: Path | None) -> Desk:
    return Desk(settings.folders.cache / "locks", out, settings.drum_maps)


def timings(settings: Settings) -> Timings:
    return Timings(settings.folders.state / "timings.json")


def check(options: Options, settings: Settings) -> None:
    """Raises Rejected for names in `options` that nothing here answers to."""
    known = ("auto", "embedded", *checkpoints(settings).names())
    if options.separator not in known:
        raise Rejected("bad_option", f"There is no separator {options.separator!r}. Known are {', '.join(known)}.")
    drum_map(options.drum_map, settings.drum_maps)
