"""The media process: work on sound that would make MIDI late in the daemon, a few tasks at a time.

    python -P -m daemon.inlets.http.media_process < tasks.json

A busy thread in the daemon would make MIDI late. On failure the last line of stderr says why.
"""

import os
import struct
import sys
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import TypeAdapter

from daemon.child_process import read_request
from daemon.errors import SidestickError
from daemon.outlets.stems import StemSound, write_sound
from daemon.pipeline.cache import StageCache

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BIN = 256  # frames in a bin of the peaks
PEAKS, PICTURE = "peaks.npy", "spectrogram.png"

_NICE = 10
_WINDOW, _ROWS, _COLUMNS = 4096, 256, 1600
_DEPTH = 80.0  # dB
_SHADES = ((0, 0, 4), (40, 11, 84), (101, 21, 110), (159, 42, 99), (212, 72, 66), (245, 125, 21), (252, 255, 164))


@dataclass(frozen=True, slots=True)
class MediaTask:
    """A result for the cache at `root`, under `key`. `encoded` is `sound` times `gain` as wav, flac or mp3."""

    what: Literal["encoded", "peaks", "spectrogram"]
    root: Path
    key: str
    sound: StemSound
    audio_format: str = "wav"
    gain: float = 1.0


def run_task(task: MediaTask) -> None:
    """Raises WorkFailed."""
    StageCache(task.root).obtain(task.what, task.key, partial(_make, task))


def _make(task: MediaTask, folder: Path) -> None:
    if task.what == "encoded":
        write_sound(task.sound, folder / f"sound.{task.audio_format}", task.audio_format, task.gain)
    elif task.what == "peaks":
        write_peaks(task.sound, folder / PEAKS)
    else:
        write_spectrogram(task.sound, folder / PICTURE)


def write_peaks(sound: StemSound, target: Path) -> None:
    """(2, bins) float32: the least and the greatest sample of all channels in each BIN frames."""
    import numpy as np

    found = []
    for block in sound.blocks():
        starts = np.arange(0, block.shape[1], BIN)
        low, high = block.min(axis=0), block.max(axis=0)
        found.append(np.stack([np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)]))
    np.save(target, np.concatenate(found, axis=1) if found else np.zeros((2, 0), np.float32))


def write_spectrogram(sound: StemSound, target: Path) -> None:
    """A picture of up to 1600 x 256 pixels: time to the right, 40 Hz to 16 kHz upwards by octaves, 80 dB of shades."""
    import numpy as np

    from daemon.pipeline.audio.mono import mono_mix
    from daemon.pipeline.audio.stft import band_levels

    columns = max(1, min(_COLUMNS, sound.audio.frames // (_WINDOW // 4)))
    places = np.linspace(0, max(0, sound.audio.frames - _WINDOW), columns).astype(int)
    mono = mono_mix(sound.audio)
    levels = np.stack([band_levels(mono.read(int(at), _WINDOW), _WINDOW, _ROWS) for at in places], axis=1)
    shades = np.clip(255 * (1 + (levels - levels.max()) / _DEPTH), 0, 255).astype(np.uint8)
    target.write_bytes(encode_png(shades[::-1]))


def encode_png(shades: "NDArray[np.uint8]") -> bytes:
    """A picture of (rows, columns) shades 0..255, from dark to bright, as a PNG with a palette."""
    import numpy as np

    rows, columns = shades.shape
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    stops = np.array(_SHADES, float)
    at = np.linspace(0, len(stops) - 1, 256)
    palette = np.stack([np.interp(at, range(len(stops)), stops[:, colour]) for colour in range(3)], axis=1)
    lines = np.hstack([np.zeros((rows, 1), np.uint8), shades])
    colours, pixels = palette.astype(np.uint8).tobytes(), zlib.compress(lines.tobytes())
    parts = {b"IHDR": header, b"PLTE": colours, b"IDAT": pixels, b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, data) for kind, data in parts.items())


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main() -> int:
    if hasattr(os, "nice"):
        os.nice(_NICE)
    line = read_request()
    try:
        for task in TypeAdapter(list[MediaTask]).validate_json(line):
            run_task(task)
    except SidestickError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
