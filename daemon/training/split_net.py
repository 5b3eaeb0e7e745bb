"""The kit splitter's network: a small U-net over the bands with dilated time layers at its bottom.

About 2 M multiplications per 11.6 ms frame. Frequency is halved three times, time never; every level's detail is
added back on the way up, so that a mask can follow single partials.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from daemon.backends.kit_network import BANDS
from daemon.training.drum_sounds import STEMS
from daemon.training.transcriber_net import DilatedLayer

PADDED_BANDS = 120
CHANNELS = (16, 24, 32, 48)
WIDTH = 128
DILATIONS = (1, 2, 4, 8, 16, 32, 64)
SCALE = 0.2
LEAK = 0.1
"""Plain rectifiers without normalisation died within a hundred steps."""


def conv_layer(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3 x 3 over (frames, bands); `stride` over bands only. Not normalised: on a CPU that costs more than all else."""
    layer = nn.Conv2d(inputs, outputs, 3, stride=(1, stride), padding=1)
    nn.init.kaiming_normal_(layer.weight, LEAK)
    nn.init.zeros_(layer.bias)
    return nn.Sequential(layer, nn.LeakyReLU(LEAK))


class UpsampleBlock(nn.Module):
    """From one level up: fewer channels, twice the bands, the level's own detail added."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(inputs, outputs, 1)
        self.blend = conv_layer(outputs, outputs)

    def forward(self, hidden: Tensor, detail: Tensor) -> Tensor:
        wide = functional.interpolate(self.narrow(hidden), scale_factor=(1.0, 2.0), mode="nearest")
        return torch.as_tensor(self.blend(wide + detail))


class SplitNet(nn.Module):
    """(batch, frames, BANDS) features to (batch, 5, frames, BANDS) logits; a softmax over the five makes the masks."""

    def __init__(self) -> None:
        super().__init__()
        self.lift = conv_layer(3, CHANNELS[0])
        pairs = list(pairwise(CHANNELS))
        self.down = nn.ModuleList([conv_layer(few, many, stride=2) for few, many in pairs])
        self.bottom = PADDED_BANDS // 2 ** len(pairs)
        self.join = nn.Conv1d(CHANNELS[-1] * self.bottom, WIDTH, 1)
        self.time_layers = nn.Sequential(*(DilatedLayer(dilation, WIDTH) for dilation in DILATIONS))
        self.leave = nn.Conv1d(WIDTH, CHANNELS[-1] * self.bottom, 1)
        self.up = nn.ModuleList([UpsampleBlock(many, few) for few, many in reversed(pairs)])
        self.head = nn.Conv2d(CHANNELS[0], len(STEMS), 1)
        nn.init.zeros_(self.head.weight)
        self.register_buffer("place", torch.linspace(-1, 1, PADDED_BANDS), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        hidden = self.lift(self.stack_inputs(features))
        details = []
        for layer in self.down:
            details.append(hidden)
            hidden = layer(hidden)
        hidden = hidden + self.apply_time_layers(hidden)
        for layer, detail in zip(self.up, reversed(details), strict=True):
            hidden = layer(hidden, detail)
        return torch.as_tensor(self.head(hidden)[..., :BANDS])

    def stack_inputs(self, features: Tensor) -> Tensor:
        """(batch, 3, frames, PADDED): levels, how they rise, and where on the frequency axis one is."""
        levels = functional.pad(SCALE * features, (0, PADDED_BANDS - BANDS))[:, None]
        rise = functional.relu(levels - functional.pad(levels, (0, 0, 1, 0))[:, :, :-1])
        return torch.cat([levels, 2 * rise, self.place.expand_as(levels)], dim=1)

    def apply_time_layers(self, hidden: Tensor) -> Tensor:
        batch, channels, frames, bottom = hidden.shape
        flat = self.join(hidden.permute(0, 1, 3, 2).reshape(batch, channels * bottom, frames))
        known = self.leave(functional.relu(self.time_layers(flat)))
        return known.reshape(batch, channels, bottom, frames).permute(0, 1, 3, 2)
