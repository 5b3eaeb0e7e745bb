"""Separation against the demucs command line with its defaults: time, quality, memory, in the same run.

    python -m tests.benchmarks.separation [FOLDER] [--seconds N] [--weights FOLDER]

FOLDER holds songs with their true stems: Song.flac, Song.drums.flac, Song.bass.flac ... Without it a synthetic song is
timed and no quality is told. --seconds repeats the first song up to that length and measures time and memory alone.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import soundfile
from numpy.typing import NDArray
from platformdirs import user_data_path

from daemon.backends.checkpoints import Checkpoints
from tests import synth

Samples = NDArray[np.float32]
DEMO = Path(__file__).parents[2] / "examples" / "war-of-freedom.ogg"
FAST = ("a short clip, mostly starting up", ">= 1.3")
PARTS = ("drums", "bass", "other", "vocals")
OURS = """
import sys
from pathlib import Path
from daemon.backends.checkpoints import Checkpoints
from daemon.backends.device import choose
from daemon.pipeline.records import Audio, Part
from daemon.pipeline.separate import separate
mix, frames, weights, folder, *parts = sys.argv[1:]
separate(Audio(Path(mix), int(frames)), map(Part, parts), name="htdemucs", folder=Path(folder),
         checkpoints=Checkpoints(Path(weights), offline=True), device=choose("cpu"), report=lambda _: None)
"""


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    value: float
    unit: str
    goal: str


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds on the clock and the most memory that the process and its children held at once, in GB."""

    seconds: float
    gigabytes: float


def measure(command: list[str]) -> Run:
    began, peak = time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, _resident(process.pid))
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:4])} ended with {process.returncode}")
    return Run(time.perf_counter() - began, peak / 1e9)


def _resident(pid: int) -> int:
    try:
        top = psutil.Process(pid)
        return sum(each.memory_info().rss for each in (top, *top.children(recursive=True)))
    except psutil.Error:
        return 0


def command_line(mix: Path, repository: Path, folder: Path) -> list[str]:
    options = ["-n", "htdemucs", "--repo", str(repository), "-d", "cpu", "--float32", "-o", str(folder)]
    return [sys.executable, "-m", "demucs", *options, str(mix)]


def ours(mix: Path, weights: Path, folder: Path) -> list[str]:
    frames = soundfile.info(mix).frames
    return [sys.executable, "-c", OURS, str(mix), str(frames), str(weights), str(folder), *PARTS]


def repository(weights: Path, folder: Path) -> Path:
    """The same weights in the layout that the command line reads."""
    import torch
    from demucs.states import get_state

    from daemon.backends import networks
    from daemon.backends.npm_mirror import architecture

    network = networks.load(weights, trusted=True)
    package = {"klass": type(network), "args": [], "kwargs": architecture(), "state": get_state(network, None)}
    torch.save(package, folder / "955717e8.th")
    (folder / "htdemucs.yaml").write_text("models: ['955717e8']\n")
    return folder


def sdr(true: Samples, found: Samples) -> float:
    """10 log10 of the energy of the true stem over that of the difference, whole file, all channels, dB."""
    return float(10 * np.log10(np.sum(true**2) / np.sum((true - found) ** 2)))


def songs(folder: Path | None, seconds: float | None, scratch: Path) -> Iterator[Path]:
    """Mixes as float32 WAV."""
    if folder is None:
        sources = [synth.play(synth.rock_beat(8), 20).T + synth.tone(220, 20).T]
        names = ["synthetic"]
    else:
        files = [each for each in sorted(folder.glob("*.flac")) if each.name.count(".") == 1]
        sources = [soundfile.read(each, dtype="float32", always_2d=True)[0] for each in files]
        names = [each.stem for each in files]
    if seconds:
        sources, names = [np.resize(sources[0], (int(seconds * 44100), 2))], names[:1]
    for name, samples in zip(names, sources, strict=True):
        path = scratch / f"{name}.wav"
        soundfile.write(path, samples, 44100, subtype="FLOAT")
        yield path


def two_minutes(scratch: Path) -> Path:
    """The song that ships with sidestick, four times: long enough that starting up does not count for much."""
    samples, rate = soundfile.read(DEMO, dtype="float32", always_2d=True)
    path = scratch / "two minutes.wav"
    soundfile.write(path, np.tile(samples, (4, 1)), rate, subtype="FLOAT")
    return path


def difference(song: str, truth: Path, theirs: Path, mine: Path) -> Iterator[tuple[str, float, float]]:
    """(stem, SDR of the command line, SDR of sidestick) for each stem whose truth is known."""
    for part in PARTS:
        true = truth / f"{song}.{part}.flac"
        if true.exists():
            known, before, now = (
                soundfile.read(each, dtype="float32")[0]
                for each in (true, theirs / f"{part}.wav", mine / f"{part}.wav")
            )
            yield part, sdr(known, before), sdr(known, now)


def rows(folder: Path | None, weights: Path, seconds: float | None = None) -> list[Row]:
    found: list[Row] = []
    file = Checkpoints(weights).fetch("htdemucs", lambda _: None)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        repo = scratch / "repository"
        repo.mkdir()
        repository(file, repo)
        found += _compare(two_minutes(scratch), weights, repo, scratch, None)
        for mix in songs(folder, seconds, scratch):
            found += _compare(mix, weights, repo, scratch, None if seconds else folder)
    return found


def _compare(mix: Path, weights: Path, repo: Path, scratch: Path, truth: Path | None) -> list[Row]:
    mine = measure(ours(mix, weights, scratch / "mine"))
    theirs = measure(command_line(mix, repo, scratch / "theirs"))
    found = [
        Row(f"{mix.stem}: times as fast as the demucs CLI", theirs.seconds / mine.seconds, "x", FAST[not truth]),
        Row(f"{mix.stem}: peak memory", mine.gigabytes, "GB", "<= 3"),
    ]
    if truth:
        for part, before, now in difference(mix.stem, truth, scratch / "theirs/htdemucs" / mix.stem, scratch / "mine"):
            name = f"{mix.stem}: {part} SDR {now:.2f} dB, the command line {before:.2f}, difference"
            found.append(Row(name, now - before, "dB", ">= -0.1"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--weights", type=Path, default=user_data_path("sidestick") / "models")
    asked = parser.parse_args()
    for row in rows(asked.folder, asked.weights, asked.seconds):
        print(f"{row.name:64} {row.value:8.2f} {row.unit:3} {row.goal}", flush=True)


if __name__ == "__main__":
    main()
