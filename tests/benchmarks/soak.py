"""A daemon that works for long, one that is killed and one that is flooded: nothing grows or is lost."""

import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial

import psutil

from bridge.osc.client import Client
from tests import synth
from tests.benchmarks.daemon import kill
from tests.benchmarks.running import Row, home, table, until_idle
from tests.benchmarks.tables import Setting, Table
from tests.wire.daemon_process import PATIENCE, DaemonProcess

SONGS, BLOCK, SECONDS = 500, 25, 2.0
PANICS, FLOODS, JUNK = 12, 2, 1024
FLOOD_SECONDS = 20
KILLS, KILLED_SONGS = 200, 100

FLOOD = """
import os, socket, sys, time
junk = [os.urandom(int(sys.argv[2])) for _ in range(500)]
ends = time.monotonic() + float(sys.argv[3])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
    while time.monotonic() < ends:
        for datagram in junk:
            line.sendto(datagram, ("127.0.0.1", int(sys.argv[1])))
"""


def tables(_: Setting) -> Iterator[Table]:
    parts = (part() for part in (many_songs, partial(kill, KILLS, KILLED_SONGS), panic_in_a_flood))
    yield table(
        "soak", "the daemon at length", parts, f"{SONGS} songs of {SECONDS:g} s each, by the embedded separator."
    )


def many_songs() -> list[Row]:
    """What the daemon and its workers take after the first songs, and after all of them."""
    with (
        home(options__separator="embedded", daemon__draft="false") as running,
        running.start().client(PATIENCE) as client,
    ):
        measured = []
        for block in range(0, SONGS, BLOCK):
            ask_for_songs(running, client, range(block, min(SONGS, block + BLOCK)))
            measured.append(resources(running))
        done = len(list(running.music.glob("*.drums.mid")))
    first, last = measured[0], measured[-1]
    names = (("memory of the daemon", "MB"), ("memory of its workers", "MB"), ("file descriptors", ""), ("threads", ""))
    grown = [
        Row(f"{name} after {SONGS} songs, more than after {BLOCK}", after - before, unit, "0" if not unit else "<= 10")
        for (name, unit), before, after in zip(names, first, last, strict=True)
    ]
    return [Row(f"{SONGS} songs: done", done, "", str(SONGS)), *grown]


def ask_for_songs(running: DaemonProcess, client: Client, numbers: range) -> None:
    """Each sounds a little different, or all but the first would come from the cache."""
    beat = synth.play(synth.rock_beat(1), SECONDS)
    for number in numbers:
        sound = beat + synth.noise(SECONDS, level=-70.0) * (1 + number / SONGS)
        client.ask("/sidestick/process", str(synth.write(running.music / f"Clip {number}.wav", sound)), "{}")
    until_idle(client)


def resources(running: DaemonProcess) -> tuple[float, float, int, int]:
    """MB of the daemon, MB of its children, its file descriptors and its threads."""
    assert running.process is not None
    process = psutil.Process(running.process.pid)
    children = sum(child.memory_info().rss for child in process.children(recursive=True)) / 1e6
    return process.memory_info().rss / 1e6, children, process.num_fds(), process.num_threads()


def panic_in_a_flood() -> list[Row]:
    with home() as running:
        running.start()
        arguments = [str(running.osc_port), str(JUNK), str(FLOOD_SECONDS)]
        floods = [subprocess.Popen([sys.executable, "-c", FLOOD, *arguments]) for _ in range(FLOODS)]
        time.sleep(2.0)
        times = [panic_seconds(running) for _ in range(PANICS)]
        for flood in floods:
            flood.wait()
    name = f"panic behind {FLOODS} floods of {JUNK} byte junk"
    return [Row(f"{name}, the worst of {PANICS}", max(times), "s", "< 1"), Row("the median", sorted(times)[6], "s", "")]


def panic_seconds(running: DaemonProcess) -> float:
    began = time.perf_counter()
    with running.client() as client:
        client.ask("/sidestick/panic")
    return time.perf_counter() - began
