"""A core with one song that is done, real files, a real list of jobs, and a MIDI port that is none."""

import json
from pathlib import Path

from bridge.osc.calls import read_call
from daemon.core import Components, Core, CoreSettings
from daemon.events import EventBus
from daemon.inlets.dispatch import Dispatcher, Handlers
from daemon.jobs.admission import Admission, AdmissionSettings
from daemon.jobs.job import State
from daemon.jobs.listings import Listings
from daemon.jobs.scheduler import Scheduler
from daemon.jobs.store import JobStore
from daemon.outlets.delivery import DeliverySettings
from daemon.outlets.midi_port import MidiOutlet, PortSettings
from daemon.outlets.notify import Notifier, Requester
from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.options import Options
from tests import songs
from tests.fakes import FakeClock, FakeInput, FakePort
from tests.jobs.sample_jobs import job


class CoreSetup:
    """A core with one song that is done."""

    def __init__(self, folder: Path, learn: bool = False, device: str = "cpu", state: Path | None = None) -> None:
        self.folder, self.clock, self.events = folder, FakeClock(), []
        state = state or folder
        self.bus = bus = EventBus()
        bus.subscribe(self.events.append)
        self.store = JobStore(state / "jobs.db")
        self.port = FakePort(self.clock)
        ports = PortSettings(open_out=lambda *_: self.port, open_in=self._open_in, open_link=lambda: None)
        self.midi = MidiOutlet(ports, lambda text: None)
        admission_settings = AdmissionSettings(
            folder / "cache", Limits(), Options(), draft=True, check=lambda options: None
        )
        scheduler = Scheduler(self.store, bus, [], None, idle=1.0)
        services = Components(Admission(admission_settings, self.store, bus), scheduler, self.store, self.midi, bus)
        core_settings = CoreSettings(DeliverySettings(folder / "locks"), device, "cpu", learn)
        self.core = Core(services, core_settings, self.clock.now)
        self.notifier = Notifier(self.clock.now)
        bus.subscribe(self.notifier.handle_event)
        handlers = Handlers(self.core, self.notifier, Listings(state / "listings"))
        self.dispatcher = Dispatcher(handlers, self.notifier, self.clock.now)
        self.job = self.done()

    def _open_in(self, receive, name, api, beside):
        self.input = FakeInput(self.clock, receive)
        return self.input

    def done(self) -> str:
        manifest = songs.save_manifest(self.folder)
        running = self.store.move(self.store.add(job(str(self.folder / "Song.wav"))), State.RUNNING)
        return self.store.move(running, State.DONE, manifest=str(manifest), midi="").id

    def handle(self, address: str, *args: object):
        call = read_call(address, args)
        return self.dispatcher.handle(call, Requester("me", call.id, lambda message: None))

    def labels(self) -> list[str]:
        return [cluster.label for cluster in self.core.score(self.job).clusters]

    def rows(self, address: str, *args: object):
        """What the file says that a request is answered with."""
        return json.loads(Path(str(self.handle(address, "rows", *args)[0].args[-1])).read_text("utf-8"))

    def close(self) -> None:
        self.midi.close()
        self.store.close()
