"""How loud a hit is, and the MIDI velocity that stands for it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.records import RATE, Audio, Drum, Hit

if TYPE_CHECKING:
    from daemon.pipeline.options import VelocityCurve

STEP = 128  # samples, 2.9 ms
SMOOTH = 3  # steps
REACH = (0.005, 0.05)  # seconds before and after an onset that hold its peak; chosen by hand
LAW = 2.0  # exponent of the share of the range: within 6 steps of 40 log10(velocity / 127), as General MIDI players do
# How much steeper a drum's levels are read than the law: what compressors and rooms take away. This and LOUD were
# chosen on 48 rendered songs on kits that were trained on and 48 on kits that were not.
STEEPNESS = {Drum.KICK: 1.6, Drum.SNARE: 1.4, Drum.TOMS: 1.6, Drum.HIHAT: 1.5, Drum.CYMBALS: 1.6}
# Percentile of its levels that gets the top velocity: lower where levels are told less well.
LOUD = {Drum.KICK: 98.0, Drum.SNARE: 95.0, Drum.TOMS: 90.0, Drum.HIHAT: 90.0, Drum.CYMBALS: 90.0}
SILENCE = -200.0  # dB below full scale, of the smallest power that is told from none


def envelope(stem: Audio) -> NDArray[np.float32]:
    """Level in dB below full scale every 128 samples, (steps,): RMS of all channels over 8.7 ms."""
    parts = [powers(block) for block in stem.blocks(STEP << 12)]
    return decibels(np.concatenate(parts) if parts else np.zeros(1, np.float32))


def powers(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean power of all channels in every 128 samples, (steps,)."""
    spare = -block.shape[1] % STEP
    power = np.pad((block**2).mean(axis=0), (0, spare))
    return power.reshape(-1, STEP).mean(axis=1)


def decibels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """The envelope from the power of each step."""
    power = np.convolve(power, np.full(SMOOTH, 1 / SMOOTH), mode="same")
    return (10 * np.log10(np.maximum(power, 10 ** (SILENCE / 10)))).astype(np.float32)


def levels(found: NDArray[np.float32], onsets: Sequence[float]) -> NDArray[np.float32]:
    """The peak of the envelope from 5 ms before each onset to 50 ms after it, dB."""
    starts = np.maximum(0, (np.asarray(onsets, dtype=float) - REACH[0]) * RATE / STEP).astype(int)
    length = round(sum(REACH) * RATE / STEP)
    padded = np.pad(found, (0, length + 1), constant_values=SILENCE)
    windows = np.lib.stride_tricks.sliding_window_view(padded, length)
    return windows[np.minimum(starts, len(windows) - 1)].max(axis=1)


def reference(decibels: NDArray[np.float32], share: float = 98.0) -> float:
    """The level that gets the top velocity: a high percentile, so that one rim shot does not make the rest soft."""
    return float(np.percentile(decibels, share)) if len(decibels) else 0.0


def velocities(decibels: NDArray[np.float32], curve: "VelocityCurve", loud: float) -> NDArray[np.int64]:
    """1..127 from dB below `loud`, the level of a loud hit of the same drum, along `curve`."""
    share = np.clip(1 + (decibels - loud) / curve.range_db, 0, 1) ** curve.gamma
    return np.clip(np.round(curve.bottom + (curve.top - curve.bottom) * share), 1, 127).astype(np.int64)


def drum_velocities(
    decibels: NDArray[np.float32], drum: Drum, curve: "VelocityCurve", loud: float
) -> NDArray[np.int64]:
    """1..127 of the strokes of one drum, from dB below `loud`, the level of a loud one."""
    law = curve.model_copy(update={"gamma": LAW * curve.gamma})
    return velocities(STEEPNESS[drum] * (decibels - loud), law, 0.0)


def revoice_hits(heard: Sequence[Hit], curve: "VelocityCurve") -> tuple[Hit, ...]:
    """The same hits with the velocities of another curve."""
    out = list(heard)
    for drum in Drum:
        places = [i for i, hit in enumerate(heard) if hit.drum is drum]
        level = np.array([heard[i].level for i in places], np.float32)
        loud = reference(level[[heard[i].cluster >= 0 for i in places]], LOUD[drum])
        fresh = drum_velocities(level, drum, curve, loud)
        for i, velocity in zip(places, fresh, strict=True):
            out[i] = replace(heard[i], velocity=int(velocity))
    return tuple(out)
