"""Old jobs and old uploads go by themselves; what is a user's own stays."""

import pytest

from daemon.config import load
from daemon.inlets.retention import DAY, expire_jobs
from daemon.jobs.job import State
from daemon.jobs.store import JobStore
from tests.fakes import FakeClock
from tests.jobs.sample_jobs import job


class Home:
    def __init__(self, folder, **days):
        self.folder = folder
        variables = {f"SIDESTICK_RETENTION__{name.upper()}": str(value) for name, value in days.items()}
        self.settings = load({"SIDESTICK_FOLDERS__UPLOADS": str(folder / "uploads"), **variables}).settings
        self.clock = FakeClock(1e9)
        self.store = JobStore(folder / "jobs.db", self.clock.now)

    def song(self, *names):
        path = self.folder.joinpath(*names)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"sound")
        running = self.store.move(self.store.add(job(str(path))), State.RUNNING)
        return self.store.move(running, State.DONE)

    def left(self):
        expire_jobs(self.store, self.settings, self.clock.now)
        return {each.id for each in self.store.list_latest(10)}


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path, jobs_days=10, uploads_days=5)


def test_a_job_is_forgotten_after_its_days_and_its_song_stays(home):
    done = home.song("Music", "Song.wav")
    home.clock.advance(9 * DAY)
    assert home.left() == {done.id}
    home.clock.advance(2 * DAY)
    assert home.left() == set()
    assert done.path.exists()


def test_an_upload_goes_after_its_own_days(home):
    done = home.song("uploads", "Song", "Song.wav")
    home.clock.advance(4 * DAY)
    assert home.left() == {done.id}
    home.clock.advance(2 * DAY)
    assert home.left() == set()


def test_what_waits_or_runs_is_never_old(home):
    waiting = home.store.add(job(str(home.folder / "Song.wav")))
    home.clock.advance(100 * DAY)
    assert home.left() == {waiting.id}


def test_zero_keeps_everything(tmp_path):
    home = Home(tmp_path, jobs_days=0, uploads_days=0)
    kept = {home.song("Music", "Song.wav").id, home.song("uploads", "Song", "Song.wav").id}
    home.clock.advance(1000 * DAY)
    assert home.left() == kept
