"""A catalogue on many machines: each song once whatever dies, and what queue and store cost beside the work."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from daemon.distributed.object_store import open_store
from daemon.distributed.song_worker import SongTask
from daemon.distributed.task_queue import TaskQueue
from tests import synth
from tests.benchmarks.running import Row, table
from tests.benchmarks.tables import Setting, Table
from tests.distributed.cluster import ROOT, S3_KEYS, Cluster, RedisServer, s3_server

CLIPS, CLIP_SECONDS = 300, 0.5
SONGS, SONG_SECONDS = 40, 5.0
PROCESSES = 2
TROUBLE_SECONDS = 12.0  # between two kills
NOTE = (
    f"Drum stems made by code, a real redis-server, moto as the S3 server, {PROCESSES} worker processes, all on this "
    "machine: the servers' work is part of what is measured."
)


def tables(_: Setting) -> Iterator[Table]:
    yield table("catalogue", "a catalogue", (part() for part in (throughput, trouble)), NOTE)


@contextmanager
def _cluster() -> Iterator[tuple[Cluster, RedisServer, Path]]:
    with tempfile.TemporaryDirectory(prefix="sidestick-bench-") as name, s3_server() as address:
        folder = Path(name)
        server = RedisServer(folder)
        before = {name: os.environ.get(name) for name in (*S3_KEYS, "AWS_ENDPOINT_URL")}
        os.environ.update({**S3_KEYS, "AWS_ENDPOINT_URL": address})
        try:
            yield Cluster(server, address, folder, "bench"), server, folder
        finally:
            server.stop()
            for key, value in before.items():
                os.environ.pop(key) if value is None else os.environ.update({key: value})


def _make_songs(cluster: Cluster, folder: Path, count: int, seconds: float) -> None:
    """Each sounds a little different, or all but the first would come from the cache."""
    store = open_store(cluster.songs)
    for number in range(count):
        strokes = synth.rock_beat(4, bpm=90.0 + number / 7, start=0.01)
        path = synth.write(folder / "songs" / f"{number:03}.wav", synth.play(strokes, seconds))
        store.write(path.name, path)


def throughput() -> list[Row]:
    """The same songs by local processes, each with its half, and by as many workers."""
    with _cluster() as (cluster, _, folder):
        (folder / "songs").mkdir()
        _make_songs(cluster, folder, SONGS, SONG_SECONDS)
        songs = sorted((folder / "songs").iterdir())
        halves = [songs[part::PROCESSES] for part in range(PROCESSES)]
        began = time.monotonic()
        local = [
            subprocess.Popen(
                cluster.command("transcribe", "--input", "drums", "--out", str(folder / f"out{part}"), *map(str, half)),
                cwd=ROOT, env=cluster.settings(f"local{part}"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for part, half in enumerate(halves)
        ]  # fmt: skip
        for process in local:
            process.wait()
        local_rate = SONGS / (time.monotonic() - began)
        began = time.monotonic()
        worker = cluster.start_worker("worker", PROCESSES)
        done = cluster.run("catalogue", "run", cluster.songs, "--out", cluster.out, "--input", "drums", timeout=3600)
        rate = SONGS / (time.monotonic() - began)
        worker.terminate()
        worker.wait()
        return [
            Row(f"{SONGS} songs of {SONG_SECONDS:g} s: done", SONGS if done.returncode == 0 else 0, "", str(SONGS)),
            Row(f"songs a second, {PROCESSES} workers", rate, "", ""),
            Row(f"songs a second, {PROCESSES} local processes", local_rate, "", ""),
            Row("workers against local processes, start-up included", rate / local_rate, "x", ">= .95"),
        ]


def trouble() -> list[Row]:
    """Every task is sent twice; workers are killed and Redis loses all it has, again and again."""
    with _cluster() as (cluster, server, folder):
        (folder / "songs").mkdir()
        _make_songs(cluster, folder, CLIPS, CLIP_SECONDS)
        over, kills, deepest = threading.Event(), [0], [0]
        workers = [cluster.start_worker("worker", PROCESSES)]

        def disturb() -> None:
            name = _wait_for_run(cluster)
            queue = TaskQueue.open(cluster.queue)
            for number in range(CLIPS):
                queue.send(SongTask(name, f"{cluster.songs}/{number:03}.wav", f"{number:03}.wav"))
            while not over.wait(TROUBLE_SECONDS):
                kills[0] += 1
                if kills[0] % 3 == 0:
                    server.stop()
                    server.start()
                elif kills[0] % 3 == 1:
                    for child in psutil.Process(workers[-1].pid).children()[:1]:
                        child.kill()
                else:
                    _kill_all(workers[-1])
                    workers.append(cluster.start_worker("worker", PROCESSES))
                deepest[0] = max(deepest[0], queue.depth())

        troublemaker = threading.Thread(target=disturb)
        troublemaker.start()
        began = time.monotonic()
        done = cluster.run("catalogue", "run", cluster.songs, "--out", cluster.out, "--input", "drums", timeout=3600)
        seconds = time.monotonic() - began
        over.set()
        troublemaker.join()
        _kill_all(workers[-1])
        return [*_count(cluster, done.returncode), Row("kills and losses of all of Redis", kills[0], "", ""),
                Row("clips a second in all that", CLIPS / seconds, "", "")]  # fmt: skip


def _count(cluster: Cluster, status: int) -> list[Row]:
    store = open_store(cluster.store)
    paths = [found.path for found in store.list()]
    done = [path for path in paths if "/done/" in path]
    hits = {path.split("/")[2] for path in paths if path.startswith("stages/hits/") and path.endswith("manifest.json")}
    results = {path.split("/")[0] for path in (found.path for found in open_store(cluster.out).list())}
    return [
        Row(
            f"{CLIPS} clips of {CLIP_SECONDS:g} s, each sent twice: done",
            len(done) if status == 0 else 0,
            "",
            str(CLIPS),
        ),
        Row("clips lost", CLIPS - len(results), "", "0"),
        Row("results of a stage published twice", len(hits) - CLIPS, "", "0"),
    ]


def _wait_for_run(cluster: Cluster) -> str:
    while not (runs := list(open_store(cluster.store).list("runs/"))):
        time.sleep(0.05)
    return runs[0].path.split("/")[1]


def _kill_all(worker: subprocess.Popen[bytes]) -> None:
    """As a machine that loses its power."""
    for each in [*psutil.Process(worker.pid).children(recursive=True), psutil.Process(worker.pid)]:
        each.kill()
    worker.wait()
