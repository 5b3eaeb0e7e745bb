"""Sound for ears and eyes: encoded stems, waveforms and pictures, each made once in the darkroom, then cached."""

import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from daemon.errors import Rejected, StageFailed
from daemon.inlets.http.darkroom import BIN, PEAKS, PICTURE, Order
from daemon.jobs.workspace import Workspace, key
from daemon.outlets.stems import CEILING, FORMATS, Sound
from daemon.pipeline.records import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1  # of what the darkroom makes
AT_ONCE = 2  # processes

_LONGEST = 900.0  # seconds for one order


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end` in seconds, shown by `points` points."""

    start: float
    end: float
    points: int


class Lab:
    """Every method may be called from any thread, and waits until the result is there. Raises StageFailed."""

    def __init__(self, cache: Workspace) -> None:
        self._cache = cache
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._busy: set[subprocess.Popen[bytes]] = set()

    def encoded(self, sounds: Mapping[str, Sound], name: str, form: str) -> Path:
        """`sounds[name]` as wav, flac or mp3. All sounds of the song are as loud beside each other as in the mix."""
        sound = sounds[name]
        if form == "wav" and sound.without is None:
            return sound.audio.path
        gain = self._gain(sounds, form)

        def fill(folder: Path) -> None:
            self._have_made(Order("encode", sound, folder / f"{name}.{form}", form, gain))

        place = self._cache.obtain("encoded", key(VERSION, _name(sound), form, round(gain, 6)), fill)
        return next(place.glob(f"*.{form}"))

    def picture(self, sound: Sound) -> Path:
        """A spectrogram as PNG."""
        return self._made("spectrogram", sound) / PICTURE

    def waveform(self, sound: Sound, span: Span) -> dict[str, Any]:
        """The least and the greatest sample at each point."""
        import numpy as np

        frames = sound.audio.frames
        first, last = (min(frames, max(0, round(at * RATE))) for at in (span.start, span.end))
        fine = last - first < span.points * BIN
        values = _samples(sound, first, last) if fine else self._peaks(sound)[:, first // BIN : -(-last // BIN)]
        count = min(span.points, values.shape[1])
        if not count:
            return {"start": first / RATE, "end": last / RATE, "min": [], "max": []}
        edges = np.linspace(0, values.shape[1], count, endpoint=False).astype(int)
        low, high = np.minimum.reduceat(values[0], edges), np.maximum.reduceat(values[1], edges)
        shown = {"min": np.round(low, 4).astype(float).tolist(), "max": np.round(high, 4).astype(float).tolist()}
        return {"start": first / RATE, "end": last / RATE, **shown}

    def close(self) -> None:
        """Nobody waits for the orders any more."""
        for process in list(self._busy):
            process.kill()

    def _gain(self, sounds: Mapping[str, Sound], form: str) -> float:
        if form not in FORMATS:
            raise Rejected("bad_option", f"{form!r} is not a format for sound. Use {', '.join(FORMATS)}.")
        if form not in CEILING:
            return 1.0
        peak = max((float(abs(self._peaks(sound)).max(initial=0.0)) for sound in sounds.values()), default=0.0)
        return min(1.0, CEILING[form] / peak) if peak else 1.0

    def _peaks(self, sound: Sound) -> "NDArray[np.float32]":
        import numpy as np

        found: NDArray[np.float32] = np.load(self._made("peaks", sound) / PEAKS)
        return found

    def _made(self, what: Any, sound: Sound) -> Path:
        fill = lambda folder: self._have_made(Order(what, sound, folder))  # noqa: E731
        return self._cache.obtain(what, key(VERSION, _name(sound)), fill)

    def _have_made(self, order: Order) -> None:
        command = [sys.executable, "-m", "daemon.inlets.http.darkroom"]
        with self._slots, subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            self._busy.add(process)
            try:
                _, said = process.communicate(TypeAdapter(Order).dump_json(order), timeout=_LONGEST)
            except subprocess.TimeoutExpired:
                process.kill()
                raise StageFailed(order.what, "It took too long and was given up. Try a shorter song.") from None
            finally:
                self._busy.discard(process)
        if process.returncode:
            reason = said.decode(errors="replace").strip().splitlines()
            raise StageFailed(order.what, reason[-1] if reason else "The work was ended from outside. Try again.")


def _name(sound: Sound) -> list[str]:
    """A stage's result is named by what it was made from, so that its folder's name names the sound."""
    files = [sound.audio, *([sound.without] if sound.without else [])]
    return [f"{audio.path.parent.name}/{audio.path.name}" for audio in files]


def _samples(sound: Sound, first: int, last: int) -> "NDArray[np.float32]":
    """(2, frames): the lowest and the highest of all channels, twice the same for mono."""
    import numpy as np

    block = sound.audio.read(first, last - first)
    if sound.without is not None:
        block = block - sound.without.read(first, last - first)
    return np.stack([block.min(axis=0), block.max(axis=0)])
