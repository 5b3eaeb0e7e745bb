"""What a kit does by itself: snare wires that rattle under kicks and toms, toms that ring along. Nobody struck it."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

from daemon.training.drum_sounds import SNARES, TOMS, SampledSound, Strike
from daemon.training.kit_selection import Piece
from daemon.training.kits import RATE, Audio

Rng = np.random.Generator
STEP = 64
"""Samples between values of the wires' envelope."""

FADE_SECONDS = 0.015
"""A drum that rings along swells; it has no attack."""

RATTLE_CHANCE, RING_CHANCE = 0.5, 0.4


def rattle_wires(rng: Rng, driving: Audio, loud: float) -> Audio:
    """Noise of the wires, shaken by the lows of `driving`; at its loudest 14 to 44 dB under `loud`."""
    low = sosfilt(butter(2, rng.uniform(200, 500), fs=RATE, output="sos"), driving)
    count = -(-low.size // STEP)
    shaken = np.abs(np.pad(low, (0, count * STEP - low.size))).reshape(count, STEP).max(axis=1)
    release = float(np.exp(-STEP / RATE / rng.uniform(0.02, 0.12)))
    follow = lfilter([1 - release], [1, -release], shaken ** rng.uniform(0.7, 1.5))
    band = butter(1, [rng.uniform(700, 2500), rng.uniform(5000, 14000)], "bandpass", fs=RATE, output="sos")
    noise = sosfilt(band, rng.standard_normal(low.size))
    points = np.arange(count) * STEP
    wires = noise * np.interp(np.arange(low.size), points, follow)
    peak = max(float(np.abs(wires).max(initial=0.0)), 1e-9)
    return np.asarray(wires * (loud * 10 ** (rng.uniform(-44, -14) / 20) / peak), dtype=np.float32)


def ring_along(
    rng: Rng, strikes: Sequence[Strike], pieces: Mapping[SampledSound, Piece], size: int, preroll: float
) -> Audio:
    """A tom that hums after kicks and snares, 24 to 48 dB under a full stroke of its own."""
    out = np.zeros(size, dtype=np.float32)
    sounds = [sound for sound in TOMS if sound in pieces]
    if not sounds:
        return out
    piece = pieces[sounds[int(rng.integers(len(sounds)))]]
    shot = piece.choose_shot(40, rng)
    tail = shot.audio[shot.attack + int(0.04 * RATE) :].copy()
    fade = min(tail.size, int(FADE_SECONDS * RATE))
    tail[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    tail *= piece.gain * 10 ** (rng.uniform(-48, -24) / 20) / max(float(np.abs(tail).max(initial=0.0)), 1e-6)
    for hit in strikes:
        if hit.sound is SampledSound.KICK or hit.sound in SNARES:
            start = max(0, round((hit.time + preroll) * RATE))
            room = out[start : start + tail.size]
            room += (hit.velocity / 127) ** 2 * tail[: room.size]
    return out


def resonate(
    rng: Rng, stems: Audio, strikes: Sequence[Strike], pieces: Mapping[SampledSound, Piece], preroll: float
) -> Audio:
    """What rings and rattles along, (samples,): at times silence."""
    out = np.zeros(stems.shape[1], dtype=np.float32)
    kick, snare, toms = stems[:3]
    if rng.random() < RATTLE_CHANCE:
        loud = max(float(np.abs(snare).max(initial=0.0)), 0.3)
        out += rattle_wires(rng, kick * rng.uniform(0.2, 1) + toms, loud)
    if rng.random() < RING_CHANCE:
        out += ring_along(rng, strikes, pieces, out.size, preroll)
    return out
