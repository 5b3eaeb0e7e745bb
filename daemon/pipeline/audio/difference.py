"""One sound taken away from another that contains it, piece by piece."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.records import Audio

Samples = NDArray[np.float32]


def difference(
    audio: Audio, without: Audio, block: int, prepare: Callable[[Samples], Samples] = lambda samples: samples
) -> Iterator[Samples]:
    """`audio` less `without` as (channels, <= block frames) in order; `prepare` is done to what is taken away."""
    for start in range(0, audio.frames, block):
        yield read_difference(audio, without, start, block, prepare)


def read_difference(
    audio: Audio,
    without: Audio | None,
    start: int,
    frames: int,
    prepare: Callable[[Samples], Samples] = lambda samples: samples,
) -> Samples:
    """The piece from `start`, (channels, <= frames); all of `audio` if there is nothing to take away."""
    block = audio.read(start, frames)
    return block if without is None else block - prepare(without.read(start, frames))
