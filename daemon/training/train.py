"""Training, resumable at any epoch: shards in, `ear.pt` out."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from daemon.backends.ear import BANDS, WINDOWS
from daemon.training.dataset import STEPS, read_shard, targets
from daemon.training.net import EarNet

HIT_WEIGHT = 2.0
VELOCITY_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Recipe:
    """The learning rate falls along a cosine over `steps` in all; `frames` per excerpt."""

    steps: int = 12000
    batch: int = 12
    frames: int = 400
    rate: float = 2e-3
    threads: int = 1
    seed: int = 1
    save_every: int = 250


class Schedule(Protocol):
    """What the learning rate follows from."""

    @property
    def steps(self) -> int: ...
    @property
    def rate(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Corpus:
    """Bytes (clips, frames, features), strength and velocity (clips, frames, classes) as bytes."""

    features: NDArray[np.uint8]
    strength: NDArray[np.uint8]
    velocity: NDArray[np.uint8]


def load_corpus(paths: list[Path]) -> Corpus:
    shards = [read_shard(path) for path in paths]
    rows = [
        targets(shard.events[shard.events[:, 0] == clip, 1:], shard.features.shape[1])
        for shard in shards
        for clip in range(len(shard.features))
    ]
    strength, velocity = (np.stack(part) for part in zip(*rows, strict=True))
    features = np.concatenate([shard.features for shard in shards])
    return Corpus(features, as_bytes(strength), as_bytes(velocity))


def as_bytes(unit: NDArray[Any]) -> NDArray[np.uint8]:
    return np.round(255 * unit).astype(np.uint8)


def batches(corpus: Corpus, recipe: Recipe, rng: np.random.Generator) -> Iterator[list[Tensor]]:
    """Random excerpts, without end."""
    length = corpus.features.shape[1]
    while True:
        order = rng.permutation(len(corpus.features))
        for start in range(0, len(order) - recipe.batch + 1, recipe.batch):
            chosen = order[start : start + recipe.batch]
            at = rng.integers(0, length - recipe.frames + 1, recipe.batch)
            parts = (corpus.features, corpus.strength, corpus.velocity)
            yield [excerpt(part, chosen, at, recipe.frames) for part in parts]


def excerpt(part: NDArray[np.uint8], clips: Any, starts: Any, frames: int) -> Tensor:
    rows = [part[clip, start : start + frames] for clip, start in zip(clips, starts, strict=True)]
    return torch.from_numpy(np.stack(rows)).float()


def varied(features: Tensor) -> Tensor:
    """Random gain (+-8 dB) and a smooth tilt per excerpt: 1 unit is 8.7 dB where it is loud."""
    batch = features.shape[0]
    knots = torch.randn(batch, 1, 5) * 0.35
    curve = functional.interpolate(knots, size=BANDS, mode="linear", align_corners=True)
    shift = curve.repeat(1, 1, len(WINDOWS)) + torch.randn(batch, 1, 1) * 0.6
    return torch.where(torch.rand(batch, 1, 1) < 0.7, functional.relu(moved(features, shift)), features)


def moved(features: Tensor, shift: Tensor) -> Tensor:
    """log1p(exp(shift) * expm1(x)): a gain before the compression, exact for soft sounds too."""
    return torch.log1p(torch.exp(shift) * torch.expm1(features))


def loss_of(net: EarNet, batch: list[Tensor]) -> Tensor:
    """Cross entropy on bumps with hits weighted up, plus squared velocity error at hits.

    bfloat16 with channels last triples the speed on a CPU that has it, at no loss seen.
    """
    features, wanted, loud = batch[0] / STEPS, batch[1] / 255, batch[2] / 255
    with torch.autocast("cpu", dtype=torch.bfloat16):
        strength, velocity = net(varied(features))
    weight = 1 + (HIT_WEIGHT - 1) * wanted
    onsets = functional.binary_cross_entropy_with_logits(strength.float(), wanted, weight=weight)
    hits = (loud > 0).float()
    error = ((torch.sigmoid(velocity.float()) - loud) ** 2 * hits).sum() / hits.sum().clamp(min=1)
    return onsets * 10 + VELOCITY_WEIGHT * error


@dataclass
class Session:
    """What a checkpoint holds."""

    net: EarNet
    average: EarNet
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


def open_session(recipe: Recipe, checkpoint: Path) -> Session:
    torch.manual_seed(recipe.seed)
    net = EarNet().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=0.01)
    session = Session(net, EarNet(), optimiser)
    session.average.load_state_dict(net.state_dict())
    if checkpoint.exists():
        session.load(checkpoint)
    return session


def rate_at(recipe: Schedule, step: int) -> float:
    """Warm-up over 200 steps, then a cosine to zero."""
    fraction = min(step / recipe.steps, 1.0)
    return recipe.rate * min(1.0, (step + 1) / 200) * 0.5 * (1 + float(np.cos(np.pi * fraction)))


def average_into(average: nn.Module, net: nn.Module, step: int) -> None:
    """Exponential moving average of all values, faster at the start; it is what is exported."""
    keep = min(0.998, (1 + step) / (10 + step))
    with torch.no_grad():
        for slow, fast in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
            slow.copy_(keep * slow + (1 - keep) * fast if slow.is_floating_point() else fast)


def take_step(session: Session, recipe: Recipe, batch: list[Tensor]) -> float:
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


def train(shards: Path, checkpoint: Path, recipe: Recipe) -> None:
    """Train to `recipe.steps`; shards that appear meanwhile are taken in at every save."""
    torch.set_num_threads(recipe.threads)
    session = open_session(recipe, checkpoint)
    rng, known = np.random.default_rng(recipe.seed + session.step), 0
    recent: list[float] = []
    began = time.monotonic()
    while session.step < recipe.steps:
        if session.step % recipe.save_every == 0 or not known:
            paths = sorted(shards.glob("*.npz"))
            if len(paths) != known:
                source, known = batches(load_corpus(paths), recipe, rng), len(paths)
            session.save(checkpoint)
            report(session, recent[-recipe.save_every :], time.monotonic() - began, known)
        recent.append(take_step(session, recipe, next(source)))
    session.save(checkpoint)


def report(session: Session, losses: list[float], seconds: float, shards: int) -> None:
    mean = float(np.mean(losses)) if losses else float("nan")
    print(f"step {session.step} loss {mean:.4f} {seconds:.0f} s, {shards} shards", flush=True)
