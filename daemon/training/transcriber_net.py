"""The drum transcriber's network: a small convolutional encoder on two mel views, then dilated time layers.

About 0.6 M multiplications per 10 ms frame, so that a laptop core runs it a hundred times faster
than real time. The rectified difference over time is made inside, so features stay plain mels.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from daemon.backends.drum_transcriber import BANDS, WINDOWS
from daemon.training.drum_sounds import ARTICULATIONS, CLASSES

SCALE = 0.25
WIDTH = 112
DETAIL_WIDTH = 64
DILATIONS = (1, 2, 4, 8, 16, 32, 64)


class SpectralEncoder(nn.Module):
    """(batch, frames, 2 * BANDS) -> (batch, WIDTH, frames)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [conv_block(4, 24, (3, 3), 3), conv_block(24, 40, (3, 3), 3), conv_block(40, 56, (3, 3), 2)]
        )
        self.join = nn.Conv1d(56 * 4, WIDTH, 1)

    def forward(self, features: Tensor) -> Tensor:
        batch, frames, _ = features.shape
        views = SCALE * features.reshape(batch, frames, len(WINDOWS), BANDS).permute(0, 2, 1, 3)
        rise = functional.relu(views - functional.pad(views, (0, 0, 1, 0))[:, :, :-1])
        hidden = torch.cat([views, 2 * rise], dim=1)
        for layer in self.layers:
            hidden = layer(hidden)
        return self.join(hidden.permute(0, 1, 3, 2).flatten(1, 2))


def conv_block(inputs: int, outputs: int, kernel: tuple[int, int], pool: int) -> nn.Sequential:
    """Convolution over (time, bands), then pooling over bands only."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=(kernel[0] // 2, kernel[1] // 2)),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
        nn.MaxPool2d((1, pool)),
    )


class DilatedLayer(nn.Module):
    """A dilated layer with a residual path: (batch, width, frames) to the same."""

    def __init__(self, dilation: int, width: int = WIDTH) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(width)
        self.dilated = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.mix = nn.Conv1d(width, width, 1)

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden + self.mix(functional.relu(self.dilated(functional.relu(self.norm(hidden)))))


def detail_head(outputs: int) -> nn.Sequential:
    """What is said of a hit that is known already, from 70 ms around it: (batch, WIDTH, frames) to outputs."""
    first = nn.Conv1d(WIDTH, DETAIL_WIDTH, 7, padding=3)
    return nn.Sequential(first, nn.ReLU(), nn.Conv1d(DETAIL_WIDTH, outputs, 1))


class TranscriberNet(nn.Module):
    """Features to logits (batch, frames, n): strength and velocity of each class, articulations, opening of the hat."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = SpectralEncoder()
        self.time_layers = nn.Sequential(*(DilatedLayer(dilation) for dilation in DILATIONS))
        self.drop = nn.Dropout1d(0.1)
        self.strength = nn.Conv1d(WIDTH, len(CLASSES), 3, padding=1)
        self.velocity = nn.Conv1d(WIDTH, len(CLASSES), 3, padding=1)
        self.articulation = detail_head(len(ARTICULATIONS))
        self.opening = detail_head(1)
        nn.init.constant_(self.strength.bias, -3.0)

        self.frozen: tuple[nn.Module, ...] = ()

    def freeze_onsets(self) -> None:
        """From now on only the heads of articulation and opening learn; onsets stay as they are."""
        self.frozen = (self.encoder, self.time_layers, self.drop, self.strength, self.velocity)
        for part in self.frozen:
            part.requires_grad_(False)
        self.train()

    def train(self, mode: bool = True) -> "TranscriberNet":
        super().train(mode)
        for part in self.frozen:
            part.eval()
        return self

    def forward(self, features: Tensor) -> tuple[Tensor, ...]:
        hidden = self.drop(functional.relu(self.time_layers(self.encoder(features))))
        heads = (self.strength, self.velocity, self.articulation, self.opening)
        return tuple(head(hidden).transpose(1, 2) for head in heads)
