"""What happens to drums between the kit and the listener: rooms, equalisers, tape, codecs.

Every effect takes and returns mono float32 of the same length and keeps attacks where they are.
"""

import numpy as np
from scipy import fft
from scipy.signal import butter, fftconvolve, sosfilt

from daemon.training.kits import RATE, Audio

Rng = np.random.Generator
CURVE_POINTS = np.geomspace(25, 20000, 9)


def equalise(rng: Rng, audio: Audio, spread: float) -> Audio:
    """A smooth random magnitude curve, `spread` decibels standard deviation, zero phase."""
    size = fft.next_fast_len(audio.size, real=True)
    bins = np.maximum(fft.rfftfreq(size, 1 / RATE), 20)
    points = rng.normal(0, spread, CURVE_POINTS.size)
    curve = 10 ** (np.interp(np.log(bins), np.log(CURVE_POINTS), points) / 20)
    filtered = fft.irfft(fft.rfft(audio, size) * curve.astype(np.float32), size)
    return np.asarray(filtered[: audio.size], dtype=np.float32)


def room_response(rng: Rng) -> Audio:
    """Decaying noise, darker with time, after 0-20 ms; a few early reflections."""
    seconds = float(rng.choice([rng.uniform(0.1, 0.4), rng.uniform(0.3, 1.6)]))
    time = np.arange(int(seconds * RATE)) / RATE
    tail = rng.standard_normal(time.size) * np.exp(-6.9 * time / seconds)
    dark = sosfilt(butter(1, rng.uniform(1500, 12000), fs=RATE, output="sos"), tail)
    blend = np.exp(-time / (seconds / 3))
    tail = blend * tail + (1 - blend) * dark
    tail[: int(rng.uniform(0, 0.02) * RATE)] = 0
    for _ in range(6):
        tail[int(rng.uniform(0.001, 0.03) * RATE)] += rng.normal(0, 4)
    return (tail / np.sqrt((tail**2).sum())).astype(np.float32)


def add_room(rng: Rng, audio: Audio, amount: float) -> Audio:
    wet = fftconvolve(audio, room_response(rng))[: audio.size]
    return np.asarray(audio + amount * wet, dtype=np.float32)


def compress(rng: Rng, audio: Audio) -> Audio:
    """Feed-forward compressor on 2 ms steps: 5-120 ms release, ratio 2-8."""
    step = 88
    count = -(-audio.size // step)
    peaks = np.abs(np.pad(audio, (0, count * step - audio.size))).reshape(-1, step).max(axis=1)
    fall = np.exp(-step / RATE / rng.uniform(0.02, 0.2))
    level, followed = 0.0, np.empty(count)
    for index, peak in enumerate(peaks.tolist()):
        level = max(peak, level * fall)
        followed[index] = level
    threshold = rng.uniform(0.05, 0.5) * max(float(peaks.max()), 1e-6)
    ratio = rng.uniform(2, 8)
    gain = np.minimum(1.0, (threshold / np.maximum(followed, 1e-6)) ** (1 - 1 / ratio))
    delayed = np.concatenate([gain[:1], gain[:1], gain])[:count]
    points = (np.arange(count) + 0.5) * step
    return (audio * np.interp(np.arange(audio.size), points, delayed)).astype(np.float32)


def saturate(rng: Rng, audio: Audio) -> Audio:
    drive = rng.uniform(1, 6) / max(float(np.abs(audio).max()), 1e-6)
    return (np.tanh(audio * drive) / drive).astype(np.float32)


def low_pass(rng: Rng, audio: Audio) -> Audio:
    """The hard edge of a codec or an old recording, zero phase."""
    spectrum = fft.rfft(audio)
    edge = int(rng.choice([rng.uniform(3500, 9000), rng.uniform(10000, 17000)]) * audio.size / RATE)
    spectrum[edge:] = 0
    return np.asarray(fft.irfft(spectrum, audio.size), dtype=np.float32)


def split_frames(audio: Audio, window: int) -> Audio:
    """(frames, bins) complex spectra of half-overlapping sine-windowed frames."""
    step = window // 2
    padded = np.pad(audio, (step, window + step))
    rows = np.lib.stride_tricks.sliding_window_view(padded, window)[::step]
    return np.asarray(fft.rfft(rows * sine_window(window), axis=1))


def sine_window(window: int) -> Audio:
    return np.sin(np.pi * (np.arange(window) + 0.5) / window).astype(np.float32)


def overlap_add(spectra: Audio, window: int, size: int) -> Audio:
    step = window // 2
    rows = fft.irfft(spectra, window, axis=1) * sine_window(window)
    total = np.zeros((rows.shape[0] + 1, step), dtype=np.float32)
    total[:-1] += rows[:, :step]
    total[1:] += rows[:, step:]
    return total.reshape(-1)[step : step + size]


def coding_mask(rng: Rng, spectra: Audio) -> Audio:
    """Perceptual-codec holes: bins far below their frame's smoothed spectrum are dropped."""
    size = np.abs(spectra)
    kernel = np.ones(17, dtype=np.float32) / 17
    around = np.apply_along_axis(np.convolve, 1, size, kernel, "same")
    return np.asarray(size > rng.uniform(0.3, 1.0) * around)


def encode_lossy(rng: Rng, audio: Audio) -> Audio:
    spectra = split_frames(audio, 1152)
    return overlap_add(spectra * coding_mask(rng, spectra), 1152, audio.size)


def residue_mask(rng: Rng, drums: Audio, backing: Audio) -> Audio:
    """The soft mask by which a separator takes drums out of a mix, from both spectra, with bleed."""
    power = rng.uniform(1, 2)
    wanted, rest = np.abs(drums) ** power, np.abs(backing) ** power
    floor = rng.uniform(0, 0.12)
    return np.asarray(floor + (1 - floor) * wanted / (wanted + rest + 1e-9))


def simulate_separation(rng: Rng, drums: Audio, backing: Audio) -> Audio:
    """Drums as a separator leaves them: a soft mask on the mix, with musical noise and bleed."""
    loud, other = split_frames(drums, 2048), split_frames(backing, 2048)
    return overlap_add(residue_mask(rng, loud, other) * (loud + other), 2048, drums.size)


def add_noise(rng: Rng, audio: Audio) -> Audio:
    level = 10 ** (rng.uniform(-75, -40) / 20) * max(float(np.abs(audio).max()), 1e-6)
    return (audio + level * rng.standard_normal(audio.size)).astype(np.float32)


def master(rng: Rng, audio: Audio, *, strength: float = 1.0) -> Audio:
    """The chain of a mix bus, each step at random; `strength` scales how often."""
    steps = (
        (0.5, lambda a: equalise(rng, a, rng.uniform(1, 6))),
        (0.45, lambda a: compress(rng, a)),
        (0.3, lambda a: saturate(rng, a)),
        (0.2, lambda a: low_pass(rng, a)),
        (0.1, lambda a: encode_lossy(rng, a)),
        (0.4, lambda a: add_noise(rng, a)),
    )
    for chance, step in steps:
        if rng.random() < chance * strength:
            audio = step(audio)
    return audio
