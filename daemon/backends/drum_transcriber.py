"""The embedded drum transcriber: audio in, onset strength and velocity per drum class out, without torch.

Conventions: audio is mono float32 at 44.1 kHz; frame i of every output is centred on the sample
i * HOP, so its time is i / frame_rate seconds; features are (frames, 2 * BANDS), strengths and
velocities (frames, classes), both 0..1. Training uses the same `MelSpectrogram`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from daemon.backends.device import open_onnx
from daemon.pipeline.audio.peaks import thin_peaks
from daemon.pipeline.audio.stft import amplitudes
from daemon.weights import DRUM_TRANSCRIBER_WEIGHTS

RATE = 44100
HOP = 441
BANDS = 80
WINDOWS = (4096, 1024)
LOWEST, HIGHEST = 30.0, 16000.0
COMPRESSION = 1e4

GROUPS = ((0,), (1,), (2,), (3, 4), (5, 6))
"""Classes that are one drum each: kick, snare, toms, hi-hat (closed, open), cymbals (crash, ride)."""

CHUNK = 1000
CONTEXT = 136
"""Frames per call of the network, and how far it sees to each side (132) and a little more."""

SPECTRUM = 40
"""Bands of the coarse spectrum: four neighbours of the long window's together, then of the short one's."""

ROWS = 200
"""Frames transformed at a time: what fits a processor's cache."""

Array = NDArray[np.float32]


def mel(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0))


def filterbank(window: int) -> Array:
    """(bins, BANDS) triangles, evenly spaced in mel, none narrower than one bin; columns sum to 1."""
    points = np.linspace(mel(LOWEST), mel(HIGHEST), BANDS + 2)
    edges = 700.0 * (10.0 ** (points / 2595.0) - 1.0)
    bins = np.fft.rfftfreq(window, 1 / RATE)[:, None]
    centre, width = edges[1:-1], RATE / window
    rise = np.maximum(centre - edges[:-2], width)
    fall = np.maximum(edges[2:] - centre, width)
    slopes = np.minimum((bins - centre) / rise + 1, (centre - bins) / fall + 1)
    weights = np.maximum(slopes, 0.0)
    return np.asarray(weights / weights.sum(axis=0), dtype=np.float32)


@dataclass(frozen=True)
class MelSpectrogram:
    """log1p-compressed mel magnitudes through a long and a short Hann window on one 10 ms raster.

    The long window tells pitch (kick from floor tom, ride from hat), the short one tells time.
    Silence is exactly 0, so padding with zeros is padding with silence.
    """

    banks: tuple[Array, ...] = field(default_factory=lambda: tuple(map(filterbank, WINDOWS)))

    def frames(self, padded: Array, count: int) -> Array:
        """Features of `count` frames; frame 0 is centred on sample WINDOWS[0] // 2 of `padded`."""
        return np.concatenate([self.band_levels(padded, count, bank) for bank in self.banks], axis=1)

    def band_levels(self, padded: Array, count: int, bank: Array) -> Array:
        window = 2 * (bank.shape[0] - 1)
        first = (WINDOWS[0] - window) // 2
        rows = np.lib.stride_tricks.sliding_window_view(padded[first:], window)[::HOP][:count]
        taper = np.hanning(window + 1)[:-1].astype(np.float32)
        few = csr_array(bank.T)  # a bin belongs to two bands at most
        parts = [(few @ amplitudes(rows[start : start + ROWS], taper).T).T for start in range(0, count, ROWS)]
        return np.log1p(COMPRESSION * (2 / taper.sum()) * np.concatenate(parts))

    def features(self, audio: Array) -> Array:
        """Features of a short signal, one frame per started hop."""
        count = -(-audio.size // HOP)
        half = WINDOWS[0] // 2
        return self.frames(np.pad(audio, (half, half + HOP)).astype(np.float32), count)


TARGET_LEVEL = 4.7
"""Loudness that every recording is brought to: the median of 12 rendered clips that peak at -10 dB."""

LOUDEST_GAIN = 3.5
"""Natural logarithm of the most that is ever added (30 dB): what a separator leaves of no drums stays next to nothing.

Whoever asks brings the song itself to a usual level; by hand.
"""

BLOCK = 300
"""Frames of which the loudest counts, 3 s: a pause or a soft verse does not make the rest louder."""

QUIET_BLOCK = 3.5
"""Blocks so far under the loudest (30 dB, in natural logarithms) do not count."""


def frame_levels(features: Array) -> Array:
    """(frames,): the mean level over the bands of the short window."""
    return np.asarray(np.expm1(features[:, BANDS:]).mean(axis=1), dtype=np.float32)


def loudness(levels: Array) -> float:
    """Natural logarithm of the level of the loud strokes of one recording, from its `frame_levels`; -inf for silence.

    The upper quartile, over blocks of 3 s, of each one's loudest frame.
    """
    peaks = np.array([levels[start : start + BLOCK].max() for start in range(0, len(levels), BLOCK)])
    heard = np.log(peaks[peaks > 0])
    return float(np.percentile(heard[heard >= heard.max() - QUIET_BLOCK], 75)) if heard.size else -np.inf


def level_features(chunks: Sequence[Array]) -> list[Array]:
    """The chunks of one recording as if it had been turned to TARGET_LEVEL: the same at any gain."""
    now = loudness(np.concatenate([np.zeros(0, np.float32), *map(frame_levels, chunks)]))
    gain = np.float32(np.exp(min(TARGET_LEVEL - now, LOUDEST_GAIN)))
    return [np.log1p(gain * np.expm1(chunk)) for chunk in chunks]


def stream_features(spectrogram: MelSpectrogram, blocks: Iterable[Array]) -> Iterator[Array]:
    """Feature chunks of exactly CHUNK frames (the last is shorter), whatever the block sizes."""
    half, step = WINDOWS[0] // 2, CHUNK * HOP
    held = np.zeros(half, dtype=np.float32)
    total = emitted = 0
    for block in blocks:
        total += block.size
        held = np.concatenate([held, block.astype(np.float32, copy=False)])
        while held.size >= step + WINDOWS[0]:
            yield spectrogram.frames(held, CHUNK)
            held, emitted = held[step:], emitted + CHUNK
    rest = -(-total // HOP) - emitted
    padded = np.pad(held, (0, WINDOWS[0] + HOP))
    for start in range(0, rest, CHUNK):
        yield spectrogram.frames(padded[start * HOP :], min(CHUNK, rest - start))


def add_context(chunks: Iterable[Array]) -> Iterator[Array]:
    """Each chunk with CONTEXT frames of its neighbours on both sides, silence beyond the ends.

    One chunk is held back until its successor is known, so memory stays bounded.
    """
    silence = np.zeros((CONTEXT, len(WINDOWS) * BANDS), dtype=np.float32)
    before, current = silence, None
    for chunk in chunks:
        if current is not None:
            yield np.concatenate([before, current, fit_context(chunk)])
            before = np.concatenate([before, current])[-CONTEXT:]
        current = chunk
    if current is not None:
        yield np.concatenate([before, current, silence])


def fit_context(chunk: Array) -> Array:
    """The first CONTEXT frames, filled up with silence."""
    missing = max(0, CONTEXT - chunk.shape[0])
    return np.pad(chunk[:CONTEXT], ((0, missing), (0, 0)))


@dataclass(frozen=True, slots=True)
class Onset:
    """`time` in seconds; `drum` indexes the classes; `strength` and `velocity` 0..1."""

    time: float
    drum: int
    strength: float
    velocity: float


@dataclass(frozen=True, slots=True)
class DrumActivations:
    """What the drum transcriber gives. `strength` and `velocity` are (frames, classes), 0..1.

    Frame i is centred on i / frame_rate seconds. `velocity` is meaningful at onsets only.
    `lateness` is each class's median error in seconds on rendered validation clips; `onsets`
    takes it off. Classes that share a drum (closed and open hat, crash and ride) share a threshold, to be
    compared with the chance that either sounds: `onsets` does that. `articulations` has the (frames,) chances of finer
    names, with their thresholds moved to 0.5; they are meaningful at onsets of their drum only. `spectrum` is
    (frames, SPECTRUM): the features themselves, coarser, by which a stroke is known again in another song.
    """

    frame_rate: float
    classes: tuple[str, ...]
    strength: Array
    velocity: Array
    thresholds: tuple[float, ...]
    lateness: tuple[float, ...] = (0.0,) * 7
    articulations: Mapping[str, Array] = field(default_factory=dict)
    spectrum: Array = field(default_factory=lambda: np.zeros((0, SPECTRUM), np.float32))

    def onsets(self, *, apart: float = 0.03) -> list[Onset]:
        """Peaks over the thresholds, no two of one drum within `apart` seconds, by time."""
        found = []
        frames = max(1, round(apart * self.frame_rate))
        for group in GROUPS:
            curve = chance_of_any(self.strength[:, list(group)])
            for peak in pick_peaks(curve, self.thresholds[group[0]], frames):
                found.append(self._onset(curve, int(peak), group))
        return sorted(found, key=lambda onset: onset.time)

    def _onset(self, curve: Array, peak: int, group: tuple[int, ...]) -> Onset:
        """The stronger class of the group around the peak gives its name and velocity."""
        near = self.strength[max(0, peak - 1) : peak + 2].sum(axis=0)
        drum = max(group, key=lambda one: float(near[one]))
        time = max(0.0, refine_peak(curve, peak) / self.frame_rate - self.lateness[drum])
        return Onset(time, drum, float(curve[peak]), float(self.velocity[peak, drum]))


def chance_of_any(strength: Array) -> Array:
    """(frames, n) chances to (frames,): that at least one of them sounds."""
    return np.asarray(1 - np.prod(1 - strength, axis=1), dtype=np.float32)


def pick_peaks(curve: Array, threshold: float, apart: int) -> list[int]:
    """Local maxima at or above `threshold`; of two less than `apart` frames apart the stronger."""
    padded = np.pad(curve, 1)
    best = np.flatnonzero((curve >= padded[:-2]) & (curve > padded[2:]) & (curve >= threshold))
    return thin_peaks(best, curve[best], apart).tolist()


def refine_peak(curve: Array, peak: int) -> float:
    """Peak position in frames, by a parabola through the logarithms of three neighbours.

    The net was taught Gaussian bumps, whose logarithm is a parabola.
    """
    chances = np.maximum(np.pad(curve, 1)[peak : peak + 3].astype(np.float64), 1e-4)
    left, middle, right = np.log(chances).tolist()
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend < -1e-6 else 0.0
    return max(0.0, peak + float(np.clip(shift, -0.5, 0.5)))


@dataclass(frozen=True)
class OnnxDrumTranscriber:
    """Transcribes drums from mono audio at 44.1 kHz. The onnxruntime session is made on first use."""

    weights: Path | None = None
    spectrogram: MelSpectrogram = field(default_factory=MelSpectrogram)

    def transcribe(self, blocks: Iterable[Array], rate: int, *, in_music: bool = False) -> DrumActivations:
        """Mono blocks of any size to activations; besides the result only the features are held, 64 KB a second.

        `in_music` chooses the thresholds for a full mix instead of those for drums alone.
        """
        if rate != RATE:
            raise ValueError(f"the drum transcriber works at {RATE} Hz, not {rate}: resample first")
        levelled = level_features(list(stream_features(self.spectrogram, blocks)))
        coarse = [chunk.reshape(len(chunk), SPECTRUM, -1).mean(axis=2) for chunk in levelled]
        rows = [self._run_chunk(chunk) for chunk in add_context(levelled)]
        empty = np.zeros((0, len(self.classes)), dtype=np.float32)
        parts = [np.concatenate(part) for part in zip(*rows, strict=True)] if rows else [empty, empty]
        strength, velocity, *details = parts
        limits = self._read_metadata("mix_thresholds" if in_music else "thresholds")
        late = self._read_metadata("lateness")
        finer, spectrum = self._read_details(details), np.concatenate([np.zeros((0, SPECTRUM), np.float32), *coarse])
        return DrumActivations(RATE / HOP, self.classes, strength, velocity, limits, late, finer, spectrum)

    def _run_chunk(self, chunk: Array) -> list[Array]:
        inner = slice(CONTEXT, chunk.shape[0] - CONTEXT)
        return [output[0, inner] for output in self._session.run(None, {"features": chunk[None]})]

    def _read_details(self, outputs: Sequence[Array]) -> dict[str, Array]:
        """Of the outputs after velocity: articulations by name, without those that the file never trusts."""
        if not outputs or "articulation_thresholds" not in self._metadata:
            return {}
        names, limits = json.loads(self._metadata["articulations"]), self._read_metadata("articulation_thresholds")
        return {
            name: np.minimum(outputs[0][:, number] * np.float32(0.5 / limit), 1)
            for number, (name, limit) in enumerate(zip(names, limits, strict=True))
            if limit <= 1
        }

    @cached_property
    def _session(self) -> Any:
        return open_onnx(Path(self.weights or DRUM_TRANSCRIBER_WEIGHTS))

    @cached_property
    def _metadata(self) -> dict[str, str]:
        return dict(self._session.get_modelmeta().custom_metadata_map)

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(json.loads(self._metadata["classes"]))

    def _read_metadata(self, name: str) -> tuple[float, ...]:
        return tuple(json.loads(self._metadata[name]))
