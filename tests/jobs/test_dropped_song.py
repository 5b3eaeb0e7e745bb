"""A dropped song on its whole way, from the drop folder to its files, with the worker in this process."""

import hashlib
from pathlib import Path

import pytest

from daemon.backends.basic_pitch import BasicPitch
from daemon.events import Done, EventBus
from daemon.inlets.drop_folder.folder import DropFolder, FolderSettings
from daemon.jobs.admission import Admission, AdmissionSettings
from daemon.jobs.run_task import TaskRunner
from daemon.jobs.scheduler import Scheduler, WorkerSlot
from daemon.jobs.store import JobStore
from daemon.jobs.timings import Timings
from daemon.outlets.delivery import DeliverySettings
from daemon.pipeline.audio import probe as probing
from daemon.pipeline.audio.probe import Limits, probe
from daemon.pipeline.cache import StageCache
from daemon.pipeline.options import Options
from daemon.pipeline.tools import Tools
from tests import synth
from tests.fake_drop_folder import FakeWatch
from tests.fakes import FakeClock
from tests.jobs.test_scheduler import PATIENCE, FakeCleanup
from tests.pipeline.test_chain import HalfAndHalf
from tests.scripted_transcriber import ScriptedTranscriber

BEAT = synth.rock_beat(2)


class LocalRunner:
    """A worker without a process."""

    def __init__(self, runner: TaskRunner) -> None:
        self._runner = runner

    def run(self, task, report, stop):
        return self._runner.run(task, report).result

    def unload(self):
        pass


@pytest.fixture
def counts(monkeypatch):
    """How often a file named Song.wav was probed, and how often it was hashed."""
    counted = {"probed": 0, "hashed": 0}
    check, digest = probing._check_file, hashlib.file_digest

    def count_probe(path, limits):
        counted["probed"] += path.name == "Song.wav"
        check(path, limits)

    def count_hash(file, name):
        counted["hashed"] += Path(file.name).name == "Song.wav"
        return digest(file, name)

    monkeypatch.setattr(probing, "_check_file", count_probe)
    monkeypatch.setattr(hashlib, "file_digest", count_hash)
    return counted


def drop_and_wait(folder: Path) -> None:
    """Drop a mix, and wait for its draft and its final pass."""
    bus, store, clock, over = EventBus(), JobStore(folder / "jobs.db"), FakeClock(), []
    tools = Tools(
        StageCache(folder / "cache"), Limits(), ScriptedTranscriber(BEAT), lambda *_: HalfAndHalf(), lambda _: None,
        BasicPitch(),
    )  # fmt: skip
    runner = TaskRunner((tools,), DeliverySettings(folder / "locks"), Timings(folder / "timings.json"))
    settings = AdmissionSettings(folder / "cache", Limits(), Options(), draft=True, check=lambda _: None)
    admission = Admission(settings, store, bus)
    scheduler = Scheduler(store, bus, [WorkerSlot(LocalRunner(runner))], FakeCleanup(), idle=60.0)
    bus.subscribe(lambda event: over.append(event) if isinstance(event, Done) else scheduler.wake())
    dropped = DropFolder(
        folder / "drop", FolderSettings(), lambda path, given: admission.admit(path, given).id,
        lambda path: probe(path, Limits()), learn=str, tell=lambda _: None, clock=clock.now,
        watch=lambda _: FakeWatch(),
    )  # fmt: skip
    dropped.step()
    clock.advance(2.0)
    dropped.step()
    scheduler.start()
    with scheduler._changed:
        done = scheduler._changed.wait_for(lambda: over, PATIENCE)
    scheduler.stop()
    store.close()
    assert done


def test_a_dropped_song_is_probed_three_times_and_hashed_when_it_is_dropped_and_when_its_turn_comes(tmp_path, counts):
    (tmp_path / "drop").mkdir()
    synth.write(tmp_path / "drop" / "Song.wav", synth.play(BEAT, 4.0))
    drop_and_wait(tmp_path)
    assert (tmp_path / "drop" / "Song.drums.mid").exists()
    assert counts == {"probed": 3, "hashed": 2}
