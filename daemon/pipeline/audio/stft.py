"""Short-time spectra: of a sound as it comes, block by block, and of a whole one and back.

`stft` and `istft` are fine enough in pitch to tell the drums of a kit apart.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

Floats = NDArray[np.float32]
Complexes = NDArray[np.complex64]

WINDOW = 2048
HOP = 512
BINS = WINDOW // 2 + 1


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
    return np.abs(rfft(frames * window, axis=1))


def stft(sound: Floats) -> Complexes:
    """(channels, bins, frames); Hann window, frame i centred on sample i * HOP."""
    padded = np.pad(sound, ((0, 0), (WINDOW // 2, WINDOW // 2 + HOP)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=1)[:, ::HOP]
    return np.ascontiguousarray(rfft(frames * hann(), axis=2).transpose(0, 2, 1))


def istft(spectrum: Complexes, frames: int) -> Floats:
    """The inverse of `stft`, cut to `frames`."""
    window = hann()
    pieces = irfft(spectrum.transpose(0, 2, 1), axis=2)
    pieces *= window
    steps, ratio = pieces.shape[1], WINDOW // HOP
    out = np.zeros((pieces.shape[0], steps + ratio - 1, HOP), np.float32)
    weight = np.full((steps + ratio - 1, HOP), 1e-9, np.float32)
    for part in range(ratio):
        out[:, part : part + steps] += pieces[:, :, part * HOP : (part + 1) * HOP]
        weight[part : part + steps] += window[part * HOP : (part + 1) * HOP] ** 2
    out /= weight
    return out.reshape(len(out), -1)[:, WINDOW // 2 : WINDOW // 2 + frames]


def hann() -> Floats:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
