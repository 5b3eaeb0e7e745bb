"""Rendered clips as feature shards on disk: small enough to train from memory on a laptop."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.backends.drum_transcriber import HOP, RATE, MelSpectrogram, level_features
from daemon.files import atomic_file
from daemon.training.backing import read_backings
from daemon.training.drum_sounds import ARTICULATION_SOUNDS, CLASSES, STEM_OF_ARTICULATION, STEM_OF_CLASS, SampledSound
from daemon.training.grooves import read_grooves
from daemon.training.kits import read_kits
from daemon.training.render import SECONDS, Library, RenderedClip, make_clip

CLIPS_PER_SHARD = 50
FRAMES = int(SECONDS * RATE / HOP)
FEATURE_STEPS_PER_UNIT = 25.0
"""Features are kept as bytes, 1/25 of a unit each: 0.3 dB, below what training noise adds."""

SOUNDS = tuple(SampledSound)
SPREAD = 0.009
"""Standard deviation in seconds of a target's bump: one frame, so that peaks interpolate."""


@dataclass(frozen=True, slots=True)
class Shard:
    """`features` uint8 (clips, FRAMES, features); `events` (n, 6): clip, seconds, class, velocity, sound, detail."""

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


EVENT_COLUMNS = 6


def event_rows(number: int, clip: RenderedClip) -> list[tuple[float, ...]]:
    return [
        (number, label.time, label.drum, label.velocity, SOUNDS.index(label.sound), label.detail)
        for label in clip.labels
    ]


ClipMaker = Callable[[np.random.Generator, Library], RenderedClip]


def render_shard(library: Library, seed: int, maker: ClipMaker) -> Shard:
    spectrogram, features, events = MelSpectrogram(), [], []
    for number in range(CLIPS_PER_SHARD):
        clip = maker(np.random.default_rng((seed, number)), library)
        features.append(pack_features(level_features([spectrogram.features(clip.audio)])[0][:FRAMES]))
        events.extend(event_rows(number, clip))
    return Shard(np.stack(features), np.array(events, dtype=np.float32).reshape(-1, EVENT_COLUMNS))


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


@dataclass(frozen=True, slots=True)
class Targets:
    """`strength` and `velocity` (frames, classes); velocity is 0 except within a frame of a hit.

    `articulation` (frames, articulations) and `opening` (frames,) likewise, 0 to 1, -1 where nobody asks.
    """

    strength: NDArray[Any]
    velocity: NDArray[Any]
    articulation: NDArray[Any]
    opening: NDArray[Any]


def build_targets(events: NDArray[np.float32], frames: int) -> Targets:
    """Targets of one clip's (seconds, class, velocity, sound, detail)."""
    strength = np.zeros((frames, len(CLASSES)), dtype=np.float32)
    velocity = np.zeros_like(strength)
    articulation = np.full((frames, len(ARTICULATION_SOUNDS)), -1, dtype=np.float32)
    opening = np.full(frames, -1, dtype=np.float32)
    for time, drum, loud, sound, detail in events:
        centre = round(float(time) * RATE / HOP)
        for frame in range(max(0, centre - 2), min(frames, centre + 3)):
            distance = frame * HOP / RATE - time
            bump = np.exp(-0.5 * (distance / SPREAD) ** 2)
            strength[frame, int(drum)] = max(strength[frame, int(drum)], bump)
            if abs(frame - centre) <= 1:
                velocity[frame, int(drum)] = max(velocity[frame, int(drum)], loud)
                _ask_articulation(articulation[frame], int(drum), SOUNDS[int(sound)], float(detail))
                if STEM_OF_CLASS[int(drum)] == HAT_STEM:
                    opening[frame] = max(opening[frame], detail)
    return Targets(strength, velocity, articulation, opening)


HAT_STEM = 3


def _ask_articulation(row: NDArray[Any], drum: int, played: SampledSound, detail: float) -> None:
    """1 for what was played, 0 for the drum's others; a snare on a kit that does not tell may be a rim shot."""
    for number, sound in enumerate(ARTICULATION_SOUNDS):
        unknown = sound is SampledSound.RIM and played is SampledSound.SNARE and detail < 0
        if STEM_OF_ARTICULATION[number] == STEM_OF_CLASS[drum] and not unknown:
            row[number] = max(row[number], float(sound is played))
