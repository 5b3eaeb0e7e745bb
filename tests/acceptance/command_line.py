"""A computer of one's own for the command line: folders in the environment, weights neither there nor to be had."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner, Result

from daemon.cli import app
from tests import synth

BEAT = synth.rock_beat(1)
DRUMS = ("--input", "drums")


class CommandLine:
    """`music` is where the songs lie. Nothing of the real user's is seen or touched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.music = folder / "music"
        self.music.mkdir(parents=True)
        names = ("config", "state", "cache", "models")
        self.folders = {f"SIDESTICK_FOLDERS__{name.upper()}": str(folder / name) for name in names}

    @property
    def environ(self) -> dict[str, str]:
        rest = {name: text for name, text in os.environ.items() if not name.startswith("SIDESTICK_")}
        return {**rest, **self.folders, "SIDESTICK_OFFLINE": "true", "COLUMNS": "200"}

    def song(self, name: str = "Song.wav") -> Path:
        """Two seconds of drums."""
        return synth.write(self.music / name, synth.play(BEAT, 2.0))

    def sidestick(self, *words: object, **settings: str) -> Result:
        """The command line within this process."""
        chosen: dict[str, str | None] = {f"SIDESTICK_{name.upper()}": text for name, text in settings.items()}
        return CliRunner().invoke(app, [str(word) for word in words], env={**self.environ, **chosen})

    def start(self, *words: object, before: Callable[[], None] | None = None) -> "subprocess.Popen[str]":
        """The installed command as a process of its own; `before` runs in it first."""
        command = [sys.executable, str(Path(sys.executable).with_name("sidestick")), *map(str, words)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, env=self.environ, text=True, preexec_fn=before, **pipes)

    def files(self) -> set[str]:
        """Everything under `music`, hidden files and folders too."""
        return {path.relative_to(self.music).as_posix() for path in self.music.rglob("*")}
