"""Drums from formulas: analogue-style machines and crude physical models, free of any licence.

Membranes are decaying modes at the ratios of a circular drum head, kicks and toms with a falling
pitch; snares add noise; cymbals are dense inharmonic modes plus high-passed noise.
"""

from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfilt

from daemon.training.drum_sounds import SampledSound
from daemon.training.kits import RATE, Audio, write_sound

HEAD_RATIOS = np.array([1.0, 1.59, 2.14, 2.30, 2.65, 2.92])


def decay(seconds: float, length: float) -> Audio:
    """Exponential decay by 60 dB in `seconds`, cut after `length` seconds."""
    time = np.arange(int(length * RATE)) / RATE
    return np.exp(-6.9 * time / seconds)


def band(noise: Audio, low: float, high: float) -> Audio:
    edges = np.clip([low, high], 20, 0.49 * RATE)
    return np.asarray(sosfilt(butter(2, edges, "band", fs=RATE, output="sos"), noise))


def sweep_sine(start: float, end: float, bend: float, length: float) -> Audio:
    """A sine whose frequency falls from `start` to `end` hertz with time constant `bend` s."""
    time = np.arange(int(length * RATE)) / RATE
    phase = end * time + (start - end) * bend * (1 - np.exp(-time / bend))
    return np.sin(2 * np.pi * phase)


def click(rng: np.random.Generator, length: float) -> Audio:
    """Beater or stick noise: a few milliseconds, bright."""
    noise = band(rng.standard_normal(int(length * RATE)), 1000, rng.uniform(3000, 14000))
    return noise * decay(rng.uniform(0.004, 0.02), length)


def kick(rng: np.random.Generator) -> Audio:
    end, length = rng.uniform(38, 75), rng.uniform(0.25, 1.2)
    body = sweep_sine(end * rng.uniform(1.5, 6), end, rng.uniform(0.008, 0.05), length)
    return body * decay(rng.uniform(0.15, length), length) + rng.uniform(0, 0.5) * click(rng, length)


def membrane(rng: np.random.Generator, pitch: float, seconds: float) -> Audio:
    """Head modes, the higher ones shorter and weaker, with a small pitch drop."""
    total = np.zeros(int(seconds * RATE))
    for number, ratio in enumerate(HEAD_RATIOS * rng.uniform(0.97, 1.03, HEAD_RATIOS.size)):
        tone = sweep_sine(pitch * ratio * rng.uniform(1, 1.3), pitch * ratio, 0.03, seconds)
        total += tone * decay(seconds / (1 + number), seconds) * rng.uniform(0.2, 1) / (1 + number)
    return total


def tom(rng: np.random.Generator, pitch: float) -> Audio:
    seconds = rng.uniform(0.25, 1.2)
    return membrane(rng, pitch, seconds) + rng.uniform(0, 0.4) * click(rng, seconds)


def snare(rng: np.random.Generator) -> Audio:
    seconds = rng.uniform(0.12, 0.5)
    head = membrane(rng, rng.uniform(150, 260), seconds)
    wires = band(rng.standard_normal(head.size), rng.uniform(200, 2000), rng.uniform(6000, 16000))
    return head + rng.uniform(0.3, 1.5) * wires * decay(rng.uniform(0.08, seconds), seconds)


def stick(rng: np.random.Generator) -> Audio:
    """Side stick: two or three short wooden modes."""
    total = 0.3 * click(rng, 0.15)
    for pitch in rng.uniform(400, 2600, 3):
        total += sweep_sine(pitch, pitch, 1.0, 0.15) * decay(rng.uniform(0.02, 0.09), 0.15)
    return total


def metal(rng: np.random.Generator, seconds: float, low: float) -> Audio:
    """Forty or more inharmonic partials over `low` hertz, or squares as in a drum machine."""
    time = np.arange(int(seconds * RATE)) / RATE
    total = np.zeros(time.size)
    for pitch in rng.uniform(low, rng.uniform(9000, 15000), 40):
        total += np.sin(2 * np.pi * (pitch * time + rng.random())) * rng.uniform(0.2, 1)
    hiss = band(rng.standard_normal(time.size), low, 16000)
    return total / 6 + rng.uniform(0.5, 3) * hiss


def hat(rng: np.random.Generator, low: float, seconds: float) -> Audio:
    return metal(rng, seconds, low) * decay(seconds, seconds)


def cymbal(rng: np.random.Generator, low: float, *, ping: float) -> Audio:
    """A slow wash, plus a stick ping that dominates for rides and bells."""
    wash = metal(rng, 2.5, low) * decay(rng.uniform(1.2, 2.5), 2.5)
    wash *= 1 - 0.8 * np.exp(-np.arange(wash.size) / RATE / rng.uniform(0.001, 0.02))
    tone = sum(sweep_sine(f, f, 1.0, 2.5) for f in rng.uniform(low, 3 * low, 3))
    return wash + ping * tone * decay(rng.uniform(0.3, 1.5), 2.5) + ping * click(rng, 2.5)


def write_synth_kits(count: int, target: Path, seed: int) -> int:
    """Write `count` kits of random drums."""
    total = 0
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        for sound, recording in synthesise_sounds(rng).items():
            total += write_sound(target / f"synth-{number:02d}", sound, [recording])
    return total


def synthesise_sounds(rng: np.random.Generator) -> dict[SampledSound, Audio]:
    pitch, low = rng.uniform(130, 260), rng.uniform(2000, 7000)
    return {
        SampledSound.KICK: kick(rng),
        SampledSound.SNARE: snare(rng),
        SampledSound.STICK: stick(rng),
        SampledSound.TOM1: tom(rng, pitch),
        SampledSound.TOM2: tom(rng, pitch * 0.8),
        SampledSound.TOM3: tom(rng, pitch * 0.62),
        SampledSound.TOM4: tom(rng, pitch * 0.5),
        SampledSound.CLOSED: hat(rng, low, rng.uniform(0.03, 0.12)),
        SampledSound.PEDAL: hat(rng, low, rng.uniform(0.04, 0.15)),
        SampledSound.OPEN: hat(rng, low, rng.uniform(0.3, 1.2)),
        SampledSound.CRASH: cymbal(rng, rng.uniform(400, 1500), ping=0.0),
        SampledSound.RIDE: cymbal(rng, rng.uniform(600, 3000), ping=rng.uniform(0.2, 1)),
        SampledSound.BELL: cymbal(rng, rng.uniform(600, 1500), ping=2.0),
    }
