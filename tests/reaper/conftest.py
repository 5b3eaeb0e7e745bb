"""A real `sidestick run` for the REAPER scripts, and a REAPER that finds it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import pytest

from tests import synth
from tests.ports import free_port
from tests.reaper import one_song
from tests.reaper.fake import LUAS, Reaper
from tests.reaper.scripted_daemon import Results, ScriptedDaemon, done_event, serve_script

SECONDS = 6.0
BEAT = synth.rock_beat(2, start=0.25)
SLOW = {"daemon", "scripted_daemon"}  # fixtures whose answers take a script seconds


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every test runs under both versions of Lua, but for those that wait for a sidestick: one of each pair stays.

    Its name decides which, so that it is the same one in every run. What is asked for by a version's name is run.
    """
    names = {item.nodeid for item in items}
    left_out = [item for item in items if is_other_of_a_pair(item, names)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def is_other_of_a_pair(item: pytest.Item, names: set[str]) -> bool:
    if not isinstance(item, pytest.Function) or not SLOW & {*item.fixturenames} or not hasattr(item, "callspec"):
        return False
    version = item.callspec.params.get("lua")
    if version not in LUAS:
        return False
    pair = [item.nodeid.replace(version, each) for each in LUAS]
    return {*pair} <= names and item.nodeid != pair[crc32(pair[0].encode()) % len(LUAS)]


@dataclass
class Daemon:
    """A sidestick of its own, with all its folders under `home`."""

    home: Path

    @property
    def state(self) -> Path:
        return self.home / "state"

    @property
    def environment(self) -> dict[str, str]:
        folders = {"SIDESTICK_STATE_FOLDER": self.state} | {
            f"SIDESTICK_FOLDERS__{name.upper()}": self.home / name for name in ("cache", "config", "models")
        }
        ports = {"SIDESTICK_DAEMON__OSC_PORT": free_port(), "SIDESTICK_DAEMON__HTTP_PORT": 0}
        others = {
            "SIDESTICK_OFFLINE": "true",
            "SIDESTICK_LIMITS__MAX_MINUTES": 1,
            "SIDESTICK_OPTIONS__SEPARATOR": "embedded",
        }
        return {**os.environ, **{name: str(value) for name, value in {**folders, **ports, **others}.items()}}

    def start(self) -> None:
        command = [sys.executable, "-m", "daemon", "run"]
        said = self.home / "said.txt"
        self.home.mkdir(parents=True, exist_ok=True)
        with said.open("w") as told:
            self.process = subprocess.Popen(command, env=self.environment, stdout=told, stderr=told)
        deadline = time.monotonic() + 60
        while not (self.state / "daemon.json").exists():
            assert self.process.poll() is None and time.monotonic() < deadline, said.read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        self.stop(getattr(signal, "SIGKILL", signal.SIGTERM))

    def stop(self, how: int = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait(30)


@pytest.fixture(scope="session")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    running = Daemon(tmp_path_factory.mktemp("sidestick"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(params=LUAS)
def lua(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reaper(lua: str, tmp_path: Path, daemon: Daemon) -> Reaper:
    """A REAPER whose sidestick runs."""
    return Reaper(lua, tmp_path, daemon.state)


@pytest.fixture
def alone(lua: str, tmp_path: Path) -> Reaper:
    """A REAPER without a sidestick."""
    return Reaper(lua, tmp_path, tmp_path / "nobody")


@pytest.fixture(scope="session")
def beat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drum loop of SECONDS with the strokes of BEAT, in a folder that is hard to quote."""
    folder = tmp_path_factory.mktemp("Söng 'A' “B” 鼓 🥁")
    return synth.write(folder / "drum loop.wav", synth.play(BEAT, SECONDS))


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """The folder of one_song, in which nothing sounds."""
    silence = synth.silence(one_song.SECONDS, rate=8000, channels=1)
    synth.write(tmp_path / "Song.wav", silence, rate=8000)
    return Results(tmp_path)


@pytest.fixture
def scripted_daemon(alone: Reaper, results: Results) -> Iterator[ScriptedDaemon]:
    """Its job is done after a second, with a note at 1 s."""
    final = results.midi("drums", 1.0)
    with serve_script(ScriptedDaemon(), alone.state) as running:
        running.play = [1.0, done_event(results.manifest(final.name), final)]
        yield running
