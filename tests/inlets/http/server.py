"""The HTTP inlet as it runs in the daemon, on a free port, with real jobs and files and a MIDI port that is none."""

import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from bridge.osc.calls import read_call
from daemon import factories, run
from daemon.config import Settings, http_address, load
from daemon.core import Components, Core
from daemon.events import EventBus
from daemon.inlets.dispatch import Dispatcher, Handlers
from daemon.inlets.http.application import open_application
from daemon.inlets.http.server import HttpInlet
from daemon.jobs.admission import Admission
from daemon.jobs.job import State
from daemon.jobs.listings import Listings
from daemon.jobs.scheduler import Scheduler
from daemon.jobs.store import JobStore
from daemon.outlets.midi_port import MidiOutlet, PortSettings
from daemon.outlets.notify import Notifier, Requester
from tests import songs
from tests.fakes import FakeClock, FakeInput, FakePort
from tests.jobs.sample_jobs import job

PATIENCE = 30.0
KEY = "a-key-that-is-long-enough"


class HttpServer:
    """`settings` are those of `daemon.`, by name."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", **settings: str) -> None:
        self.folder = folder
        self.settings = settings_in(folder, **settings)
        self.bus = bus = EventBus()
        self.store = JobStore(folder / "jobs.db")
        clock = self.clock = FakeClock()
        self.port = FakePort(clock)
        ports = PortSettings(open_out=lambda *_: self.port, open_in=self._open_in, open_sources=lambda *_: [])
        self.midi = MidiOutlet(ports, lambda text: None)
        scheduler = Scheduler(self.store, bus, [], None, idle=1.0)
        admission = Admission(run.admission_settings(self.settings), self.store, bus)
        services = Components(admission, scheduler, self.store, self.midi, bus)
        core = Core(services, run.build_core_settings(self.settings))
        notifier = Notifier(clock.now)
        handlers = Handlers(core, notifier, Listings(folder / "listings"))
        self.dispatcher = Dispatcher(handlers, notifier, clock.now)
        self.context: Any = None
        self.inlet = HttpInlet(host, 0, self._build(core))
        self.inlet.start()
        self.url = http_address(host, self.inlet.http_port)
        self.client = self.new_client()
        self.client.get("/health")
        self._songs = 0

    def _build(self, core: Core) -> Callable[[int], Any]:
        tools = factories.build_tools(self.settings, factories.stage_cache(self.settings))

        def build(port: int) -> Any:
            counts = Counter(received=3)
            self.context, application = open_application(self.settings, core, self.bus, tools, counts, port)
            return self.context, application

        return build

    def _open_in(self, receive: Any, *_: object) -> FakeInput:
        self._input = FakeInput(self.clock, receive)
        return self._input

    def pad(self, pitch: int) -> None:
        """Somebody plays a drum pad that is connected to sidestick."""
        self._input.get(bytes([0x99, pitch, 90]))

    def new_client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE)

    def song(self) -> str:
        """A job that is done, in a folder of its own; its id."""
        self._songs += 1
        home = self.folder / f"song {self._songs}"
        home.mkdir()
        manifest = songs.save_manifest(home)
        running = self.store.move(self.store.add(job(str(home / "Song.wav"))), State.RUNNING)
        return self.store.move(running, State.DONE, manifest=str(manifest), midi="").id

    def osc(self, address: str, *args: object) -> Any:
        """The answer to the same request by the other wire."""
        call = read_call(address, args)
        return self.dispatcher.handle(call, Requester("me", call.id, lambda message: None))[0]

    def labels(self, name: str) -> list[str]:
        return [each["label"] for each in self.client.get(f"/api/jobs/{name}/clusters").json()["clusters"]]

    def close(self) -> None:
        self.client.close()
        self.inlet.stop()
        self.midi.close()
        self.store.close()


def settings_in(folder: Path, **settings: str) -> Settings:
    places = {
        f"SIDESTICK_FOLDERS__{n.upper()}": str(folder / n) for n in ("config", "state", "cache", "models", "uploads")
    }
    chosen = {f"SIDESTICK_DAEMON__{name.upper()}": value for name, value in settings.items()}
    return load({**places, **chosen, "SIDESTICK_OFFLINE": "true"}).settings


def raw(port: int, data: bytes) -> bytes:
    """What comes back for bytes that no library would send, until the other side hangs up, be it in the middle."""
    answer = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line, suppress(ConnectionError):
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        while block := line.recv(65536):
            answer += block
    return bytes(answer)


class EventStream:
    """Server-sent events one by one."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def next(self) -> tuple[int, str, Any]:
        found: dict[str, str] = {}
        for line in self._lines:
            if not line and found:
                return int(found["id"]), found["event"], json.loads(found["data"])
            name, colon, value = line.partition(": ")
            if colon and name:
                found[name] = value
        raise AssertionError("the stream has ended")

    def until(self, event: str) -> list[tuple[int, str, Any]]:
        heard = [self.next()]
        while heard[-1][1] != event:
            heard.append(self.next())
        return heard


@contextmanager
def open_events(client: httpx.Client, path: str = "/api/events", last: int | None = None) -> Iterator[EventStream]:
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    with client.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200, response.read()
        yield EventStream(response.iter_lines())


def wait_for(what: Callable[[], Any]) -> Any:
    """The first true value of `what()`; something in another thread or process has to happen."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found
