"""Training task of the drum transcriber: batches and loss."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from daemon.backends.drum_transcriber import BANDS, WINDOWS
from daemon.training.dataset import FEATURE_STEPS_PER_UNIT, Targets, build_targets, read_shard
from daemon.training.training_loop import Recipe, TrainingTask, stack_excerpts
from daemon.training.transcriber_net import TranscriberNet

HIT_WEIGHT = 2.0
VELOCITY_WEIGHT = 0.5
ARTICULATION_WEIGHT = 1.5
OPENING_WEIGHT = 3.0
NOT_ASKED = 255
RECIPE = Recipe(steps=12000, batch=12, frames=400, rate=2e-3, save_every=250)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Bytes, (clips, frames, n) each: features, then the targets in the order of `Targets`."""

    parts: tuple[NDArray[np.uint8], ...]


def load_corpus(paths: list[Path]) -> Corpus:
    shards = [read_shard(path) for path in paths]
    rows = [
        target_bytes(build_targets(shard.events[shard.events[:, 0] == clip, 1:], shard.features.shape[1]))
        for shard in shards
        for clip in range(len(shard.features))
    ]
    features = np.concatenate([shard.features for shard in shards])
    return Corpus((features, *(np.stack(part) for part in zip(*rows, strict=True))))


def target_bytes(targets: Targets) -> tuple[NDArray[np.uint8], ...]:
    asked = (targets.articulation, targets.opening[:, None])
    return as_bytes(targets.strength), as_bytes(targets.velocity), *(as_asked_bytes(part) for part in asked)


def as_bytes(unit: NDArray[Any]) -> NDArray[np.uint8]:
    return np.round(255 * unit).astype(np.uint8)


def as_asked_bytes(unit: NDArray[Any]) -> NDArray[np.uint8]:
    """0..200 for 0..1, NOT_ASKED for -1."""
    return np.where(unit < 0, NOT_ASKED, np.round(200 * unit)).astype(np.uint8)


def batches(paths: list[Path], recipe: Recipe, rng: np.random.Generator) -> Iterator[list[Tensor]]:
    """Random excerpts, without end."""
    corpus = load_corpus(paths)
    clips, length = corpus.parts[0].shape[:2]
    while True:
        order = rng.permutation(clips)
        for start in range(0, len(order) - recipe.batch + 1, recipe.batch):
            chosen = order[start : start + recipe.batch]
            at = rng.integers(0, length - recipe.frames + 1, recipe.batch)
            yield [stack_excerpts(part, chosen, at, recipe.frames) for part in corpus.parts]


def augment_features(features: Tensor) -> Tensor:
    """Random gain (+-5 dB) and a smooth tilt per excerpt: 1 unit is 8.7 dB where it is loud."""
    batch = features.shape[0]
    knots = torch.randn(batch, 1, 5) * 0.35
    curve = functional.interpolate(knots, size=BANDS, mode="linear", align_corners=True)
    shift = curve.repeat(1, 1, len(WINDOWS)) + torch.randn(batch, 1, 1) * 0.6
    return torch.where(torch.rand(batch, 1, 1) < 0.7, functional.relu(shift_gain(features, shift)), features)


def shift_gain(features: Tensor, shift: Tensor) -> Tensor:
    """log1p(exp(shift) * expm1(x)): a gain before the compression, exact for soft sounds too."""
    return torch.log1p(torch.exp(shift) * torch.expm1(features))


def compute_loss(net: TranscriberNet, batch: list[Tensor]) -> Tensor:
    """Cross entropy on bumps with hits weighted up, plus squared velocity error at hits.

    bfloat16 with channels last triples the speed on a CPU that has it, at no loss seen.
    """
    features, wanted, loud = batch[0] / FEATURE_STEPS_PER_UNIT, batch[1] / 255, batch[2] / 255
    with torch.autocast("cpu", dtype=torch.bfloat16):
        strength, velocity, articulation, opening = net(augment_features(features))
    weight = 1 + (HIT_WEIGHT - 1) * wanted
    onsets = functional.binary_cross_entropy_with_logits(strength.float(), wanted, weight=weight)
    hits = (loud > 0).float()
    error = ((torch.sigmoid(velocity.float()) - loud) ** 2 * hits).sum() / hits.sum().clamp(min=1)
    named = asked_loss(functional.binary_cross_entropy_with_logits, articulation.float(), batch[3])
    opened = asked_loss(squared_error, opening.float(), batch[4])
    return onsets * 10 + VELOCITY_WEIGHT * error + ARTICULATION_WEIGHT * named + OPENING_WEIGHT * opened


def squared_error(logits: Tensor, wanted: Tensor, *, reduction: str) -> Tensor:
    return functional.mse_loss(torch.sigmoid(logits), wanted, reduction=reduction)


def asked_loss(loss: Callable[..., Tensor], logits: Tensor, wanted: Tensor) -> Tensor:
    """The mean over what is asked for."""
    asked = (wanted != NOT_ASKED).float()
    each = loss(logits, (wanted / 200).clamp(max=1), reduction="none")
    return (each * asked).sum() / asked.sum().clamp(min=1)


TRANSCRIBER_TASK = TrainingTask(TranscriberNet, batches, compute_loss)
