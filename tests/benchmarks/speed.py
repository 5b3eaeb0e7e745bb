"""How much quicker than real time everything but the separation is, on two cores, beside librosa on the same file."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from daemon.outlets.delivery import DeliverySettings, deliver
from daemon.pipeline.chain import transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.tools import Tools
from tests.benchmarks.songs import loop_to_file, melody, open_tools, performance
from tests.benchmarks.tables import Setting, Table, number

MINUTES = 4.0
CORES = 2
GOAL, PART_GOAL = 30, 15
LOWEST = {"bass": 28, "vocals": 57, "piano": 48}  # MIDI pitch of each part's line

Measured = list[tuple[str, float, float]]
"""What was done, its seconds on the clock and those of the processor (0 where unknown)."""


def tables(setting: Setting) -> Iterator[Table]:
    with TemporaryDirectory() as name:
        song = loop_to_file(Path(name) / "drums.wav", performance(), MINUTES)
        short = loop_to_file(Path(name) / "short.wav", performance(), 0.2)
        ours = apart(stages, short, song, setting.weights)
        parts = apart(time_pitched, Path(name), setting.weights)
        theirs = apart(librosa, short, song)
    rows = tuple(_row(*each) for each in [*ours, *parts, *theirs])
    note = f"A drum stem of {MINUTES:.0f} minutes; the goal is {GOAL} times real time for all stages together. "
    note += f"A stem as long with eight notes a bar for each part; the goal is {PART_GOAL} times real time."
    yield Table("speed", ("on two cores", "seconds", "CPU seconds", "times real time"), rows, note)


def _row(what: str, seconds: float, busy: float) -> tuple[str, ...]:
    return what, number(seconds, 2), number(busy or None, 2), number(60 * MINUTES / seconds, 0)


def apart(work: Callable[..., Measured], *given: object) -> Measured:
    """`work` in a process of its own that has two cores from its start."""
    with _two_cores():
        pool = get_context("spawn").Pool(1)
    with pool:
        return pool.apply(work, given)


@contextmanager
def _two_cores() -> Iterator[None]:
    """What is started inside inherits the limit, where the system can limit at all."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(every)[:CORES])
    yield
    os.sched_setaffinity(0, every)


def stages(short: Path, song: Path, weights: Path) -> Measured:
    """Every stage of the pipeline, and the writing. A short song comes first, so that no import is timed."""
    with open_tools(weights) as tools:
        _time_transcribe(short, tools)
        return _time_transcribe(song, tools)


def _time_transcribe(song: Path, tools: Tools) -> Measured:
    began, busy = time.perf_counter(), time.process_time()
    options = Options(input="drums", kit="embedded")
    result = transcribe(song, options, tools, lambda _stage, _fraction: None)
    found = [(stage.name, stage.seconds, 0.0) for stage in result.stages]
    writing = time.perf_counter()
    deliver(result, options, DeliverySettings(song.parent / "locks", song.parent / "out"))
    now = time.perf_counter()
    return [*found, ("write", now - writing, 0.0), ("all of it", now - began, time.process_time() - busy)]


def time_pitched(folder: Path, weights: Path) -> Measured:
    """One stem of each kind of part to notes, the network warm."""
    with open_tools(weights) as tools:
        for part, lowest in LOWEST.items():
            _time_part(loop_to_file(folder / f"short {part}.wav", melody(lowest), 0.2), part, tools)
        return [
            _time_part(loop_to_file(folder / f"{part}.wav", melody(lowest), MINUTES), part, tools)
            for part, lowest in LOWEST.items()
        ]


def _time_part(stem: Path, part: str, tools: Tools) -> tuple[str, float, float]:
    began, busy = time.perf_counter(), time.process_time()
    options = Options.read({"input": part, "harmony": False})
    transcribe(stem, options, tools, lambda _stage, _fraction: None)
    return f"{part}: a stem to notes, with its beats", time.perf_counter() - began, time.process_time() - busy


def librosa(short: Path, song: Path) -> Measured:
    _time_librosa(short)
    return _time_librosa(song)


def _time_librosa(song: Path) -> Measured:
    from librosa import load
    from librosa.beat import beat_track
    from librosa.onset import onset_detect

    began, busy = time.perf_counter(), time.process_time()
    sound, rate = load(song, sr=None)
    onset_detect(y=sound, sr=rate)
    beat_track(y=sound, sr=rate)
    passed = time.perf_counter() - began, time.process_time() - busy
    return [("librosa: load, onset_detect, beat_track (no drums told apart)", *passed)]
