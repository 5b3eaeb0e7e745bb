"""A sidestick that follows a script: real OSC and a real spool, with jobs whose results the test has laid out."""

import json
import os
import re
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge import discovery
from bridge.midi.file import to_bytes
from bridge.midi.played_tracks import file_tracks
from bridge.osc.calls import reply
from bridge.osc.wire import Message
from bridge.timebase import Seconds
from daemon.errors import Rejected
from daemon.events import Done, Event, Failed, MidiWritten, Progress, Remarked
from daemon.inlets.dispatch import Dispatcher, Handlers
from daemon.inlets.osc import OscInlet
from daemon.inlets.spool import Spool
from daemon.jobs.job import Job
from daemon.jobs.listings import Listings, track_rows
from daemon.outlets.notify import Notifier, Requester
from daemon.pipeline.records import Part
from tests.fake_core import JOB, FakeCore
from tests.fakes import clip_of

Step = Event | float


@dataclass
class ScriptedDaemon(FakeCore):
    """`play` holds the events of the next job, and the seconds to wait between them."""

    play: Sequence[Step] = ()
    news: list[Event] = field(default_factory=list)
    refuse: Rejected | None = None
    notifier: Notifier = field(default_factory=lambda: Notifier(time.monotonic))

    def process(self, path: str, options: dict[str, Any]) -> Job:
        if self.refuse:
            self._note("process", path=path, options_json=options)
            raise self.refuse
        if self.verbs().count("process") == 0:
            threading.Thread(target=self._run_script, daemon=True).start()
        return super().process(path, options)

    def cancel(self, job: str) -> Job:
        self.notifier.handle_event(Failed(job, "cancelled", "The job was cancelled."))
        return super().cancel(job)

    def handlers(self, listings: Listings) -> Handlers:
        return ScriptedHandlers(self, self.notifier, listings)  # type: ignore[arg-type]

    def midi_files(self) -> dict[Part, Path]:
        """The .mid of each part that the news have told of until now."""
        found: dict[Part, Path] = {}
        for event in self.news:
            if isinstance(event, MidiWritten):
                found |= _part_of(Path(event.path))
            elif isinstance(event, Done) and event.manifest:
                folder = Path(event.manifest).parent
                outputs = json.loads(Path(event.manifest).read_text("utf-8"))["outputs"]
                for output in outputs:
                    found |= _part_of(folder / output["path"])
        return found

    def _run_script(self) -> None:
        time.sleep(0.2)  # until the asker follows the job
        for step in self.play:
            if isinstance(step, float):
                time.sleep(step)
            else:
                self.news.append(step)
                self.notifier.handle_event(step)


def _part_of(path: Path) -> dict[Part, Path]:
    name = re.search(r"\.([a-z]+)(-\d+)?\.mid$", path.name)
    return {Part(name[1]): path} if name and name[1] in {*Part} else {}


class ScriptedHandlers(Handlers):
    """Lists the notes of the .mid files that the test has laid out, which start `padding` before the song."""

    padding = Seconds(0.0)

    def notes(self, asker: Requester, job: str) -> Message:
        files = self._core.midi_files()  # type: ignore[attr-defined]
        tracks = [(part, track) for part, path in files.items() for track in file_tracks(path.read_bytes(), path.name)]
        path = self._write_listing(asker, "notes", {"tracks": track_rows(tracks, self.padding), "notes": []})
        return reply("/sidestick/notes.reply", id=asker.id, job=job, path_to_json=path)


@contextmanager
def serve_script(scripted_daemon: ScriptedDaemon, state: Path) -> Iterator[ScriptedDaemon]:
    """The scripted daemon, published in `state` for as long as the block lasts."""
    handlers = scripted_daemon.handlers(Listings(state / "listings"))
    dispatcher = Dispatcher(handlers, scripted_daemon.notifier, time.monotonic)
    osc, spool = OscInlet(dispatcher, 0), Spool(state / "spool", dispatcher, time.time)
    osc.start()
    spool.start()
    sender = (sys.executable, "-P", "-m", "bridge.osc.send")
    discovery.publish(discovery.RunningDaemon(os.getpid(), osc.osc_port, str(state / "spool"), "0.1.0", sender), state)
    yield scripted_daemon
    spool.stop()
    osc.stop()


@dataclass(frozen=True)
class Results:
    """What a job leaves beside Song.wav in `folder`."""

    folder: Path

    def midi(self, part: str, *onsets: float, draft: bool = False) -> Path:
        path = self.folder / f"Song{'.draft' if draft else ''}.{part}.mid"
        path.write_bytes(to_bytes(clip_of(*((onset, 36) for onset in onsets))))
        return path

    def manifest(self, *names: str) -> Path:
        outputs = [{"path": name, "kind": name.removeprefix("Song"), "sha256": ""} for name in names]
        path = self.folder / "Song.sidestick.json"
        path.write_text(json.dumps({"format": "sidestick manifest", "outputs": outputs}), encoding="utf-8")
        return path


def draft_event(path: Path) -> Event:
    return MidiWritten(JOB, str(path))


def progress_event(fraction: float, eta: float | None = None) -> Event:
    return Progress(JOB, "separate", fraction, eta, doing="Taking the song apart")  # type: ignore[arg-type]


def remark_event(code: str, text: str) -> Event:
    return Remarked(JOB, code, text)


def done_event(manifest: Path, midi: Path) -> Event:
    return Done(JOB, 0, str(manifest), str(midi))


def failed_event(reason: str) -> Event:
    return Failed(JOB, "broken", reason)
