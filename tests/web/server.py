"""A real daemon with its page, what a visitor does there, and a recorder for what the page plays."""

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests import synth
from tests.ports import free_port
from tests.wire.daemon_process import PATIENCE, DaemonProcess

BEAT = synth.rock_beat(8)
SECONDS = 17.0
WALK_SECONDS = 4.8
WAIT = PATIENCE * 1000  # milliseconds, as Playwright counts


class PageServer:
    """A daemon in a home of its own. It separates with what needs no weights, which is quick."""

    def __init__(self, folder: Path, daw: str = "other") -> None:
        self.port = free_port()
        port = {"daemon__http_port": str(self.port)}
        self.home = DaemonProcess(folder, **port, options__separator="embedded", daw=daw)
        self.home.environ |= {"HOME": str(folder), "XDG_MUSIC_DIR": str(folder / "music")}
        self.home.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the daemon answers, past the page."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def notes(self, job: str) -> Any:
        return self.ask("GET", f"api/jobs/{job}/notes")

    def labels(self, job: str) -> list[str]:
        """Of every hit, by time."""
        hits = self.notes(job)["hits"]
        return [row[hits["columns"].index("label")] for row in hits["rows"]]

    def transcribe(self, path: Path, **options: Any) -> str:
        """The job of a song that is done."""
        job = self.ask("POST", "api/jobs", {"path": str(path), "options": options})["id"]
        wait_for(lambda: self.ask("GET", f"api/jobs/{job}")["state"] == "done")
        return job

    def latest(self, stage: str) -> Path:
        """Where the cache has what `stage` made last."""
        return max((self.home.folder / "cache" / "stages" / stage).iterdir(), key=lambda path: path.stat().st_ctime_ns)

    def drums(self, name: str) -> str:
        """The job of a drum track whose strokes are those of BEAT."""
        return self.transcribe(self.song(name), input="drums")

    def bass(self, name: str) -> str:
        """The job of a bass line, without drums."""
        tones = np.concatenate([synth.tone(hertz, 0.5) for hertz in (55.0, 82.41, 110.0, 82.41) * 2])
        unlike = synth.noise(4.0, level=-84.0, seed=sum(name.encode()))
        line = synth.write(self.home.music / f"{name}.wav", tones + unlike.reshape(tones.shape))
        return self.transcribe(line, input="bass", parts=["bass"])

    def walk(self, name: str) -> str:
        """The job of a walking bass, its notes as they are played."""
        return self.transcribe(self.walk_file(name), input="bass", parts=["bass"], grid={"quantize": False})

    def walk_file(self, name: str) -> Path:
        """Notes of 0.6 s, one every 0.7 s."""
        line = [(0.2 + 0.7 * i, hertz) for i, hertz in enumerate((55.0, 65.41, 73.42, 82.41, 98.0, 110.0))]
        unlike = synth.noise(WALK_SECONDS, level=-84.0, seed=sum(name.encode()))
        return synth.write(self.home.music / f"{name}.wav", synth.sustained_line(line, WALK_SECONDS) + unlike)

    def mix(self, name: str) -> str:
        """The job of a mix of which the drums are transcribed."""
        return self.transcribe(self.song(name))

    def song(self, name: str) -> Path:
        """Every name has a content of its own, or it would be answered from another's job."""
        unlike = synth.noise(SECONDS, level=-84.0, seed=sum(name.encode()))
        return synth.write(self.home.music / f"{name}.wav", synth.play(BEAT, SECONDS) + unlike)


def wait_for(what: Callable[[], Any], within: float = PATIENCE) -> Any:
    """The first true value of `what()`; something outside this process has to happen."""
    deadline = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def attacks(sound: np.ndarray, rate: int, gap: float = 0.1) -> list[float]:
    """Seconds at which `sound`, one channel, gets loud suddenly: a tenth of its peak, after `gap` of less."""
    loud = np.flatnonzero(np.abs(sound) > 0.1 * np.abs(sound).max()) / rate
    return [float(at) for at, before in zip(loud, [-gap * 2, *loud], strict=False) if at - before > gap]
