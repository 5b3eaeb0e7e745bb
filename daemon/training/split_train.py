"""Training of the kit splitter, resumable at any save: share shards in, `splitter.pt` out."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from daemon.backends.kit_splitter import BANDS, COMPRESSION
from daemon.pipeline.bands import bands
from daemon.training.shares import STEPS, Shares, read_shares
from daemon.training.split_net import SplitNet
from daemon.training.train import average_into, rate_at

FLOOR = 3e-4
"""Errors 35 dB below the mix count for nothing, so that a drum that is not played is not chased for ever."""

DETAIL = 1.0
Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class SplitRecipe:
    """The learning rate falls along a cosine over `steps`; `frames` per excerpt."""

    steps: int = 4200
    batch: int = 8
    frames: int = 256
    rate: float = 1.5e-3
    threads: int = 1
    seed: int = 1
    save_every: int = 200


def load_shares(paths: list[Path]) -> Shares:
    every = [read_shares(path) for path in paths]
    return Shares(np.concatenate([one.features for one in every]), np.concatenate([one.shares for one in every]))


def share_batches(corpus: Shares, recipe: SplitRecipe, rng: np.random.Generator) -> Iterator[Batch]:
    """Random excerpts without end: features (batch, frames, BANDS) and shares (batch, frames, 5, BANDS)."""
    clips, length = corpus.features.shape[:2]
    while True:
        order = rng.permutation(clips)
        for start in range(0, clips - recipe.batch + 1, recipe.batch):
            chosen = order[start : start + recipe.batch]
            at = rng.integers(0, length - recipe.frames + 1, recipe.batch)
            yield (
                cut(corpus.features, chosen, at, recipe.frames) / STEPS,
                cut(corpus.shares, chosen, at, recipe.frames) / 255,
            )


def cut(part: NDArray[np.uint8], clips: NDArray[np.int64], starts: NDArray[np.int64], frames: int) -> Tensor:
    rows = [part[clip, start : start + frames] for clip, start in zip(clips, starts, strict=True)]
    return torch.from_numpy(np.stack(rows)).float()


def power_of(features: Tensor) -> Tensor:
    return (torch.expm1(features) / COMPRESSION) ** 2


def features_from(power: Tensor) -> Tensor:
    return torch.log1p(COMPRESSION * torch.sqrt(power))


def remixed(features: Tensor, shares: Tensor) -> Batch:
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


def tinted(features: Tensor) -> Tensor:
    """A random gain (+-7 dB) and a smooth tilt per excerpt: neither changes whose a band is."""
    batch = len(features)
    curve = functional.interpolate(torch.randn(batch, 1, 5) * 0.3, size=BANDS, mode="linear", align_corners=True)
    shift = curve + torch.randn(batch, 1, 1) * 0.8
    return torch.log1p(torch.exp(shift) * torch.expm1(features))


def loss_of(net: SplitNet, batch: Batch) -> Tensor:
    """Per drum the error's energy against its own, as a logarithm (an SDR), plus cross entropy by a band's level.

    Cross entropy is what gets it going: the other term alone (or with absolute errors) gives all to one drum for ever.

    bfloat16 with channels last triples the speed on a CPU that has it.
    """
    features, shares = remixed(*batch)
    features = tinted(features)
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
    return ratio.mean() + DETAIL * entropy


@dataclass
class SplitSession:
    """What a checkpoint holds."""

    net: SplitNet
    average: SplitNet
    optimiser: torch.optim.Optimizer
    step: int = 0

    def save(self, path: Path) -> None:
        state = {"net": self.net.state_dict(), "average": self.average.state_dict()}
        state |= {"optimiser": self.optimiser.state_dict(), "step": self.step}
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]


def open_split_session(recipe: SplitRecipe, checkpoint: Path) -> SplitSession:
    torch.manual_seed(recipe.seed)
    net = SplitNet().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=0.01)
    session = SplitSession(net, SplitNet(), optimiser)
    session.average.load_state_dict(net.state_dict())
    if checkpoint.exists():
        session.load(checkpoint)
    return session


def take_split_step(session: SplitSession, recipe: SplitRecipe, batch: Batch) -> float:
    for group in session.optimiser.param_groups:
        group["lr"] = rate_at(recipe, session.step)
    loss = loss_of(session.net, batch)
    session.optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(session.net.parameters(), 1.0)
    session.optimiser.step()
    average_into(session.average, session.net, session.step)
    session.step += 1
    return float(loss.detach())


def train_splitter(shards: Path, checkpoint: Path, recipe: SplitRecipe) -> None:
    """Train to `recipe.steps`; shards that appear meanwhile are taken in at every save."""
    torch.set_num_threads(recipe.threads)
    session, known = open_split_session(recipe, checkpoint), 0
    recent: list[float] = []
    rng, began = np.random.default_rng(recipe.seed + session.step), time.monotonic()
    while session.step < recipe.steps:
        if session.step % recipe.save_every == 0 or not known:
            paths = sorted(shards.glob("*.npz"))
            if len(paths) != known:
                source, known = share_batches(load_shares(paths), recipe, rng), len(paths)
            session.save(checkpoint)
            print(f"step {session.step} loss {np.mean(recent or [np.nan]):.4f}", end=" ")
            print(f"{time.monotonic() - began:.0f} s, {known} shards", flush=True)
            recent = []
        recent.append(take_split_step(session, recipe, next(source)))
    session.save(checkpoint)
