"""How the daemon hears that it is to end, on this system and, with a fake of its console, on Windows."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from daemon.shutdown import watch_console

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
PATIENCE = 30.0
WAITING = """
import sys
from daemon.shutdown import catch_end
with catch_end() as asked:
    print("ready", flush=True)
    asked.wait(30)
    sys.exit(7 if asked.is_set() else 1)
"""


class Console:
    """kernel32 as far as the console goes: keeps one handler and calls it as Windows does, in a thread."""

    def __init__(self):
        self.handler = None

    def SetConsoleCtrlHandler(self, handler, add):
        self.handler = handler if add else None
        return 1

    def send(self, event):
        said = []
        thread = threading.Thread(target=lambda: said.append(self.handler(event)))
        thread.start()
        return thread, said


@posix
@pytest.mark.parametrize("name", ["SIGHUP", "SIGQUIT", "SIGTERM", "SIGINT"])
def test_every_signal_that_ends_a_session_asks_for_the_end(name):
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.send_signal(getattr(signal, name))
        assert process.wait(PATIENCE) == 7


@posix
def test_nohup_is_respected():
    with subprocess.Popen(["nohup", sys.executable, "-c", WAITING], stdout=-1, stderr=-3) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.terminate()
        assert process.wait(PATIENCE) == 7


@pytest.mark.parametrize("event", [2, 5, 6])
def test_a_window_that_closes_waits_until_the_daemon_has_ended(event):
    console, asked, over = Console(), threading.Event(), threading.Event()
    watch_console(asked, over, console, PATIENCE)
    thread, said = console.send(event)
    assert asked.wait(PATIENCE) and thread.is_alive()
    over.set()
    thread.join(PATIENCE)
    assert said == [1]


@pytest.mark.parametrize("event", [0, 1])
def test_ctrl_c_is_left_to_its_signal(event):
    console, asked = Console(), threading.Event()
    watch_console(asked, threading.Event(), console, PATIENCE)
    thread, said = console.send(event)
    thread.join(PATIENCE)
    assert said == [0] and not asked.is_set()


def test_a_daemon_that_hangs_does_not_keep_windows_waiting():
    console, asked = Console(), threading.Event()
    watch_console(asked, threading.Event(), console, 0.0)
    thread, said = console.send(2)
    thread.join(PATIENCE)
    assert said == [1]


def test_the_console_is_left_alone_in_the_end():
    console = Console()
    forget = watch_console(threading.Event(), threading.Event(), console)
    forget()
    assert console.handler is None


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_whoever_asks_again_and_again_changes_nothing(name):
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        while process.poll() is None:
            process.send_signal(getattr(signal, name))
        assert (process.returncode, process.stderr.read()) == (7, b"")
