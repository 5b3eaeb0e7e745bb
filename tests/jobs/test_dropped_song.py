"""A dropped song on its whole way, from the drop folder through a worker process to its files."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from daemon.backends.basic_pitch import BasicPitch
from daemon.events import Done, EventBus
from daemon.files import DigestCache, file_digest
from daemon.inlets.drop_folder.folder import DropFolder, FolderSettings
from daemon.jobs.admission import Admission, AdmissionSettings
from daemon.jobs.run_task import TaskRunner
from daemon.jobs.scheduler import Scheduler, WorkerSlot
from daemon.jobs.store import JobStore
from daemon.jobs.timings import Timings
from daemon.jobs.worker import LocalWorker
from daemon.jobs.worker_process import serve
from daemon.outlets.delivery import DeliverySettings
from daemon.outlets.manifest import Manifest
from daemon.pipeline.audio import probe as probing
from daemon.pipeline.audio.probe import Limits, probe
from daemon.pipeline.cache import StageCache
from daemon.pipeline.options import Options
from daemon.pipeline.tools import Tools
from tests import synth
from tests.fake_drop_folder import FakeWatch
from tests.fakes import FakeClock
from tests.jobs.scheduler_setup import FakeCleanup
from tests.pipeline.test_chain import HalfAndHalf
from tests.scripted_transcriber import ScriptedTranscriber

BEAT = synth.rock_beat(2)
PATIENCE = 120.0  # seconds: a worker process starts slowly on a busy machine


def serve_counted(connection: Connection, folder: Path) -> None:
    """A worker process that writes down each probe and each whole reading of Song.wav."""
    count_probes_and_hashes(folder, setattr)
    serve(connection, lambda: lambda task, report: build_runner(folder).run(task, report).result)


def count_probes_and_hashes(folder: Path, replace: Callable[[object, str, object], None]) -> None:
    """One line in folder/counts for each, of any process."""
    check, digest = probing._check_file, hashlib.file_digest

    def note(what: str, path: Path) -> None:
        if path.name == "Song.wav":
            with (folder / "counts").open("a") as file:
                file.write(f"{what}\n")

    def note_probe(path, limits):
        note("probed", path)
        check(path, limits)

    def note_hash(file, name):
        note("hashed", Path(file.name))
        return digest(file, name)

    replace(probing, "_check_file", note_probe)
    replace(hashlib, "file_digest", note_hash)


def build_runner(folder: Path) -> TaskRunner:
    tools = Tools(
        StageCache(folder / "cache"), Limits(), ScriptedTranscriber(BEAT), lambda *_: HalfAndHalf(), lambda _: None,
        BasicPitch(),
    )  # fmt: skip
    return TaskRunner((tools,), DeliverySettings(folder / "locks"), Timings(folder / "timings.json"))


class DropSetup:
    """A drop folder, the queue behind it, and a worker process."""

    def __init__(self, folder: Path) -> None:
        self.bus, self.store, self.clock, self.done = EventBus(), JobStore(folder / "jobs.db"), FakeClock(), []
        settings = AdmissionSettings(folder / "cache", Limits(), Options(), draft=True, check=lambda _: None)
        admission, digests = Admission(settings, self.store, self.bus), DigestCache()
        worker = LocalWorker(partial(serve_counted, folder=folder))
        self.scheduler = Scheduler(
            self.store, self.bus, [WorkerSlot(worker)], FakeCleanup(), idle=60.0, digests=digests
        )
        self.bus.subscribe(lambda event: self.done.append(event) if isinstance(event, Done) else self.scheduler.wake())
        self.drop_folder = DropFolder(
            folder / "drop", FolderSettings(), lambda path, given: admission.admit(path, given).id,
            lambda path: probe(path, Limits()), learn=str, tell=lambda _: None, clock=self.clock.now,
            watch=lambda _: FakeWatch(), digests=digests,
        )  # fmt: skip

    def take(self) -> None:
        """What lies in the folder becomes a job."""
        self.drop_folder.step()
        self.clock.advance(2.0)
        self.drop_folder.step()

    def work(self) -> None:
        """Wait for the draft and the final pass of one job."""
        self.scheduler.start()
        with self.scheduler._changed:
            done = self.scheduler._changed.wait_for(lambda: self.done, PATIENCE)
        self.scheduler.stop()
        self.store.close()
        assert done


@pytest.fixture
def setup(tmp_path, monkeypatch) -> DropSetup:
    (tmp_path / "drop").mkdir()
    synth.write(tmp_path / "drop" / "Song.wav", synth.play(BEAT, 4.0))
    count_probes_and_hashes(tmp_path, monkeypatch.setattr)
    return DropSetup(tmp_path)


def test_a_dropped_song_is_probed_three_times_and_hashed_once(setup, tmp_path):
    setup.take()
    setup.work()
    assert (tmp_path / "drop" / "Song.drums.mid").exists()
    assert Counter((tmp_path / "counts").read_text().split()) == {"probed": 3, "hashed": 1}


def test_a_take_that_replaces_one_that_waits_is_the_one_that_is_transcribed(setup, tmp_path):
    song = tmp_path / "drop" / "Song.wav"
    setup.take()
    size, times = song.stat().st_size, (song.stat().st_atime_ns, song.stat().st_mtime_ns)
    synth.write(tmp_path / "New.wav", synth.play(BEAT, 4.0) * 0.5)
    os.utime(tmp_path / "New.wav", ns=times)
    (tmp_path / "New.wav").replace(song)
    assert song.stat().st_size == size
    digest = file_digest(song)
    setup.work()
    assert Manifest.load(tmp_path / "drop" / "Song.sidestick.json").source.sha256 == digest
