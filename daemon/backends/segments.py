"""A long file through a network that takes a few seconds at a time: which segments, and how they join."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Segment:
    """`length` frames from `start` on. What lies between `head` and `tail` (frames of the file) counts.

    The first `fade_in` of them rise while the segment before falls; the rest of the overlap is not used, because
    a network knows least at the edges of what it hears.
    """

    start: int
    length: int
    head: int
    tail: int
    fade_in: int
    fade_out: int


def plan(frames: int, length: int, overlap: float) -> list[Segment]:
    """As few segments of `length` as cover `frames` with at least `overlap` (of a length) in common, evenly."""
    fade = round(overlap * length)
    count = 1 if frames <= length else ceil((frames - fade) / (length - fade))
    starts = [round(index * (frames - length) / max(1, count - 1)) for index in range(count)]
    joints = [(a + length + b) // 2 - fade // 2 for a, b in itertools.pairwise(starts)]
    heads = [0, *joints]
    tails = [*(joint + fade for joint in joints), frames]
    return [
        Segment(start, length, head, tail, fade if index else 0, fade if index < count - 1 else 0)
        for index, (start, head, tail) in enumerate(zip(starts, heads, tails, strict=True))
    ]


def join(segments: Iterable[tuple[Segment, Samples]]) -> Iterator[Samples]:
    """Cross-fade separated segments, (..., length) each, into one stream without gaps, in order."""
    pending: Samples | None = None
    for segment, samples in segments:
        part = samples[..., segment.head - segment.start : segment.tail - segment.start].copy()
        if segment.fade_in and pending is not None:
            part[..., : segment.fade_in] *= _ramp(segment.fade_in)
            part[..., : segment.fade_in] += pending
        kept = part.shape[-1] - segment.fade_out
        pending = part[..., kept:] * _ramp(segment.fade_out)[::-1]
        yield part[..., :kept]


def _ramp(frames: int) -> Samples:
    """Rises so that it and its mirror image add up to one."""
    return ((np.arange(frames, dtype=np.float32) + 0.5) / max(1, frames)).astype(np.float32)
