"""The daemon as a client meets it: start, idle, answers under load, corrections, and sudden death."""

import json
import multiprocessing
import os
import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bridge.osc.client import Client
from daemon.jobs.job import State
from daemon.jobs.store import FILE, JobStore
from tests import synth
from tests.benchmarks.push_jitter import PERIOD, SETTLE, jack_server
from tests.benchmarks.running import (
    IDLE,
    Row,
    at_rest,
    busy_ns,
    home,
    large,
    only_job,
    p99,
    pong,
    table,
    time_ms,
    until,
    until_idle,
)
from tests.benchmarks.tables import Setting, Table
from tests.wire.daemon_process import PATIENCE, DaemonProcess

REQUESTS, CORRECTIONS, KILLS, QUEUE = 1000, 200, 20, 10


def start() -> list[Row]:
    """Seconds from the start of the process to the first pong, the median of five."""
    times = []
    for _ in range(5):
        with home() as fresh:
            began = time.perf_counter()
            fresh.process = fresh.spawn()
            while not pong(fresh):
                time.sleep(0.01)
            times.append(time.perf_counter() - began)
    return [Row("ping answered after the start", sorted(times)[2], "s", "<= 1")]


def idle() -> list[Row]:
    with home() as running, running.start().client() as client:
        client.ask("/sidestick/process", str(running.song("Song.wav")), '{"input": "drums"}')
        until_idle(client)
        client.ask("/sidestick/relabel", only_job(running), '{"clusters": {"0": "snare"}}')
        share, size = at_rest(running)
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
        until(lambda: "JACK" in str(client.ask("/sidestick/status").args[-1]))
        quiet = subprocess.DEVNULL
        peer = stack.enter_context(subprocess.Popen(["jack_midi_dump", "peer"], stdout=quiet, stderr=quiet))
        stack.callback(peer.kill)
        time.sleep(SETTLE)
        pids = (running.process.pid, peer.pid)
        before, began = [busy_ns(pid) for pid in pids], time.perf_counter_ns()
        time.sleep(IDLE)
        took = time.perf_counter_ns() - began
        shares = [100 * (busy_ns(pid) - busy) / took for pid, busy in zip(pids, before, strict=True)]
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
        client.ask("/sidestick/process", str(running.song("Long.wav", seconds=240.0)), '{"separator": "embedded"}')
        next(message for message in client.events(PATIENCE) if "separate" in message.args)
        times = [time_ms(lambda path=path: client.ask("/sidestick/process", str(path))) for path in paths]
        pings = [time_ms(lambda: client.ask("/sidestick/ping")) for _ in range(REQUESTS)]
    return [
        Row("ack, p99 of 1,000 requests, all cores busy", p99(times), "ms", "< 10"),
        Row("ack, median", sorted(times)[REQUESTS // 2], "ms", ""),
        Row("pong, p99 of 1,000 pings, all cores busy", p99(pings), "ms", ""),
    ]


def relabel() -> list[Row]:
    """From sending the correction to the answer and the event, with the .mid on disk before both."""
    with home() as running:
        name = large(running)
        running.start()
        with running.client() as client, running.client() as listener:
            listener.ask("/sidestick/subscribe", 0, 3600)
            times = [time_ms(lambda n=n: _correct(client, listener, name, n)) for n in range(CORRECTIONS)]
    return [
        Row("relabel of 5,000 hits to .mid and event, p99", p99(times[1:]), "ms", "< 100"),
        Row("relabel, median", sorted(times)[len(times) // 2], "ms", ""),
    ]


def kill(most: int = KILLS, queue: int = QUEUE) -> list[Row]:
    """Killed at random instants with songs in the queue, again and again, until all are done."""
    chance, kills = random.Random(1), 0
    with home() as running:
        asked: set[str] = set()
        paths = [running.song(f"{number}.wav", level=20 * number / queue) for number in range(queue)]
        while kills < most:
            running.start()
            with running.client() as client:
                asked |= {
                    str(client.ask("/sidestick/process", str(path), '{"input": "drums"}').args[1]) for path in paths
                }
            time.sleep(chance.uniform(0.0, 2.0))
            running.kill()
            kills += 1
        running.start()
        with running.client() as client:
            until_idle(client)
        return [Row(f"{kills} kills: files lost, doubled or half written", _wrong(running, paths), "", "0")]


def _wrong(running: DaemonProcess, paths: Sequence[Path]) -> int:
    """Names that are missing or too many, and manifests or MIDI files that cannot be read."""
    expected = {path.name for path in paths}
    expected |= {f"{path.stem}{ending}" for path in paths for ending in (".sidestick.json", ".drums.mid")}
    found = {path.name for path in running.music.iterdir()}
    broken = [path for path in running.music.glob("*.json") if not path.read_bytes().endswith(b'"}\n')]
    broken += [path for path in running.music.glob("*.mid") if path.read_bytes()[:4] != b"MThd"]
    listed = JobStore(running.state / FILE)
    states = listed.counts()
    listed.close()
    return len(expected ^ found) + len(broken) + sum(states.values()) - states[State.DONE]


def _little(running: DaemonProcess, number: int) -> Path:
    return synth.write(running.music / f"{number}.wav", synth.tone(200.0 + number, 0.2))


def _correct(client: Client, listener: Client, name: str, number: int) -> None:
    label = ("snare", "clap", "cowbell", "ride")[number % 4]
    client.ask("/sidestick/relabel", name, json.dumps({"clusters": {str(number % 3): label}}))
    next(message for message in listener.events(PATIENCE) if message.address == "/sidestick/done")


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


def tables(_: Setting) -> Iterator[Table]:
    yield table("daemon", "the daemon", (part() for part in (start, idle, jack, relabel, ack, kill)))
