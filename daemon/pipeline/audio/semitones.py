"""How loud every semitone sounds, twenty times a second: what tells where the bass and the chords change.

Frames of .37 s, long enough to tell semitones of a bass apart, are blurred over neighbouring ones by their median, so
that drums, which are short and everywhere in pitch, go under.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.audio.mono import mono_mix
from daemon.pipeline.audio.resample import resample
from daemon.pipeline.audio.stft import amplitudes, hann, stream_frames
from daemon.pipeline.records import RATE, Audio

LOW_RATE, WINDOW, HOP = 11025, 4096, 551  # Hz, samples
LOWEST, HIGHEST = 28, 88  # MIDI pitches: E1, where basses end, to E6
MEDIAN = 7  # frames, a third of a second: a drum's stroke is over in half of them

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Semitones:
    """`loudness` (frames, HIGHEST - LOWEST), 0..1 of the loudest; frame i is centred on second i / rate."""

    loudness: Floats
    rate: float = LOW_RATE / HOP


def measure_semitones(audio: Audio) -> Semitones:
    """Of a mono mix, streamed."""
    from scipy.ndimage import median_filter

    bank, window = _filter_bank(), hann(WINDOW)
    blocks = resample(mono_mix(audio).blocks(), RATE, LOW_RATE)
    parts = [amplitudes(frames, window) @ bank for frames in stream_frames(blocks, WINDOW, HOP)]
    found = np.concatenate(parts) if parts else np.zeros((0, HIGHEST - LOWEST))
    found = np.sqrt(found / max(1e-12, float(found.max(initial=0.0))))
    return Semitones(np.asarray(median_filter(found, size=(MEDIAN, 1), mode="nearest"), float))


def _filter_bank() -> NDArray[np.float32]:
    """(bins, semitones): a triangle of two semitones around each pitch."""
    hertz = np.arange(1, WINDOW // 2 + 1) * LOW_RATE / WINDOW
    pitch = 69 + 12 * np.log2(hertz / 440)
    apart = np.abs(pitch[:, None] - np.arange(LOWEST, HIGHEST)[None, :])
    return np.concatenate([np.zeros((1, HIGHEST - LOWEST)), np.maximum(0.0, 1 - apart)]).astype(np.float32)
