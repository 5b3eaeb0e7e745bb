"""The most memory that `sidestick transcribe` and all its processes hold at once, for long songs."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from daemon.backends.checkpoints import Checkpoints, NoWeights
from tests.benchmarks.songs import band, loop_to_file, melody, performance
from tests.benchmarks.tables import Setting, Table, number
from tests.synth import Samples

COMMAND = (sys.executable, "-c", "from daemon.cli import main; main()", "transcribe")
POLL = 0.2  # seconds
NETWORK = "htdemucs"


@dataclass(frozen=True, slots=True)
class Run:
    """What is measured, of how many minutes, with which arguments, and the GB that it may take."""

    what: str
    minutes: float
    arguments: tuple[str, ...]
    goal: float
    sound: Callable[[], Samples] = band


SHORT = Run(NETWORK, 5, ("--separator", NETWORK), 3.0)
QUICK = (
    Run("a drum stem", 30, ("--input", "drums"), 4.0, performance),
    Run("a bass stem", 30, ("--input", "bass"), 4.0, partial(melody, 28)),
    Run("a piano stem", 30, ("--input", "piano"), 4.0, partial(melody, 48)),
    Run("the embedded separator", 30, ("--separator", "embedded"), 4.0),
)
LONG = Run(NETWORK, 30, ("--separator", NETWORK), 4.0)


def tables(setting: Setting) -> Iterator[Table]:
    here = _weights_are_here(setting.weights)
    runs = [*([SHORT] if here else []), *QUICK, *([LONG] if here and setting.long else [])]
    rows = tuple(_row(run, setting.weights) for run in runs)
    note = "" if here else f"{NETWORK} was not measured: `sidestick models fetch {NETWORK}` gets its weights."
    yield Table("memory", ("song", "separated by", "peak GB", "goal", "minutes taken"), rows, note)


def _weights_are_here(weights: Path) -> bool:
    try:
        Checkpoints(weights, offline=True).files(NETWORK)
    except NoWeights:
        return False
    return True


def _row(run: Run, weights: Path) -> tuple[str, ...]:
    with TemporaryDirectory() as name:
        song = loop_to_file(Path(name) / "song.wav", run.sound(), run.minutes)
        folders = {f"SIDESTICK_FOLDERS__{kind}": str(Path(name) / kind.lower()) for kind in ("CACHE", "CONFIG")}
        surroundings = {
            **folders,
            "SIDESTICK_STATE_FOLDER": str(Path(name) / "state"),
            "SIDESTICK_FOLDERS__MODELS": str(weights),
        }
        began = time.perf_counter()
        peak = peak_bytes([*COMMAND, str(song), *run.arguments], surroundings)
        passed = time.perf_counter() - began
    return f"{run.minutes:.0f} minutes", run.what, number(peak / 1e9, 2), f"<= {run.goal:.0f}", number(passed / 60, 1)


def peak_bytes(command: Sequence[str], surroundings: dict[str, str]) -> int:
    """The most that the process and its children held at once, what they share counted once."""
    peak = 0
    environment = {**os.environ, **surroundings}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, _held_bytes(process.pid, peak))
            time.sleep(POLL)
    if process.returncode:
        raise SystemExit(f"{' '.join(command[-4:])} ended with {process.returncode}.")
    return peak


def _held_bytes(pid: int, known: int) -> int:
    """Bytes of the process and its children. What they share is only told apart, which is slow, beyond `known`."""
    try:
        top = psutil.Process(pid)
        every = (top, *top.children(recursive=True))
        resident = sum(each.memory_info().rss for each in every)
        return resident if resident <= known else sum(map(_share, every))
    except psutil.Error:
        return 0


def _share(process: psutil.Process) -> int:
    """Its part of the memory where the system tells, else all that it alone holds."""
    found = process.memory_full_info()
    return int(getattr(found, "pss", found.uss))
