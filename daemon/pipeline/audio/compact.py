"""The sound of a finished stage in half of the bytes and less: 24 bits in FLAC in place of 32-bit floats.

It is rounded before anybody reads it, so that a stage finds the same sound now and when it comes from the cache. Stems
are delivered in 24 bits, so nothing of what leaves is lost.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from daemon.pipeline.records import Audio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SOFT = 4.0  # gain of a sound 12 dB softer than songs are: of what is softer still, too few of the 24 bits would be used
_FULL = 1 << 23
_QUICK = 0.4  # of FLAC's compression levels, 0 to 1: level 3

T = TypeVar("T")


def compact_sounds(record: T, folder: Path) -> T:
    """`record` of a stage with its sounds in `folder` as FLAC.

    What passes full scale stays as it is, and what is soft and has more than 24 bits.
    """
    return _compact(record, folder)


def _compact(value: Any, folder: Path) -> Any:
    if isinstance(value, Audio):
        return _compact_sound(value) if value.path.parent == folder else value
    if isinstance(value, Mapping):
        return {name: _compact(item, folder) for name, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        named = {field.name: getattr(value, field.name) for field in fields(value)}
        held = {name: item for name, item in named.items() if isinstance(item, Mapping) or is_dataclass(item)}
        return replace(value, **{name: _compact(item, folder) for name, item in held.items()})
    return value


def _compact_sound(audio: Audio) -> Audio:
    """As FLAC; as it is where it does not fit into one, or the disk has no room beside it."""
    import soundfile

    target, fits = audio.path.with_suffix(".flac"), False
    with suppress(soundfile.LibsndfileError, AssertionError, OSError):  # AssertionError: its way to say a disk is full
        fits = _write_flac(audio, target)
    (audio.path if fits else target).unlink(missing_ok=True)
    return replace(audio, path=target) if fits else audio


def _write_flac(audio: Audio, target: Path) -> bool:
    """Whether all of it fits."""
    from soundfile import SoundFile

    form = {"format": "FLAC", "compression_level": _QUICK}
    with SoundFile(target, "w", audio.rate, audio.channels, "PCM_24", **form) as file:
        for block in audio.blocks():
            whole = _whole_numbers(block, exact=audio.gain > SOFT)
            if whole is None:
                return False
            file.write(whole.T)
    return True


def _whole_numbers(block: "NDArray[np.float32]", exact: bool) -> "NDArray[np.int32] | None":
    """At the top of 32 bits, as libsndfile takes them; None if they pass full scale, or are to be exact and are not."""
    import numpy as np

    scaled = block * np.float32(_FULL)
    steps = np.rint(scaled)
    if steps.size and not -_FULL <= steps.min() <= steps.max() < _FULL:
        return None
    if exact and not np.array_equal(steps, scaled):
        return None
    return steps.astype(np.int32) << 8
