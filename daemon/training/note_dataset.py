"""Note clips as feature shards on disk, and the targets that the network is taught."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from daemon.backends.note_transcriber import LogSpectrogram
from daemon.files import atomic_file
from daemon.pipeline.pitched.polyphonic import BINS as THIRDS
from daemon.pipeline.pitched.polyphonic import HOP, KEYS, LOWEST_KEY
from daemon.pipeline.pitched.polyphonic import RATE as HEARD_RATE
from daemon.training.kits import RATE
from daemon.training.note_music import SECONDS
from daemon.training.note_render import NoteClip

CLIPS_PER_SHARD = 40
FRAME_RATE = HEARD_RATE / HOP
FRAMES = int(SECONDS * FRAME_RATE) // 2 * 2
STEPS_PER_UNIT = 25.0
"""Features are kept as bytes, 1/25 of a unit each: 0.35 dB."""

SPREAD = 0.8
"""Standard deviation of an onset's bump in frames of 11.6 ms, so that peaks interpolate."""

CONTOUR_SPREAD = 0.6  # the same of a pitch, in thirds of a semitone


@dataclass(frozen=True, slots=True)
class NoteShard:
    """`features` uint8 (clips, FRAMES, bins), `bends` (clips, FRAMES) semitones.

    `notes` (n, 5): clip, onset, duration, pitch, velocity.
    """

    features: NDArray[np.uint8]
    notes: NDArray[np.float32]
    bends: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NoteTargets:
    """Each (frames, 88) 0..1 but `contour` (frames, 264); velocity is 0 except at onsets."""

    note: NDArray[np.float32]
    onset: NDArray[np.float32]
    offset: NDArray[np.float32]
    velocity: NDArray[np.float32]
    contour: NDArray[np.float32]


def make_shard(clips: list[NoteClip]) -> NoteShard:
    spectrogram, features = LogSpectrogram(), []
    for clip in clips:
        found = spectrogram.features(soxr.resample(clip.audio, RATE, HEARD_RATE))[:FRAMES]
        features.append(np.clip(np.round(found * STEPS_PER_UNIT), 0, 255).astype(np.uint8))
    rows = [(i, n.onset, n.duration, n.pitch, n.velocity) for i, clip in enumerate(clips) for n in clip.notes]
    bends = np.stack([clip.bend.semitones[:FRAMES] for clip in clips])
    return NoteShard(np.stack(features), np.array(rows, np.float32).reshape(-1, 5), bends.astype(np.float32))


def write_shards(folder: Path, seeds: range, make_clips: Callable[[int], list[NoteClip]]) -> None:
    """Shards that exist are kept; a half-written one never has the final name."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        path = folder / f"{seed:05d}.npz"
        if not path.exists():
            shard = make_shard(make_clips(seed))
            with atomic_file(path) as partial:
                np.savez(partial, features=shard.features, notes=shard.notes, bends=shard.bends)
            print(path, len(shard.notes), "notes", flush=True)


def read_note_shard(path: Path) -> NoteShard:
    with np.load(path) as stored:
        return NoteShard(stored["features"], stored["notes"], stored["bends"])


def build_note_targets(notes: NDArray[np.float32], bend: NDArray[np.float32], start: int, frames: int) -> NoteTargets:
    """Of `frames` frames from `start` on: (onset, duration, pitch, velocity) rows of one clip and its bend."""
    shapes = [(frames, KEYS)] * 4 + [(frames, KEYS * THIRDS)]
    note, onset, offset, velocity, contour = (np.zeros(shape, np.float32) for shape in shapes)
    thirds = np.arange(KEYS * THIRDS)
    for begin, duration, pitch, loud in notes.tolist():
        key = int(pitch) - LOWEST_KEY
        first, last = begin * FRAME_RATE - start, (begin + duration) * FRAME_RATE - start
        if not (0 <= key < KEYS and last > -4 and first < frames + 4):
            continue
        add_bump(onset[:, key], first)
        add_bump(offset[:, key], last)
        near = slice(max(0, round(first) - 1), max(0, round(first) + 2))
        velocity[near, key] = loud
        held = slice(max(0, round(first)), max(0, round(last)))
        note[held, key] = 1
        centre = 3 * (key + bend[start : start + frames][held]) + 1
        bump = np.exp(-0.5 * ((thirds - centre[:, None]) / CONTOUR_SPREAD) ** 2)
        contour[held] = np.maximum(contour[held], bump)
    return NoteTargets(note, onset, offset, velocity, contour)


def add_bump(row: NDArray[np.float32], centre: float) -> None:
    frames = np.arange(max(0, round(centre) - 2), min(len(row), round(centre) + 3))
    row[frames] = np.maximum(row[frames], np.exp(-0.5 * ((frames - centre) / SPREAD) ** 2))
