"""Writes the float32 WAV files of the workspace: whole or not at all, and never more than a block in memory.

The header is written here, not by libsndfile, because that turns a full disk into an assertion.
"""

import errno
import os
import struct
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from daemon.errors import DiskFailed, StageFailed
from daemon.pipeline.records import RATE, Audio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HEADER = struct.Struct("<4sI4s 4sIHHIIHH 4sII 4sI")
FLOAT_FORMAT = 3  # the format tag of IEEE floats
MAX_BYTES = 0xFFFFFFFF - HEADER.size  # a RIFF header counts bytes in 32 bits


def wav_header(frames: int, channels: int) -> bytes:
    """All that comes before the first sample."""
    step = 4 * channels
    size = min(frames * step, MAX_BYTES)
    riff = (b"RIFF", HEADER.size - 8 + size, b"WAVE")
    layout = (b"fmt ", 16, FLOAT_FORMAT, channels, RATE, RATE * step, step, 32)
    return HEADER.pack(*riff, *layout, b"fact", 4, frames, b"data", size)


class WavWriter:
    """Context manager: `write` blocks, then take `audio`. An exception leaves no file, not even half of one.

    `gain` is that of the audio. A disk that is full or refuses becomes DiskFailed.
    """

    def __init__(self, target: Path, *, stage: str, channels: int = 2, gain: float = 1.0) -> None:
        self._target = target
        self._partial = target.with_name(f".{target.name}.{os.getpid()}.part")
        self._stage = stage
        self._channels = channels
        self._gain = gain
        self.frames = 0

    @property
    def audio(self) -> Audio:
        return Audio(self._target, self.frames, self._channels, gain=self._gain)

    def __enter__(self) -> Self:
        try:
            self._file = self._partial.open("wb")
        except OSError as error:
            raise self._write_error(error) from error
        self._write_bytes(self._header())
        return self

    def write(self, block: "NDArray[np.float32]") -> None:
        """Append (channels, frames)."""
        if self._bytes(self.frames + block.shape[1]) > MAX_BYTES:
            raise StageFailed(self._stage, f"{self._target.name} would pass 4 GB. Cut the song into parts.")
        self._write_bytes(block.T.astype("<f4", order="C", copy=False).tobytes())
        self.frames += block.shape[1]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        except OSError as refusal:
            raise self._write_error(refusal) from refusal
        finally:
            self._discard()

    def _finish(self) -> None:
        self._file.seek(0)
        self._file.write(self._header())
        self._file.close()
        self._partial.replace(self._target)

    def _discard(self) -> None:
        try:
            self._file.close()
        except OSError:
            pass  # what could not be written is thrown away with the file
        finally:
            self._partial.unlink(missing_ok=True)

    def _write_bytes(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise self._write_error(error) from error

    def _bytes(self, frames: int) -> int:
        return frames * self._channels * 4

    def _header(self) -> bytes:
        return wav_header(self.frames, self._channels)

    def _write_error(self, error: OSError) -> DiskFailed:
        folder = self._target.parent
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return DiskFailed(f"The disk of {folder} is full. Free some space and try again.")
        reason = f"{folder} cannot be written to ({error.strerror}). Choose a folder that you may write to."
        return DiskFailed(reason)
