"""The separators and kit networks by their names in the options, ready for the pipeline.

Nothing here loads a network or asks for a GPU before there is something to separate: what comes from the cache
must not wait for torch.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from daemon.backends.checkpoints import Checkpoints
from daemon.backends.separate import EMBEDDED, separate
from daemon.errors import NoWeights
from daemon.pipeline.records import Audio, Drum, Kit, Part, Stems, Weights
from daemon.remarks import remark
from daemon.weights import KIT_NETWORK_WEIGHTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from daemon.backends.kit_network import OnnxKitNetwork

Report = Callable[[float], None]

AUTO = "auto"
DEFAULT = "htdemucs"
SHORT_OF_MEMORY = remark("less_memory")
FAST_CPU = "cpu bfloat16"
KIT_NETWORKS = ("drumsep", "drumsep6")

FOUR = (Part.DRUMS, Part.BASS, Part.VOCALS, Part.OTHER)


@dataclass(frozen=True, slots=True)
class NamedSeparator:
    """A separator whose weights are here. `remark` says why it is not the one that was wished for.

    `short_segments` halves the memory: shorter segments, one at a time. `fast` rounds factors to bfloat16.
    """

    name: str
    checkpoints: Checkpoints
    device: str
    remark: str = ""
    short_segments: bool = False
    fast: bool = False

    @property
    def weights(self) -> Weights:
        if self.name == EMBEDDED:
            return Weights(EMBEDDED)
        device = FAST_CPU if self.fast else "cpu"  # so that its results are kept apart
        return Weights(self.name, self.checkpoints.sha256(self.name, _members(self)), device)

    def parts(self) -> tuple[Part, ...]:
        """What it can separate; the usual four where a user's checkpoint does not say."""
        stems = () if self.name == EMBEDDED else self.checkpoints.checkpoint(self.name).stems
        return tuple(Part(stem) for stem in stems) or FOUR

    def separate(self, mix: Audio, parts: tuple[Part, ...], folder: Path, report: Report) -> Stems:
        from daemon.backends.device import Device, choose

        device = Device() if self.name == EMBEDDED else choose(self.device)
        device = replace(device, fast=self.fast)
        if self.short_segments:
            device = replace(device, short_segments=True, remark=SHORT_OF_MEMORY)
        work = {"name": self.name, "folder": folder, "checkpoints": self.checkpoints, "device": device}
        stems = separate(mix, parts, report=report, **work)  # type: ignore[arg-type]
        return replace(stems, remarks=(*filter(None, [self.remark]), *stems.remarks))


def separator(
    name: str, checkpoints: Checkpoints, device: str, report: Report, *, fast: bool = False
) -> NamedSeparator:
    """The separator called `name`, its weights fetched if need be; `auto` makes do without. Raises NoWeights."""
    if name == EMBEDDED:
        return NamedSeparator(EMBEDDED, checkpoints, device)
    wanted = NamedSeparator(DEFAULT if name == AUTO else name, checkpoints, device, fast=fast)
    try:
        _require_weights(wanted, report)
    except NoWeights as missing:
        if name != AUTO:
            raise
        return NamedSeparator(
            EMBEDDED, checkpoints, device, remark("other_separator", wanted=DEFAULT, cause=missing.cause)
        )
    return wanted


def _require_weights(wanted: NamedSeparator, report: Report) -> None:
    try:
        wanted.checkpoints.files(wanted.name, _members(wanted))
    except NoWeights:
        wanted.checkpoints.fetch(wanted.name, report, _members(wanted))


def _members(separator: NamedSeparator) -> tuple[str, ...] | None:
    """Of a bag in which each network makes one stem, only the one for the drums; else all."""
    known = separator.checkpoints.checkpoint(separator.name)
    if not (known.mixing and known.stems):
        return None
    column = known.stems.index(Part.DRUMS)
    return tuple(m.signature for m, row in zip(known.members, known.mixing, strict=True) if row[column])


@dataclass(frozen=True, slots=True)
class DrumSep:
    """The MDX23C kit networks. Their weights are only ever fetched by `sidestick models fetch`."""

    name: Literal["drumsep", "drumsep6"]
    checkpoints: Checkpoints
    device: str

    @property
    def weights(self) -> Weights:
        return Weights(self.name, self.checkpoints.sha256(self.name))

    def split(self, drums: Audio, folder: Path, report: Report) -> Kit:
        from daemon.backends.device import choose
        from daemon.backends.mdx23c import Mdx23c

        stems: Literal[5, 6] = 6 if self.name == "drumsep6" else 5
        network = Mdx23c.load(self.checkpoints.path(self.name), stems, choose(self.device))
        parts = network.separate_kit(drums, folder, report)
        return Kit({drum: parts.kit[drum] for drum in Drum}, replace(self.weights, device=parts.device), parts.remarks)


@dataclass(frozen=True)
class EmbeddedKitNetwork:
    """The small kit network that ships with sidestick, loaded when there is a kit to take apart."""

    @cached_property
    def weights(self) -> Weights:
        return Weights(EMBEDDED, hashlib.sha256(KIT_NETWORK_WEIGHTS.read_bytes()).hexdigest())

    def __call__(self, power: "NDArray[np.float32]") -> "NDArray[np.float32]":
        return self._network(power)

    @cached_property
    def _network(self) -> "OnnxKitNetwork":
        from daemon.backends.kit_network import OnnxKitNetwork

        return OnnxKitNetwork()


def kit_splitter(name: str, checkpoints: Checkpoints, device: str) -> DrumSep | None:
    """The network called `name`; None is the splitter of the pipeline itself. `auto` takes DrumSep if it is here.

    Raises NoWeights for another one that is not.
    """
    if name == EMBEDDED:
        return None
    if name == AUTO:
        return _find_drumsep(checkpoints, device)
    wanted = DrumSep("drumsep6" if name == "drumsep6" else "drumsep", checkpoints, device)
    checkpoints.path(wanted.name)
    return wanted


def _find_drumsep(checkpoints: Checkpoints, device: str) -> DrumSep | None:
    try:
        checkpoints.path("drumsep")
    except NoWeights:
        return None
    return DrumSep("drumsep", checkpoints, device)
