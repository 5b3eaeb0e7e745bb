"""The command that opens the page."""

import os
import webbrowser

import pytest

from bridge.discovery import RunningDaemon, publish
from daemon.commands import review

KEY = "a-key-that-is-long-enough"


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDESTICK_FOLDERS__CONFIG", str(tmp_path))
    monkeypatch.setenv("SIDESTICK_STATE_FOLDER", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def opened(monkeypatch):
    found: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(found.append(address)) or True)
    return found


def running(state, http_port: int) -> None:
    publish(RunningDaemon(os.getpid(), 9331, "/spool", "0.1.0", ("sidestick",), http_port), state)


def test_the_page_of_the_running_sidestick_is_opened(state, opened, capsys):
    running(state, 9332)
    assert (review.run(start=False), opened) == (0, ["http://127.0.0.1:9332/"])
    assert "http://127.0.0.1:9332/" in capsys.readouterr().out


def test_the_key_goes_along_and_is_not_shown(state, opened, capsys, monkeypatch):
    monkeypatch.setenv("SIDESTICK_DAEMON__HTTP_KEY", KEY)
    running(state, 9332)
    review.run(start=False)
    assert opened == [f"http://127.0.0.1:9332/?key={KEY}"] and KEY not in capsys.readouterr().out


def test_the_page_is_opened_at_the_address_that_it_listens_on(state, opened, capsys, monkeypatch):
    monkeypatch.setenv("SIDESTICK_DAEMON__HTTP_HOST", "::1")
    running(state, 9332)
    review.run(start=False)
    assert opened == ["http://[::1]:9332/"] and "http://[::1]:9332/" in capsys.readouterr().out


def test_nothing_is_started_unasked(state, opened, capsys):
    assert (review.run(start=False), opened) == (1, [])
    assert "sidestick review --run" in capsys.readouterr().err


def test_a_sidestick_without_a_page_says_so(state, opened, capsys):
    running(state, 0)
    assert (review.run(start=False), opened) == (1, [])
    assert "daemon.http_port" in capsys.readouterr().err


def test_with_run_the_page_is_opened_once_sidestick_is_there(state, opened, monkeypatch):
    import threading

    shown = threading.Event()
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or shown.set() or True)

    def run(settings) -> None:
        running(settings.folders.state, 9444)
        assert shown.wait(30)

    monkeypatch.setattr("daemon.run.run", run)
    assert (review.run(start=True), opened) == (0, ["http://127.0.0.1:9444/"])
