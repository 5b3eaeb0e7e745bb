"""The one place where everything is put together."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.backends.basic_pitch import BasicPitch
from daemon.backends.checkpoints import Checkpoints
from daemon.backends.separate import EMBEDDED
from daemon.backends.separators import KIT_NETWORKS, EmbeddedKit, Separator, kit_splitter, separator
from daemon.config import Settings
from daemon.errors import Rejected, StageFailed
from daemon.jobs.timings import Timings
from daemon.outlets.delivery import Desk, drum_map
from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.cache import Workspace
from daemon.pipeline.chain import refuse_missing
from daemon.pipeline.options import Options
from daemon.pipeline.records import RATE, Part, Weights
from daemon.pipeline.tools import Studio
from daemon.weights import EAR

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import numpy as np
    from numpy.typing import NDArray

    from daemon.backends.ear import Ear
    from daemon.jobs.run_task import Shift
    from daemon.pipeline.drums.candidates import Activations

GIGABYTE = 1 << 30
DAY = 86400.0
LEAN = "There was not enough memory for a separation network; signal processing did it, with more bleed."


class EarListener:
    """The transcriber that ships with sidestick, loaded when there is something to hear."""

    @cached_property
    def weights(self) -> Weights:
        return Weights("ear", hashlib.sha256(EAR.read_bytes()).hexdigest())

    @property
    def classes(self) -> tuple[str, ...]:
        return self._ear.classes

    def listen(self, blocks: "Iterable[NDArray[np.float32]]", in_music: bool) -> "Activations":
        return self._ear.listen(blocks, RATE, in_music=in_music)

    @cached_property
    def _ear(self) -> "Ear":
        from daemon.backends.ear import Ear

        return Ear()


@contextmanager
def open_studio(settings: Settings) -> Iterator[Studio]:
    """The pipeline's tools. Leftovers of killed runs and what the cache may not keep are removed at the end."""
    cache = workspace(settings)
    yield studio(settings, cache)
    cache.sweep()
    cache.retain(settings.cache.max_days * DAY, int(settings.cache.max_gigabytes * GIGABYTE))


def studio(settings: Settings, workspace: Workspace) -> Studio:
    weights = checkpoints(settings)
    return Studio(
        workspace=workspace,
        limits=limits(settings),
        listener=listener(),
        separation=lambda name, report: separator(name, weights, settings.device, report),
        kit_splitter=lambda name: kit_splitter(name, weights, settings.device),
        key_listener=BasicPitch(),
        kit_network=EmbeddedKit(),
    )


def labour(line: "Connection", settings: Settings) -> None:
    """What a worker process does from its start to its end."""
    from daemon.jobs.worker_process import serve

    serve(line, lambda: shift(settings))


def shift(settings: Settings) -> "Shift":
    """The work of a worker process: with all it has, with half the memory, and without networks."""
    from daemon.jobs.run_task import Shift

    full, weights = studio(settings, workspace(settings)), checkpoints(settings)
    small = Separator(EMBEDDED, weights, settings.device, LEAN)
    lean = replace(full, separation=lambda *_: small, kit_splitter=lambda *_: None, kit_network=None)
    half = replace(lean, separation=lambda name, report: _thrifty(separator(name, weights, settings.device, report)))
    return Shift((full, half, lean), desk(settings, None), timings(settings))


def _thrifty(found: Separator) -> Separator:
    return replace(found, thrifty=True)


def workspace(settings: Settings) -> Workspace:
    return Workspace(settings.folders.cache / "stages")


def listener() -> EarListener:
    return EarListener()


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
    """Raises Rejected for what `options` ask of nobody here, before any work is done."""
    weights = checkpoints(settings)
    known = ("auto", EMBEDDED, *(name for name in weights.names() if name not in KIT_NETWORKS))
    if options.separator not in known:
        raise Rejected("bad_option", f"There is no separator {options.separator!r}. Known are {', '.join(known)}.")
    drum_map(options.drum_map, settings.drum_maps)
    _check_parts(options, weights)
    try:
        kit_splitter(options.kit, weights, settings.device)
    except StageFailed as missing:
        raise Rejected("no_weights", missing.reason) from None


def _check_parts(options: Options, weights: Checkpoints) -> None:
    if not options.parts:
        raise Rejected("bad_option", f"Nothing is to be transcribed; parts must be some of {', '.join(Part)}, or all.")
    if options.input == "mix" and options.network != "auto":
        known = Separator(options.network, weights, "cpu").parts()
        refuse_missing(options.parts, known, options.network)
    if options.kit_stems and not (options.stems and Part.DRUMS in options.parts):
        raise Rejected("bad_option", "The kit's stems come with the drums' and the others; set stems and parts too.")
