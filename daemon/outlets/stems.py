"""Stems and the backing track as files for the DAW: whole or not at all, block by block, as long as the song.

A stem is rounded to 24 bits before anything else happens to it. So a mix of 16 or 24 bits is, to the last bit, what
its drums and its backing track add up to, in WAV (32-bit floats, which never clip) and in FLAC. MP3 comes close.
"""

import errno
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.errors import StageFailed
from daemon.files import atomic_file
from daemon.outlets.stem_quality import StemQuality, resample_blocks
from daemon.pipeline.records import Audio
from daemon.remarks import remark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMATS = {"wav": ("WAV", "FLOAT"), "flac": ("FLAC", "PCM_24"), "mp3": ("MP3", "MPEG_LAYER_III")}
# A float WAV needs no headroom; the others cut off what is louder than this.
CEILING = {"flac": 1 - 2**-23, "mp3": 0.98}
BLOCK = 1 << 18
_BEST_MP3 = {"bitrate_mode": "CONSTANT", "compression_level": 0.0}  # 320 kbit/s
STEPS = 1 << 23
_FULL = 1 << 20  # bytes; what is left of a disk on which a block found no room is less


@dataclass(frozen=True, slots=True)
class StemSound:
    """A stem, or a mix with another sound taken away, behind some silence where files start with a bar."""

    audio: Audio
    without: Audio | None = None
    padding: int = 0  # frames of silence before it

    def blocks(self) -> "Iterator[NDArray[np.float32]]":
        """(channels, <= BLOCK frames) in order."""
        silence = (self._silence(start) for start in range(0, self.padding, BLOCK))
        if self.without is None:
            return chain(silence, map(round_block, self.audio.blocks(BLOCK)))
        from daemon.pipeline.audio.difference import difference

        return chain(silence, difference(self.audio, self.without, BLOCK, round_block))

    def _silence(self, start: int) -> "NDArray[np.float32]":
        """The block of the padding that begins with its frame `start`."""
        import numpy as np

        return np.zeros((self.audio.channels, min(BLOCK, self.padding - start)), np.float32)


def round_block(block: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """To multiples of 2^-23: a float32 holds these exactly up to 2, and so their sums and differences."""
    import numpy as np

    return np.asarray(np.rint(block * np.float32(STEPS)) / np.float32(STEPS), np.float32)


def backing_track(mix: Audio, drums: Audio) -> StemSound:
    """The mix minus the drums."""
    if mix.frames != drums.frames:
        raise StageFailed("stems", f"{drums.path.name} is not as long as {mix.path.name}. Separate the song again.")
    return StemSound(mix, drums)


def common_gain(sounds: Iterable[Audio | StemSound], fmt: str, whole_numbers: bool = False) -> float:
    """What to multiply every file of a set with so that none clips: 1 if none would, and always 1 for a float wav."""
    if fmt not in CEILING and whole_numbers:
        fmt = "flac"
    if fmt not in CEILING:
        return 1.0
    peak = max((_peak(each if isinstance(each, StemSound) else StemSound(each)) for each in sounds), default=0.0)
    return min(1.0, CEILING[fmt] / peak) if peak else 1.0


def gain_remark(gain: float, fmt: str) -> str:
    """The sentence for a set that had to be turned down."""
    from math import log10

    down = -20 * log10(gain)
    return remark("turned_down", form=fmt, down=f"{down:.1f}")


def _peak(sound: StemSound) -> float:
    return max((float(abs(block).max()) for block in sound.blocks() if block.size), default=0.0)


def write_sound(
    sound: StemSound, target: Path, fmt: str, gain: float = 1.0, quality: StemQuality | None = None
) -> Path:
    """Write `sound` times `gain` to `target` as wav, flac or mp3, at its own rate or `quality`. Raises StageFailed."""
    import soundfile

    if fmt not in FORMATS:
        raise StageFailed("stems", f"{fmt!r} is not a format for stems. Use wav, flac or mp3.")
    with atomic_file(target) as temporary:
        kind, subtype = FORMATS[fmt]
        given = quality or StemQuality(sound.audio.rate)
        try:
            _encode(sound, temporary, kind, replace(given, subtype=given.subtype or subtype), gain)
        except soundfile.LibsndfileError as error:
            full = shutil.disk_usage(target.parent).free < _FULL  # libsndfile says "system error" of everything
            raise OSError(errno.ENOSPC if full else 0, error.error_string.rstrip(".")) from error
    return target


def _encode(sound: StemSound, target: Path, kind: str, quality: StemQuality, gain: float) -> None:
    import numpy as np
    import soundfile

    audio, best = sound.audio, _BEST_MP3 if kind == "MP3" else {}
    blocks = sound.blocks()
    if quality.rate != audio.rate:
        frames = round((audio.frames + sound.padding) * quality.rate / audio.rate)
        blocks = resample_blocks(blocks, audio.channels, (audio.rate, quality.rate), frames)
    with soundfile.SoundFile(target, "w", quality.rate, audio.channels, quality.subtype, format=kind, **best) as file:
        for block in blocks:
            louder = (block * np.float32(gain)).T
            file.write(_whole_numbers(louder, quality.bits) if quality.is_whole_numbers else louder)


def _whole_numbers(block: "NDArray[np.float32]", bits: int) -> "NDArray[np.int32]":
    """`bits` at the top of 32, because libsndfile scales floats by 2^23 - 1 and not by 2^23, and cuts to 16 bits."""
    import numpy as np

    steps = 1 << (bits - 1)
    return np.clip(np.rint(block.astype(np.float64) * steps), -steps, steps - 1).astype(np.int32) << (32 - bits)
