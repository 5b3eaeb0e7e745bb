"""The note transcriber, Basic Pitch on its ONNX file: audio in, what sounds on 88 keys out, without TensorFlow.

R. M. Bittner et al., "A Lightweight Instrument-Agnostic Model for Polyphonic Note Transcription and Multipitch
Estimation", ICASSP 2022. The network hears windows of 43844 samples at 22.05 kHz and knows least at their edges:
the outer 15 of its 172 frames are dropped. Windows start a whole number of frames apart, so that the frames of a
long file lie on one even raster.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.backends.device import open_onnx
from daemon.pipeline.audio.resample import resample
from daemon.pipeline.pitched.polyphonic import HOP, RATE, Posteriors, join_posteriors
from daemon.pipeline.records import Weights
from daemon.weights import BASIC_PITCH_FOLDER

WINDOW = 43844
MARGIN = 15  # frames at each end of a window
KEPT_FRAMES = 141  # frames of a window that count; one more overlaps the next window
BATCH = 4  # windows at a time
SHA256 = "2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec"

_INPUT = "serving_default_input_2:0"
_NOTE, _ONSET, _CONTOUR = (f"StatefulPartitionedCall:{i}" for i in (1, 2, 0))

Array = NDArray[np.float32]


def packaged_weights() -> Path:
    return BASIC_PITCH_FOLDER / "nmp.onnx"


@dataclass(frozen=True)
class BasicPitch:
    """Transcribes mono audio. The onnxruntime session is made on first use."""

    file: Path | None = None

    @property
    def weights(self) -> Weights:
        return Weights("basic-pitch", SHA256)

    def transcribe(self, blocks: Iterable[Array], rate: int) -> Posteriors:
        """Mono blocks of any size at `rate` Hz. Memory is bounded except for the result (75 kB a second)."""
        return join_posteriors(self.passages(blocks, rate))

    def passages(self, blocks: Iterable[Array], rate: int) -> Iterator[Posteriors]:
        """The same, piece by piece."""
        return (self._run_batch(batch) for batch in batches(resample(blocks, rate, RATE)))

    def _run_batch(self, batch: "Batch") -> Posteriors:
        outputs = self._session.run([_NOTE, _ONSET, _CONTOUR], {_INPUT: batch.windows[..., None]})
        inner = [each[:, MARGIN : MARGIN + KEPT_FRAMES] for each in outputs]
        return Posteriors(*(each.reshape(-1, each.shape[-1])[: batch.frames].astype(np.float16) for each in inner))

    @cached_property
    def _session(self) -> Any:
        return open_onnx(self.file or packaged_weights())


@dataclass(frozen=True, slots=True)
class Batch:
    """(windows, WINDOW) samples, of which `frames` frames are sound and not filling."""

    windows: Array
    frames: int


def batches(blocks: Iterable[Array]) -> Iterator[Batch]:
    """Windows that overlap by their margins, the first with silence before the sound, the last with silence after."""
    step = KEPT_FRAMES * HOP
    need = WINDOW + (BATCH - 1) * step
    held, total, given = np.zeros(MARGIN * HOP, np.float32), 0, 0
    for block in blocks:
        held, total = np.concatenate([held, block]), total + len(block)
        while len(held) >= need:
            yield Batch(_windows(held[:need], step), BATCH * KEPT_FRAMES)
            held, given = held[BATCH * step :], given + BATCH * KEPT_FRAMES
    rest = -(-total // HOP) - given
    while rest > 0:
        count = min(BATCH, -(-rest // KEPT_FRAMES))
        size = WINDOW + (count - 1) * step
        yield Batch(_windows(np.pad(held, (0, size))[:size], step), min(rest, count * KEPT_FRAMES))
        held, rest = held[count * step :], rest - count * KEPT_FRAMES


def _windows(samples: Array, step: int) -> Array:
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::step])
