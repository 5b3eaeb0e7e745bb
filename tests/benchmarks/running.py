"""A running daemon to measure, and the rows that its figures are told in."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from bridge.osc.client import Client, NoAnswerError
from bridge.timebase import Seconds
from daemon.jobs.job import State
from daemon.jobs.store import FILE, JobStore
from daemon.outlets.manifest_tables import HitTable
from tests import songs
from tests.benchmarks.tables import Table, number
from tests.jobs.sample_jobs import job
from tests.wire.daemon_process import PATIENCE, DaemonProcess

HITS = 5000
IDLE = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    value: float
    unit: str
    goal: str

    @property
    def cells(self) -> tuple[str, str, str]:
        digits = 0 if self.value == int(self.value) else 2
        return self.name, f"{number(self.value, digits)} {self.unit}".strip(), self.goal


def table(name: str, what: str, parts: Iterator[list[Row]], note: str = "") -> Table:
    rows = tuple(row.cells for rows in parts for row in rows)
    return Table(name, (what, "measured", "goal"), rows, note)


@contextmanager
def home(**settings: str) -> Iterator[DaemonProcess]:
    with tempfile.TemporaryDirectory(prefix="sidestick-bench-") as folder:
        made = DaemonProcess(Path(folder), **settings)
        yield made
        if made.process is not None and made.process.poll() is None:
            made.kill()


def pong(running: DaemonProcess) -> bool:
    if not running.is_announced():
        return False
    try:
        with running.client(0.3) as client:
            return client.ask("/sidestick/ping").address == "/sidestick/pong"
    except NoAnswerError:
        return False


def until_idle(client: Client) -> None:
    until(lambda: client.ask("/sidestick/status").args[1:3] == (0, 0))


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5 * PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def only_job(running: DaemonProcess) -> str:
    listed = JobStore(running.state / FILE)
    [found] = listed.list_latest(10)
    listed.close()
    return found.id


def large(running: DaemonProcess) -> str:
    """A job of 5,000 hits that is done; its id."""
    drums = list(songs.LABELS)
    hits = [replace(songs.hit(n, drums[n % 3]), onset=Seconds(n * 0.05)) for n in range(HITS)]
    source = songs.manifest("Large.wav").source.model_copy(update={"duration": HITS * 0.05})
    beats = tuple(Seconds(beat * 0.5) for beat in range(HITS // 10))
    grid = replace(songs.manifest().grid, beats=beats)
    whole = songs.manifest().model_copy(update={"hits": HitTable.of(hits), "source": source, "grid": grid})
    whole.save(running.music / "Large.sidestick.json")
    listed = JobStore(running.state / FILE)
    begun = listed.move(listed.add(job(str(running.music / "Large.wav"))), State.RUNNING)
    done = listed.move(begun, State.DONE, manifest=str(running.music / "Large.sidestick.json"))
    listed.close()
    return done.id


def busy_ns(pid: int) -> int:
    """CPU time of all threads, finer than the clock ticks that the system usually tells."""
    tasks = Path(f"/proc/{pid}/task")
    if not tasks.exists():
        return int(sum(psutil.Process(pid).cpu_times()[:2]) * 1e9)
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir())


def at_rest(running: DaemonProcess) -> tuple[float, float]:
    """What a daemon takes while nothing happens: its share of a core in %, and MB."""
    process = psutil.Process(running.process.pid if running.process else None)
    before, began = busy_ns(process.pid), time.perf_counter_ns()
    time.sleep(IDLE)
    share = 100 * (busy_ns(process.pid) - before) / (time.perf_counter_ns() - began)
    return share, process.memory_info().rss / 1e6


def time_ms(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return 1e3 * (time.perf_counter() - began)


def p99(times: Sequence[float]) -> float:
    return sorted(times)[int(0.99 * len(times))]
