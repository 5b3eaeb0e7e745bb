"""Training task of the kit splitter: batches and loss."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from daemon.backends.kit_network import BANDS, COMPRESSION
from daemon.pipeline.audio.bands import bands
from daemon.training.split_net import SplitNet
from daemon.training.split_targets import FEATURE_STEPS_PER_UNIT, SplitShard, read_split_shard
from daemon.training.training_loop import Recipe, TrainingTask, stack_excerpts

FLOOR = 3e-4
"""Errors 35 dB below the mix count for nothing, so that a drum that is not played is not chased for ever."""

ENTROPY_WEIGHT = 1.0
RECIPE = Recipe(steps=6400, batch=8, frames=256, rate=1.5e-3, save_every=200)
Batch = tuple[Tensor, Tensor]


def load_split_shards(paths: list[Path]) -> SplitShard:
    every = [read_split_shard(path) for path in paths]
    return SplitShard(np.concatenate([one.features for one in every]), np.concatenate([one.shares for one in every]))


def batches(paths: list[Path], recipe: Recipe, rng: np.random.Generator) -> Iterator[Batch]:
    """Random excerpts without end: features (batch, frames, BANDS) and shares (batch, frames, 5, BANDS)."""
    corpus = load_split_shards(paths)
    clips, length = corpus.features.shape[:2]
    while True:
        order = rng.permutation(clips)
        for start in range(0, clips - recipe.batch + 1, recipe.batch):
            chosen = order[start : start + recipe.batch]
            at = rng.integers(0, length - recipe.frames + 1, recipe.batch)
            yield (
                stack_excerpts(corpus.features, chosen, at, recipe.frames) / FEATURE_STEPS_PER_UNIT,
                stack_excerpts(corpus.shares, chosen, at, recipe.frames) / 255,
            )


def power_of(features: Tensor) -> Tensor:
    return (torch.expm1(features) / COMPRESSION) ** 2


def features_from(power: Tensor) -> Tensor:
    return torch.log1p(COMPRESSION * torch.sqrt(power))


def remix(features: Tensor, shares: Tensor) -> Batch:
    """Other balances of the drums, and at times drums of several clips together.

    Powers are added as if the drums never met in phase; three batches in ten stay as they were rendered.
    """
    kind = float(torch.rand(()))
    if kind < 0.3:
        return features, shares
    power = power_of(features)
    rest = (1 - shares.sum(dim=2)).clamp(min=0) * power
    drums = shares * power[:, :, None]
    if kind > 0.65:
        drums = torch.stack([drums[torch.randperm(len(drums)), :, stem] for stem in range(drums.shape[2])], dim=2)
    gains = 10 ** (torch.randn(len(drums), 1, drums.shape[2], 1) * 0.4) * (torch.rand(gains_shape(drums)) > 0.07)
    drums = drums * gains
    total = drums.sum(dim=2) + rest
    return features_from(total), drums / (total[:, :, None] + 1e-14)


def gains_shape(drums: Tensor) -> tuple[int, int, int, int]:
    return (drums.shape[0], 1, drums.shape[2], 1)


def tilt_spectrum(features: Tensor) -> Tensor:
    """A random gain (+-7 dB) and a smooth tilt per excerpt: neither changes whose a band is."""
    batch = len(features)
    curve = functional.interpolate(torch.randn(batch, 1, 5) * 0.3, size=BANDS, mode="linear", align_corners=True)
    shift = curve + torch.randn(batch, 1, 1) * 0.8
    return torch.log1p(torch.exp(shift) * torch.expm1(features))


def compute_loss(net: SplitNet, batch: Batch) -> Tensor:
    """Per drum the error's energy against its own, as a logarithm (an SDR), plus cross entropy by a band's level.

    Cross entropy is what gets it going: the other term alone (or with absolute errors) gives all to one drum for ever.

    bfloat16 with channels last triples the speed on a CPU that has it.
    """
    features, shares = remix(*batch)
    features = tilt_spectrum(features)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = net(features)
    logs = torch.log_softmax(logits.float(), dim=1).transpose(1, 2)
    masks = logs.exp()
    power = (power_of(features) * torch.from_numpy(bands().weight[:, 0]))[:, :, None]
    error = (power * (masks - shares) ** 2).sum(dim=(1, 3))
    energy = (power * shares**2).sum(dim=(1, 3))
    floor = FLOOR * power.sum(dim=(1, 3)) + 1e-12
    ratio = torch.log10((error + floor) / (energy + floor))
    entropy = -(features[:, :, None] * shares * logs).sum() / (features[:, :, None] * shares).sum().clamp(min=1)
    return ratio.mean() + ENTROPY_WEIGHT * entropy


SPLIT_TASK = TrainingTask(SplitNet, batches, compute_loss)
