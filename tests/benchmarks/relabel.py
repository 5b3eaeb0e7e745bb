"""How long a correction takes, from the manifest on disk to the .mid and the new manifest on disk."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from bridge.timebase import Seconds
from daemon.outlets.delivery import DeliverySettings, correct
from daemon.outlets.manifest import Manifest, SourceFile
from daemon.outlets.manifest_tables import HitTable
from daemon.pipeline.drums.clusters import clusters
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid, Drum, Hit
from tests.benchmarks.tables import Setting, Table, number

HITS, MANY_HITS, RUNS, BEFORE = 5000, 20_000, 20, 200
SPACING, BEAT = 0.06, 0.5
EXPORTS = ("score_pdf", "score_svg", "musicxml", "dawproject", "clone_hero", "csv")
LABELS = ("kick", "snare", "mid_tom", "closed_hihat", "crash")


@dataclass(frozen=True, slots=True)
class CorrectionTime:
    """Milliseconds of one correction: on the clock, and of the processor alone, without waiting for the disk."""

    clock: float
    processor: float


def tables(setting: Setting) -> Iterator[Table]:
    first, *rest = corrections(HITS, BEFORE + RUNS)
    _, *at_once = corrections(HITS, 3, EXPORTS)
    _, *later = corrections(HITS, RUNS + 1, EXPORTS, lambda _: None)
    rows = (
        _row(f"{HITS:,} hits, the first after the start", [first]),
        _row(f"median of {RUNS} more", rest[:RUNS]),
        _row(f"median of {RUNS} after {BEFORE} others", rest[-RUNS:]),
        _row(f"{MANY_HITS:,} hits, median of {RUNS}", corrections(MANY_HITS, RUNS + 1)[1:]),
        _row(f"{HITS:,} hits with six exports, as the command line writes them", at_once),
        _row("with six exports, which the daemon makes after its answer", later),
    )
    note = "The goal is 50 ms for 5,000 hits. Each waits until the disk has both files."
    yield Table("relabel", ("relabel a cluster of a song", "ms", "CPU ms"), rows, note)


def _row(what: str, taken: Sequence[CorrectionTime]) -> tuple[str, ...]:
    clock, processor = (median(each) for each in zip(*map(astuple, taken), strict=True))
    return what, number(clock, 0), number(processor, 0)


def corrections(
    hits: int, runs: int, exports: tuple[str, ...] = (), exports_later: Callable[[Path], None] | None = None
) -> list[CorrectionTime]:
    """What each of `runs` corrections of one song took."""
    with TemporaryDirectory() as name:
        path = Path(name) / "Song.sidestick.json"
        delivery_settings = DeliverySettings(Path(name) / "locks", exports_later=exports_later)
        found = manifest(hits)
        found.model_copy(update={"options": found.options.model_copy(update={"export": exports})}).save(path)
        return [_time_correction(path, delivery_settings, ("snare", "low_tom")[run % 2]) for run in range(runs)]


def _time_correction(path: Path, delivery_settings: DeliverySettings, label: str) -> CorrectionTime:
    began, busy = time.perf_counter(), time.process_time()
    correct(path, {"clusters": {"2": label}}, delivery_settings)
    return CorrectionTime(1000 * (time.perf_counter() - began), 1000 * (time.process_time() - busy))


def manifest(hits: int) -> Manifest:
    """A song with `hits` strokes of five drums, not quite on the beat, at one tempo."""
    rng = np.random.default_rng(1)
    strokes = [
        _hit(n, int(rng.integers(5)), float(rng.uniform(0, 0.02)), int(rng.integers(20, 120))) for n in range(hits)
    ]
    duration = hits * SPACING + 1
    beats = tuple(Seconds(n * BEAT) for n in range(int(duration / BEAT)))
    thresholds = dict.fromkeys(Drum, 0.5)
    return Manifest(
        sidestick="0",
        source=SourceFile(name="Song.wav", sha256="0" * 64, duration=duration),
        options=Options(),
        grid=BeatGrid(beats, tuple(range(0, len(beats), 4)), 60 / BEAT),
        thresholds=thresholds,
        clusters=clusters(strokes, thresholds),
        hits=HitTable.of(strokes),
    )


def _hit(number: int, drum: int, late: float, velocity: int) -> Hit:
    return Hit(
        id=number,
        onset=Seconds(round(number * SPACING + late, 6)),
        drum=list(Drum)[drum],
        label=LABELS[drum],
        level=-12.5,
        velocity=velocity,
        strength=0.8,
        confidence=0.7,
        cluster=drum,
    )
