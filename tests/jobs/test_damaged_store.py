"""A damaged list of jobs, at every place of it: put aside, rebuilt with what can be read, and said."""

import logging
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.errors import ConfigError, StoreFailed
from daemon.jobs import store_file
from daemon.jobs.job import State
from daemon.jobs.salvage import COLUMNS, salvage_rows
from daemon.jobs.store import JobStore
from daemon.pipeline.options import Options
from tests.jobs.sample_jobs import job

JOBS = 24

KILLED_WRITER = """
import os, sys
from dataclasses import replace
from pathlib import Path
from daemon.jobs.store import JobStore
from daemon.jobs.job import State
from tests.jobs.sample_jobs import job
store = JobStore(Path(sys.argv[1]))
for n in range(24):
    added = store.add(replace(job(f"/Music/Söng {n}.wav"), id=f"job-{n}"))
    if n % 2:
        store.move(store.move(added, State.RUNNING), State.DONE, manifest="/m", midi="/n")
    if n == 15:
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
os._exit(0)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A list of 24 jobs, 16 of them in the file and 8 in its log, as a killed sidestick leaves it."""
    folder = tmp_path_factory.mktemp("killed")
    subprocess.run([sys.executable, "-c", KILLED_WRITER, str(folder / "jobs.db")], check=True)
    return folder


@pytest.fixture(scope="module")
def closed(killed, tmp_path_factory):
    """The same list, closed as it should be: all in one file."""
    folder = tmp_path_factory.mktemp("closed")
    shutil.copytree(killed, folder, dirs_exist_ok=True)
    JobStore(folder / "jobs.db").close()
    return folder


def damage(source: Path, place: Path, name: str, at: int, bytes_: bytes) -> Path:
    """A copy of the folder `source`, in it `bytes_` at a place of the file `name`, which does not grow."""
    shutil.copytree(source, place, dirs_exist_ok=True)
    whole = (place / name).read_bytes()
    (place / name).write_bytes((whole[:at] + bytes_ + whole[at + len(bytes_) :])[: len(whole)])
    return place / "jobs.db"


def open_states(path: Path) -> tuple[dict[str, State], str]:
    """State by job in a list that may be rebuilt, after one was added to it; and what was said."""
    store = JobStore(path, rebuild=True)
    try:
        store.add(replace(job(), id="new"))
        found = {each.id: each.state for each in store.list_latest(1000)}
        assert found.pop("new") is State.QUEUED
        return found, store.repair
    finally:
        store.close()


@pytest.mark.parametrize("at", range(0, 60, 4))
def test_a_damaged_header_costs_no_job(tmp_path, closed, at):
    found, said = open_states(damage(closed, tmp_path, "jobs.db", at, b"\xff\xff\xff\xff"))
    assert len(found) == JOBS
    assert not said or f"rebuilt with {JOBS} jobs" in said


def test_damage_anywhere_in_the_file_costs_what_lay_there_and_nothing_else(tmp_path, closed):
    size = (closed / "jobs.db").stat().st_size
    for at in range(100, size, 1999):
        found, said = open_states(damage(closed, tmp_path / str(at), "jobs.db", at, b"\x00\xff\xa5" * 100))
        assert len(found) >= JOBS - 4, at  # a page holds at most so many
        assert len(found) == JOBS or said, at


def test_a_version_that_damage_wrote_is_no_newer_sidestick(tmp_path, closed):
    version, table = 60, 4096  # where the header tells the version; where the page after the header's begins
    path = damage(closed, tmp_path, "jobs.db", version, (7).to_bytes(4, "big"))
    whole = path.read_bytes()
    path.write_bytes(whole[:table] + b"\xff" * 100 + whole[table + 100 :])
    found, said = open_states(path)
    assert len(found) >= JOBS - 4 and "was damaged" in said


@pytest.mark.parametrize("version", [0, 1, 3, 6, 10, 1 << 20, 0xFFFFFFFF])
def test_a_list_whose_version_alone_was_damaged_is_as_it_was(tmp_path, closed, version):
    path = damage(closed, tmp_path, "jobs.db", 60, version.to_bytes(4, "big"))
    found, said = open_states(path)
    assert len(found) == JOBS and said == ""


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (sqlite3.SQLITE_READONLY, "writable"),
        (sqlite3.SQLITE_CANTOPEN, "writable"),
        (sqlite3.SQLITE_BUSY, "Another program"),
        (sqlite3.SQLITE_FULL, "Make room"),
        (sqlite3.SQLITE_IOERR, "Check its disk"),
    ],
)
def test_a_list_that_cannot_be_used_is_told_with_its_own_remedy(tmp_path, monkeypatch, code, remedy):
    def refuse(*_):
        error = sqlite3.OperationalError("no")
        error.sqlite_errorcode = code
        raise error

    monkeypatch.setattr(store_file, "_prepare", refuse)
    monkeypatch.setattr(store_file, "_is_writable", lambda *_: False)
    with pytest.raises(ConfigError, match=remedy):
        store_file.open_list(tmp_path / "jobs.db")


def test_a_file_cut_short_keeps_what_is_left_of_it(tmp_path, closed):
    path = damage(closed, tmp_path, "jobs.db", 0, b"")
    path.write_bytes(path.read_bytes()[: 3 * path.stat().st_size // 4])
    found, said = open_states(path)
    assert 0 < len(found) < JOBS and "was damaged" in said


def test_damage_anywhere_in_the_log_costs_what_lay_there_and_nothing_else(tmp_path, killed):
    size = (killed / "jobs.db-wal").stat().st_size
    for at in range(0, size, 9973):
        found, said = open_states(damage(killed, tmp_path / str(at), "jobs.db-wal", at, b"\xa5" * 40))
        assert len(found) >= JOBS - 4 and said, at


def test_a_whole_log_is_nothing_to_be_rebuilt(tmp_path, killed):
    found, said = open_states(damage(killed, tmp_path, "jobs.db-wal", 0, b""))
    assert (len(found), said) == (JOBS, "")


def test_the_damaged_list_lies_beside_the_new_one(tmp_path, closed):
    path = damage(closed, tmp_path, "jobs.db", 0, b"not a database")
    broken = path.read_bytes()
    _, said = open_states(path)
    assert (tmp_path / "jobs-damaged-1.db").read_bytes() == broken
    assert str(tmp_path / "jobs-damaged-1.db") in said
    path.write_bytes(b"not again" * 100)
    open_states(path)
    assert (tmp_path / "jobs-damaged-2.db").exists()


def test_every_field_of_a_job_survives(tmp_path):
    options = Options.read({"bpm": 120.0, "grid": {"step": "1/8T"}})
    with_all = replace(job("/Söng.wav", options=options, draft=True), created=7.0, digest="d" * 64, reason="r" * 9000)
    store = JobStore(tmp_path / "jobs.db", clock=lambda: 50.0)
    stored = store.add(with_all)
    store.close()
    (tmp_path / "jobs.db").write_bytes(b"\0" * 100 + (tmp_path / "jobs.db").read_bytes()[100:])
    again = JobStore(tmp_path / "jobs.db", rebuild=True)
    assert again.repair and again.get(stored.id) == stored
    again.close()


def test_a_list_damaged_while_in_use_is_rebuilt_and_the_next_asker_is_served(tmp_path, closed, caplog):
    path = damage(closed, tmp_path, "jobs.db", 0, b"")
    store = JobStore(path, rebuild=True)
    path.write_bytes(path.read_bytes()[:100] + b"\xa5" * 4000 + path.read_bytes()[4100:])
    other = sqlite3.connect(path)
    with caplog.at_level(logging.WARNING), pytest.raises(StoreFailed, match="rebuilt; ask again"):
        store._db.execute("PRAGMA shrink_memory")
        store.list_latest(5)
        store.add(job())
    other.close()
    assert len(store.list_latest(100)) == JOBS
    assert "was damaged" in caplog.text
    store.close()


def test_who_must_not_rebuild_is_told_who_does(tmp_path):
    (tmp_path / "jobs.db").write_bytes(b"not a database " * 100)
    with pytest.raises(ConfigError, match=r"jobs\.db is damaged .*`sidestick run` rebuilds it"):
        JobStore(tmp_path / "jobs.db")


@pytest.mark.parametrize("renames", range(4))
def test_a_rebuilding_that_was_killed_goes_on(tmp_path, closed, monkeypatch, renames):
    path = damage(closed, tmp_path, "jobs.db", 0, b"not a database")
    real, left = Path.replace, [renames]

    def replace_or_die(self, target):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace_or_die)
        with pytest.raises(KeyboardInterrupt):
            JobStore(path, rebuild=True)
    found, _ = open_states(path)
    assert len(found) == JOBS


def test_no_room_for_the_new_list_is_said_and_leaves_the_old_one(tmp_path, closed, monkeypatch):
    path = damage(closed, tmp_path, "jobs.db", 0, b"not a database")
    broken = path.read_bytes()

    def fill_disk(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store_file, "_migrate", fill_disk)
    with pytest.raises(ConfigError, match="disk"):
        JobStore(path, rebuild=True)
    assert path.read_bytes() == broken


def test_rows_are_read_in_the_order_of_the_table(tmp_path):
    JobStore(tmp_path / "jobs.db").close()
    with sqlite3.connect(tmp_path / "jobs.db") as db:
        assert tuple(row[1] for row in db.execute("PRAGMA table_info(jobs)")) == COLUMNS
    db.close()


def test_noise_holds_no_jobs(tmp_path):
    (tmp_path / "jobs.db").write_bytes(bytes([13, 0, 0, 0, 200]) + bytes(range(256)) * 64)
    assert salvage_rows([tmp_path / "jobs.db"], b"\xff" * 9000) == []
