"""A mix bus that keeps the stems: whatever happens to their sum happens to every one of them alike.

Filters are linear, so each stem is filtered by itself; a compressor or a saturator is a gain that changes with time,
read off the sum and given to every stem. Afterwards the stems still add up to what is heard.
"""

from collections.abc import Callable

import numpy as np

from daemon.training.effects import (
    add_noise,
    coding_mask,
    compress,
    equalise,
    low_pass,
    overlap_add,
    residue_mask,
    saturate,
    split_frames,
)
from daemon.training.kits import Audio

Rng = np.random.Generator
Effect = Callable[[Rng, Audio], Audio]


def filter_rows(rng: Rng, rows: Audio, effect: Effect) -> Audio:
    """A linear `effect` with the same random choices for every row; silent rows are passed by."""
    seed = int(rng.integers(2**31))
    return np.stack([effect(np.random.default_rng(seed), row) if row.any() else row for row in rows])


def drive_rows(rng: Rng, rows: Audio, effect: Effect) -> Audio:
    """An `effect` that turns the level up and down, decided by the sum of the rows."""
    total = rows.sum(axis=0)
    after = effect(rng, total)
    gain = np.divide(after, total, out=np.ones_like(total), where=np.abs(total) > 1e-6)
    return np.asarray(rows * gain, dtype=np.float32)


def add_noise_row(rng: Rng, rows: Audio) -> Audio:
    """Noise belongs to the last row, the rest."""
    total = rows.sum(axis=0)
    out = rows.copy()
    out[-1] += add_noise(rng, total) - total
    return out


def mask_rows(rows: Audio, window: int, mask: Audio) -> Audio:
    """Every row times one mask (frames, bins) on its spectra."""
    return np.stack([overlap_add(split_frames(row, window) * mask, window, row.size) for row in rows])


def encode_rows(rng: Rng, rows: Audio) -> Audio:
    return mask_rows(rows, 1152, coding_mask(rng, split_frames(rows.sum(axis=0), 1152)))


def separate_rows(rng: Rng, rows: Audio, music: Audio) -> Audio:
    """Drums as a separator leaves them; what it leaves of the music joins the rest."""
    drums = rows.sum(axis=0)
    mask = residue_mask(rng, split_frames(drums, 2048), split_frames(music, 2048))
    full = rows.copy()
    full[-1] += music
    return mask_rows(full, 2048, mask)


def master_rows(rng: Rng, rows: Audio) -> Audio:
    """The chain of a mix bus, each step at random."""
    spread = rng.uniform(1, 5)
    steps: tuple[tuple[float, Callable[[Audio], Audio]], ...] = (
        (0.5, lambda a: filter_rows(rng, a, lambda own, row: equalise(own, row, spread))),
        (0.4, lambda a: drive_rows(rng, a, compress)),
        (0.25, lambda a: drive_rows(rng, a, saturate)),
        (0.12, lambda a: filter_rows(rng, a, low_pass)),
        (0.05, lambda a: encode_rows(rng, a)),
        (0.4, lambda a: add_noise_row(rng, a)),
    )
    for chance, step in steps:
        if rng.random() < chance:
            rows = step(rows)
    return rows
