"""A core that does no work, for the tests of the dispatcher and the inlets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bridge.osc.wire import Message
from bridge.osc.calls import reply
from daemon.errors import Rejected
from daemon.inlets.dispatch import Dispatcher
from daemon.outlets.notify import Notifier, Requester

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

    def ping(self, asker: Requester) -> Message:
        return reply("/sidestick/pong", id=asker.id, name="sidestick", version="0.1.0", protocol=1, pid=4242)

    def status(self, asker: Requester) -> Message:
        self._note("status")
        return reply("/sidestick/status.reply", id=asker.id, running=1, queued=2, device="cpu", midi_port="sidestick")

    def process(self, asker: Requester, path: str, options_json: dict[str, Any]) -> Message:
        self._note("process", path=path, options_json=options_json)
        if not path.endswith(".wav"):
            raise Rejected("not_audio", f"{path} is not audio. Send a WAV, FLAC or MP3 file.")
        return self._ack(asker)

    def relabel(self, asker: Requester, job: str, changes_json: dict[str, Any]) -> Message:
        self.hold()
        self._note("relabel", job=job, changes_json=changes_json)
        return self._done(asker, job)

    def tap(self, asker: Requester, job: str, seconds: float) -> Message:
        self._note("tap", job=job, seconds=seconds)
        return reply("/sidestick/tapped", id=asker.id, job=job, taps=1, bpm=0.0, revision=0)

    def undo(self, asker: Requester, job: str) -> Message:
        self._note("undo", job=job)
        return self._done(asker, job)

    def redo(self, asker: Requester, job: str) -> Message:
        self._note("redo", job=job)
        return self._done(asker, job)

    def regenerate(self, asker: Requester, job: str, options_json: dict[str, Any]) -> Message:
        self._note("regenerate", job=job, options_json=options_json)
        return self._done(asker, job)

    def push(self, asker: Requester, job: str, options_json: dict[str, Any]) -> Message:
        self._note("push", job=job, options_json=options_json)
        return self._ack(asker)

    def stop(self, asker: Requester) -> Message:
        self._note("stop")
        return reply("/sidestick/done", id=asker.id)

    def panic(self, asker: Requester) -> Message:
        self._note("panic")
        return reply("/sidestick/done", id=asker.id)

    def cancel(self, asker: Requester, job: str) -> Message:
        self._note("cancel", job=job)
        return reply("/sidestick/done", id=asker.id, job=job)

    def jobs(self, asker: Requester, limit: int) -> Message:
        self._note("jobs", limit=limit)
        return reply("/sidestick/jobs.reply", id=asker.id, path_to_json="/state/jobs.json")

    def clusters(self, asker: Requester, job: str) -> Message:
        self._note("clusters", job=job)
        return reply("/sidestick/clusters.reply", id=asker.id, job=job, path_to_json="/state/clusters.json")

    def audition(self, asker: Requester, job: str, cluster: int) -> Message:
        self._note("audition", job=job, cluster=cluster)
        return reply("/sidestick/done", id=asker.id, job=job)

    def verbs(self) -> list[str]:
        return [verb for verb, _ in self.asked]

    def _note(self, verb: str, **values: Any) -> None:
        self.asked.append((verb, values))

    def _ack(self, asker: Requester) -> Message:
        return reply("/sidestick/ack", id=asker.id, job=JOB)

    def _done(self, asker: Requester, job: str) -> Message:
        return reply("/sidestick/done", id=asker.id, job=job, revision=2, manifest="/s.sidestick.json", midi="/s.mid")


@dataclass
class FakeDaemon:
    """A dispatcher with its fake core and its notifier, all on one clock."""

    time: FakeTime = field(default_factory=FakeTime)
    core: FakeCore = field(default_factory=FakeCore)

    def __post_init__(self) -> None:
        self.notifier = Notifier(self.time)
        self.dispatcher = Dispatcher(self.core, self.notifier, self.time)
