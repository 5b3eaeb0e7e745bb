"""The media cache: encoded stems, waveforms and spectrograms, each made once by the media process."""

import os
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from daemon.child_process import ChildProcesses, module_command
from daemon.errors import CacheFailed, StageFailed
from daemon.inlets.http.media_process import BIN, PEAKS, PICTURE, MediaTask
from daemon.outlets.stems import CEILING, StemSound
from daemon.pipeline.cache import StageCache, key
from daemon.pipeline.records import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1  # of what the media process makes
MOST_PROCESSES = max(2, min(4, os.cpu_count() or 2))  # processes

_TASKS = TypeAdapter(list[MediaTask])
_LONGEST = 900.0  # seconds for one process


@dataclass(frozen=True, slots=True)
class WaveformSpan:
    """From `start` to `end` in seconds, shown by `points` points."""

    start: float
    end: float
    points: int


class MediaCache:
    """Every method may be called from any thread, and waits until the result is there. Raises WorkFailed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._cache = StageCache(root)
        self._slots = threading.BoundedSemaphore(MOST_PROCESSES)
        self._peaks_lock = threading.Lock()
        self._processes = ChildProcesses()

    def encode(self, sounds: Mapping[str, StemSound], name: str, audio_format: str) -> Path:
        """`sounds[name]` as wav, flac or mp3. All sounds of the song are as loud beside each other as in the mix."""
        sound = sounds[name]
        if audio_format == "wav" and sound.without is None and sound.audio.path.suffix == ".wav":
            return sound.audio.path
        gain = self._gain(sounds, audio_format)
        named = key(VERSION, _sound_key(sound), audio_format, round(gain, 6))
        self._run_tasks([MediaTask("encoded", self._root, named, sound, audio_format, gain)])
        return self._result_folder("encoded", named) / f"sound.{audio_format}"

    def spectrogram(self, sound: StemSound) -> Path:
        """A spectrogram as PNG."""
        named = key(VERSION, _sound_key(sound))
        self._run_tasks([MediaTask("spectrogram", self._root, named, sound)])
        return self._result_folder("spectrogram", named) / PICTURE

    def waveform(self, sounds: Mapping[str, StemSound], name: str, span: WaveformSpan) -> dict[str, Any]:
        """The least and the greatest sample of `sounds[name]` at each point."""
        sound = sounds[name]
        frames = sound.audio.frames
        first, last = (min(frames, max(0, round(at * RATE))) for at in (span.start, span.end))
        if last - first < span.points * BIN:
            values = _sample_range(sound, first, last)
        else:
            values = self._peaks(sounds)[name][:, first // BIN : -(-last // BIN)]
        return {"start": first / RATE, "end": last / RATE, **_reduce_points(values, span.points)}

    def close(self) -> None:
        """Nobody waits for the tasks any more."""
        self._processes.close()

    def _gain(self, sounds: Mapping[str, StemSound], audio_format: str) -> float:
        if audio_format not in CEILING:
            return 1.0
        peak = max((float(abs(peaks).max(initial=0.0)) for peaks in self._peaks(sounds).values()), default=0.0)
        return min(1.0, CEILING[audio_format] / peak) if peak else 1.0

    def _peaks(self, sounds: Mapping[str, StemSound]) -> "dict[str, NDArray[np.float32]]":
        """Of all sounds of a song, because who asks for one soon asks for the others."""
        import numpy as np

        keys = {name: key(VERSION, _sound_key(sound)) for name, sound in sounds.items()}
        with self._peaks_lock:
            self._run_tasks([MediaTask("peaks", self._root, keys[name], sound) for name, sound in sounds.items()])
        return {name: np.load(self._result_folder("peaks", named) / PEAKS) for name, named in keys.items()}

    def _result_folder(self, what: str, named: str) -> Path:
        folder = self._cache.recall(what, named)
        if folder is None:
            raise CacheFailed("The cache could not keep the result. Set cache.max_gigabytes higher.")
        return folder

    def _run_tasks(self, tasks: list[MediaTask]) -> None:
        tasks = [task for task in tasks if self._cache.recall(task.what, task.key) is None]
        if not tasks:
            return
        command = module_command("daemon.inlets.http.media_process")
        self._root.mkdir(parents=True, exist_ok=True)
        with self._slots:
            try:
                status, reason = self._processes.run(command, _TASKS.dump_json(tasks), _LONGEST, self._root)
            except subprocess.TimeoutExpired:
                raise StageFailed("sound", "It took too long and was given up. Try a shorter song.") from None
        if status:
            raise StageFailed("sound", reason or "The work was ended from outside. Try again.")


def _reduce_points(values: "NDArray[np.float32]", points: int) -> dict[str, list[float]]:
    """(2, n) lowest and highest as at most `points` of each."""
    import numpy as np

    count = min(points, values.shape[1])
    if not count:
        return {"min": [], "max": []}
    edges = np.linspace(0, values.shape[1], count, endpoint=False).astype(int)
    low, high = np.minimum.reduceat(values[0], edges), np.maximum.reduceat(values[1], edges)
    return {"min": low.astype(float).round(4).tolist(), "max": high.astype(float).round(4).tolist()}


def _sound_key(sound: StemSound) -> list[str]:
    """A stage's result is named by what it was made from, so that its folder's name names the sound."""
    files = [sound.audio, *([sound.without] if sound.without else [])]
    return [f"{audio.path.parent.name}/{audio.path.name}" for audio in files]


def _sample_range(sound: StemSound, first: int, last: int) -> "NDArray[np.float32]":
    """(2, frames): the lowest and the highest of all channels, twice the same for mono."""
    import numpy as np

    block = sound.audio.read(first, last - first)
    if sound.without is not None:
        block = block - sound.without.read(first, last - first)
    return np.stack([block.min(axis=0), block.max(axis=0)])
