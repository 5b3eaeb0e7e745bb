"""What the kit splitter learns from: drum clips as band levels, and what share of each band is whose."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.backends.kit_splitter import features_of
from daemon.pipeline.audio.bands import bands
from daemon.pipeline.audio.stft import HOP, stft
from daemon.training.bus import mastered, separated
from daemon.training.casting import cast
from daemon.training.kits import RATE, Audio
from daemon.training.render import (
    PREROLL,
    SECONDS,
    Backing,
    Label,
    Library,
    audible,
    choose_strikes,
    excerpt,
    in_room,
    levelled,
    music_under,
    perform,
    unmasked,
)
from daemon.training.variation import thin_pedal
from daemon.training.voices import STEMS, Strike

Rng = np.random.Generator
CLIPS_PER_SHARD = 50
FRAMES = int(SECONDS * RATE / HOP)
STEPS = 20.0
PLAIN = 0.4
SEPARATED = 0.2


@dataclass(frozen=True, slots=True)
class Shares:
    """`features` uint8 (clips, FRAMES, bands), 1/20 of a unit each; `shares` uint8 (clips, FRAMES, 5, bands), 1/255."""

    features: NDArray[np.uint8]
    shares: NDArray[np.uint8]


def make_rows(rng: Rng, library: Library) -> Audio:
    """(6, samples): the five stems and the rest, which add up to a drum track as it may come."""
    plain = bool(rng.random() < PLAIN)
    backing = None
    if rng.random() < SEPARATED and library.backings:
        backing = library.backings[int(rng.integers(len(library.backings)))]
    strikes = plain_strikes(rng, library) if plain else choose_strikes(rng, library, backing.bpm if backing else None)
    pieces = cast(rng, library.kits, loan=0.0 if plain else None)
    stems, _ = perform(rng, strikes, pieces)
    rows = mastered(rng, in_room(rng, stems)[:, int(PREROLL * RATE) :])
    return levelled_alike(rng, with_music(rng, rows, backing))


def plain_strikes(rng: Rng, library: Library) -> tuple[Strike, ...]:
    groove = library.grooves[int(rng.integers(len(library.grooves)))]
    return thin_pedal(rng, excerpt(rng, groove, 1.0))


def with_music(rng: Rng, rows: Audio, backing: Backing | None) -> Audio:
    if backing is None:
        return rows
    music = music_under(rng, rows.sum(axis=0), backing)
    return separated(rng, rows, music * 10 ** (rng.uniform(-10, 6) / 20))


def levelled_alike(rng: Rng, rows: Audio) -> Audio:
    total = rows.sum(axis=0)
    gain = np.abs(levelled(rng, total)).max(initial=0.0) / max(float(np.abs(total).max(initial=0.0)), 1e-6)
    return np.asarray(rows * gain, dtype=np.float32)


def shares_of(rows: Audio) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
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


def render_shares(library: Library, seed: int) -> Shares:
    features, shares = [], []
    for number in range(CLIPS_PER_SHARD):
        levels, masks = shares_of(make_rows(np.random.default_rng((seed, number)), library))
        features.append(np.clip(np.round(levels[:FRAMES] * STEPS), 0, 255).astype(np.uint8))
        shares.append(np.round(masks[:FRAMES] * 255).astype(np.uint8))
    return Shares(np.stack(features), np.stack(shares))


def render_share_shards(library: Library, folder: Path, seeds: range) -> None:
    """Shards that exist are kept; a half-written one never has the final name."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        path = folder / f"{seed:05d}.npz"
        if not path.exists():
            made = render_shares(library, seed)
            partial: Any = path.with_suffix(".part")
            with partial.open("wb") as file:
                np.savez(file, features=made.features, shares=made.shares)
            partial.rename(path)
            print(path, flush=True)


def read_shares(path: Path) -> Shares:
    with np.load(path) as stored:
        return Shares(stored["features"], stored["shares"])


@dataclass(frozen=True, slots=True)
class Song:
    """`rows` (2, 6, samples): five stems and the rest in stereo; `labels` of the strokes that can be heard."""

    rows: Audio
    labels: tuple[Label, ...]


def make_song(rng: Rng, library: Library, parts: int = 4) -> Song:
    """An unaltered drum track: some grooves on one kit, each drum in its place."""
    pieces, room = cast(rng, library.kits, loan=0.0), int(rng.integers(2**31))
    rows, labels = [], []
    for part in range(parts):
        stems, struck = perform(rng, plain_strikes(rng, library), pieces)
        rows.append(in_room(np.random.default_rng(room), stems)[:, int(PREROLL * RATE) :])
        heard = unmasked(rows[-1], audible(struck))
        labels += [replace(label, time=label.time + part * SECONDS) for label in heard]
    return Song(placed(rng, np.concatenate(rows, axis=1)), tuple(labels))


def placed(rng: Rng, song: Audio) -> Audio:
    """Stereo, kick and snare near the middle, with some headroom."""
    places = rng.uniform(-0.35, 0.35, len(song)) * np.array([0.2, 0.3, 1, 1, 1, 1])
    sides = np.sqrt(0.5 + np.stack([-places, places]) / 2)
    loudest = max(float(np.abs(song.sum(axis=0)).max()), 1e-6)
    return np.asarray(0.5 * sides[:, :, None] * song / loudest, np.float32)
