"""Jobs on disk: legal moves only, races noticed, nothing lost by a sudden end."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from daemon.errors import ConfigError, JobMoved, Rejected, StoreFailed
from daemon.jobs.job import ACTIVE, ENDED, TRANSITIONS, Fingerprint, Job, Priority, State
from daemon.jobs.store import JobStore
from daemon.pipeline.options import Options
from tests.jobs.sample_jobs import job


@pytest.fixture
def store(tmp_path):
    opened = JobStore(tmp_path / "jobs.db", clock=lambda: 50.0)
    yield opened
    opened.close()


def test_a_job_is_read_back_as_it_was_put_in(store):
    options = Options.read({"bpm": 120.0, "grid": {"step": "1/8T"}, "sensitivity": {"snare": 0.7}})
    asked = job("/müsic/Söng.wav", options=options, priority=Priority.DROPPED, draft=True)
    store.add(asked)
    assert store.get(asked.id) == replace(asked, changed=50.0)


def test_a_job_goes_its_way_to_done(store):
    running = store.move(store.add(job()), State.RUNNING)
    done = store.move(running, State.DONE, manifest="/m", midi="/n")
    assert store.get(done.id) == done
    assert (done.state, done.midi) == (State.DONE, "/n")


@pytest.mark.parametrize(("before", "after"), [(a, b) for a in State for b in State if b not in TRANSITIONS[a]])
def test_moves_that_no_job_makes_are_refused(store, before, after):
    with pytest.raises(ValueError, match="does not go"):
        store.move(replace(store.add(job()), state=before), after)


def test_of_two_who_take_the_same_job_one_is_told(store):
    waiting = store.add(job())
    store.move(waiting, State.RUNNING)
    with pytest.raises(JobMoved):
        store.move(waiting, State.RUNNING)


def test_a_refused_move_changes_nothing(store):
    waiting = store.add(job())
    cancelled = store.move(waiting, State.CANCELLED)
    with pytest.raises(JobMoved):
        store.move(waiting, State.RUNNING, midi="/wrong.mid")
    assert store.get(waiting.id) == cancelled


def test_who_waits_goes_first_and_drafts_before_finals(store):
    album = [store.add(job(priority=Priority.DROPPED, draft=draft)) for draft in (False, True)]
    person = [store.add(job(draft=draft)) for draft in (False, True)]
    assert store.list_queued() == [person[1], person[0], album[1], album[0]]


def test_those_who_make_drafts_only_see_drafts_only(store):
    store.add(job())
    wanted = store.add(job(draft=True))
    assert store.list_queued(drafts_only=True) == [wanted]


def test_what_ran_when_sidestick_ended_waits_again(store):
    first, second = store.add(job()), store.add(job())
    store.move(first, State.RUNNING)
    assert [lost.id for lost in store.resume()] == [first.id]
    assert [waiting.id for waiting in store.list_queued()] == [first.id, second.id]


def test_a_twin_is_the_same_file_with_the_same_options(store):
    known = store.add(job(options=Options(bpm=100.0)))
    assert store.find_duplicate(known.source, Options(bpm=100.0), ACTIVE) == known
    assert store.find_duplicate(known.source, Options(bpm=101.0), ACTIVE) is None
    assert store.find_duplicate(replace(known.source, mtime_ns=2), known.options, ACTIVE) is None
    assert store.find_duplicate(known.source, known.options, ENDED) is None


def test_jobs_are_listed_newest_first_and_counted(store):
    ids = [store.add(job()).id for _ in range(5)]
    store.move(store.get(ids[0]), State.RUNNING)
    assert [found.id for found in store.list_latest(3)] == ids[:1:-1]
    assert (store.counts()[State.QUEUED], store.counts()[State.RUNNING]) == (4, 1)


def test_a_job_that_is_over_can_be_forgotten(store):
    over = store.move(store.add(job()), State.CANCELLED)
    store.delete(over.id)
    with pytest.raises(Rejected, match="There is no job"):
        store.get(over.id)


def test_a_job_at_work_cannot_be_forgotten(store):
    with pytest.raises(Rejected, match="cancel job"):
        store.delete(store.add(job()).id)


def test_two_processes_may_use_the_list_at_once(tmp_path, store):
    other = JobStore(tmp_path / "jobs.db")
    waiting = store.add(job())
    other.move(other.get(waiting.id), State.RUNNING)
    with pytest.raises(JobMoved):
        store.move(waiting, State.CANCELLED)
    other.close()


def test_a_list_of_a_newer_sidestick_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "jobs.db") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ConfigError, match="newer sidestick"):
        JobStore(tmp_path / "jobs.db")


def test_an_older_list_is_brought_up_to_date(tmp_path, monkeypatch):
    JobStore(tmp_path / "jobs.db").close()
    from daemon.jobs import store_file as module

    monkeypatch.setattr(module, "MIGRATIONS", (*module.MIGRATIONS, "CREATE TABLE later (x); CREATE TABLE more (y);"))
    JobStore(tmp_path / "jobs.db").close()
    with sqlite3.connect(tmp_path / "jobs.db") as db:
        assert db.execute("SELECT COUNT(*) FROM later, more").fetchone() == (0,)
        assert db.execute("PRAGMA user_version").fetchone() == (len(module.MIGRATIONS),)


def test_a_migration_that_fails_leaves_the_list_as_it_was(tmp_path, monkeypatch):
    JobStore(tmp_path / "jobs.db").close()
    from daemon.jobs import store_file as module

    monkeypatch.setattr(module, "MIGRATIONS", (*module.MIGRATIONS, "CREATE TABLE later (x); NONSENSE;"))
    with pytest.raises(ConfigError):
        JobStore(tmp_path / "jobs.db")
    with sqlite3.connect(tmp_path / "jobs.db") as db:
        assert db.execute("SELECT name FROM sqlite_master WHERE name = 'later'").fetchone() is None


def test_what_is_no_list_of_jobs_is_named(tmp_path):
    (tmp_path / "jobs.db").write_bytes(b"not a database " * 100)
    with pytest.raises(ConfigError, match=r"jobs\.db is damaged"):
        JobStore(tmp_path / "jobs.db")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be opened"):
        JobStore(tmp_path / "file" / "jobs.db")


def test_a_list_that_another_program_locks_is_a_reason_and_is_used_again_later(tmp_path, monkeypatch):
    monkeypatch.setattr("daemon.jobs.store_file._BUSY_SECONDS", 0.05)
    with closing(JobStore(tmp_path / "jobs.db")) as store, closing(sqlite3.connect(tmp_path / "jobs.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreFailed, match="locked"):
            store.add(job())
        other.rollback()
        assert store.get(store.add(job()).id)


def test_a_full_disk_is_a_reason_and_loses_nothing(store):
    waiting = store.add(job())
    store._db.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreFailed, match="has room"):
        for _ in range(100):
            store.add(job())
    store._db.execute("PRAGMA max_page_count = 1000000")
    assert store.get(waiting.id) == waiting


WRITER = """
import sys
from pathlib import Path
from daemon.jobs.store import JobStore
from daemon.jobs.job import State
from tests.jobs.sample_jobs import job
store = JobStore(Path(sys.argv[1]))
while True:
    stored = store.add(job())
    store.move(stored, State.RUNNING)
    print(stored.id, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_what_was_told_before_a_kill_is_there_after_it(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path / "jobs.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        told = [writer.stdout.readline().strip() for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
    store = JobStore(tmp_path / "jobs.db")
    assert {store.get(name).state for name in told} == {State.RUNNING}
    store.close()


class Moves(RuleBasedStateMachine):
    """Whatever happens in whatever order, the store agrees with a dictionary."""

    jobs = Bundle("jobs")

    def __init__(self):
        super().__init__()
        self.store = JobStore(Path(":memory:"))
        self.known: dict[str, State] = {}

    def teardown(self):
        self.store.close()

    @rule(target=jobs)
    def add(self) -> Job:
        added = self.store.add(job())
        self.known[added.id] = added.state
        return added

    @rule(seen=jobs, believed=st.sampled_from(State), to=st.sampled_from(State))
    def move(self, seen, believed, to):
        legal, there = to in TRANSITIONS[believed], self.known.get(seen.id) is believed
        with suppress(ValueError, JobMoved):
            self.store.move(replace(seen, state=believed), to)
            assert legal
            assert there
        if legal and there:
            self.known[seen.id] = to

    @rule(seen=jobs)
    def delete(self, seen):
        with suppress(Rejected):
            self.store.delete(seen.id)
            assert self.known.pop(seen.id) in ENDED

    @rule()
    def resume(self):
        self.store.resume()
        self.known = {name: State.QUEUED if s is State.RUNNING else s for name, s in self.known.items()}

    @invariant()
    def both_agree(self):
        assert {found.id: found.state for found in self.store.list_latest(1000)} == self.known


TestMoves = Moves.TestCase
TestMoves.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


def test_a_fingerprint_tells_a_changed_file(tmp_path):
    song = tmp_path / "Song.wav"
    song.write_bytes(b"one")
    before = Fingerprint.of(song)
    song.write_bytes(b"three")
    assert Fingerprint.of(song) != before


def write_row(tmp_path, job_id, column, value):
    with sqlite3.connect(tmp_path / "jobs.db") as db:
        db.execute(f"UPDATE jobs SET {column} = ? WHERE id = ?", (value, job_id))
    db.close()


OF_ANOTHER_VERSION = [
    ("options", '{"telepathy": true}'), ("options", '{"bpm": "fast"}'), ("options", "{"), ("options", ""),
    ("state", "paused"), ("priority", 99),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value"), OF_ANOTHER_VERSION)
def test_a_row_that_this_version_cannot_read_breaks_neither_the_list_nor_the_start(tmp_path, store, column, value):
    for name in ("odd", "fine"):
        store.add(replace(job(), id=name))
    write_row(tmp_path, "odd", column, value)
    again = JobStore(tmp_path / "jobs.db")
    found = {each.id: each.state for each in again.list_latest(10)}
    assert found == {"odd": State.FAILED, "fine": State.QUEUED}
    assert [each.id for each in again.list_queued()] == ["fine"] and again.resume() == []
    assert "Ask for it again" in again.get("odd").reason and again.counts()[State.QUEUED] == 1
    again.close()


def test_a_job_that_is_done_stays_done_whatever_its_options(tmp_path, store):
    done = store.move(store.move(store.add(replace(job(), id="old")), State.RUNNING), State.DONE, midi="/Song.mid")
    write_row(tmp_path, "old", "options", '{"telepathy": true}')
    assert (store.get("old").state, store.get("old").midi) == (State.DONE, done.midi)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_the_folder_of_the_list_is_its_owners_alone(tmp_path):
    JobStore(tmp_path / "state" / "jobs.db").close()
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def test_a_checkpoint_that_breaks_is_logged_and_the_next_one_is_made(tmp_path, guard_log, monkeypatch):
    class BrokenOnce:
        """A database whose first checkpoint breaks."""

        def __init__(self, real):
            self.real, self.made, self.calls = real, threading.Event(), 0

        def execute(self, statement):
            self.calls += 1
            if self.calls == 1:
                raise ZeroDivisionError("oops")
            self.real.execute(statement)
            self.made.set()

        def close(self):
            self.real.close()

    monkeypatch.setattr("daemon.jobs.store_file._CHECKPOINT_SECONDS", 0.0)
    store = JobStore(tmp_path / "jobs.db")
    broken = store._checkpointer._db = BrokenOnce(store._checkpointer._db)
    numbers = count()
    while not broken.made.wait(0.01) and next(numbers) < 1000:
        store.add(job())
    store.close()
    assert broken.made.is_set()
    assert guard_log() == ["The list of jobs: something broke (ZeroDivisionError: oops). Please report it."]
