"""A real `sidestick run` in a home of its own, and what a client does with it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from bridge.discovery import read_running
from bridge.osc.client import Client
from bridge.osc.wire import Message
from tests import synth
from tests.ports import free_port

PATIENCE = 60.0
BEAT = synth.rock_beat(2)


class DaemonProcess:
    """Folders, settings in the environment, and the daemon's process while one runs."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.music = folder / "music"
        self.music.mkdir(parents=True)
        self.osc_port = free_port()
        named = {name: name for name in ("config", "cache", "models", "uploads")}
        folders = {f"SIDESTICK_FOLDERS__{name.upper()}": str(folder / place) for name, place in named.items()}
        own = {"SIDESTICK_STATE_FOLDER": str(folder / "state"), "SIDESTICK_OFFLINE": "true"}
        chosen = {f"SIDESTICK_{name.upper()}": value for name, value in settings.items()}
        port = {"SIDESTICK_DAEMON__OSC_PORT": str(self.osc_port), "SIDESTICK_DAEMON__HTTP_PORT": "0"}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SIDESTICK_")}
        self.environ = {**clean, **folders, **own, **port, **chosen}
        self.process: subprocess.Popen[str] | None = None

    @property
    def log_path(self) -> Path:
        return self.folder / "said.txt"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def start(self, *program: str) -> "DaemonProcess":
        """Start it, by another `program` if given, and wait until it is announced."""
        self.process = self.spawn(*program)
        deadline = time.monotonic() + PATIENCE
        while not self.is_announced():
            assert self.process.poll() is None, self.log_path.read_text("utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self

    def is_announced(self) -> bool:
        running = read_running(self.state)
        return running is not None and self.process is not None and running.pid == self.process.pid

    def spawn(self, *program: str) -> "subprocess.Popen[str]":
        """The daemon as a service would start it: what it says goes to a file."""
        command = [*(program or (sys.executable, "-m", "daemon")), "run"]
        with self.log_path.open("w") as said:
            return subprocess.Popen(command, env=self.environ, stderr=said, text=True)

    def sidestick(self, *args: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "daemon", *args]
        return subprocess.Popen(command, env=self.environ, stdout=-1, stderr=-1, text=True)

    def run_command(self, *args: str) -> tuple[int, str, str]:
        """Exit status and output of another sidestick command."""
        with self.sidestick(*args) as process:
            out, errors = process.communicate(timeout=PATIENCE)
            return process.returncode, out, errors

    def client(self, timeout: float = PATIENCE) -> Client:
        return Client(self.osc_port, timeout)

    def song(self, name: str = "Song.wav", seconds: float = 4.0, level: float = 0.0) -> Path:
        """A rock beat of two bars, and a little noise by whose `level` its content differs from other songs."""
        sound = synth.play(BEAT, seconds) + synth.noise(seconds, level=-80.0 + level)
        return synth.write(self.music / name, sound)

    def ask_spool(self, name: str, address: str, *args: object) -> Path:
        """Where the answer will lie."""
        fresh = self.state / "spool" / f"{name}.new"
        fresh.write_text(json.dumps({"address": address, "args": args}), "utf-8")
        fresh.replace(self.state / "spool" / "inbox" / f"{name}.json")
        return self.state / "spool" / "outbox" / f"{name}.json"

    def kill(self) -> int:
        """At once, without a word to it."""
        return self.end(getattr(signal, "SIGKILL", signal.SIGTERM))

    def end(self, how: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)


def events_until(client: Client, job: str) -> list[Message]:
    """All that is told of a job, up to its end."""
    heard = []
    for message in client.events(PATIENCE):
        heard.append(message)
        if message.address in ("/sidestick/done", "/sidestick/fail") and job in message.args:
            return heard
    raise AssertionError(heard)
