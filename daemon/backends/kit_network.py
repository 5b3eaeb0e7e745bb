"""The embedded kit network: band levels of a drum stem in, what share of each band is whose out, without torch.

Conventions: levels are (frames, BANDS) on the raster of `daemon.pipeline.audio.stft`, shares (5, BANDS, frames) in the
order of `Drum`; the five add up to one. Training uses the same `features_of`.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.backends.device import open_onnx
from daemon.pipeline.audio.stft import WINDOW
from daemon.weights import KIT_NETWORK_WEIGHTS

BANDS = 114
COMPRESSION = 1e5
CONTEXT = 140
"""Frames that the network should see on each side of those that count (it uses 135)."""

Floats = NDArray[np.float32]


def features_of(power: Floats) -> Floats:
    """(frames, BANDS) compressed levels from band powers (channels, BANDS, frames), the mean of the channels.

    1 / COMPRESSION is the amplitude at which the curve bends from linear to logarithmic, 100 dB below full scale.
    """
    amplitude = np.sqrt(power.mean(axis=0)) * (4 / WINDOW)
    return np.log1p(COMPRESSION * amplitude).T.astype(np.float32)


@dataclass(frozen=True)
class OnnxKitNetwork:
    """The onnxruntime session is made on first use and may be called from several threads at once."""

    path: Path = KIT_NETWORK_WEIGHTS

    def __call__(self, power: Floats) -> Floats:
        """Shares (5, BANDS, frames) from band powers (channels, BANDS, frames)."""
        (shares,) = self._session.run(None, {"features": features_of(power)[None]})
        return np.ascontiguousarray(shares[0].transpose(0, 2, 1), dtype=np.float32)

    @cached_property
    def _session(self) -> Any:
        return open_onnx(self.path, threads=1)  # the blocks of a song are worked on side by side
