"""Rendered clips as feature shards on disk: small enough to train from memory on a laptop."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.backends.drum_transcriber import HOP, RATE, MelSpectrogram
from daemon.files import atomic_file
from daemon.training.backing import read_backings
from daemon.training.drum_sounds import CLASSES
from daemon.training.grooves import read_grooves
from daemon.training.kits import read_kits
from daemon.training.render import SECONDS, Library, RenderedClip, make_clip

CLIPS_PER_SHARD = 50
FRAMES = int(SECONDS * RATE / HOP)
FEATURE_STEPS_PER_UNIT = 25.0
"""Features are kept as bytes, 1/25 of a unit each: 0.3 dB, below what training noise adds."""

SPREAD = 0.009
"""Standard deviation in seconds of a target's bump: one frame, so that peaks interpolate."""


@dataclass(frozen=True, slots=True)
class Shard:
    """`features` uint8 (clips, FRAMES, features); `events` (n, 4): clip, seconds, class, velocity."""

    features: NDArray[np.uint8]
    events: NDArray[np.float32]


def pack_features(features: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.round(features * FEATURE_STEPS_PER_UNIT), 0, 255).astype(np.uint8)


def open_library(work: Path, grooves: Path, split: str) -> Library:
    return Library(
        read_kits(work / "kits" / split),
        read_grooves(grooves, split),
        read_backings(work / "backing" / split),
    )


def event_rows(number: int, clip: RenderedClip) -> list[tuple[float, float, float, float]]:
    return [(number, label.time, label.drum, label.velocity) for label in clip.labels]


ClipMaker = Callable[[np.random.Generator, Library], RenderedClip]


def render_shard(library: Library, seed: int, maker: ClipMaker) -> Shard:
    spectrogram, features, events = MelSpectrogram(), [], []
    for number in range(CLIPS_PER_SHARD):
        clip = maker(np.random.default_rng((seed, number)), library)
        features.append(pack_features(spectrogram.features(clip.audio)[:FRAMES]))
        events.extend(event_rows(number, clip))
    return Shard(np.stack(features), np.array(events, dtype=np.float32).reshape(-1, 4))


def render_shards(library: Library, folder: Path, seeds: range, maker: ClipMaker = make_clip) -> None:
    """Shards that exist are kept; a half-written one never has the final name."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        path = folder / f"{seed:05d}.npz"
        if not path.exists():
            shard = render_shard(library, seed, maker)
            with atomic_file(path) as partial:
                np.savez(partial, features=shard.features, events=shard.events)
            print(path, len(shard.events), "hits", flush=True)


def read_shard(path: Path) -> Shard:
    with np.load(path) as stored:
        return Shard(stored["features"], stored["events"])


def build_targets(events: NDArray[np.float32], frames: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Strength bumps and velocities, each (frames, classes), of one clip's (seconds, class, velocity).

    Velocity is 0 except within a frame of a hit.
    """
    strength = np.zeros((frames, len(CLASSES)), dtype=np.float32)
    velocity = np.zeros_like(strength)
    for time, drum, loud in events:
        centre = round(float(time) * RATE / HOP)
        for frame in range(max(0, centre - 2), min(frames, centre + 3)):
            distance = frame * HOP / RATE - time
            bump = np.exp(-0.5 * (distance / SPREAD) ** 2)
            strength[frame, int(drum)] = max(strength[frame, int(drum)], bump)
            if abs(frame - centre) <= 1:
                velocity[frame, int(drum)] = max(velocity[frame, int(drum)], loud)
    return strength, velocity
