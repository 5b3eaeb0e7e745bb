"""What the pipeline works with: who listens, who separates, and where results are kept."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.cache import Workspace
from daemon.pipeline.pitched.part_settings import KeyListener
from daemon.pipeline.records import Audio, Kit, Part, Stems, Weights

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from daemon.pipeline.drums.candidates import Activations

Fraction = Callable[[float], None]
Report = Callable[[str, float], None]
"""Hears the stage and its fraction 0..1. What it raises stops the work."""


class Listener(Protocol):
    """A drum transcriber: mono blocks in, activations out. `in_music` says that more than drums is to be heard."""

    @property
    def weights(self) -> Weights: ...
    def listen(self, blocks: "Iterable[NDArray[np.float32]]", in_music: bool) -> "Activations": ...


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


class KitNetwork(Protocol):
    """What helps the pipeline's own splitter: band powers (channels, bands, frames) to shares (5, bands, frames).

    The shares are in the order of Drum and add up to one.
    """

    @property
    def weights(self) -> Weights: ...
    def __call__(self, power: "NDArray[np.float32]") -> "NDArray[np.float32]": ...


@dataclass(frozen=True, slots=True)
class Studio:
    """What the pipeline works with. The two functions find the backend for a name of the options.

    Without a `kit_network` the embedded splitter goes by the song alone.
    """

    workspace: Workspace
    limits: Limits
    listener: Listener
    separation: Callable[[str, Fraction], Separation]
    kit_splitter: Callable[[str], KitSplitter | None]
    key_listener: KeyListener
    kit_network: KitNetwork | None = None
    clock: Callable[[], float] = time.monotonic
