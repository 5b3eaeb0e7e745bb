"""A song that is worked on and corrected by processes that are killed at every rename; run as a program of its own.

Such a program has no threads when it forks, whatever ran before in the tests' own process.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

from daemon.files import file_digest
from daemon.jobs.cleanup import CacheLimits, Cleanup
from daemon.jobs.job import Pass
from daemon.jobs.run_task import TaskRunner
from daemon.jobs.timings import Timings
from daemon.jobs.worker import Task
from daemon.outlets.delivery import DeliverySettings, correct
from daemon.outlets.manifest import Manifest
from daemon.pipeline.cache import StageCache
from daemon.pipeline.options import Options
from tests import synth
from tests.pipeline.test_chain import build_tools
from tests.scripted_transcriber import ScriptedTranscriber

BEAT = synth.rock_beat(1)
EDITED = b"what the user saved"


def kill_at_every_rename(act: Callable[[], object], check: Callable[[], None]) -> int:
    """Does `act` again and again, killed a rename later each time, until nothing is left to kill. How often it was."""
    if not hasattr(os, "fork"):
        raise NotImplementedError("needs fork")
    kills = 0
    for number in count(1):
        for is_done in (False, True):
            child = os.fork()
            if not child:
                _kill_at(number, is_done)
                act()
                os._exit(0)
            status = os.waitpid(child, 0)[1]
            check()
            if status == 0:
                return kills
            assert os.WTERMSIG(status) == signal.SIGKILL, status
            kills += 1
    raise AssertionError


def _kill_at(number: int, is_done: bool) -> None:
    """This process dies at its rename `number`, before it or once it `is_done`."""
    death = signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM
    calls, inner = count(1), {name: getattr(os, name) for name in ("rename", "replace")}

    def die_at(name: str) -> Callable[..., None]:
        def rename(*args: object, **named: object) -> None:
            last = next(calls) == number
            if not last or is_done:
                inner[name](*args, **named)
            if last:
                os.kill(os.getpid(), death)

        return rename

    for name in inner:
        setattr(os, name, die_at(name))


class KilledSong:
    def __init__(self, folder: Path) -> None:
        self.music = folder / "music"
        self.music.mkdir(parents=True)
        self.song = synth.write(self.music / "Song.wav", synth.play(BEAT, 2.0))
        self.settings = DeliverySettings(folder / "cache" / "locks")
        tools = build_tools(folder, ScriptedTranscriber(BEAT))
        self.runner = TaskRunner((tools,), self.settings, Timings(folder / "timings.json"))
        self.cleanup = Cleanup(StageCache(folder / "cache"), CacheLimits(1e9, 1 << 40), self.settings.locks)

    def work(self) -> None:
        options = Options(stems="wav")
        self.runner.run(Task(Pass.FINAL, str(self.song), file_digest(self.song), options), lambda _: None)

    def correct(self) -> None:
        correct(self.music / "Song.sidestick.json", {"clusters": {"0": "cowbell"}}, self.settings)

    def check(self) -> None:
        """What is there is whole or the user's; what is hidden goes as the scheduler has it removed."""
        self.cleanup.remove_leftovers(self.song)
        for path in self.music.rglob("*.mid"):
            assert path.read_bytes()[:4] == b"MThd" or path.read_bytes() == EDITED, path
        for path in self.music.glob("*.json"):
            Manifest.load(path)

    def files(self) -> list[str]:
        return sorted(path.relative_to(self.music).as_posix() for path in self.music.rglob("*") if path.is_file())


def main(folder: Path) -> None:
    KilledSong(folder / "first").work()  # what is loaded here need not be loaded in every child
    song = KilledSong(folder / "killed")
    told = {"work": kill_at_every_rename(song.work, song.check), "files": song.files()}
    (song.music / "Song.drums.mid").write_bytes(EDITED)
    told["corrections"] = kill_at_every_rename(song.correct, song.check)
    told["edited"] = (song.music / "Song.drums.mid").read_bytes() == EDITED
    told["head"] = Manifest.load(song.music / "Song.sidestick.json").history.head
    print(json.dumps({**told, "corrected": song.files()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
