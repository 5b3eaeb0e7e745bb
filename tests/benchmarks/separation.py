"""Separation against the demucs command line with its defaults: time, quality, memory, in the same run.

    python -m tests.benchmarks.separation [FOLDER] [--seconds N] [--weights FOLDER]

FOLDER holds songs with their true stems: Song.flac, Song.drums.flac, Song.bass.flac ... They are spliced, stem by stem,
to a song of more than a minute: one of 17 s takes three segments at any overlap, and starting up is half of its time.
Without FOLDER the demo song is timed, and no quality is told. --seconds sets the length.
"""

import argparse
import json
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

Samples = NDArray[np.float32]
DEMO = Path(__file__).parents[2] / "examples" / "war-of-freedom.ogg"
LEAST_SECONDS = 68.0
OVERLAPS = {0.1: ">= 2", 0.25: ">= 1.7"}
SEGMENT_GFLOP = 335  # one forward pass of htdemucs over 7.8 s, four stems, counted with its attention
PARTS = ("drums", "bass", "other", "vocals")
OURS = """
import json, sys, time
from pathlib import Path
from daemon import allocator
allocator.keep_freed_memory()
from daemon.backends import demucs
from daemon.backends.checkpoints import Checkpoints
from daemon.backends.device import choose
from daemon.backends.segments import plan
from daemon.backends.separate import separate
from daemon.pipeline.records import Audio, Part
mix, frames, weights, folder, overlap, *parts = sys.argv[1:]
demucs.OVERLAP = float(overlap)
began = time.perf_counter()
separate(Audio(Path(mix), int(frames)), map(Part, parts), name="htdemucs", folder=Path(folder),
         checkpoints=Checkpoints(Path(weights), offline=True), device=choose("cpu"), report=lambda _: None)
seconds = time.perf_counter() - began
segments = len(plan(int(frames), 343980, demucs.OVERLAP))
Path(folder, "speed.json").write_text(json.dumps(segments / seconds))
"""
PEAK = """
import time
import torch
from daemon.backends import cpu_htdemucs
if cpu_htdemucs.multiplies_faster_in_onednn():
    torch.set_float32_matmul_precision("medium")
a, best = torch.rand(2048, 2048), 1e9
for _ in range(50):
    began = time.perf_counter()
    a @ a
    best = min(best, time.perf_counter() - began)
print(2 * 2048**3 / best / 1e9)
"""


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    value: float
    unit: str
    goal: str


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds on the clock, seconds of all cores, and the most memory that was held at once, in GB.

    On a busy machine only the seconds of the cores tell anything.
    """

    seconds: float
    cpu_seconds: float
    gigabytes: float


def measure(command: list[str]) -> Run:
    began, peak, cpu = time.perf_counter(), 0, 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            resident, spent = _usage(process.pid)
            peak, cpu = max(peak, resident), max(cpu, spent)
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:4])} ended with {process.returncode}")
    return Run(time.perf_counter() - began, cpu, peak / 1e9)


def _usage(pid: int) -> tuple[int, float]:
    """(bytes held, seconds of the cores) of a process and its children so far."""
    try:
        top = psutil.Process(pid)
        family = (top, *top.children(recursive=True))
        times = [each.cpu_times() for each in family]
        return sum(each.memory_info().rss for each in family), sum(each.user + each.system for each in times)
    except psutil.Error:
        return 0, 0.0


def command_line(mix: Path, repository: Path, folder: Path) -> list[str]:
    options = ["-n", "htdemucs", "--repo", str(repository), "-d", "cpu", "--float32", "-o", str(folder)]
    return [sys.executable, "-m", "demucs", *options, str(mix)]


def ours(mix: Path, weights: Path, folder: Path, overlap: float) -> list[str]:
    frames = soundfile.info(mix).frames
    return [sys.executable, "-c", OURS, str(mix), str(frames), str(weights), str(folder), str(overlap), *PARTS]


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


def splice(folder: Path, seconds: float, scratch: Path) -> Path:
    """All songs of `folder` one after the other, again and again for `seconds`; their stems likewise."""
    mixes = [each for each in sorted(folder.glob("*.flac")) if each.name.count(".") == 1]
    for part in ("", *PARTS):
        one_round = np.concatenate([_read_stem(mix, part) for mix in mixes])
        name = f"splice.{part}.wav" if part else "splice.wav"
        soundfile.write(scratch / name, np.resize(one_round, (int(seconds * 44100), 2)), 44100, subtype="FLOAT")
    return scratch / "splice.wav"


def _read_stem(mix: Path, part: str) -> Samples:
    """(frames, 2)"""
    path = mix.with_suffix(f".{part}.flac") if part else mix
    if not path.exists():
        return np.zeros((soundfile.info(mix).frames, 2), np.float32)
    samples = soundfile.read(path, dtype="float32", always_2d=True)[0]
    return np.broadcast_to(samples, (len(samples), 2))


def repeat_demo(seconds: float, scratch: Path) -> Path:
    samples, rate = soundfile.read(DEMO, dtype="float32", always_2d=True)
    soundfile.write(scratch / "demo.wav", np.resize(samples, (int(seconds * rate), 2)), rate, subtype="FLOAT")
    return scratch / "demo.wav"


def compare_quality(mix: Path, theirs: Path, mine: Path, overlap: float) -> Iterator[Row]:
    """SDR of sidestick beside that of the command line, for each stem whose truth is known and not silent."""
    for part in PARTS:
        truth = mix.with_suffix(f".{part}.wav")
        if not truth.exists() or not np.any(true := soundfile.read(truth, dtype="float32")[0]):
            continue
        before, now = (sdr(true, soundfile.read(each / f"{part}.wav", dtype="float32")[0]) for each in (theirs, mine))
        name = f"overlap {overlap}: {part} SDR {now:.2f} dB, the command line {before:.2f}, difference"
        yield Row(name, now - before, "dB", ">= -0.1" if overlap < 0.25 else ">= -0.02")


def rows(folder: Path | None, weights: Path, seconds: float | None = None) -> list[Row]:
    file = Checkpoints(weights).fetch("htdemucs", lambda _: None)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        repo = scratch / "repository"
        repo.mkdir()
        repository(file, repo)
        length = seconds or LEAST_SECONDS
        mix = splice(folder, length, scratch) if folder else repeat_demo(length, scratch)
        return list(_compare(mix, weights, repo, scratch))


def _compare(mix: Path, weights: Path, repo: Path, scratch: Path) -> Iterator[Row]:
    theirs = measure(command_line(mix, repo, scratch / "theirs"))
    length = f"{soundfile.info(mix).duration:.0f} s of {mix.stem}"
    yield Row(f"{length}: the demucs command line (overlap 0.25)", theirs.seconds, "s", "")
    yield Row("its seconds of all cores", theirs.cpu_seconds, "s", "")
    yield Row("its peak memory", theirs.gigabytes, "GB", "")
    for overlap, goal in OVERLAPS.items():
        folder = scratch / f"mine {overlap}"
        mine = measure(ours(mix, weights, folder, overlap))
        per_second = json.loads((folder / "speed.json").read_text())
        peak = float(subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True).stdout)
        yield Row(f"overlap {overlap}: sidestick", mine.seconds, "s", "")
        yield Row(f"overlap {overlap}: times as fast", theirs.seconds / mine.seconds, "x", goal)
        yield Row(
            f"overlap {overlap}: times fewer seconds of all cores", theirs.cpu_seconds / mine.cpu_seconds, "x", ""
        )
        yield Row(f"overlap {overlap}: peak memory", mine.gigabytes, "GB", "<= 1.5")
        share = 100 * per_second * SEGMENT_GFLOP / peak
        yield Row(f"overlap {overlap}: of what this machine multiplies at most ({peak:.0f} GFLOP/s)", share, "%", "")
        yield from compare_quality(mix, scratch / "theirs/htdemucs" / mix.stem, folder, overlap)


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
