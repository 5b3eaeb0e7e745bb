"""Disks that are full, each alone, while a song is worked on and while it is corrected: told, nothing lost, and on."""

import threading
from contextlib import closing

import pytest

from daemon.backends.basic_pitch import BasicPitch
from daemon.errors import DiskFailed, SidestickError
from daemon.events import Done
from daemon.files import file_digest
from daemon.jobs.job import Pass, State
from daemon.jobs.run_task import TaskRunner
from daemon.jobs.timings import Timings
from daemon.jobs.worker import Task
from daemon.outlets.delivery import DeliverySettings, correct
from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.cache import StageCache
from daemon.pipeline.options import Options
from daemon.pipeline.tools import Tools
from tests import synth
from tests.core_setup import CoreSetup
from tests.jobs.scheduler_setup import PATIENCE, SchedulerSetup, ScriptedWorker
from tests.scripted_transcriber import ScriptedTranscriber
from tests.small_disk import BLOCK, open_small_disk

BEAT = synth.rock_beat(1)
COWBELL = {"clusters": {"0": "cowbell"}}


class Home:
    """One song to work on, and a small disk in place of one of the folders."""

    def __init__(self, folder, disk):
        self.disk = disk
        self.music = folder / "outputs"
        self.music.mkdir(exist_ok=True)
        self.song = synth.write(self.music / "Song.wav", synth.play(BEAT, 2.0))
        self.settings = DeliverySettings(folder / "cache" / "locks")
        tools = Tools(
            StageCache(folder / "cache"), Limits(), ScriptedTranscriber(BEAT), lambda *_: None, lambda _: None,
            BasicPitch(),
        )  # fmt: skip
        self.runner = TaskRunner((tools,), self.settings, Timings(folder / "state" / "timings.json"))

    def work(self):
        task = Task(Pass.FINAL, str(self.song), file_digest(self.song), Options(input="drums"))
        return self.runner.run(task, lambda _: None).delivery

    def files(self):
        return {path.name: path.read_bytes() for path in self.music.iterdir() if path != self.disk.film}


@pytest.fixture
def small_disk(tmp_path, request):
    with open_small_disk(tmp_path / request.param) as disk:
        yield disk


@pytest.fixture
def home(tmp_path, small_disk):
    return Home(tmp_path, small_disk)


@pytest.mark.parametrize(
    ("small_disk", "blocks"), [("outputs", 0), ("outputs", 1), ("cache", 0), ("cache", 30)], indirect=["small_disk"]
)
def test_a_song_for_which_there_is_no_room_fails_with_the_reason_and_is_done_once_there_is(home, blocks):
    home.disk.fill(blocks * BLOCK)
    before = home.files()
    with pytest.raises(SidestickError, match="full"):
        home.work()
    assert home.files() == before
    assert not list(home.disk.folder.rglob(".sidestick-*")) and not list(home.disk.folder.glob(".making/*"))
    home.disk.make_room()
    assert home.work().midi.is_file()


@pytest.mark.parametrize("small_disk", ["outputs", "cache"], indirect=True)
def test_a_correction_for_which_there_is_no_room_changes_nothing_and_is_made_once_there_is(home):
    done = home.work()
    before = home.files()
    home.disk.fill()
    with pytest.raises(DiskFailed, match="the disk is full; make some room"):
        correct(done.manifest, COWBELL, home.settings)
    assert home.files() == before
    home.disk.make_room()
    made = correct(done.manifest, COWBELL, home.settings)
    assert made.content.history.head == 1 and home.files()["Song.drums.mid"] != before["Song.drums.mid"]


@pytest.mark.parametrize("small_disk", ["state"], indirect=True)
def test_a_song_is_done_although_nothing_can_be_learned_of_it(home):
    home.disk.fill()
    assert home.work().midi.is_file()


@pytest.mark.parametrize("small_disk", ["state"], indirect=True)
@pytest.mark.parametrize("moment", ["before it begins", "as it begins", "as it ends"])
def test_a_job_that_cannot_be_noted_is_noted_once_there_is_room(small_disk, monkeypatch, moment):
    refused = threading.Event()
    monkeypatch.setattr("daemon.jobs.scheduler.RETRY_SECONDS", 0.05)
    monkeypatch.setattr("daemon.jobs.scheduler._log.error", lambda *_: refused.set())
    setup = SchedulerSetup(small_disk.folder)
    worker = ScriptedWorker(hold=moment == "as it ends")
    with closing(setup):
        asked = setup.ask()
        if moment == "before it begins":
            small_disk.fill()
        if moment == "as it begins":
            monkeypatch.setattr(setup.store, "move", fill_after(setup.store.move, small_disk))
        setup.open(worker)
        if moment == "as it ends":
            assert worker.busy.wait(PATIENCE)
            small_disk.fill()
            worker.go.set()
        assert refused.wait(PATIENCE) and setup.store.get(asked.id).state is not State.DONE
        small_disk.make_room()
        setup.until(Done)
        assert setup.store.get(asked.id).state is State.DONE


def fill_after(move, disk):
    """`move`, behind whose first call there is no room any more."""

    def move_and_fill(*args, **changes):
        moved = move(*args, **changes)
        if not disk.film.exists():
            disk.fill()
        return moved

    return move_and_fill


@pytest.mark.parametrize("small_disk", ["state"], indirect=True)
def test_a_correction_that_cannot_be_noted_is_made_and_told(tmp_path, small_disk):
    setup = CoreSetup(tmp_path, state=small_disk.folder)
    with closing(setup):
        small_disk.fill()
        [answer] = setup.handle("/sidestick/relabel", "7", setup.job, '{"clusters": {"0": "cowbell"}}')
        assert answer.args[:3] == ("7", setup.job, 1) and (tmp_path / "Song.drums.mid").is_file()
        assert any(isinstance(event, Done) for event in setup.events)
        [refused] = setup.handle("/sidestick/clusters", "8", setup.job)
        assert refused.args[2] == "disk" and "the disk is full; make some room" in refused.args[3]
        small_disk.make_room()
        assert setup.rows("/sidestick/clusters", setup.job)[0]["label"] == "cowbell"
