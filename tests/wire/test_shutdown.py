"""A daemon whose terminal or session ends, and one that is started in a folder of planted modules."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge.discovery import read_running
from tests.wire.daemon_process import PATIENCE, DaemonProcess, events_until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has neither signals nor pseudo-terminals")
DRUMS = json.dumps({"input": "drums"})
PLANTED = ("zlib", "numpy", "socket", "secrets", "struct", "multiprocessing", "signal", "pydantic", "bridge", "daemon")
TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "daemon", "run"])
"""


@pytest.fixture
def home(tmp_path) -> DaemonProcess:
    return DaemonProcess(tmp_path)


@pytest.mark.parametrize("name", ["SIGHUP", "SIGQUIT", "SIGTERM"])
def test_every_end_of_a_session_is_a_clean_stop(home, name):
    home.start()
    assert home.end(getattr(signal, name)) == 0
    assert read_running(home.state) is None
    assert not (home.state / "sidestick.pid").exists()
    assert "sidestick stops." in home.log_path.read_text("utf-8")


def test_a_terminal_that_closes_ends_the_daemon_cleanly_and_its_song_goes_on_later(home):
    import pty

    song = home.song(seconds=8.0)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", TERMINAL]
    home.process = subprocess.Popen(command, env=home.environ, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    deadline = time.monotonic() + PATIENCE
    while not home.is_announced():
        assert time.monotonic() < deadline and home.process.poll() is None
        time.sleep(0.02)
    with home.client() as client:
        job = str(client.ask("/sidestick/process", str(song), DRUMS).args[1])
        next(client.events(PATIENCE))
        os.close(ours)  # the window is gone: the kernel sends SIGHUP to all that run in it
        home.process.wait(PATIENCE)
    assert read_running(home.state) is None
    home.start()
    with home.client() as client:
        client.ask("/sidestick/subscribe", 0, 60)
        again = client.ask("/sidestick/process", str(song), DRUMS)
        heard = events_until(client, str(again.args[1]))
    home.end()
    assert job and heard[-1].address == "/sidestick/done"


@pytest.fixture
def planted(tmp_path) -> Path:
    """A folder of downloads with modules that leave a file behind when they are imported."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    for name in PLANTED:
        (folder / f"{name}.py").write_text(f"open({str(folder / name)!r}, 'w').close()\nraise SystemExit(9)\n")
    return folder


def executed(folder: Path) -> list[str]:
    return [name for name in PLANTED if (folder / name).exists()]


def test_nothing_is_imported_from_where_the_daemon_was_started(home, planted, monkeypatch):
    monkeypatch.chdir(planted)
    script = planted.with_name("sidestick")  # as pip installs it
    script.write_text("from daemon.__main__ import main\nif __name__ == '__main__':\n    main()\n")
    home.start(sys.executable, str(script))
    with home.client() as client:
        ack = client.ask("/sidestick/process", str(home.song()), DRUMS)
        heard = events_until(client, str(ack.args[1]))
    sender = read_running(home.state).sender
    asked = subprocess.run(
        [*sender, "--osc-port", str(home.osc_port), "/sidestick/ping"], capture_output=True, text=True
    )
    home.end()
    assert heard[-1].address == "/sidestick/done", heard
    assert not executed(planted)
    assert asked.returncode == 0 and "pong" in asked.stdout, asked.stderr
