"""What surrounds the work: starts of the command line, many short files, and the cache with many results."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil

from daemon.pipeline.cache import StageCache
from tests import synth
from tests.acceptance.command_line import DRUMS, CommandLine
from tests.benchmarks.tables import Setting, Table, business, number

STARTS, CLIPS, RESULTS = 5, 40, 20_000


def tables(setting: Setting) -> Iterator[Table]:
    with TemporaryDirectory() as name:
        rows = tuple(_rows(CommandLine(Path(name) / "home"), Path(name)))
    yield Table("start-up", ("what surrounds the work", "CPU seconds"), rows, business())


def _rows(home: CommandLine, folder: Path) -> Iterator[tuple[str, str]]:
    yield "`sidestick --version`", number(start(home, "--version"), 3)
    yield "`sidestick transcribe --help`", number(start(home, "transcribe", "--help"), 3)
    song = home.song()
    run(home, "transcribe", *DRUMS, song)
    yield "a song of 2 s that is all in the cache", number(start(home, "transcribe", *DRUMS, song), 3)
    clips = folder / "clips"
    clips.mkdir()
    for clip in range(CLIPS):
        synth.write(clips / f"{clip}.wav", synth.play(synth.rock_beat(1), 1.0 + clip / 1000))
    yield f"each of {CLIPS} clips of one second", number(run(home, "transcribe", *DRUMS, clips) / CLIPS, 3)
    first, again = trims(folder / "stages", RESULTS)
    yield f"a look for what is old among {RESULTS:,} results, the first", number(first, 3)
    yield "the next one", number(again, 3)


def start(home: CommandLine, *words: object) -> float:
    """The median of a few, the first not counted."""
    return median([run(home, *words) for _ in range(1 + STARTS)][1:])


def run(home: CommandLine, *words: object) -> float:
    """CPU seconds of the installed command."""
    command = [sys.executable, "-c", "from bridge.launch import main; main()", *map(str, words)]
    before = _seconds_of_children()
    subprocess.run(command, env=home.environ, capture_output=True, check=True)
    return _seconds_of_children() - before


def _seconds_of_children() -> float:
    used = psutil.Process().cpu_times()
    return float(used.children_user + used.children_system)


def trims(root: Path, results: int) -> tuple[float, float]:
    """CPU seconds of two looks through a cache that may keep everything."""
    for result in range(results):
        folder = root / f"stage{result % 5}" / f"{result:032x}"
        folder.mkdir(parents=True)
        (folder / "record.json").write_text("{}")
    cache, taken = StageCache(root), []
    for _ in range(2):
        began = time.process_time()
        cache.retain(1e9, 10**12)
        taken.append(time.process_time() - began)
    return taken[0], taken[1]
