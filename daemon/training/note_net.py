"""The note transcriber's network: harmonics stacked as channels, a small convolutional encoder, dilated layers on keys.

Everything is a convolution along pitch, so that what is learnt on one key holds on all. The body works on every second
frame, and each of its frames answers for two.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from daemon.backends.note_transcriber import BINS, BINS_PER_OCTAVE
from daemon.pipeline.pitched.polyphonic import BINS as THIRDS
from daemon.pipeline.pitched.polyphonic import KEYS

SCALE = 0.25
WIDTH = 48
LAYERS = ((1, 1), (2, 12), (4, 1), (8, 7), (16, 12), (4, 1), (1, 1))
"""Dilation over time (in frames of 23 ms) and over keys: octaves and fifths are heard together with their root."""

LONG_HARMONICS = (0.5, 1, 2, 3, 4, 5, 6, 8)
SHORT_HARMONICS = (1, 2, 3)
HEADS = ("note", "onset", "offset", "velocity")


def shift_bins(features: Tensor, harmonic: float) -> Tensor:
    """The level at `harmonic` times the frequency of each third of a semitone of the piano: (..., BINS) to 3 x 88."""
    first, wanted = round(BINS_PER_OCTAVE * math.log2(harmonic)), KEYS * THIRDS
    below = max(0, -first)
    padded = functional.pad(features, (below, max(0, first + wanted - BINS)))
    return padded[..., first + below : first + below + wanted]


class KeyEncoder(nn.Module):
    """(batch, frames, 2 BINS) to (batch, WIDTH, frames / 2, keys); bins 3 k - 1, 3 k and 3 k + 1 belong to key k."""

    def __init__(self) -> None:
        super().__init__()
        channels = len(LONG_HARMONICS) + 2 * len(SHORT_HARMONICS)
        self.first = nn.Conv2d(channels, 16, (3, 3), padding=(1, 1))
        self.first_norm = nn.BatchNorm2d(16)
        self.second = nn.Conv2d(16, WIDTH, (4, 5), stride=(2, 3), padding=(1, 1))
        self.second_norm = nn.BatchNorm2d(WIDTH)

    def forward(self, features: Tensor) -> Tensor:
        long, short = (SCALE * features).split(BINS, dim=2)
        rise = functional.relu(short - functional.pad(short, (0, 0, 1, 0))[:, :-1])
        views = [shift_bins(long, harmonic) for harmonic in LONG_HARMONICS]
        views += [shift_bins(each, harmonic) for each in (short, 3 * rise) for harmonic in SHORT_HARMONICS]
        hidden = functional.relu(self.first_norm(self.first(torch.stack(views, dim=1))))
        return functional.relu(self.second_norm(self.second(hidden)))


class KeyLayer(nn.Module):
    """A dilated layer over time and keys, with a residual path."""

    def __init__(self, frames: int, keys: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(WIDTH)
        self.dilated = nn.Conv2d(WIDTH, WIDTH, 3, padding=(frames, keys), dilation=(frames, keys))
        self.mix = nn.Conv2d(WIDTH, WIDTH, 1)

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden + self.mix(functional.relu(self.dilated(self.norm(hidden))))


class NoteNet(nn.Module):
    """Features to logits: each of HEADS (batch, frames, 88), then the contour (batch, frames, 264); frames are even."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = KeyEncoder()
        self.layers = nn.Sequential(*(KeyLayer(*dilation) for dilation in LAYERS))
        self.heads = nn.Conv2d(WIDTH, 2 * (len(HEADS) + THIRDS), 1)
        nn.init.constant_(self.heads.bias, -3.0)

    def forward(self, features: Tensor) -> tuple[Tensor, ...]:
        hidden = self.heads(functional.relu(self.layers(self.encoder(features))))
        batch, _, half, keys = hidden.shape
        split = hidden.reshape(batch, 2, len(HEADS) + THIRDS, half, keys).permute(0, 3, 1, 4, 2)
        rows = split.reshape(batch, 2 * half, keys, len(HEADS) + THIRDS)
        contour = rows[..., len(HEADS) :].reshape(batch, 2 * half, keys * THIRDS)
        return (*(rows[..., i] for i in range(len(HEADS))), contour)
