"""The tools of the pipeline: transcribers, separators and the cache of results."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.cache import StageCache
from daemon.pipeline.pitched.part_settings import ClassicRecipe, NoteNetwork, NoteTranscriber
from daemon.pipeline.records import Audio, Kit, Part, Stems, Weights

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from daemon.pipeline.drums.candidates import Activations
    from daemon.pipeline.drums.personal_ear import PersonalEar

ReportFraction = Callable[[float], None]
ReportStage = Callable[[str, float], None]
"""Gets the stage and its fraction 0..1. What it raises stops the work."""


class DrumTranscriber(Protocol):
    """A drum transcriber: mono blocks in, activations out. `in_music` says that more than drums is to be heard."""

    @property
    def weights(self) -> Weights: ...
    def transcribe(self, blocks: "Iterable[NDArray[np.float32]]", in_music: bool) -> "Activations": ...


class Separator(Protocol):
    """A separator that is ready to work."""

    @property
    def weights(self) -> Weights: ...
    def parts(self) -> tuple[Part, ...]: ...
    def separate(self, mix: Audio, parts: tuple[Part, ...], folder: Path, report: ReportFraction) -> Stems: ...


class KitSplitter(Protocol):
    """A network that takes a drum stem apart."""

    @property
    def weights(self) -> Weights: ...
    def split(self, drums: Audio, folder: Path, report: ReportFraction) -> Kit: ...


class KitNetwork(Protocol):
    """What helps the pipeline's own splitter: band powers (channels, bands, frames) to shares (5, bands, frames).

    The shares are in the order of Drum and add up to one.
    """

    @property
    def weights(self) -> Weights: ...
    def __call__(self, power: "NDArray[np.float32]") -> "NDArray[np.float32]": ...


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools of the pipeline. The functions find the backend for a name of the options.

    Without a `kit_network` the embedded splitter goes by the song alone. `classic_notes` is the published recipe for
    notes, for those who ask for it. `personal_ear` is what corrections have taught by now, asked for each song.
    """

    cache: StageCache
    limits: Limits
    drum_transcriber: DrumTranscriber
    separator: Callable[[str, ReportFraction], Separator]
    kit_splitter: Callable[[str], KitSplitter | None]
    note_transcriber: Callable[[NoteNetwork], NoteTranscriber]
    kit_network: KitNetwork | None = None
    classic_notes: ClassicRecipe | None = None
    personal_ear: "Callable[[], PersonalEar | None]" = lambda: None
    clock: Callable[[], float] = time.monotonic
