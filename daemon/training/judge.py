"""An ear on clips rendered from kits and drummers it never met: the only judge of variants."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from daemon.backends.ear import RATE, Ear, Onset
from daemon.training.dataset import CLIPS_PER_SHARD, STEPS, Shard, read_shard
from daemon.training.evaluate import Array, Take, agreement, both, table, takes_of
from daemon.training.export import Exported
from daemon.training.net import EarNet
from daemon.training.render import Clip, Library, accompanies, make_plain_clip

BATCH = 10


def outputs(net: EarNet, shard: Shard) -> Iterator[tuple[Array, Array]]:
    """Strength and velocity of each clip, (frames, classes)."""
    listening = Exported(net).eval()
    for start in range(0, len(shard.features), BATCH):
        features = torch.from_numpy(shard.features[start : start + BATCH]).float() / STEPS
        with torch.no_grad():
            strength, velocity = listening(features)
        yield from zip(strength.numpy(), velocity.numpy(), strict=True)


def takes_in(net: EarNet, folder: Path) -> Iterator[tuple[bool, Take]]:
    """(whether music plays along, take) for every clip of the shards in a folder."""
    for path in sorted(folder.glob("*.npz")):
        shard = read_shard(path)
        for number, take in enumerate(takes_of(shard, list(outputs(net, shard)))):
            yield accompanies(np.random.default_rng((int(path.stem), number))), take


def drum_takes(net: EarNet, shards: Path) -> list[Take]:
    """Plain drum tracks, by which thresholds for drums alone are chosen.

    The best threshold of a calibrated net is half of the F that it reaches, so clips that are
    harder than what comes would make the ear too eager.
    """
    return [take for _, take in takes_in(net, shards / "plain")]


def mix_takes(net: EarNet, shards: Path) -> list[Take]:
    return [take for accompanied, take in takes_in(net, shards / "validate") if accompanied]


def events_of(clip: Clip) -> Array:
    rows = [(label.time, label.drum, label.velocity) for label in clip.labels]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def heard_clips(weights: Path, library: Library, seeds: range) -> Iterator[tuple[Array, list[Onset]]]:
    """True events and onsets of plain drum clips, through the shipped inference path."""
    ear = Ear(weights)
    for seed in seeds:
        for number in range(CLIPS_PER_SHARD):
            clip = make_plain_clip(np.random.default_rng((seed, number)), library)
            yield events_of(clip), ear.listen([clip.audio], RATE).onsets()


def print_report(weights: Path, library: Library, seeds: range) -> None:
    pairs = list(heard_clips(weights, library, seeds))
    for name, row in table(pairs).items():
        print(f"{name:8}", *(f"{value:.3f}" for value in row), "F at 50, 20, 10 ms")
    for name, value in agreement(pairs).items():
        print(name, value)
    late = [found.time - true[0] for events, onsets in pairs for true, found in both(events, onsets)]
    print(f"median onset bias {1000 * float(np.median(late)):.2f} ms")
