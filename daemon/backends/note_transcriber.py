"""The embedded note transcriber: mono audio in, what sounds on 88 keys out, without torch.

Features are levels on a raster of thirds of a semitone, through a long window that tells pitch and a short one that
tells time, one frame every HOP samples at RATE; training uses the same. Frame i is centred on the sample i * HOP.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import tee
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from daemon.backends.device import open_onnx
from daemon.files import file_digest
from daemon.pipeline.audio.resample import resample
from daemon.pipeline.audio.stft import amplitudes
from daemon.pipeline.pitched.polyphonic import BINS as THIRDS
from daemon.pipeline.pitched.polyphonic import HOP, RATE, Posteriors, join_posteriors
from daemon.pipeline.records import Weights
from daemon.weights import NOTE_TRANSCRIBER_WEIGHTS

WINDOWS = (4096, 1024)
BINS_PER_OCTAVE = 12 * THIRDS
BINS = 309
"""Bins of each window; bin 0 lies a third of a semitone below A0, the last at 10.3 kHz."""

COMPRESSION = 1e4
CHUNK = 1024
CONTEXT = 84
"""Frames per call of the network, and how far it sees to each side (2 x 38 and a few), both even."""

ROWS = 128
"""Frames transformed at a time: what fits a processor's cache."""

Array = NDArray[np.float32]


def filterbank(window: int) -> Array:
    """(bins of the transform, BINS) triangles over the logarithm of frequency, none narrower than one bin."""
    centre = 27.5 * 2.0 ** ((np.arange(BINS) - 1) / BINS_PER_OCTAVE)
    bins = np.fft.rfftfreq(window, 1 / RATE)[:, None]
    width = np.maximum(centre * (2 ** (1 / BINS_PER_OCTAVE) - 1), RATE / window)
    weights = np.maximum(1 - np.abs(bins - centre) / width, 0.0)
    return np.asarray(weights / np.maximum(weights.sum(axis=0), 1e-9), dtype=np.float32)


@dataclass(frozen=True)
class LogSpectrogram:
    """log1p-compressed levels; silence is exactly 0, so padding with zeros is padding with silence."""

    banks: tuple[Array, ...] = field(default_factory=lambda: tuple(map(filterbank, WINDOWS)))

    def frames(self, padded: Array, count: int) -> Array:
        """(count, 2 BINS); frame 0 is centred on sample WINDOWS[0] // 2 of `padded`."""
        return np.concatenate([self._levels(padded, count, bank) for bank in self.banks], axis=1)

    def _levels(self, padded: Array, count: int, bank: Array) -> Array:
        from scipy.sparse import csr_array

        window = 2 * (bank.shape[0] - 1)
        rows = np.lib.stride_tricks.sliding_window_view(padded[(WINDOWS[0] - window) // 2 :], window)[::HOP][:count]
        taper = np.hanning(window + 1)[:-1].astype(np.float32)
        few = csr_array(bank.T)
        parts = [(few @ amplitudes(rows[start : start + ROWS], taper).T).T for start in range(0, count, ROWS)]
        return np.log1p(COMPRESSION * (2 / taper.sum()) * np.concatenate(parts))

    def features(self, audio: Array) -> Array:
        """Of a short signal at RATE, one frame per started hop."""
        count, half = -(-audio.size // HOP), WINDOWS[0] // 2
        return self.frames(np.pad(audio, (half, half + HOP)).astype(np.float32), count)


@dataclass(frozen=True, slots=True)
class FeatureWindow:
    """`samples` for CHUNK frames with CONTEXT to both sides; `frames` of the CHUNK are sound and not filling."""

    samples: Array
    frames: int


def feature_windows(blocks: Iterable[Array]) -> Iterator[FeatureWindow]:
    """Of mono blocks at RATE; silence before the first and after the last."""
    before = WINDOWS[0] // 2 + CONTEXT * HOP
    need, step = 2 * before + CHUNK * HOP, CHUNK * HOP
    held, total, given = np.zeros(before, np.float32), 0, 0
    for block in blocks:
        held, total = np.concatenate([held, block.astype(np.float32, copy=False)]), total + len(block)
        while len(held) >= need:
            yield FeatureWindow(held[:need], CHUNK)
            held, given = held[step:], given + CHUNK
    rest = -(-total // HOP) - given
    held = np.pad(held, (0, need + step))
    while rest > 0:
        yield FeatureWindow(held[:need], min(rest, CHUNK))
        held, rest = held[step:], rest - CHUNK


@dataclass(frozen=True)
class OnnxNoteTranscriber:
    """Transcribes pitched parts. The onnxruntime session is made on first use."""

    file: Path | None = None
    spectrogram: LogSpectrogram = field(default_factory=LogSpectrogram)

    @cached_property
    def weights(self) -> Weights:
        return Weights("note-transcriber", file_digest(self._path))

    @property
    def _path(self) -> Path:
        return self.file or NOTE_TRANSCRIBER_WEIGHTS

    def transcribe(self, blocks: Iterable[Array], rate: int) -> Posteriors:
        """Mono blocks of any size at `rate` Hz. Memory is bounded except for the result (75 kB a second)."""
        return join_posteriors(self.passages(blocks, rate))

    def passages(self, blocks: Iterable[Array], rate: int) -> Iterator[Posteriors]:
        """The same, piece by piece."""
        return (self._run_window(window) for window in feature_windows(resample(blocks, rate, RATE)))

    def _run_window(self, window: FeatureWindow) -> Posteriors:
        features = self.spectrogram.frames(window.samples, CHUNK + 2 * CONTEXT)
        note, onset, contour = self._session.run(["note", "onset", "contour"], {"features": features[None]})
        middle = np.pad(contour[:, :, 1:], ((0, 0), (0, 0), (0, 1)))
        inner = slice(CONTEXT, CONTEXT + window.frames)
        note, onset, contour = (each[0, inner].astype(np.float16) for each in (note, onset, middle))
        return Posteriors(note, onset, contour)

    @cached_property
    def _session(self) -> Any:
        return open_onnx(Path(self._path))


class StreamingTranscriber(Protocol):
    """A note transcriber that answers as it hears."""

    @property
    def weights(self) -> Weights: ...
    def passages(self, blocks: Iterable[Array], rate: int) -> Iterator[Posteriors]: ...


@dataclass(frozen=True)
class MeanTranscriber:
    """Two networks that were taught differently: what both hear is there, what only one hears is half as sure."""

    first: StreamingTranscriber
    second: StreamingTranscriber

    @property
    def weights(self) -> Weights:
        both = (self.first.weights, self.second.weights)
        digest = hashlib.sha256("".join(each.sha256 for each in both).encode()).hexdigest()
        return Weights(" and ".join(each.name for each in both), digest)

    def transcribe(self, blocks: Iterable[Array], rate: int) -> Posteriors:
        """Mono blocks of any size at `rate` Hz. The two take turns, so that few blocks wait for the slower one."""
        streams = [one.passages(copy, rate) for one, copy in zip((self.first, self.second), tee(blocks), strict=True)]
        found: tuple[list[Posteriors], list[Posteriors]] = ([], [])
        frames, waiting = [0, 0], {0, 1}
        while waiting:
            turn = min(waiting, key=lambda each: frames[each])
            passage = next(streams[turn], None)
            if passage is None:
                waiting.remove(turn)
                continue
            found[turn].append(passage)
            frames[turn] += len(passage.note)
        first, second = map(join_posteriors, found)
        return Posteriors(
            _mean(first.note, second.note), _mean(first.onset, second.onset), _mean(first.contour, second.contour)
        )


def _mean(one: NDArray[np.float16], other: NDArray[np.float16]) -> NDArray[np.float16]:
    """A frame that one network does not answer for is left out."""
    rows = min(len(one), len(other))
    return np.asarray((one[:rows] + other[:rows]) * np.float16(0.5), np.float16)
