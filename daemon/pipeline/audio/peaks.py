"""The one peak picker: where a curve is highest, no two peaks too close, and where between two frames one lies."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

Floats = NDArray[np.float32]


def local_maxima(curve: "NDArray[np.floating]", width: int) -> NDArray[np.int64]:
    """Frames above 0 that no other of the `width` (odd) around them exceeds."""
    return np.flatnonzero((curve == maximum_filter1d(curve, width, mode="constant")) & (curve > 0))


def thin_peaks(frames: NDArray[np.int64], strengths: Floats, gap: float) -> NDArray[np.int64]:
    """`frames` (sorted) thinned so that none are closer than `gap`; of two that are, the stronger stays."""
    kept: list[int] = []
    for i in range(len(frames)):
        if kept and frames[i] - frames[kept[-1]] < gap:
            if strengths[i] > strengths[kept[-1]]:
                kept[-1] = i
        else:
            kept.append(i)
    return frames[kept]


def vertex(curve: Floats, i: int) -> float:
    """Where, in frames from `i`, the parabola through three points peaks."""
    if not 0 < i < len(curve) - 1:
        return 0.0
    before, at, after = (float(v) for v in curve[i - 1 : i + 2])
    bend = before - 2 * at + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0 else 0.0
