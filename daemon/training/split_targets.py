"""Split targets: drum clips as band levels, and the mask of each drum in each band."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daemon.backends.kit_network import features_of
from daemon.files import atomic_file
from daemon.pipeline.audio.bands import bands
from daemon.pipeline.audio.stft import HOP, stft
from daemon.training.drum_sounds import STEMS, Strike
from daemon.training.kit_selection import select_kit
from daemon.training.kits import RATE, Audio
from daemon.training.mix_bus import master_rows, separate_rows
from daemon.training.render import (
    PREROLL,
    SECONDS,
    Backing,
    Library,
    OnsetLabel,
    choose_strikes,
    cut_excerpt,
    drop_masked,
    keep_audible,
    match_music,
    place_in_room,
    render_stems,
    set_level,
)
from daemon.training.variation import thin_pedal

Rng = np.random.Generator
CLIPS_PER_SHARD = 50
FRAMES = int(SECONDS * RATE / HOP)
FEATURE_STEPS_PER_UNIT = 20.0
PLAIN_CHANCE = 0.4
SEPARATED_CHANCE = 0.2


@dataclass(frozen=True, slots=True)
class SplitShard:
    """`features` uint8 (clips, FRAMES, bands), 1/20 of a unit each; `shares` uint8 (clips, FRAMES, 5, bands), 1/255."""

    features: NDArray[np.uint8]
    shares: NDArray[np.uint8]


def render_rows(rng: Rng, library: Library) -> Audio:
    """(6, samples): the five stems and the rest, which add up to a drum track as it may come."""
    plain = bool(rng.random() < PLAIN_CHANCE)
    backing = None
    if rng.random() < SEPARATED_CHANCE and library.backings:
        backing = library.backings[int(rng.integers(len(library.backings)))]
    strikes = plain_strikes(rng, library) if plain else choose_strikes(rng, library, backing.bpm if backing else None)
    pieces = select_kit(rng, library.kits, borrow_chance=0.0 if plain else None)
    stems, _ = render_stems(rng, strikes, pieces)
    rows = master_rows(rng, place_in_room(rng, stems)[:, int(PREROLL * RATE) :])
    return set_rows_level(rng, add_music_rows(rng, rows, backing))


def plain_strikes(rng: Rng, library: Library) -> tuple[Strike, ...]:
    groove = library.grooves[int(rng.integers(len(library.grooves)))]
    return thin_pedal(rng, cut_excerpt(rng, groove, 1.0))


def add_music_rows(rng: Rng, rows: Audio, backing: Backing | None) -> Audio:
    if backing is None:
        return rows
    music = match_music(rng, rows.sum(axis=0), backing)
    return separate_rows(rng, rows, music * 10 ** (rng.uniform(-10, 6) / 20))


def set_rows_level(rng: Rng, rows: Audio) -> Audio:
    total = rows.sum(axis=0)
    gain = np.abs(set_level(rng, total)).max(initial=0.0) / max(float(np.abs(total).max(initial=0.0)), 1e-6)
    return np.asarray(rows * gain, dtype=np.float32)


def compute_targets(rows: Audio) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Features (frames, bands) of the sum, and per stem the real mask that fits best, (frames, 5, bands).

    The best mask m of a band minimises sum |S - m X|^2 over its bins: Re<S, X> / <X, X>. The five add up to one
    where nothing but drums sounds.
    """
    spread = bands().averaging
    mix = stft(rows.sum(axis=0, keepdims=True))[0]
    power = bands().power(mix)
    found = []
    for row in rows[: len(STEMS)]:
        own = stft(row[None])[0] if row.any() else np.zeros_like(mix)
        found.append(spread @ (own.real * mix.real + own.imag * mix.imag) / np.maximum(power, 1e-12))
    return features_of(power[None]), np.clip(np.stack(found), 0, 1).transpose(2, 0, 1).astype(np.float32)


def render_split_shard(library: Library, seed: int) -> SplitShard:
    features, shares = [], []
    for number in range(CLIPS_PER_SHARD):
        levels, masks = compute_targets(render_rows(np.random.default_rng((seed, number)), library))
        features.append(np.clip(np.round(levels[:FRAMES] * FEATURE_STEPS_PER_UNIT), 0, 255).astype(np.uint8))
        shares.append(np.round(masks[:FRAMES] * 255).astype(np.uint8))
    return SplitShard(np.stack(features), np.stack(shares))


def render_split_shards(library: Library, folder: Path, seeds: range) -> None:
    """Shards that exist are kept; a half-written one never has the final name."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        path = folder / f"{seed:05d}.npz"
        if not path.exists():
            made = render_split_shard(library, seed)
            with atomic_file(path) as partial:
                np.savez(partial, features=made.features, shares=made.shares)
            print(path, flush=True)


def read_split_shard(path: Path) -> SplitShard:
    with np.load(path) as stored:
        return SplitShard(stored["features"], stored["shares"])


@dataclass(frozen=True, slots=True)
class RenderedSong:
    """`rows` (2, 6, samples): five stems and the rest in stereo; `labels` of the strokes that can be heard."""

    rows: Audio
    labels: tuple[OnsetLabel, ...]


def render_song(rng: Rng, library: Library, parts: int = 4) -> RenderedSong:
    """An unaltered drum track: some grooves on one kit, each drum in its place."""
    pieces, room = select_kit(rng, library.kits, borrow_chance=0.0), int(rng.integers(2**31))
    rows, labels = [], []
    for part in range(parts):
        stems, labelled = render_stems(rng, plain_strikes(rng, library), pieces)
        rows.append(place_in_room(np.random.default_rng(room), stems)[:, int(PREROLL * RATE) :])
        audible = drop_masked(rows[-1], keep_audible(labelled))
        labels += [replace(label, time=label.time + part * SECONDS) for label in audible]
    return RenderedSong(pan_stems(rng, np.concatenate(rows, axis=1)), tuple(labels))


def pan_stems(rng: Rng, song: Audio) -> Audio:
    """Stereo, kick and snare near the middle, with some headroom."""
    places = rng.uniform(-0.35, 0.35, len(song)) * np.array([0.2, 0.3, 1, 1, 1, 1])
    sides = np.sqrt(0.5 + np.stack([-places, places]) / 2)
    loudest = max(float(np.abs(song.sum(axis=0)).max()), 1e-6)
    return np.asarray(0.5 * sides[:, :, None] * song / loudest, np.float32)
