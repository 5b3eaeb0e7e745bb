"""The TFC-TDF v3 network (MDX23C), written to the layout of the published DrumSep checkpoints.

A U-Net over the complex spectrogram: convolutions look along time and frequency, linear layers across a whole band.
The names of the parameters are those in the checkpoints. Kim et al., "Sound Demixing Challenge 2023"; layout after
the reference network in ZFTurbo/Music-Source-Separation-Training.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from daemon.errors import NoWeights

AUDIO_CHANNELS = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes of the network; the defaults are those of the DrumSep checkpoints.

    `bins` of the spectrogram go in, cut into `subbands` that become channels. Time and frequency are halved
    `scales` times, and `growth` channels join each time.
    """

    stems: int
    channels: int = 128
    growth: int = 128
    scales: int = 5
    blocks: int = 2
    bottleneck: int = 4
    bins: int = 1024
    subbands: int = 4

    @property
    def stripes(self) -> int:
        """Channels at the input: real and imaginary part of each side, for each subband."""
        return 2 * AUDIO_CHANNELS * self.subbands

    @property
    def multiple(self) -> int:
        """The number of time steps must be a multiple of this."""
        return int(2**self.scales)


class TfcTdf(nn.Module):
    """(batch, 4, bins, steps) to (batch, stems, 4, bins, steps); the 4 are left and right, real and imaginary."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.layout = layout
        width, band = layout.channels, layout.bins // layout.subbands
        self.first_conv = nn.Conv2d(layout.stripes, width, 1, bias=False)
        self.encoder_blocks = nn.ModuleList()
        for _ in range(layout.scales):
            self.encoder_blocks.append(_encoder_block(width, band, layout))
            width, band = width + layout.growth, band // 2
        self.bottleneck_block = _BlockStack(width, width, band, layout)
        self.decoder_blocks = nn.ModuleList()
        for _ in range(layout.scales):
            width, band = width - layout.growth, band * 2
            self.decoder_blocks.append(_decoder_block(width, band, layout))
        self.final_conv = nn.Sequential(
            nn.Conv2d(width + layout.stripes, width, 1, bias=False),
            nn.GELU(),
            nn.Conv2d(width, layout.stems * layout.stripes, 1, bias=False),
        )

    def forward(self, spectrum: Tensor) -> Tensor:
        striped = self._split_subbands(spectrum)
        entry = self.first_conv(striped)
        shaped = self._u_net(entry.transpose(-1, -2)).transpose(-1, -2) * entry
        out = self.final_conv(torch.cat([striped, shaped], 1))
        batch, _, bins, steps = spectrum.shape
        return out.reshape(batch, self.layout.stems, 2 * AUDIO_CHANNELS, bins, steps)

    def _split_subbands(self, spectrum: Tensor) -> Tensor:
        batch, _, bins, steps = spectrum.shape
        return spectrum.reshape(batch, self.layout.stripes, bins // self.layout.subbands, steps)

    def _u_net(self, sound: Tensor) -> Tensor:
        """(batch, channels, steps, band), as it came in."""
        skipped = []
        for block in self.encoder_blocks:
            sound = block["tfc_tdf"](sound)
            skipped.append(sound)
            sound = block["downscale"](sound)
        sound = self.bottleneck_block(sound)
        for block in self.decoder_blocks:
            sound = block["tfc_tdf"](torch.cat([block["upscale"](sound), skipped.pop()], 1))
        return sound


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint. Nothing in it is run."""
    try:
        state: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise NoWeights(f"{path.name} is damaged or no checkpoint. Fetch it again.") from error
    for key in ("state_dict", "state", "model_state_dict"):
        state = state.get(key, state) if isinstance(state, dict) else {}
    return {name: tensor for name, tensor in state.items() if isinstance(tensor, Tensor)}


def build(layout: Layout, state: dict[str, Tensor], name: str) -> TfcTdf:
    """The network of `layout` with the tensors of `state`, which it keeps. `name` is for the error message."""
    with torch.device("meta"):
        network = TfcTdf(layout)
    expected = {key: tensor.shape for key, tensor in network.state_dict().items()}
    found = {key: tensor.shape for key, tensor in state.items()}
    if expected != found:
        wrong = sorted(k for k in expected.keys() | found.keys() if expected.get(k) != found.get(k))
        reason = f"{name} is not this DrumSep network ({len(wrong)} tensors differ, such as {wrong[0]})."
        raise NoWeights(f"{reason} Fetch it again.")
    network.load_state_dict({key: tensor.float() for key, tensor in state.items()}, assign=True)
    return network


class _BlockStack(nn.Module):
    def __init__(self, width_in: int, width: int, band: int, layout: Layout) -> None:
        super().__init__()
        widths = [width_in] + [width] * (layout.blocks - 1)
        self.blocks = nn.ModuleList(_TfcTdfBlock(first, width, band, layout.bottleneck) for first in widths)

    def forward(self, sound: Tensor) -> Tensor:
        for block in self.blocks:
            sound = block(sound)
        return sound


class _TfcTdfBlock(nn.Module):
    def __init__(self, width_in: int, width: int, band: int, bottleneck: int) -> None:
        super().__init__()
        narrow = band // bottleneck
        self.tfc1 = _add_activation(width_in, nn.Conv2d(width_in, width, 3, padding=1, bias=False))
        self.tdf = nn.Sequential(
            *_add_activation(width, nn.Linear(band, narrow, bias=False)),
            *_add_activation(width, nn.Linear(narrow, band, bias=False)),
        )
        self.tfc2 = _add_activation(width, nn.Conv2d(width, width, 3, padding=1, bias=False))
        self.shortcut = nn.Conv2d(width_in, width, 1, bias=False)

    def forward(self, sound: Tensor) -> Tensor:
        local = self.tfc1(sound)
        return self.tfc2(local + self.tdf(local)) + self.shortcut(sound)


class _Rescale(nn.Module):
    def __init__(self, width_in: int, layer: nn.Module) -> None:
        super().__init__()
        self.conv = _add_activation(width_in, layer)

    def forward(self, sound: Tensor) -> Tensor:
        return self.conv(sound)


def _encoder_block(width: int, band: int, layout: Layout) -> nn.ModuleDict:
    shrink = nn.Conv2d(width, width + layout.growth, 2, stride=2, bias=False)
    return nn.ModuleDict({"tfc_tdf": _BlockStack(width, width, band, layout), "downscale": _Rescale(width, shrink)})


def _decoder_block(width: int, band: int, layout: Layout) -> nn.ModuleDict:
    wide = width + layout.growth
    grow = nn.ConvTranspose2d(wide, width, 2, stride=2, bias=False)
    return nn.ModuleDict({"upscale": _Rescale(wide, grow), "tfc_tdf": _BlockStack(2 * width, width, band, layout)})


def _add_activation(width: int, layer: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.InstanceNorm2d(width, affine=True), nn.GELU(), layer)
