"""Short-time spectra: of a sound as it comes, block by block, and of a whole one and back.

With their own window `stft` and `istft` are fine enough in pitch to tell the drums of a kit apart.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.records import RATE

Floats = NDArray[np.float32]
Complexes = NDArray[np.complex64]

# Frames, 46 ms and a quarter of it; chosen by hand. The kit network was trained on them.
WINDOW = 2048
HOP = 512
BINS = WINDOW // 2 + 1

LOWEST_SHOWN, HIGHEST_SHOWN = 40.0, 16000.0  # Hz, of pictures


def stream_frames(blocks: Iterable[Floats], window: int, hop: int) -> Iterator[Floats]:
    """Mono blocks of any size to (frames, window) views; frame i is centred on sample i * hop, with silence around."""
    held = silence = np.zeros(window // 2, np.float32)
    for block in chain(blocks, (silence,)):
        held = np.concatenate([held, block])
        count = (len(held) - window) // hop + 1
        if count > 0:
            yield np.lib.stride_tricks.sliding_window_view(held, window)[: count * hop : hop]
            held = held[count * hop :]


def amplitudes(frames: Floats, window: Floats) -> Floats:
    """(frames, samples) to (frames, bins), through `window`."""
    from scipy.fft import rfft  # not before it is needed: the daemon, which never does this, stays light

    return np.abs(rfft(frames * window, axis=1))


def hann(size: int = WINDOW) -> Floats:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


_HANN = hann()


def stft(sound: Floats, window: Floats = _HANN, hop: int = HOP) -> Complexes:
    """(channels, bins, frames); frame i centred on sample i * hop. The window's length is a multiple of `hop`."""
    from scipy.fft import rfft

    size = len(window)
    padded = np.pad(sound, ((0, 0), (size // 2, size // 2 + hop)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)[:, ::hop]
    return np.ascontiguousarray(rfft(frames * window, axis=2).transpose(0, 2, 1))


def istft(spectrum: Complexes, frames: int, window: Floats = _HANN, hop: int = HOP) -> Floats:
    """The inverse of `stft`, cut to `frames`."""
    from scipy.fft import irfft

    size = len(window)
    pieces = irfft(spectrum.transpose(0, 2, 1), axis=2)
    pieces *= window
    steps, ratio = pieces.shape[1], size // hop
    out = np.zeros((pieces.shape[0], steps + ratio - 1, hop), np.float32)
    weight = np.full((steps + ratio - 1, hop), 1e-9, np.float32)
    for part in range(ratio):
        out[:, part : part + steps] += pieces[:, :, part * hop : (part + 1) * hop]
        weight[part : part + steps] += window[part * hop : (part + 1) * hop] ** 2
    out /= weight
    return out.reshape(len(out), -1)[:, size // 2 : size // 2 + frames]


def band_levels(sound: NDArray[np.floating], window: int, bands: int) -> NDArray[np.float64]:
    """(..., up to `window` frames at RATE) to (..., bands): dB of the strongest bin of each band, the lowest first.

    Bands are equally wide on a scale of octaves, from LOWEST_SHOWN to HIGHEST_SHOWN: what pictures show.
    """
    padded = np.zeros((*sound.shape[:-1], window))
    padded[..., : sound.shape[-1]] = sound
    power = np.abs(np.fft.rfft(padded * np.hanning(window))) ** 2
    edges = (np.geomspace(LOWEST_SHOWN, HIGHEST_SHOWN, bands + 1) * window / RATE).astype(int)
    return np.asarray(10 * np.log10(np.maximum.reduceat(power, edges[:-1], axis=-1) + 1e-9))
