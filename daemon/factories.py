"""Factories: what the settings make, for the daemon and the command line alike: tools, limits, the task runner."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.backends.basic_pitch import BasicPitch
from daemon.backends.checkpoints import Checkpoints
from daemon.backends.classic_notes import ClassicNoteTranscriber
from daemon.backends.ensemble import ensemble_members, known_parts, open_separator
from daemon.backends.separate import EMBEDDED
from daemon.backends.separators import KIT_NETWORKS, EmbeddedKitNetwork, NamedSeparator, kit_splitter
from daemon.config import Settings
from daemon.errors import NoWeights, Rejected
from daemon.extras import install_command
from daemon.jobs.cleanup import CacheLimits
from daemon.jobs.timings import TIMINGS_FILE, Timings
from daemon.outlets.delivery import DeliverySettings, drum_map
from daemon.outlets.ear_memory import EAR_FILE, EarMemory
from daemon.outlets.exports.table import exports_of
from daemon.own_drum_maps import OwnDrumMaps
from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.cache import StageCache
from daemon.pipeline.chain import refuse_missing
from daemon.pipeline.options import Options
from daemon.pipeline.pitched.part_settings import NoteNetwork, NoteTranscriber
from daemon.pipeline.records import RATE, Part, Weights
from daemon.pipeline.tools import Tools
from daemon.remarks import remark
from daemon.weights import DRUM_TRANSCRIBER_WEIGHTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from daemon.backends.drum_transcriber import OnnxDrumTranscriber
    from daemon.jobs.run_task import TaskRunner
    from daemon.jobs.worker import Connection
    from daemon.pipeline.drums.candidates import Activations

GIGABYTE = 1 << 30
DAY = 86400.0
MEMORY_REMARK = remark("other_separator", 1)


class EmbeddedTranscriber:
    """The drum transcriber that ships with sidestick, loaded on first use."""

    @cached_property
    def weights(self) -> Weights:
        return Weights("drum_transcriber", hashlib.sha256(DRUM_TRANSCRIBER_WEIGHTS.read_bytes()).hexdigest())

    @property
    def classes(self) -> tuple[str, ...]:
        return self._transcriber.classes

    def transcribe(self, blocks: "Iterable[NDArray[np.float32]]", in_music: bool) -> "Activations":
        return self._transcriber.transcribe(blocks, RATE, in_music=in_music)

    @cached_property
    def _transcriber(self) -> "OnnxDrumTranscriber":
        from daemon.backends.drum_transcriber import OnnxDrumTranscriber

        return OnnxDrumTranscriber()


@contextmanager
def open_tools(settings: Settings) -> Iterator[Tools]:
    """The pipeline's tools. Leftovers of killed runs and what the cache may not keep are removed at the end."""
    cache = stage_cache(settings)
    yield build_tools(settings, cache)
    cache.sweep()
    limits = cache_limits(settings)
    cache.retain(limits.max_age, limits.max_bytes)


def build_tools(settings: Settings, cache: StageCache) -> Tools:
    weights = checkpoints(settings)
    return Tools(
        cache=cache,
        limits=input_limits(settings),
        drum_transcriber=drum_transcriber(),
        separator=lambda name, report: open_separator(
            name, weights, settings.device, report, fast=settings.fast_separator
        ),
        kit_splitter=lambda name: kit_splitter(name, weights, settings.device),
        note_transcriber=note_transcribers(),
        kit_network=EmbeddedKitNetwork(),
        classic_notes=ClassicNoteTranscriber(),
        personal_ear=ear_memory(settings).personal_ear if settings.personal_ear else lambda: None,
    )


def run_worker_process(connection: "Connection", settings: Settings) -> None:
    """What a worker process does from its start to its end."""
    from daemon.jobs.worker_process import RunTask, serve

    def open_runner() -> RunTask:
        runner = build_task_runner(settings)
        return lambda task, report: runner.run(task, report).result

    serve(connection, open_runner)


def build_task_runner(settings: Settings, cache: StageCache | None = None) -> "TaskRunner":
    """The task runner of a worker process, with the tools of each memory level: all, less memory, no networks.

    `cache` is the one of this machine if no other is given.
    """
    from daemon.jobs.run_task import TaskRunner

    full, weights = build_tools(settings, cache or stage_cache(settings)), checkpoints(settings)
    embedded = NamedSeparator(EMBEDDED, weights, settings.device, MEMORY_REMARK)
    without_networks = replace(full, separator=lambda *_: embedded, kit_splitter=lambda *_: None, kit_network=None)
    less_memory = replace(
        without_networks,
        separator=lambda name, report: replace(
            open_separator(name, weights, settings.device, report, fast=settings.fast_separator), short_segments=True
        ),
    )
    return TaskRunner((full, less_memory, without_networks), delivery_settings(settings, None), timings(settings))


def stage_cache(settings: Settings) -> StageCache:
    return StageCache(settings.folders.cache / "stages")


def cache_limits(settings: Settings) -> CacheLimits:
    return CacheLimits(settings.cache.max_days * DAY, int(settings.cache.max_gigabytes * GIGABYTE))


def drum_transcriber() -> EmbeddedTranscriber:
    return EmbeddedTranscriber()


def note_transcribers() -> Callable[[NoteNetwork], NoteTranscriber]:
    """The backend of each name; a network is loaded once, when it is first asked."""
    load = cache(_load_note_transcribers)
    return lambda network: load()[network]


def _load_note_transcribers() -> dict[NoteNetwork, NoteTranscriber]:
    from daemon.backends.note_transcriber import MeanTranscriber, OnnxNoteTranscriber

    own, published = OnnxNoteTranscriber(), BasicPitch()
    return {
        NoteNetwork.OWN: own,
        NoteNetwork.BASIC_PITCH: published,
        NoteNetwork.BOTH: MeanTranscriber(own, published),
    }


def checkpoints(settings: Settings) -> Checkpoints:
    return Checkpoints(settings.folders.models, offline=settings.offline, custom=settings.models)


def input_limits(settings: Settings) -> Limits:
    given = settings.limits
    return Limits(
        max_seconds=60 * given.max_minutes,
        max_bytes=int(given.max_gigabytes * GIGABYTE),
        min_seconds=given.min_seconds,
    )


def delivery_settings(settings: Settings, out: Path | None) -> DeliverySettings:
    ear = ear_memory(settings) if settings.personal_ear else None
    return DeliverySettings(settings.folders.cache / "locks", out, OwnDrumMaps(settings), ear=ear)


def ear_memory(settings: Settings) -> EarMemory:
    """Whether it is asked is a setting; it can be looked at and cleared in any case."""
    return EarMemory(settings.folders.state / EAR_FILE, stage_cache(settings))


def timings(settings: Settings) -> Timings:
    return Timings(settings.folders.state / TIMINGS_FILE)


def check_options(options: Options, settings: Settings) -> None:
    """Raises Rejected for what `options` ask of nobody here, before any work is done."""
    weights = checkpoints(settings)
    known = ("auto", EMBEDDED, *(name for name in weights.names() if name not in KIT_NETWORKS))
    together = [each.name for each in ensemble_members(options.separator)] if "+" in options.separator else []
    for name in together or [options.separator]:
        if name not in known or (together and name == "auto"):
            names = ", ".join(known[1:] if together else known)
            raise Rejected("bad_option", f"There is no separator {name!r}. Known are {names}.")
    drum_map(options.drum_map, OwnDrumMaps(settings))
    exports_of(options.export)
    _check_parts(options, weights)
    _check_packages(options)
    try:
        kit_splitter(options.kit, weights, settings.device)
    except NoWeights as missing:
        raise Rejected("no_weights", missing.reason) from None


def _check_packages(options: Options) -> None:
    """The published recipes are run by the packages that published them, which not everybody has."""
    if options.onsets == "classic" and not find_spec("librosa"):
        reason = f"The classic onsets need librosa. Add it with: {install_command(['classic'])}"
        raise Rejected("no_package", reason)
    classic_parts = options.pitched_parts if options.note_recipe == "classic" else ()
    if classic_parts and not (find_spec("basic_pitch") and find_spec("pretty_midi") and find_spec("librosa")):
        reason = "The classic notes need Basic Pitch's own package. Add it with: "
        raise Rejected("no_package", f"{reason}{install_command(['classic'])} and pip install --no-deps basic-pitch")


def _check_parts(options: Options, weights: Checkpoints) -> None:
    if options.stem_names and not options.stems:
        raise Rejected("bad_option", "stem_names says which stems are written; set stems to their format too.")
    if options.stems_only and not (options.stems or options.backing):
        raise Rejected(
            "bad_option",
            f"Nothing is to be transcribed; parts must be some of {', '.join(Part)}, or all. "
            "For stems without notes set stems or backing too.",
        )
    if options.input == "mix" and options.separator_name != "auto":
        known = known_parts(options.separator_name, weights)
        refuse_missing(options.parts, known, options.separator_name)
    if options.kit_stems and not (options.stems and Part.DRUMS in options.parts):
        raise Rejected("bad_option", "The kit's stems come with the drums' and the others; set stems and parts too.")
