import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.discovery import FILE, RunningDaemon, is_alive, publish, read_running, state_folder, withdraw

ME = RunningDaemon(os.getpid(), 9331, "/state/spool", "0.1.0", ("/usr/bin/sidestick", "send"))


def test_what_is_published_is_found(tmp_path: Path) -> None:
    publish(ME, tmp_path / "new")
    assert read_running(tmp_path / "new") == ME


def test_the_file_is_plain_json_for_hosts_in_other_languages(tmp_path: Path) -> None:
    found = json.loads(publish(ME, tmp_path).read_text())
    assert (found["osc_port"], found["sender"]) == (9331, ["/usr/bin/sidestick", "send"])


def test_only_its_owner_reads_it_and_nothing_else_is_left(tmp_path: Path) -> None:
    publish(ME, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": "x"}', "\xff", "[" * 100_000])
def test_a_damaged_file_means_that_nothing_is_known(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_bytes(text.encode("latin-1"))
    assert read_running(tmp_path) is None


def test_no_file_means_that_nothing_is_known(tmp_path: Path) -> None:
    assert read_running(tmp_path) is None


def test_this_process_is_alive_and_one_that_ended_is_not() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_alive(ME)
    assert not is_alive(RunningDaemon(ended.pid, 9331, "", "", ()))


def test_one_sidestick_never_withdraws_another(tmp_path: Path) -> None:
    publish(ME, tmp_path)
    withdraw(tmp_path, ME.pid + 1)
    assert read_running(tmp_path) == ME
    withdraw(tmp_path, ME.pid)
    assert read_running(tmp_path) is None


def test_the_state_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIDESTICK_STATE_FOLDER", str(tmp_path))
    assert state_folder() == tmp_path
    monkeypatch.delenv("SIDESTICK_STATE_FOLDER")
    assert state_folder().name == "sidestick"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "null",
        '{"pid": 1e999}',
        '{"pid": []}',
        "\x00\xff",
        "[" * 100_000,
        '{"pid": 1, "osc_port": 1e999}',
    ],
)
def test_a_damaged_announcement_is_none(tmp_path, text):
    (tmp_path / "daemon.json").write_text(text, encoding="utf-8")
    assert read_running(tmp_path) is None


@pytest.mark.parametrize("pid", [0, -1, 1 << 40, 1 << 70])
def test_a_pid_that_no_system_has_is_not_alive(pid):
    assert not is_alive(RunningDaemon(pid, 9331, "/spool", "0", ("sidestick",)))
