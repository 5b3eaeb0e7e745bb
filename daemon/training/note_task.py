"""Training task of the note transcriber: batches and loss."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from daemon.backends.note_transcriber import BINS
from daemon.training.note_dataset import STEPS_PER_UNIT, NoteShard, build_note_targets, read_note_shard
from daemon.training.note_net import NoteNet
from daemon.training.training_loop import Recipe, TrainingTask

RECIPE = Recipe(steps=9000, batch=4, frames=256, rate=2e-3, save_every=250)
TARGETS = ("note", "onset", "offset", "velocity", "contour")
POSITIVE = {"note": 2.0, "onset": 4.0, "offset": 3.0, "contour": 3.0}
"""How much more a sounding key weighs than a silent one: by hand, as few of 88 ever sound."""

SHARE = {"note": 1.0, "onset": 2.0, "offset": 0.3, "contour": 1.0}
VELOCITY_SHARE = 0.2

shard_of = cache(read_note_shard)


def note_batches(paths: list[Path], recipe: Recipe, rng: np.random.Generator) -> Iterator[list[Tensor]]:
    """Random excerpts, without end: features, then each of TARGETS."""
    shards = [shard_of(path) for path in paths]
    clips = [(shard, clip) for shard in shards for clip in range(len(shard.features))]
    while True:
        order = rng.permutation(len(clips))
        for first in range(0, len(order) - recipe.batch + 1, recipe.batch):
            chosen = [clips[i] for i in order[first : first + recipe.batch]]
            rows = [cut_excerpt(shard, clip, recipe.frames, rng) for shard, clip in chosen]
            yield [torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True)]


def cut_excerpt(shard: NoteShard, clip: int, frames: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
    start = int(rng.integers(0, shard.features.shape[1] - frames + 1))
    features = shard.features[clip, start : start + frames].astype(np.float32) / STEPS_PER_UNIT
    notes = shard.notes[shard.notes[:, 0] == clip, 1:]
    wanted = build_note_targets(notes, shard.bends[clip], start, frames)
    return [features, *(getattr(wanted, name) for name in TARGETS)]


def augment_levels(features: Tensor) -> Tensor:
    """A random gain (+-8 dB) and a smooth tilt for each excerpt: 1 unit is 8.7 dB where it is loud."""
    batch = features.shape[0]
    curve = functional.interpolate(torch.randn(batch, 1, 6) * 0.4, size=BINS, mode="linear", align_corners=True)
    shift = curve.repeat(1, 1, 2) + torch.randn(batch, 1, 1) * 0.8
    moved = torch.log1p(torch.exp(shift) * torch.expm1(features))
    return torch.where(torch.rand(batch, 1, 1) < 0.7, moved, features)


def compute_note_loss(net: NoteNet, batch: list[Tensor]) -> Tensor:
    """Cross entropy, sounding keys weighted up, and squared velocity error at onsets; bfloat16 doubles the speed."""
    wanted = dict(zip(TARGETS, batch[1:], strict=True))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = net(augment_levels(batch[0]))
    heard = dict(zip(TARGETS, (each.float() for each in outputs), strict=True))
    total = torch.zeros(())
    for name, share in SHARE.items():
        weight = 1 + (POSITIVE[name] - 1) * wanted[name]
        loss = functional.binary_cross_entropy_with_logits(heard[name], wanted[name], weight=weight)
        total = total + share * 100 * loss
    struck = (wanted["velocity"] > 0).float()
    error = ((torch.sigmoid(heard["velocity"]) - wanted["velocity"]) ** 2 * struck).sum() / struck.sum().clamp(min=1)
    return total + VELOCITY_SHARE * 10 * error


NOTE_TASK = TrainingTask(NoteNet, note_batches, compute_note_loss)
