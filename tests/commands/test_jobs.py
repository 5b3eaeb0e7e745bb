"""`sidestick jobs` when no daemon runs: the list can be read and cleared all the same."""

import json
from io import StringIO

import pytest
from rich.console import Console

from daemon.commands import jobs as command
from daemon.errors import Rejected
from daemon.jobs.job import State
from daemon.jobs.store import FILE, JobStore
from tests.jobs.sample_jobs import job


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDESTICK_STATE_FOLDER", str(tmp_path))
    monkeypatch.setenv("SIDESTICK_FOLDERS__CONFIG", str(tmp_path))
    opened = JobStore(tmp_path / FILE)
    yield opened
    opened.close()


def test_the_list_is_printed_as_json(store, capsys):
    asked = store.add(job())
    assert command.show(20, as_json=True) == 0
    assert [row["job"] for row in json.loads(capsys.readouterr().out)] == [asked.id]


def test_each_job_has_a_line_with_its_reason(store, capsys):
    running = store.move(store.add(job()), State.RUNNING)
    store.move(running, State.FAILED, reason="It broke.")
    command.show(20, as_json=False)
    assert capsys.readouterr().out.split("  ") == [running.id, "failed", "Song.wav", "It broke.\n"]


def test_a_queued_job_is_cancelled(store):
    asked = store.add(job())
    command.cancel(asked.id)
    assert store.get(asked.id).state is State.CANCELLED


def test_what_is_over_is_not_cancelled(store):
    over = store.move(store.add(job()), State.CANCELLED)
    with pytest.raises(Rejected, match="is cancelled already"):
        command.cancel(over.id)


def test_a_job_that_is_over_is_forgotten(store, capsys):
    over = store.move(store.add(job()), State.CANCELLED)
    command.delete(over.id)
    assert store.list_latest(10) == []
    assert "stays where it is" in capsys.readouterr().out


def test_an_unknown_job_is_named(store):
    with pytest.raises(Rejected, match="no job 'j0'"):
        command.delete("j0")


def test_an_empty_list_says_what_to_do(store, capsys):
    assert command.show(20, as_json=False) == 0
    assert capsys.readouterr().out.startswith("Nothing was asked for yet.")


@pytest.mark.parametrize("width", [60, 80, 160])
def test_the_table_shows_ids_whole_and_cuts_names(width):
    row = {"job": "5829757a7654", "state": "running", "path": f"/a/{'long [name] ' * 8}.wav", "stage": "separate"}
    console = Console(width=width, file=StringIO())
    console.print(command._table([{**row, "fraction": 0.28, "eta": 62.0, "reason": ""}]))
    _, line, *rest = console.file.getvalue().splitlines()
    assert line.startswith("5829757a7654  running  lo")
    assert "28%" in line and line.rstrip().endswith("1:02")
    assert len(rest) <= 1
