"""The separator without weights: what signal processing alone can tell apart.

Drums are what is short in time and wide in frequency (median filtering at two resolutions, after Fitzgerald 2010 and
Driedger, Mueller and Disch 2014). Of the rest, bass is what is low, vocals are what is in the middle of the stereo
image in the range of a voice, and other is what remains. The stems add up to the mix.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from daemon.pipeline.audio.stft import Complexes, hann, istft, stft
from daemon.pipeline.records import RATE, Audio, Part

Samples = NDArray[np.float32]

PARTS = (Part.DRUMS, Part.BASS, Part.VOCALS, Part.OTHER)
# Multiples of every hop, so that blocks see the same transforms; the filters look at most MARGIN far.
BLOCK = 128 * 2048
MARGIN = 16 * 2048


@dataclass(frozen=True, slots=True)
class Resolution:
    """A resolution: frames of the transform, and how far the medians look along time (s) and frequency (Hz)."""

    size: int
    seconds: float
    hertz: float

    @property
    def hop(self) -> int:
        """Half the window: the squares of a sine window, the root of Hann's, add up to 1 there."""
        return self.size // 2

    @property
    def window(self) -> Samples:
        return np.sqrt(hann(self.size))


# Found by trying on two songs: wider medians than these take more of the rest into the drums.
FINE = Resolution(4096, 0.4, 140.0)
QUICK = Resolution(2048, 0.3, 140.0)
BASS_HERTZ = (180.0, 320.0)
VOICE_HERTZ = (160.0, 9000.0)


def separate(mix: Audio, parts: tuple[Part, ...], report: Callable[[float], None]) -> Generator[Samples]:
    """(parts, channels, frames) blocks that follow each other without gaps. What `report` raises stops it."""
    for start in range(0, mix.frames, BLOCK):
        report(start / mix.frames)
        first = max(0, start - MARGIN)
        length = min(BLOCK, mix.frames - start)
        stems = split(mix.read(first, start - first + length + MARGIN))
        yield np.stack([stems[part] for part in parts])[..., start - first : start - first + length]
    report(1.0)


def split(mix: Samples) -> dict[Part, Samples]:
    """The four stems of (channels, frames); they add up to `mix`."""
    beats = _drums(mix)
    rest = mix - beats
    bass, vocals = _bass_and_vocals(rest)
    return {Part.DRUMS: beats, Part.BASS: bass, Part.VOCALS: vocals, Part.OTHER: rest - bass - vocals}


def _drums(mix: Samples) -> Samples:
    """The mean of what is sudden seen finely, which keeps pitches apart, and seen quickly, which keeps times."""
    seen = [_extract_percussive(mix, resolution) for resolution in (FINE, QUICK)]
    return np.asarray(sum(seen) / np.float32(len(seen)))


def _extract_percussive(mix: Samples, resolution: Resolution) -> Samples:
    spectrum = stft(mix, resolution.window, resolution.hop)
    sudden = spectrum * _percussive_mask(spectrum, resolution)
    return istft(sudden, mix.shape[1], resolution.window, resolution.hop)


def _percussive_mask(spectrum: Complexes, resolution: Resolution) -> Samples:
    """Wiener mask (0..1) of what is a vertical line in the spectrogram against what is a horizontal one."""
    power = np.abs(spectrum).mean(axis=0)
    along = _odd_size(resolution.seconds * RATE / resolution.hop)
    across = _odd_size(resolution.hertz * resolution.size / RATE)
    tonal = _medians(power, along)
    sudden = _medians(power.T, across).T
    return np.asarray(sudden**2 / (sudden**2 + tonal**2 + 1e-12), np.float32)


def _medians(rows: Samples, size: int) -> Samples:
    """Running medians along each row. Row by row, because scipy is many times faster in one dimension."""
    return np.stack([median_filter(row, size, mode="nearest") for row in np.ascontiguousarray(rows)])


def _bass_and_vocals(rest: Samples) -> tuple[Samples, Samples]:
    spectrum = stft(rest, FINE.window, FINE.hop)
    hertz = np.fft.rfftfreq(FINE.size, 1 / RATE)[:, None]
    low = _low_pass_mask(hertz, *BASS_HERTZ)
    voice = (1 - low) * (hertz > VOICE_HERTZ[0]) * (hertz < VOICE_HERTZ[1]) * _centre_mask(spectrum)
    bass, vocals = (istft(spectrum * mask, rest.shape[1], FINE.window, FINE.hop) for mask in (low, voice))
    return bass, vocals


def _centre_mask(spectrum: Complexes) -> Samples:
    """0..1: how alike left and right are in each bin; a mono mix is no evidence of a voice and gives a half."""
    left, right = spectrum[0], spectrum[-1]
    level = np.abs(left) ** 2 + np.abs(right) ** 2 + 1e-12
    likeness = 2 * np.real(left * np.conj(right)) / level
    wide = np.abs(left - right) ** 2 > 1e-4 * level
    return np.where(wide, np.clip(likeness, 0, 1) ** 4, 0.5 if not wide.any() else 1.0).astype(np.float32)


def _low_pass_mask(hertz: NDArray[np.floating], full: float, none: float) -> Samples:
    """1 below `full`, 0 above `none`, half a cosine between."""
    place = np.clip((hertz - full) / (none - full), 0, 1)
    return (0.5 + 0.5 * np.cos(np.pi * place)).astype(np.float32)


def _odd_size(value: float) -> int:
    return 2 * max(1, round(value / 2)) + 1
