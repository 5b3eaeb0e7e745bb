"""One sound taken away from another that contains it, block by block."""

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
        yield audio.read(start, block) - prepare(without.read(start, block))
