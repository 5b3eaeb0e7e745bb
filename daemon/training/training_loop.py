"""Training loop of any network, resumable at every save: shards in, a checkpoint out."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from daemon.files import atomic_file

Net = TypeVar("Net", bound=nn.Module)
Batch = TypeVar("Batch")


@dataclass(frozen=True, slots=True)
class Recipe:
    """The learning rate falls along a cosine over `steps` in all; `frames` per excerpt."""

    steps: int
    batch: int
    frames: int
    rate: float
    save_every: int
    threads: int = 1
    seed: int = 1


@dataclass(frozen=True, slots=True)
class TrainingTask(Generic[Net, Batch]):
    """A network, its training batches and its loss. `batches` never ends."""

    make_net: Callable[[], Net]
    batches: Callable[[list[Path], Recipe, np.random.Generator], Iterator[Batch]]
    loss: Callable[[Net, Batch], Tensor]


def stack_excerpts(part: NDArray[np.uint8], clips: Any, starts: Any, frames: int) -> Tensor:
    """`frames` frames of each of `clips` from `starts` on."""
    rows = [part[clip, start : start + frames] for clip, start in zip(clips, starts, strict=True)]
    return torch.from_numpy(np.stack(rows)).float()


@dataclass
class TrainingSession(Generic[Net]):
    """What a checkpoint holds."""

    net: Net
    average: Net
    optimiser: torch.optim.Optimizer
    step: int = 0

    def save(self, path: Path) -> None:
        state = {"net": self.net.state_dict(), "average": self.average.state_dict()}
        state |= {"optimiser": self.optimiser.state_dict(), "step": self.step}
        with atomic_file(path) as partial:
            torch.save(state, partial)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]


def open_session(task: TrainingTask[Net, Any], recipe: Recipe, checkpoint: Path) -> TrainingSession[Net]:
    torch.manual_seed(recipe.seed)
    net = task.make_net().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=0.01)
    session = TrainingSession(net, task.make_net(), optimiser)
    session.average.load_state_dict(net.state_dict())
    if checkpoint.exists():
        session.load(checkpoint)
    return session


def learning_rate_at(recipe: Recipe, step: int) -> float:
    """Warm-up over 200 steps, then a cosine to zero."""
    fraction = min(step / recipe.steps, 1.0)
    return recipe.rate * min(1.0, (step + 1) / 200) * 0.5 * (1 + float(np.cos(np.pi * fraction)))


def update_average(average: nn.Module, net: nn.Module, step: int) -> None:
    """Exponential moving average of all values, faster at the start; it is what is exported."""
    keep = min(0.998, (1 + step) / (10 + step))
    with torch.no_grad():
        for slow, fast in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
            slow.copy_(keep * slow + (1 - keep) * fast if slow.is_floating_point() else fast)


def take_step(session: TrainingSession[Net], recipe: Recipe, loss: Tensor) -> float:
    for group in session.optimiser.param_groups:
        group["lr"] = learning_rate_at(recipe, session.step)
    session.optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(session.net.parameters(), 1.0)
    session.optimiser.step()
    update_average(session.average, session.net, session.step)
    session.step += 1
    return float(loss.detach())


def train_network(task: TrainingTask[Any, Any], shards: Path, checkpoint: Path, recipe: Recipe) -> None:
    """Train to `recipe.steps`; shards that appear meanwhile are taken in at every save."""
    torch.set_num_threads(recipe.threads)
    session = open_session(task, recipe, checkpoint)
    rng, known = np.random.default_rng(recipe.seed + session.step), 0
    recent: list[float] = []
    began = time.monotonic()
    while session.step < recipe.steps:
        if session.step % recipe.save_every == 0 or not known:
            paths = sorted(shards.glob("[!.]*.npz"))
            if len(paths) != known:
                source, known = task.batches(paths, recipe, rng), len(paths)
            session.save(checkpoint)
            print_progress(session, recent[-recipe.save_every :], time.monotonic() - began, known)
        recent.append(take_step(session, recipe, task.loss(session.net, next(source))))
    session.save(checkpoint)


def print_progress(session: TrainingSession[Any], losses: list[float], seconds: float, shards: int) -> None:
    mean = float(np.mean(losses)) if losses else float("nan")
    print(f"step {session.step} loss {mean:.4f} {seconds:.0f} s, {shards} shards", flush=True)
