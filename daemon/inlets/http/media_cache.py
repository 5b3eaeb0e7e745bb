"""Sound for ears and eyes: encoded stems, waveforms and pictures, each made once in the darkroom, then cached."""

import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from daemon.errors import StageFailed
from daemon.inlets.http.media_process import BIN, PEAKS, PICTURE, Order
from daemon.outlets.stems import CEILING, Sound
from daemon.pipeline.cache import Workspace, key
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

    def __init__(self, root: Path) -> None:
        self._root = root
        self._cache = Workspace(root)
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._measuring = threading.Lock()
        self._busy: set[subprocess.Popen[bytes]] = set()

    def encoded(self, sounds: Mapping[str, Sound], name: str, form: str) -> Path:
        """`sounds[name]` as wav, flac or mp3. All sounds of the song are as loud beside each other as in the mix."""
        sound = sounds[name]
        if form == "wav" and sound.without is None:
            return sound.audio.path
        gain = self._gain(sounds, form)
        named = key(VERSION, _name(sound), form, round(gain, 6))
        self._have_made([Order("encoded", self._root, named, sound, form, gain)])
        return self._found("encoded", named) / f"sound.{form}"

    def picture(self, sound: Sound) -> Path:
        """A spectrogram as PNG."""
        named = key(VERSION, _name(sound))
        self._have_made([Order("spectrogram", self._root, named, sound)])
        return self._found("spectrogram", named) / PICTURE

    def waveform(self, sounds: Mapping[str, Sound], name: str, span: Span) -> dict[str, Any]:
        """The least and the greatest sample of `sounds[name]` at each point."""
        sound = sounds[name]
        frames = sound.audio.frames
        first, last = (min(frames, max(0, round(at * RATE))) for at in (span.start, span.end))
        if last - first < span.points * BIN:
            values = _samples(sound, first, last)
        else:
            values = self._peaks(sounds)[name][:, first // BIN : -(-last // BIN)]
        return {"start": first / RATE, "end": last / RATE, **_drawn(values, span.points)}

    def close(self) -> None:
        """Nobody waits for the orders any more."""
        for process in list(self._busy):
            process.kill()

    def _gain(self, sounds: Mapping[str, Sound], form: str) -> float:
        if form not in CEILING:
            return 1.0
        peak = max((float(abs(peaks).max(initial=0.0)) for peaks in self._peaks(sounds).values()), default=0.0)
        return min(1.0, CEILING[form] / peak) if peak else 1.0

    def _peaks(self, sounds: Mapping[str, Sound]) -> "dict[str, NDArray[np.float32]]":
        """Of all sounds of a song, because who asks for one soon asks for the others."""
        import numpy as np

        keys = {name: key(VERSION, _name(sound)) for name, sound in sounds.items()}
        with self._measuring:
            self._have_made([Order("peaks", self._root, keys[name], sound) for name, sound in sounds.items()])
        return {name: np.load(self._found("peaks", named) / PEAKS) for name, named in keys.items()}

    def _found(self, what: str, named: str) -> Path:
        folder = self._cache.recall(what, named)
        if folder is None:
            raise StageFailed(what, "The cache could not keep the result. Set cache.max_gigabytes higher.")
        return folder

    def _have_made(self, orders: list[Order]) -> None:
        orders = [order for order in orders if self._cache.recall(order.what, order.key) is None]
        if not orders:
            return
        command = [sys.executable, "-m", "daemon.inlets.http.media_process"]
        with self._slots, subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            self._busy.add(process)
            try:
                _, said = process.communicate(TypeAdapter(list[Order]).dump_json(orders), timeout=_LONGEST)
            except subprocess.TimeoutExpired:
                process.kill()
                raise StageFailed("sound", "It took too long and was given up. Try a shorter song.") from None
            finally:
                self._busy.discard(process)
        if process.returncode:
            reason = said.decode(errors="replace").strip().splitlines()
            raise StageFailed("sound", reason[-1] if reason else "The work was ended from outside. Try again.")


def _drawn(values: "NDArray[np.float32]", points: int) -> dict[str, list[float]]:
    """(2, n) lowest and highest as at most `points` of each."""
    import numpy as np

    count = min(points, values.shape[1])
    if not count:
        return {"min": [], "max": []}
    edges = np.linspace(0, values.shape[1], count, endpoint=False).astype(int)
    low, high = np.minimum.reduceat(values[0], edges), np.maximum.reduceat(values[1], edges)
    return {"min": low.astype(float).round(4).tolist(), "max": high.astype(float).round(4).tolist()}


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
