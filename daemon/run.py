"""`stemd run`, put together: everything that lives in the daemon process, started in order, stopped in reverse."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from bridge import discovery
from bridge.discovery import Running
from daemon import __version__, app
from daemon.config import Settings
from daemon.events import Bus, Event, Queued
from daemon.frontdesk import FrontDesk, Manners, Staff
from daemon.inlets.admission import Admission, House
from daemon.inlets.door import Reception
from daemon.inlets.osc import OscInlet
from daemon.inlets.spool import Spool
from daemon.instance import only_one
from daemon.jobs.foreman import Bench, Foreman
from daemon.jobs.job import Pass
from daemon.jobs.store import FILE, JobStore
from daemon.jobs.upkeep import Allowance, Upkeep
from daemon.jobs.worker import LocalWorker
from daemon.outlets.listings import Listings
from daemon.outlets.midi_port import MidiOutlet, PortSettings
from daemon.outlets.notify import Notifier

SWITCH = 0.001  # seconds; Python's usual 5 ms would make MIDI late while a correction is worked out


class Service(Protocol):
    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A daemon that runs."""

    osc_port: int
    spool: Path
    admission: Admission
    bus: Bus


def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Run until SIGTERM or Ctrl-C. Raises ConfigError when it cannot start."""
    ending = threading.Event()
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: ending.set())
    sys.setswitchinterval(SWITCH)
    with on_duty(settings, say):
        while not ending.wait(1.0):  # a wait without end cannot be interrupted on Windows
            pass


@contextmanager
def on_duty(settings: Settings, say: Callable[[str], None]) -> Iterator[OnDuty]:
    """The whole daemon. What is announced last, in daemon.json, is withdrawn first."""
    state, bus = settings.folders.state, Bus()
    with ExitStack() as stack:
        stack.enter_context(only_one(state))
        store = stack.enter_context(closing(JobStore(state / FILE)))
        notifier = Notifier(time.monotonic)
        stack.callback(bus.listen(notifier.hear))
        midi = stack.enter_context(closing(MidiOutlet(PortSettings(settings.daemon.midi_port), say)))
        foreman = Foreman(store, bus, benches(settings), upkeep(settings), idle=settings.daemon.idle_unload_seconds)
        stack.callback(bus.listen(partial(_wake, foreman)))
        admission = Admission(house(settings), store, bus)
        desk = FrontDesk(Staff(admission, foreman, store, midi, bus), manners(settings))
        reception = Reception(desk, notifier, time.monotonic)
        osc = OscInlet(reception, settings.daemon.osc_port)
        spool = Spool(state / "spool", reception, time.time)
        for service in (foreman, osc, spool):
            _started(stack, service)
        threading.Thread(target=lambda: say(midi.open()), name="midi open", daemon=True).start()
        stack.enter_context(_published(osc.osc_port, state))
        yield OnDuty(osc.osc_port, state / "spool", admission, bus)


def benches(settings: Settings) -> Sequence[Bench]:
    """The workers, and one more that makes drafts while all of them are busy."""
    serve = partial(app.labour, settings=settings)
    full = [Bench(LocalWorker(serve)) for _ in range(settings.daemon.workers)]
    relief = [Bench(LocalWorker(serve), frozenset({Pass.DRAFT}))] if settings.daemon.draft else []
    return [*full, *relief]


def house(settings: Settings) -> House:
    return House(
        cache=settings.folders.cache,
        limits=app.limits(settings),
        defaults=settings.options,
        draft=settings.daemon.draft,
        check=lambda options: app.check(options, settings),
    )


def upkeep(settings: Settings) -> Upkeep:
    cache = settings.cache
    allowance = Allowance(cache.max_days * app.DAY, int(cache.max_gigabytes * app.GIGABYTE))
    return Upkeep(app.workspace(settings), allowance, app.desk(settings, None).locks)


def manners(settings: Settings) -> Manners:
    listings = Listings(settings.folders.state / "listings")
    return Manners(app.desk(settings, None), listings, settings.device, settings.daemon.learn)


def _started(stack: ExitStack, service: Service) -> None:
    """Stopped also when the start of a later one fails."""
    stack.callback(service.stop)
    service.start()


def _wake(foreman: Foreman, event: Event) -> None:
    if isinstance(event, Queued):
        foreman.wake()


@contextmanager
def _published(osc_port: int, state: Path) -> Iterator[None]:
    sender = (sys.executable, "-m", "bridge.osc.send")
    discovery.publish(Running(os.getpid(), osc_port, str(state / "spool"), __version__, sender), state)
    try:
        yield
    finally:
        discovery.withdraw(state, os.getpid())
