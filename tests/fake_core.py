"""A core that does no work, for the tests of the dispatcher and the inlets."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bridge.drum_map import DrumMap, built_in_map
from daemon.core import About, Edited, Status, Tapped
from daemon.errors import Rejected
from daemon.inlets.dispatch import Dispatcher, Handlers
from daemon.jobs.job import Job, State
from daemon.jobs.listings import JobStatus, Listings
from daemon.outlets.delivery import Arrangement, arrange
from daemon.outlets.manifest import Manifest
from daemon.outlets.notify import Notifier
from tests import songs
from tests.jobs import sample_jobs

JOB = "j1"


class FakeTime:
    """A clock that only moves when it is told to."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeCore:
    """Keeps what it was asked. `hold` is called within relabel, to make it slow."""

    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    hold: Callable[[], object] = lambda: None

    def about(self) -> About:
        return About("sidestick", "0.1.0", protocol=1, pid=4242)

    def status(self) -> Status:
        self._note("status")
        counts = Counter({State.RUNNING: 1, State.QUEUED: 2})
        return Status(counts, "cpu", "sidestick", midi_open=True, notes_sent=0)

    def process(self, path: str, options: dict[str, Any]) -> Job:
        self._note("process", path=path, options_json=options)
        if not path.endswith(".wav"):
            raise Rejected("not_audio", f"{path} is not audio. Send a WAV, FLAC or MP3 file.")
        return _job(JOB)

    def relabel(self, job: str, changes: dict[str, Any]) -> Edited:
        self.hold()
        self._note("relabel", job=job, changes_json=changes)
        return self._edited()

    def tap(self, job: str, seconds: float | None) -> Tapped:
        self._note("tap", job=job, seconds=seconds)
        return Tapped(1, 0.0, 0)

    def undo(self, job: str) -> Edited:
        self._note("undo", job=job)
        return self._edited()

    def redo(self, job: str) -> Edited:
        self._note("redo", job=job)
        return self._edited()

    def regenerate(self, job: str, options: dict[str, Any]) -> Edited:
        self._note("regenerate", job=job, options_json=options)
        return self._edited()

    def push(self, job: str, options: dict[str, Any]) -> int:
        self._note("push", job=job, options_json=options)
        return 9

    def stop(self) -> None:
        self._note("stop")

    def panic(self) -> None:
        self._note("panic")

    def cancel(self, job: str) -> Job:
        self._note("cancel", job=job)
        return _job(job)

    def jobs(self, limit: int) -> list[JobStatus]:
        self._note("jobs", limit=limit)
        return [JobStatus(_job(JOB), None)]

    def manifest(self, job: str) -> Manifest:
        self._note("manifest", job=job)
        return _song()[0]

    def score(self, job: str) -> Arrangement:
        self._note("score", job=job)
        return _song()[1]

    def export(self, job: str, name: str) -> Path:
        self._note("export", job=job, name=name)
        return Path(f"/song.{name}")

    def drum_map(self, score: Arrangement) -> DrumMap:
        return built_in_map(score.options.drum_map)

    @property
    def drum_maps(self) -> dict[str, dict[str, int]]:
        return {}

    def audition(self, job: str, cluster: int) -> int:
        self._note("audition", job=job, cluster=cluster)
        return 3

    def _edited(self) -> Edited:
        return Edited(2, Path("/s.sidestick.json"), Path("/s.mid"), *_song())

    def verbs(self) -> list[str]:
        return [verb for verb, _ in self.asked]

    def _note(self, verb: str, **values: Any) -> None:
        self.asked.append((verb, values))


@cache
def _song() -> tuple[Manifest, Arrangement]:
    content = songs.manifest()
    return content, arrange(content)


def _job(name: str) -> Job:
    return replace(sample_jobs.job(), id=name)


@dataclass
class FakeDaemon:
    """A dispatcher with its fake core and its notifier, all on one clock."""

    time: FakeTime = field(default_factory=FakeTime)
    core: FakeCore = field(default_factory=FakeCore)

    def __post_init__(self) -> None:
        self.notifier = Notifier(self.time)
        self.folder = TemporaryDirectory()  # goes with this
        self.handlers = Handlers(self.core, self.notifier, Listings(Path(self.folder.name)))  # type: ignore[arg-type]
        self.dispatcher = Dispatcher(self.handlers, self.notifier, self.time)
