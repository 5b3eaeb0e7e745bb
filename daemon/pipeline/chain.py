"""A song goes in, a transcription comes out: the pipeline, to be read from top to bottom.

Every stage's result is kept in the workspace under the digest of the sound and the settings that it depends on, so
that only what has changed is worked out again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from daemon.errors import NoMemory, Rejected, StageFailed, StemdError
from daemon.inlets.probe import Limits, probe
from daemon.jobs.options import Options, VelocityCurve
from daemon.jobs.workspace import Workspace, key
from daemon.pipeline.decode import decode, file_digest
from daemon.pipeline.record_file import Kept, load, save
from daemon.pipeline.records import Audio, BeatGrid, Candidate, Drums, Kit, Part, Source, Stems, Weights
from daemon.pipeline.velocity import revoiced

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")
EMBEDDED_KIT = Weights("embedded")
VERSION = 1  # of the stages' results; a new one leaves old results of the cache unused

Fraction = Callable[[float], None]
Report = Callable[[str, float], None]
"""Hears the stage and its fraction 0..1. What it raises stops the work."""


class Activations(Protocol):
    """What a transcriber hears: `strength` and `velocity` (frames, classes) in 0..1, `frame_rate` frames a second.

    `lateness` is how many seconds each class is late by itself. Classes of one drum share a threshold, to be held
    against the chance that any of them sounds.
    """

    @property
    def frame_rate(self) -> float: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def strength(self) -> "NDArray[np.float32]": ...
    @property
    def velocity(self) -> "NDArray[np.float32]": ...
    @property
    def thresholds(self) -> tuple[float, ...]: ...
    @property
    def lateness(self) -> tuple[float, ...]: ...


class Listener(Protocol):
    """A drum transcriber: mono blocks in, activations out. `in_music` says that more than drums is to be heard."""

    @property
    def weights(self) -> Weights: ...
    def listen(self, blocks: "Iterable[NDArray[np.float32]]", in_music: bool) -> Activations: ...


class Separation(Protocol):
    """A separator that is ready to work."""

    @property
    def weights(self) -> Weights: ...
    def parts(self) -> tuple[Part, ...]: ...
    def separate(self, mix: Audio, parts: tuple[Part, ...], folder: Path, report: Fraction) -> Stems: ...


class KitSplitter(Protocol):
    """A network that takes a drum stem apart."""

    @property
    def weights(self) -> Weights: ...
    def split(self, drums: Audio, folder: Path, report: Fraction) -> Kit: ...


@dataclass(frozen=True, slots=True)
class Studio:
    """What the pipeline works with. The two functions find the backend for a name of the options."""

    workspace: Workspace
    limits: Limits
    listener: Listener
    separation: Callable[[str, Fraction], Separation]
    kit_splitter: Callable[[str], KitSplitter | None]
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage as it was run. `seconds` is what it took when it was worked out; `cached` says that was earlier."""

    name: str
    weights: Weights
    seconds: float
    cached: bool


@dataclass(frozen=True, slots=True)
class Transcription:
    """All that was worked out. `stems` and `kit` are None for a draft and for what did not need them."""

    source: Source
    drums: Drums
    grid: BeatGrid
    stages: tuple[Stage, ...]
    stems: Stems | None = None
    kit: Kit | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        told = [self.source.remarks, self.stems.remarks if self.stems else (), self.drums.remarks, self.grid.remarks]
        return tuple(remark for remarks in told for remark in remarks)


def transcribe(path: Path, options: Options, studio: Studio, report: Report) -> Transcription:
    """The whole way. Raises Rejected for what cannot be used and StageFailed for what cannot be done."""
    run = _Run(studio, report)
    source = run.decoded(path)
    stems = run.separated(source, options)
    drums = stems.parts[Part.DRUMS] if stems else source.audio
    sound = key(source.digest, stems.model if stems else None)
    heard = run.heard(drums, sound)
    parts = run.kit(drums, heard, sound, options)
    found = run.hits(parts, heard, sound, options)
    grid = run.beats(heard, found, sound, options)
    found = replace(found, hits=revoiced(found.hits, options.velocity))
    return Transcription(source, found, grid, tuple(run.stages), stems, parts)


def draft(path: Path, options: Options, studio: Studio, report: Report) -> Transcription:
    """What can be told within seconds: the transcriber listens to the file as it is."""
    run = _Run(studio, report)
    source = run.decoded(path)
    sound = key(source.digest, None)
    heard = run.heard(source.audio, sound, in_music=options.input == "mix")
    found = run.drafted(heard, sound)
    grid = run.beats(heard, found, sound, options)
    found = replace(found, hits=revoiced(found.hits, options.velocity))
    return Transcription(source, found, grid, tuple(run.stages))


@dataclass(frozen=True, slots=True)
class Listening:
    """What the transcriber heard, and the file of the onset strength that placed it."""

    candidates: tuple[Candidate, ...]
    novelty: Kept


class _Run:
    """One song on its way through the stages."""

    def __init__(self, studio: Studio, report: Report) -> None:
        self._studio = studio
        self._report = report
        self.stages: list[Stage] = []

    def decoded(self, path: Path) -> Source:
        probe(path, self._studio.limits)
        digest = file_digest(path)

        def made(folder: Path, report: Fraction) -> Source:
            return decode(path, folder / "audio.wav", self._studio.limits, report)

        return replace(self._stage("decode", Source, made, Weights("soxr"), digest), path=path)

    def separated(self, source: Source, options: Options) -> Stems | None:
        if options.input == "drums":
            return None
        if options.input != "mix":
            raise Rejected(
                "no_drums", f"{source.path.name} is a {options.input} stem: there are no drums in it to hear."
            )
        separation = self._studio.separation(options.separator, partial(self._report, "separate"))
        every = (source.digest, separation.weights, separation.parts())
        there = self._studio.workspace.recall("separate", key(VERSION, *every))
        parts = separation.parts() if options.stems or there else (Part.DRUMS,)
        made = partial(separation.separate, source.audio, parts)
        return self._stage("separate", Stems, made, separation.weights, *every[:2], parts)

    def heard(self, sound: Audio, name: str, in_music: bool = False) -> Listening:
        listener = self._studio.listener

        def made(folder: Path, report: Fraction) -> Listening:
            from daemon.pipeline.stages import listen

            return listen(listener, sound, in_music, folder, report)

        return self._stage("listen", Listening, made, listener.weights, name, listener.weights, in_music)

    def kit(self, drums: Audio, heard: Listening, name: str, options: Options) -> Kit:
        splitter = self._studio.kit_splitter(options.kit)
        if splitter is not None:
            made = partial(splitter.split, drums)
            return self._stage("kit", Kit, made, splitter.weights, name, splitter.weights)

        def embedded(folder: Path, report: Fraction) -> Kit:
            from daemon.pipeline.stages import split

            return split(drums, heard, EMBEDDED_KIT, folder, report)

        return self._stage("kit", Kit, embedded, EMBEDDED_KIT, name, EMBEDDED_KIT, self._studio.listener.weights)

    def hits(self, parts: Kit, heard: Listening, name: str, options: Options) -> Drums:
        def made(_: Path, report: Fraction) -> Drums:
            from daemon.pipeline.stages import find

            return find(parts, heard, options, report)

        recipe = options.classic if options.onsets == "classic" else options.onsets
        needs = (name, self._studio.listener.weights, parts.model, recipe)
        return self._stage("hits", Drums, made, Weights(options.onsets), *needs)

    def drafted(self, heard: Listening, name: str) -> Drums:
        def made(_: Path, __: Fraction) -> Drums:
            from daemon.pipeline.hits import draft

            return draft(heard.candidates, VelocityCurve())

        return self._stage("hits", Drums, made, Weights("draft"), name, self._studio.listener.weights, "draft")

    def beats(self, heard: Listening, found: Drums, name: str, options: Options) -> BeatGrid:
        def made(_: Path, __: Fraction) -> BeatGrid:
            from daemon.pipeline.stages import count

            return count(heard, found, options)

        needs = (name, [(hit.onset, hit.label) for hit in found.hits], options.bpm, options.numerator)
        return self._stage("beats", BeatGrid, made, Weights(""), *needs)

    def _stage(
        self, name: str, kind: type[T], make: "Callable[[Path, Fraction], T]", weights: Weights, *needs: object
    ) -> T:
        """The record of one stage, from the workspace or made now; `needs` is all that it depends on."""
        clock, told = self._studio.clock, partial(self._report, name)
        began, made = clock(), []

        def fill(folder: Path) -> None:
            save(folder, _guarded(name, make, folder, told), clock() - began)
            made.append(folder)

        told(0.0)
        folder = self._studio.workspace.obtain(name, key(VERSION, *needs), fill, partial(told, 0.0))
        record, seconds = load(folder, kind)
        self.stages.append(Stage(name, weights, seconds, cached=not made))
        told(1.0)
        return record


def _guarded(name: str, make: Callable[[Path, Fraction], T], folder: Path, told: Fraction) -> T:
    """One of the four guards: whatever a stage trips over fails its job, with the reason, and nothing else."""
    try:
        return make(folder, told)
    except (StemdError, OSError):
        raise
    except MemoryError:
        raise NoMemory(name, f"There was not enough memory to {name}. Close other programs and try again.") from None
    except Exception as error:
        reason = f"The stage {name} broke ({type(error).__name__}: {error}). Please report it with the song's name."
        raise StageFailed(name, reason) from error
