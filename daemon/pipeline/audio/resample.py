"""Resampling, block by block, for networks that work at a sample rate of their own."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def resample(blocks: Iterable[Floats], rate: int, target_rate: int) -> Iterator[Floats]:
    """Mono blocks at `rate` Hz as mono blocks of other sizes at `wanted` Hz, without delay."""
    import soxr

    stream = soxr.ResampleStream(rate, target_rate, 1, dtype="float32")
    for block in blocks:
        yield stream.resample_chunk(np.ascontiguousarray(block, np.float32))
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)
