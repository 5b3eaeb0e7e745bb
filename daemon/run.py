"""`sidestick run`, put together: everything that lives in the daemon process, started in order, stopped in reverse."""

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from bridge import discovery
from bridge.discovery import Running
from daemon import __version__, app, logs
from daemon.config import Settings
from daemon.core import FrontDesk, Manners, Staff
from daemon.errors import SidestickError
from daemon.events import Bus, Done, Event, Failed, Queued
from daemon.inlets.dispatch import Reception
from daemon.inlets.drop_folder.folder import DropFolder, Rules
from daemon.inlets.http.server import HttpInlet
from daemon.inlets.osc import OscInlet
from daemon.inlets.spool import Spool
from daemon.instance import only_one
from daemon.jobs.admission import Admission, House
from daemon.jobs.cleanup import Allowance, Upkeep
from daemon.jobs.job import Pass, Priority
from daemon.jobs.listings import Listings
from daemon.jobs.scheduler import Bench, Foreman
from daemon.jobs.store import FILE, JobStore
from daemon.jobs.worker import LocalWorker
from daemon.outlets.delivery import Desk
from daemon.outlets.midi_port import MidiOutlet, PortSettings
from daemon.outlets.notify import Notifier
from daemon.pipeline.audio.probe import probe

SWITCH = 0.001  # seconds; Python's usual 5 ms would make MIDI late while a correction is worked out
GARBAGE = 50_000  # objects between two looks for it; a correction of a long song makes many, and no garbage


class Service(Protocol):
    def start(self) -> None: ...
    def stop(self) -> None: ...


def run(settings: Settings) -> None:
    """Run until SIGTERM or Ctrl-C. Raises ConfigError when it cannot start."""
    ending = threading.Event()
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: ending.set())
    sys.setswitchinterval(SWITCH)
    with on_duty(settings):
        gc.freeze()  # what lives as long as the daemon need not be looked through at every correction
        gc.set_threshold(GARBAGE)
        while not ending.wait(1.0):  # a wait without end cannot be interrupted on Windows
            pass


@contextmanager
def on_duty(settings: Settings) -> Iterator[int]:
    """The whole daemon; yields its OSC port. What is announced last, in daemon.json, is withdrawn first."""
    state = settings.folders.state
    with ExitStack() as stack:
        stack.enter_context(only_one(state))
        logger = logs.start(state, settings.daemon.log_level, sys.stderr)
        stack.callback(logs.stop, logger)
        staff = _staff(stack, settings, logger)
        notifier = Notifier(time.monotonic)
        staff.bus.listen(notifier.hear)
        staff.bus.listen(logs.Journal(logger).hear)
        ways = manners(settings)
        desk = FrontDesk(staff, ways)
        reception = Reception(desk, notifier, time.monotonic)
        osc = OscInlet(reception, settings.daemon.osc_port)
        spool = Spool(state / "spool", reception, time.time)
        http = _page(settings, staff, desk, ways.desk, osc)
        services: list[Service] = [staff.foreman, osc, spool, *drop_folders(settings, staff, logger.info), *http]
        for service in services:
            _started(stack, service)
        http_port = sum(inlet.http_port for inlet in http)
        stack.enter_context(_published(osc.osc_port, state, http_port))
        threading.Thread(target=lambda: logger.info(staff.midi.open()), name="midi open", daemon=True).start()
        page = f"; its page is http://127.0.0.1:{http_port}" if http_port else ""
        logger.info("sidestick %s listens on OSC port %d%s.", __version__, osc.osc_port, page)
        stack.callback(logger.info, "sidestick stops.")
        yield osc.osc_port


def _page(settings: Settings, staff: Staff, desk: FrontDesk, outbox: Desk, osc: OscInlet) -> list[HttpInlet]:
    """The review page and the HTTP API, unless they are not wanted."""
    given = settings.daemon
    if not given.http_port:
        return []

    def build(port: int) -> tuple[Any, Any]:
        from daemon.inlets.http.application import opened

        tools = app.studio(settings, app.workspace(settings))
        return opened(settings, staff, desk, tools, outbox, osc.server.counts, port)

    return [HttpInlet(given.http_host, given.http_port, build)]


def _staff(stack: ExitStack, settings: Settings, logger: logging.Logger) -> Staff:
    bus = Bus()
    store = stack.enter_context(closing(JobStore(settings.folders.state / FILE)))
    midi = stack.enter_context(closing(MidiOutlet(PortSettings(settings.daemon.midi_port), logger.info)))
    idle = settings.daemon.idle_unload_seconds
    foreman = Foreman(store, bus, benches(settings), upkeep(settings), idle=idle)
    bus.listen(lambda event: foreman.wake() if isinstance(event, Queued) else None)
    return Staff(Admission(house(settings), store, bus), foreman, store, midi, bus)


def drop_folders(settings: Settings, staff: Staff, say: Callable[[str], None]) -> list[DropFolder]:
    """One for each of the settings; they hear what became of the jobs of their files."""
    limits, given = app.limits(settings), settings.daemon
    folders = []
    for drop in given.drop:
        rules = Rules(drop.poll, given.quiet_seconds, given.rescan_seconds, settings.options)
        folder = DropFolder(drop.path, rules, partial(_submit, staff), lambda path: probe(path, limits), tell=say)
        staff.bus.listen(partial(_verdict, staff.store, folder))
        folders.append(folder)
    return folders


def _submit(staff: Staff, path: Path, given: Mapping[str, Any]) -> str:
    return staff.admission.admit(path, given, Priority.DROPPED).id


def _verdict(store: JobStore, folder: DropFolder, event: Event) -> None:
    if not isinstance(event, Failed | Done):
        return
    with suppress(SidestickError):  # a job that was deleted meanwhile
        path = store.get(event.job).path
        if isinstance(event, Failed):
            folder.failed(path, event.reason)
        else:
            folder.done(path)


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


@contextmanager
def _published(osc_port: int, state: Path, http_port: int = 0) -> Iterator[None]:
    sender = (sys.executable, "-m", "bridge.osc.send")
    discovery.publish(Running(os.getpid(), osc_port, str(state / "spool"), __version__, sender, http_port), state)
    try:
        yield
    finally:
        discovery.withdraw(state, os.getpid())
