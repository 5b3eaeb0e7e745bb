"""The daemon as a client meets it: start, idle, answers under load, corrections, and sudden death.

Run: python -m tests.benchmarks.daemon [start idle jack ack relabel kill]
"""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from bridge.osc.client import Client, NoAnswerError
from bridge.timebase import Seconds
from daemon.jobs.job import State
from daemon.jobs.store import FILE, JobStore
from daemon.outlets.rows import HitTable
from tests import songs, synth
from tests.benchmarks.push_jitter import PERIOD, SETTLE, jack_server
from tests.jobs.orders import job
from tests.wire.home import PATIENCE, Home

REQUESTS, HITS, CORRECTIONS, KILLS, QUEUE = 1000, 5000, 200, 20, 10
IDLE = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    value: float
    unit: str
    goal: str


@contextmanager
def home(**settings: str) -> Iterator[Home]:
    with tempfile.TemporaryDirectory(prefix="stemd-bench-") as folder:
        made = Home(Path(folder), **settings)
        yield made
        if made.process is not None and made.process.poll() is None:
            made.end(signal.SIGKILL)


def start() -> list[Row]:
    """Seconds from the start of the process to the first pong, the median of five."""
    times = []
    for _ in range(5):
        with home() as fresh:
            began = time.perf_counter()
            fresh.process = fresh.running()
            while not _pong(fresh):
                time.sleep(0.01)
            times.append(time.perf_counter() - began)
    return [Row("ping answered after the start", sorted(times)[2], "s", "<= 1")]


def idle() -> list[Row]:
    with home() as running, running.start().client() as client:
        client.ask("/stemd/process", str(running.song("Song.wav")), '{"input": "drums"}')
        _until_idle(client)
        client.ask("/stemd/relabel", _only_job(running), '{"clusters": {"0": "snare"}}')
        process = psutil.Process(running.process.pid) if running.process else psutil.Process()
        before, began = _busy_ns(process.pid), time.perf_counter_ns()
        time.sleep(IDLE)
        share = 100 * (_busy_ns(process.pid) - before) / (time.perf_counter_ns() - began)
        size = process.memory_info().rss / 1e6
    return [
        Row("memory, idle after a song and a correction", size, "MB", "<= 90"),
        Row("share of a core, idle", share, "%", "< 0.5"),
    ]


def jack() -> list[Row]:
    """What a port on JACK costs while nothing plays, beside a client in C that does nothing but listen."""
    with jack_server(), ExitStack() as stack:
        running = stack.enter_context(home())
        client = stack.enter_context(running.start().client())
        assert running.process is not None
        _until(lambda: "JACK" in str(client.ask("/stemd/status").args[-1]))
        quiet = subprocess.DEVNULL
        peer = stack.enter_context(subprocess.Popen(["jack_midi_dump", "peer"], stdout=quiet, stderr=quiet))
        stack.callback(peer.kill)
        time.sleep(SETTLE)
        pids = (running.process.pid, peer.pid)
        before, began = [_busy_ns(pid) for pid in pids], time.perf_counter_ns()
        time.sleep(IDLE)
        took = time.perf_counter_ns() - began
        shares = [100 * (_busy_ns(pid) - busy) / took for pid, busy in zip(pids, before, strict=True)]
    return [
        Row(f"share of a core, idle on JACK ({PERIOD} frames)", shares[0], "%", "< 0.5"),
        Row("the same, jack_midi_dump", shares[1], "%", ""),
    ]


def ack() -> list[Row]:
    """Each request is another file; the worker separates a long song, and every core is busy besides."""
    with ExitStack() as stack:
        running = stack.enter_context(home(daemon__draft="false"))
        paths = [_little(running, number) for number in range(REQUESTS)]
        running.start()
        for _ in range(os.cpu_count() or 1):
            stack.enter_context(_burner())
        client = stack.enter_context(running.client())
        client.ask("/stemd/process", str(running.song("Long.wav", seconds=240.0)), '{"separator": "embedded"}')
        next(message for message in client.events(PATIENCE) if "separate" in message.args)
        times = [_timed(lambda path=path: client.ask("/stemd/process", str(path))) for path in paths]
        pings = [_timed(lambda: client.ask("/stemd/ping")) for _ in range(REQUESTS)]
    return [
        Row("ack, p99 of 1,000 requests, all cores busy", _p99(times), "ms", "< 10"),
        Row("ack, median", sorted(times)[REQUESTS // 2], "ms", ""),
        Row("pong, p99 of 1,000 pings, all cores busy", _p99(pings), "ms", ""),
    ]


def relabel() -> list[Row]:
    """From sending the correction to the answer and the event, with the .mid on disk before both."""
    with home() as running:
        name = _large(running)
        running.start()
        with running.client() as client, running.client() as listener:
            listener.ask("/stemd/subscribe", 0, 3600)
            times = [_timed(lambda n=n: _correct(client, listener, name, n)) for n in range(CORRECTIONS)]
    return [
        Row("relabel of 5,000 hits to .mid and event, p99", _p99(times[1:]), "ms", "< 100"),
        Row("relabel, median", sorted(times)[len(times) // 2], "ms", ""),
    ]


def kill() -> list[Row]:
    """Killed at random instants with ten songs in the queue, again and again, until all are done."""
    chance, kills = random.Random(1), 0
    with home() as running:
        asked: set[str] = set()
        paths = [running.song(f"{number}.wav", level=number) for number in range(QUEUE)]
        while kills < KILLS:
            running.start()
            with running.client() as client:
                asked |= {str(client.ask("/stemd/process", str(path), '{"input": "drums"}').args[1]) for path in paths}
            time.sleep(chance.uniform(0.0, 2.0))
            running.end(signal.SIGKILL)
            kills += 1
        running.start()
        with running.client() as client:
            _until_idle(client)
        return [Row(f"{kills} kills: files lost, doubled or half written", _wrong(running, paths), "", "0")]


def _wrong(running: Home, paths: Sequence[Path]) -> int:
    """Names that are missing or too many, and manifests or MIDI files that cannot be read."""
    expected = {path.name for path in paths}
    expected |= {f"{path.stem}{ending}" for path in paths for ending in (".stemd.json", ".drums.mid")}
    found = {path.name for path in running.music.iterdir()}
    broken = [path for path in running.music.glob("*.json") if not path.read_bytes().endswith(b'"}\n')]
    broken += [path for path in running.music.glob("*.mid") if path.read_bytes()[:4] != b"MThd"]
    listed = JobStore(running.state / FILE)
    states = listed.counts()
    listed.close()
    return len(expected ^ found) + len(broken) + sum(states.values()) - states[State.DONE]


def _pong(running: Home) -> bool:
    if not running.announced():
        return False
    try:
        with running.client(0.3) as client:
            return client.ask("/stemd/ping").address == "/stemd/pong"
    except NoAnswerError:
        return False


def _until_idle(client: Client) -> None:
    _until(lambda: client.ask("/stemd/status").args[1:3] == (0, 0))


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5 * PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _only_job(running: Home) -> str:
    listed = JobStore(running.state / FILE)
    [found] = listed.latest(10)
    listed.close()
    return found.id


def _little(running: Home, number: int) -> Path:
    return synth.write(running.music / f"{number}.wav", synth.tone(200.0 + number, 0.2))


def _large(running: Home) -> str:
    """A job of 5,000 hits that is done; its id."""
    drums = list(songs.LABELS)
    hits = [replace(songs.hit(n, drums[n % 3]), onset=Seconds(n * 0.05)) for n in range(HITS)]
    source = songs.manifest("Large.wav").source.model_copy(update={"duration": HITS * 0.05})
    beats = tuple(Seconds(beat * 0.5) for beat in range(HITS // 10))
    grid = replace(songs.manifest().grid, beats=beats)
    whole = songs.manifest().model_copy(update={"hits": HitTable.of(hits), "source": source, "grid": grid})
    whole.save(running.music / "Large.stemd.json")
    listed = JobStore(running.state / FILE)
    begun = listed.move(listed.add(job(str(running.music / "Large.wav"))), State.RUNNING)
    done = listed.move(begun, State.DONE, manifest=str(running.music / "Large.stemd.json"))
    listed.close()
    return done.id


def _correct(client: Client, listener: Client, name: str, number: int) -> None:
    label = ("snare", "clap", "cowbell", "ride")[number % 4]
    client.ask("/stemd/relabel", name, json.dumps({"clusters": {str(number % 3): label}}))
    next(message for message in listener.events(PATIENCE) if message.address == "/stemd/done")


def _busy_ns(pid: int) -> int:
    """CPU time of all threads, finer than the clock ticks that the system usually tells."""
    tasks = Path(f"/proc/{pid}/task")
    if not tasks.exists():
        return int(sum(psutil.Process(pid).cpu_times()[:2]) * 1e9)
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir())


@contextmanager
def _burner() -> Iterator[None]:
    """What a separation does to a core: busy all the time, and nice about it."""
    process = multiprocessing.get_context("spawn").Process(target=_burn, daemon=True)
    process.start()
    yield
    process.kill()


def _burn() -> None:
    if hasattr(os, "nice"):
        os.nice(10)
    while True:
        sum(range(10_000))


def _timed(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return 1e3 * (time.perf_counter() - began)


def _p99(times: Sequence[float]) -> float:
    return sorted(times)[int(0.99 * len(times))]


PARTS: dict[str, Callable[[], list[Row]]] = {
    "start": start, "idle": idle, "jack": jack, "ack": ack, "relabel": relabel, "kill": kill,
}  # fmt: skip


def main() -> None:
    for name in sys.argv[1:] or PARTS:
        for row in PARTS[name]():
            print(f"{row.name:52} {row.value:8.2f} {row.unit:3} {row.goal}", flush=True)


if __name__ == "__main__":
    main()
