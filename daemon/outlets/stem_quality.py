"""Stems at the rate and depth of the song's file, for projects that run at 48 or 96 kHz.

Everything inside is 44.1 kHz; a stem is brought to the file's rate by soxr, which adds nothing above 22 kHz.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.errors import SidestickError
from daemon.pipeline.audio.probe import Limits, probe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HIGHEST_MP3 = 48000  # Hz; MPEG-1 layer III has no more
_UNLIMITED = Limits(max_seconds=float("inf"), max_bytes=1 << 62, min_seconds=0.0)
_DEPTHS = {
    "wav": {"PCM_U8": "PCM_16", "PCM_S8": "PCM_16", "PCM_16": "PCM_16", "PCM_24": "PCM_24", "PCM_32": "PCM_32"},
    "flac": {"PCM_U8": "PCM_16", "PCM_S8": "PCM_16", "PCM_16": "PCM_16"},
}


@dataclass(frozen=True, slots=True)
class StemQuality:
    """Rate in Hz, and libsndfile's name of the depth; '' is that which stems have anyway."""

    rate: int
    subtype: str = ""

    @property
    def is_whole_numbers(self) -> bool:
        return self.subtype.startswith("PCM")

    @property
    def bits(self) -> int:
        """Of a whole number; more than 24 would hold nothing."""
        return 16 if self.subtype == "PCM_16" else 24


def find_quality(source: Path, form: str) -> StemQuality | None:
    """What stems in the format `form` must have to be like `source`; None where nothing tells, as if it is gone."""
    try:
        rate = probe(source, _UNLIMITED).rate
    except (SidestickError, OSError):
        return None
    if form == "mp3":
        return StemQuality(rate) if rate <= HIGHEST_MP3 else None
    return StemQuality(rate, _DEPTHS.get(form, {}).get(_subtype(source), ""))


def _subtype(source: Path) -> str:
    """Of a file that libsndfile reads; others are lossy."""
    import soundfile

    try:
        return str(soundfile.info(source).subtype)
    except (soundfile.LibsndfileError, OSError):
        return ""


def resample_blocks(
    blocks: "Iterator[NDArray[np.float32]]", channels: int, rates: tuple[int, int], frames: int
) -> "Iterator[NDArray[np.float32]]":
    """Blocks (channels, frames) at the second rate, `frames` of them in all, from blocks at the first."""
    import numpy as np
    import soxr

    stream, left = soxr.ResampleStream(*rates, channels, dtype="float32"), frames
    for block in blocks:
        made = stream.resample_chunk(np.ascontiguousarray(block.T))[:left]
        left -= len(made)
        yield made.T
    made = stream.resample_chunk(np.zeros((0, channels), np.float32), last=True)[:left]
    yield np.concatenate([made, np.zeros((left - len(made), channels), np.float32)]).T
