"""`sidestick catalogue` as it is typed, with real workers, a real Redis server and an S3 server."""

import csv
import io
import json
import re
import subprocess
import threading
import time

import psutil
import pytest

from daemon.commands import catalogue
from daemon.distributed.object_store import open_store
from daemon.distributed.song_worker import SongTask
from daemon.distributed.task_queue import TaskQueue
from tests import synth
from tests.distributed.cluster import ROOT, Cluster

BEAT = synth.rock_beat(1)
SECONDS = 2.0


@pytest.fixture
def cluster(redis_server, s3, tmp_path, request):
    return Cluster(redis_server, s3, tmp_path, request.node.name)


@pytest.fixture
def worker(cluster):
    started = cluster.start_worker("worker", processes=2)
    yield started
    started.terminate()
    started.wait(timeout=60)


@pytest.fixture
def at_desk(cluster, monkeypatch):
    """Commands are run in this very process, as on the desk's machine."""
    for name, value in cluster.settings("desk").items():
        monkeypatch.setenv(name, value)


def test_a_catalogue_is_done_as_the_local_program_does_it(cluster, worker, at_desk, tmp_path, capsys):
    mine = tmp_path / "mine"
    mine.mkdir()
    for number in range(3):
        cluster.write(f"rock/{number}.wav", synth.play(BEAT, SECONDS + number / 10), tmp_path)
        synth.write(mine / f"{number}.wav", synth.play(BEAT, SECONDS + number / 10))
    open_store(cluster.songs).write("broken.wav", b"RIFF....WAVE")
    assert catalogue.run(cluster.songs, cluster.out, {"input": "drums"}, as_json=False) == 1
    told = capsys.readouterr().err
    name = told.partition(":")[0].removeprefix("Run ")
    assert f"3 of 4 songs are done. 1 failed; `sidestick catalogue failed {name}` says why." in told
    local = cluster.run("transcribe", str(mine), "--input", "drums")
    assert local.returncode == 0, local.stderr
    for number in range(3):
        there = open_store(cluster.out).read(f"rock/{number}.wav/{number}.drums.mid")
        assert there == (mine / f"{number}.drums.mid").read_bytes()
        assert open_store(cluster.out).exists(f"rock/{number}.wav/{number}.sidestick.json")
    assert catalogue.show_failed(name, as_json=False) == 1
    assert re.match(r"broken\.wav: .* Export", capsys.readouterr().out)
    catalogue.report(name)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["name"] for row in rows if row["state"] == "failed"] == ["broken.wav"]
    assert sorted(float(row["duration_s"]) for row in rows if row["state"] == "done") == [2.0, 2.1, 2.2]
    assert catalogue.retry(name) == 0 and "1 songs are tried again" in capsys.readouterr().out
    cluster.write("broken.wav", synth.play(BEAT, SECONDS), tmp_path)
    assert catalogue.run(cluster.songs, cluster.out, {"input": "drums"}, as_json=False) == 0
    capsys.readouterr()
    assert catalogue.show_status("", as_json=True) == 0
    status = json.loads(capsys.readouterr().out)
    assert (status["run"], status["done"], status["failed"]) == (name, 4, 0)


def test_every_song_is_done_once_though_workers_die_and_tasks_come_twice(cluster, worker, tmp_path):
    count = 8
    for number in range(count):
        cluster.write(f"{number}.wav", synth.play(BEAT, SECONDS + number / 20), tmp_path)
    over = threading.Event()

    def disturb():
        """Send every song a second time, and kill what works, three times."""
        queue = TaskQueue.open(cluster.queue)
        while not (runs := list(open_store(cluster.store).list("runs/"))):
            time.sleep(0.05)
        name = runs[0].path.split("/")[1]
        for number in range(count):
            queue.send(SongTask(name, f"{cluster.songs}/{number}.wav", f"{number}.wav"))
        for _ in range(3):
            over.wait(2.5)
            for child in psutil.Process(worker.pid).children()[:1]:
                child.kill()

    trouble = threading.Thread(target=disturb)
    trouble.start()
    done = cluster.run("catalogue", "run", cluster.songs, "--out", cluster.out, "--input", "drums", timeout=200)
    over.set()
    trouble.join()
    assert done.returncode == 0 and f"{count} of {count} songs are done." in done.stderr, done.stderr
    objects = [found.path for found in open_store(cluster.store).list("stages/")]
    attempts = {tuple(path.split("/")[1:4]) for path in objects if not path.endswith("manifest.json")}
    results = [path.split("/")[1:3] for path in objects if path.endswith("manifest.json")]
    assert len([stage for stage, _ in results if stage == "hits"]) == count
    assert all(any(list(attempt[:2]) == result for attempt in attempts) for result in results)
    assert [found.path for found in open_store(cluster.store).list("leases/")] == []


def test_a_cancelled_run_stops_at_once_and_goes_on_later(cluster, worker, tmp_path):
    for number in range(2):
        cluster.write(f"{number}.wav", synth.play(synth.rock_beat(4), 8.0 + number), tmp_path)
    command = cluster.command("catalogue", "run", cluster.songs, "--out", cluster.out, "--input", "drums")
    run = subprocess.Popen(command, cwd=ROOT, env=cluster.settings("desk"), stderr=subprocess.PIPE, text=True)
    name = run.stderr.readline().partition(":")[0].removeprefix("Run ")
    while not list(open_store(cluster.store).list(f"runs/{name}/tries/")):
        time.sleep(0.05)
    told = cluster.run("catalogue", "cancel", name)
    assert told.returncode == 0 and f"The run {name} is cancelled" in told.stdout
    assert run.wait(timeout=30) == 1 and "was cancelled" in run.stderr.read()
    assert TaskQueue.open(cluster.queue).end_tasks(name) == 0
    assert cluster.run(*command[3:]).returncode == 0
