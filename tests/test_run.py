"""One sidestick for one state folder."""

import logging
import os
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest

from daemon.errors import ConfigError
from daemon.events import Failed
from daemon.jobs.job import Fingerprint, State
from daemon.jobs.store import JobStore
from daemon.run import _open_midi, clear_places, lock_instance, report_outcome, submit_dropped
from tests.jobs.sample_jobs import job


def test_a_second_one_is_refused_and_told_who_has_it(tmp_path):
    with lock_instance(tmp_path), pytest.raises(ConfigError, match=f"process {os.getpid()}"), lock_instance(tmp_path):
        pass


def test_after_a_clean_end_the_folder_is_free(tmp_path):
    for _ in range(2):
        with lock_instance(tmp_path):
            assert (tmp_path / "sidestick.pid").read_text() == f"{os.getpid()}\n"
    assert not (tmp_path / "sidestick.pid").exists()


def test_a_pid_left_by_a_killed_one_is_no_obstacle(tmp_path):
    (tmp_path / "sidestick.pid").write_text("999999\n")
    with lock_instance(tmp_path):
        assert (tmp_path / "sidestick.pid").read_text() == f"{os.getpid()}\n"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be used"), lock_instance(tmp_path / "file"):
        pass


@pytest.mark.parametrize("name", ["spool", "spool/inbox", "spool/outbox", "listings"])
def test_a_file_where_a_folder_is_needed_is_moved_aside_and_named(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    [said] = clear_places(tmp_path)
    assert str(tmp_path / name) in said
    assert (tmp_path / f"{name}.moved-1").read_text() == "mine" and not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["daemon.json", "sidestick.pid", "timings.json", "jobs.db"])
def test_a_folder_where_a_file_is_needed_is_moved_aside_with_what_is_in_it(tmp_path, name):
    for number in (1, 2):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine").touch()
        assert len(clear_places(tmp_path)) == 1
        assert (tmp_path / f"{name}.moved-{number}" / "mine").exists()


def test_places_as_they_should_be_are_left_alone(tmp_path):
    (tmp_path / "spool" / "inbox").mkdir(parents=True)
    (tmp_path / "daemon.json").write_text("{}")
    assert clear_places(tmp_path) == []


def test_a_folder_in_place_of_the_pid_stops_nobody(tmp_path):
    (tmp_path / "sidestick.pid").mkdir()
    with lock_instance(tmp_path):
        pass


class ScriptedFolder:
    """A drop folder that keeps what it hears of its jobs."""

    def __init__(self):
        self.heard = []

    def mark_failed(self, path, reason):
        self.heard.append((path.name, reason))

    def mark_done(self, path):
        self.heard.append((path.name, ""))


@pytest.fixture
def store(tmp_path):
    with closing(JobStore(tmp_path / "jobs.db")) as opened:
        yield opened


def test_a_dropped_file_whose_job_was_cancelled_gets_no_note(store):
    asked = store.add(job("/drop/Song.wav"))
    folder = ScriptedFolder()
    report_outcome(store, folder, Failed(asked.id, "cancelled", "Song.wav was cancelled."))
    report_outcome(store, folder, Failed(asked.id, "silent", "Song.wav is silent."))
    assert folder.heard == [("Song.wav", "Song.wav is silent.")]


def test_a_dropped_file_whose_job_was_cancelled_is_taken_again_only_if_it_is_put_there_anew(store, tmp_path):
    song = tmp_path / "Song.wav"
    song.write_bytes(b"1")
    about = Fingerprint.of(song)
    over = store.add(replace(job(str(song)), source=about))
    store.move(over, State.CANCELLED)
    admission = SimpleNamespace(admit=lambda *_: SimpleNamespace(id="new"))
    components = SimpleNamespace(store=store, admission=admission)
    assert submit_dropped(components, song, {}) == over.id
    song.write_bytes(b"22")
    assert submit_dropped(components, song, {}) == "new"


def test_a_midi_port_that_breaks_as_it_is_opened_is_logged_and_takes_nothing_along(guard_log):
    def open_port():
        raise ZeroDivisionError("oops")

    _open_midi(SimpleNamespace(open=open_port), logging.getLogger("sidestick"))
    assert guard_log() == ["The MIDI port: something broke (ZeroDivisionError: oops). Please report it."]
