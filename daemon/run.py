"""The composition root: `sidestick run`, everything of the daemon process started in order, stopped in reverse."""

import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout

from bridge import discovery
from bridge.discovery import RunningDaemon
from bridge.guard import Guard
from daemon import __version__, factories, logs
from daemon.backends.device import expected_kind
from daemon.child_process import module_command, protect_imports, withhold_secrets
from daemon.config import DaemonSettings, DropFolderSettings, Settings, http_address
from daemon.core import Components, Core, CoreSettings
from daemon.errors import ConfigError, JobMoved, SidestickError
from daemon.events import Done, Event, EventBus, Failed, Queued
from daemon.files import DigestCache, describe_os_error
from daemon.inlets.dispatch import Dispatcher, Handlers
from daemon.inlets.drop_folder.folder import DropFolder, FolderSettings
from daemon.inlets.http.server import HttpInlet
from daemon.inlets.osc import OscInlet
from daemon.inlets.retention import expire_jobs
from daemon.inlets.spool import Spool
from daemon.jobs.admission import Admission, AdmissionSettings
from daemon.jobs.cleanup import Cleanup
from daemon.jobs.job import Fingerprint, Job, Pass, Priority, State
from daemon.jobs.listings import Listings
from daemon.jobs.scheduler import Scheduler, WorkerSlot
from daemon.jobs.store import FILE, JobStore
from daemon.jobs.worker import LocalWorker
from daemon.outlets.exports_later import ExportMaker, ExportRenewer, renew_exports
from daemon.outlets.midi_port import MidiOutlet, PortSettings
from daemon.outlets.notify import Notifier
from daemon.pipeline.audio.guarded_probe import GuardedProbe
from daemon.service import service
from daemon.shutdown import catch_end

LOCK_FILE = "sidestick.lock"
PID_FILE = "sidestick.pid"
SWITCH_INTERVAL = 0.001  # seconds; Python's usual 5 ms would make MIDI late while a correction is worked out
GC_THRESHOLD = 50_000  # objects between two looks for it; a correction of a long song makes many, and no garbage


class BackgroundService(Protocol):
    def start(self) -> None: ...
    def stop(self) -> None: ...


def run(settings: Settings) -> None:
    """Run until a signal, Ctrl-C, or the end of the terminal or session. Raises ConfigError when it cannot start."""
    protect_imports()
    environ = withhold_secrets()
    sys.setswitchinterval(SWITCH_INTERVAL)
    with catch_end() as ending, _translate_errors(), start_daemon(settings, environ):
        gc.freeze()  # what lives as long as the daemon need not be looked through at every correction
        gc.set_threshold(GC_THRESHOLD)
        while not ending.wait(1.0):  # a wait without end cannot be interrupted on Windows
            pass


@contextmanager
def _translate_errors() -> Iterator[None]:
    """A file or folder that stands in the way of the start is a ConfigError that names it."""
    try:
        yield
    except OSError as error:
        raise ConfigError(
            [f"sidestick cannot use {error.filename or 'its folders'}: {describe_os_error(error)}."]
        ) from None


@contextmanager
def start_daemon(settings: Settings, environ: Mapping[str, str]) -> Iterator[int]:
    """The whole daemon; yields its OSC port. What is announced last, in daemon.json, is withdrawn first.

    `environ` is the environment that the settings are read from again when the page changes one.
    """
    state = settings.folders.state
    with ExitStack() as stack:
        stack.enter_context(lock_instance(state))
        logger = start_logging(stack, settings)
        for moved in clear_places(state):
            logger.warning("%s", moved)
        components = open_components(stack, settings, logger)
        notifier = start_notifier(components.bus, logger)
        exports = open_exports(stack, settings, components)
        core = Core(components, build_core_settings(settings, exports))
        handlers = Handlers(core, notifier, Listings(state / "listings"))
        dispatcher = Dispatcher(handlers, notifier, time.monotonic)
        osc = OscInlet(dispatcher, settings.daemon.osc_port)  # a port that is taken is said before any job begins
        watch = partial(watch_folder, stack, settings, components, core)
        http = open_http(settings, core, components.bus, osc, watch=watch, environ=environ)
        start_service(stack, components.scheduler)
        start_service(stack, exports)
        start_service(stack, osc)
        start_service(stack, Spool(state / "spool", dispatcher, time.time))
        for folder in drop_folders(settings, components, core, logger.info):
            start_service(stack, folder)
        for inlet in http:
            start_service(stack, inlet)
        http_port = sum(inlet.http_port for inlet in http)
        stack.enter_context(publish_daemon(osc.osc_port, state, http_port))
        threading.Thread(target=_open_midi, args=(components.midi, logger), name="midi open", daemon=True).start()
        page = f"; its page is {http_address(settings.daemon.http_host, http_port)}" if http_port else ""
        logger.info("sidestick %s listens on OSC port %d%s.", __version__, osc.osc_port, page)
        stack.callback(logger.info, "sidestick stops.")
        yield osc.osc_port


@contextmanager
def lock_instance(folder: Path) -> Iterator[None]:
    """One sidestick for one state folder: a second would take the same files and write the same names.

    Held until this process ends, however it ends. Raises ConfigError that names the process that has it.
    """
    lock = FileLock(folder / LOCK_FILE)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise ConfigError([f"sidestick runs already ({_holder(folder)}). Use that one, or stop it first."]) from None
    except OSError as error:
        text = f"The state folder {folder} cannot be used ({error.strerror}); set another: SIDESTICK_STATE_FOLDER."
        raise ConfigError([text]) from None
    try:
        with suppress(OSError):  # it only helps to name who runs
            (folder / PID_FILE).write_text(f"{os.getpid()}\n")
        yield
    finally:
        with suppress(OSError):
            (folder / PID_FILE).unlink()
        lock.release()


def _holder(folder: Path) -> str:
    try:
        return f"process {int((folder / PID_FILE).read_text())}"
    except (OSError, ValueError):
        return f"it holds {folder / LOCK_FILE}"


def clear_places(state: Path) -> list[str]:
    """Puts aside what stands in the state folder where sidestick needs a folder, or a file; a sentence for each."""
    folders = [state / name for name in ("spool", "spool/inbox", "spool/outbox", "listings")]
    files = [state / name for name in (PID_FILE, discovery.FILE, FILE, "timings.json")]
    wrong = [path for path in folders if path.exists() and not path.is_dir()]
    wrong += [path for path in files if path.is_dir()]
    return [f"{path} is in the way; it was moved to {_move_aside(path).name}." for path in wrong]


def _move_aside(path: Path) -> Path:
    places = (path.with_name(f"{path.name}.moved-{number}") for number in count(1))
    return path.rename(next(place for place in places if not place.exists()))


def start_logging(stack: ExitStack, settings: Settings) -> logging.Logger:
    logger = logs.start(settings.folders.state, settings.daemon.log_level, sys.stderr)
    stack.callback(logs.stop, logger)
    stack.enter_context(logs.log_thread_errors(logger))
    return logger


def start_notifier(bus: EventBus, logger: logging.Logger) -> Notifier:
    notifier = Notifier(time.monotonic)
    bus.subscribe(notifier.handle_event)
    bus.subscribe(logs.JobLogger(logger).log_event)
    return notifier


def start_service(stack: ExitStack, service: BackgroundService) -> None:
    """Stopped also when the start of a later one fails."""
    stack.callback(service.stop)
    service.start()


def _open_midi(midi: MidiOutlet, logger: logging.Logger) -> None:
    with Guard("The MIDI port"):
        logger.info(midi.open())


def open_http(
    settings: Settings,
    core: Core,
    bus: EventBus,
    osc: OscInlet,
    *,
    watch: Callable[[Path], None],
    environ: Mapping[str, str],
) -> list[HttpInlet]:
    """The review page and the HTTP API, unless they are not wanted. `watch` follows one more drop folder."""
    given = settings.daemon
    if not given.http_port:
        return []

    def build(port: int) -> tuple[Any, Any]:
        from daemon.inlets.http.application import open_application
        from daemon.inlets.http.context import SetupAccess

        access = SetupAccess(service(sys.platform, settings.folders.state, environ), watch, environ)
        tools = factories.build_tools(settings, factories.stage_cache(settings))
        return open_application(settings, core, bus, tools, osc.server.counts, port, setup_access=access)

    return [HttpInlet(given.http_host, given.http_port, build)]


def open_components(stack: ExitStack, settings: Settings, logger: logging.Logger) -> Components:
    bus = EventBus()
    store = stack.enter_context(closing(JobStore(settings.folders.state / FILE, rebuild=True)))
    if store.repair:
        logger.warning("%s", store.repair)
    midi = stack.enter_context(closing(MidiOutlet(PortSettings(settings.daemon.midi_port), logger.info)))
    idle = settings.daemon.idle_unload_seconds
    slots, cleanup, digests = worker_slots(settings), build_cleanup(settings, store), DigestCache()
    scheduler = Scheduler(store, bus, slots, cleanup, idle=idle, digests=digests)
    bus.subscribe(lambda event: scheduler.wake() if isinstance(event, Queued) else None)
    look = stack.enter_context(closing(GuardedProbe()))
    admission = Admission(admission_settings(settings), store, bus, look=look)
    return Components(admission, scheduler, store, midi, bus, digests)


def drop_folders(
    settings: Settings, components: Components, core: Core, say: Callable[[str], None]
) -> list[DropFolder]:
    """One for each of the settings; they hear what became of the jobs of their files."""
    given = settings.daemon
    return [_drop_folder(drop, given, components, core, say) for drop in given.drop]


def watch_folder(stack: ExitStack, settings: Settings, components: Components, core: Core, path: Path) -> None:
    """Follow one more drop folder from now on."""
    say = logging.getLogger(logs.NAME).info
    folder = _drop_folder(DropFolderSettings(path=path), settings.daemon, components, core, say)
    start_service(stack, folder)


def _drop_folder(
    drop: DropFolderSettings, given: DaemonSettings, components: Components, core: Core, say: Callable[[str], None]
) -> DropFolder:
    rules = FolderSettings(drop.poll, given.quiet_seconds, given.rescan_seconds, core.defaults)
    folder = DropFolder(
        drop.path,
        rules,
        partial(submit_dropped, components),
        components.admission.probe,
        learn=core.learn_file,
        tell=say,
        digests=components.digests,
    )
    components.bus.subscribe(partial(report_outcome, components.store, folder))
    return folder


def submit_dropped(components: Components, path: Path, given: Mapping[str, Any]) -> str:
    """What somebody cancelled is not taken again after a restart, unless it was put there anew."""
    latest = components.store.latest_of(path)
    if latest is not None and latest.state is State.CANCELLED and _has_rested(path, latest):
        return latest.id
    return components.admission.admit(path, given, Priority.DROPPED).id


def _has_rested(path: Path, job: Job) -> bool:
    """Whether the file lies there as it did when `job` was over."""
    try:
        return Fingerprint.of(path) == job.source and path.stat().st_ctime <= job.changed
    except OSError:
        return False


def report_outcome(store: JobStore, folder: DropFolder, event: Event) -> None:
    if not isinstance(event, Failed | Done):
        return
    with suppress(SidestickError):  # a job that was deleted meanwhile
        path = store.get(event.job).path
        if isinstance(event, Failed) and event.code == "cancelled":
            return  # who cancelled it knows
        if isinstance(event, Failed):
            folder.mark_failed(path, event.reason)
        else:
            folder.mark_done(path)


def worker_slots(settings: Settings) -> Sequence[WorkerSlot]:
    """The workers, and one more that makes drafts while all of them are busy."""
    serve = partial(factories.run_worker_process, settings=settings)
    slots = [WorkerSlot(LocalWorker(serve)) for _ in range(settings.daemon.workers)]
    draft_slots = [WorkerSlot(LocalWorker(serve), frozenset({Pass.DRAFT}))] if settings.daemon.draft else []
    return [*slots, *draft_slots]


def admission_settings(settings: Settings) -> AdmissionSettings:
    return AdmissionSettings(
        cache=settings.folders.cache,
        limits=factories.input_limits(settings),
        defaults=settings.options,
        draft=settings.daemon.draft,
        check=lambda options: factories.check_options(options, settings),
    )


def build_cleanup(settings: Settings, store: JobStore) -> Cleanup:
    return Cleanup(
        factories.stage_cache(settings),
        factories.cache_limits(settings),
        factories.delivery_settings(settings, None).locks,
        expire=partial(expire_jobs, store, settings),
    )


def open_exports(stack: ExitStack, settings: Settings, components: Components) -> ExportRenewer:
    maker = stack.enter_context(closing(ExportMaker()))
    renew = partial(renew_exports, settings=factories.delivery_settings(settings, None), make=maker.make)
    return ExportRenewer(settings.folders.state / "exports", renew, partial(tell_remarks, components))


def tell_remarks(components: Components, manifest: Path, remarks: tuple[str, ...]) -> None:
    """Those that the newest job of a song does not have yet."""
    job = components.store.find_written(manifest)
    if job is not None and (fresh := tuple(each for each in remarks if each not in job.remarks)):
        with suppress(JobMoved):
            components.store.update(job, remarks=(*job.remarks, *fresh))
        components.bus.publish_remarks(job.id, fresh)


def build_core_settings(settings: Settings, exports: ExportRenewer | None = None) -> CoreSettings:
    delivery = replace(factories.delivery_settings(settings, None), exports_later=exports.ask if exports else None)
    found = CoreSettings(delivery, settings.device, expected_kind(), settings.daemon.learn)
    return replace(found, finish_exports=exports.finish) if exports else found


@contextmanager
def publish_daemon(osc_port: int, state: Path, http_port: int = 0) -> Iterator[None]:
    sender = module_command("bridge.osc.send")
    discovery.publish(RunningDaemon(os.getpid(), osc_port, str(state / "spool"), __version__, sender, http_port), state)
    try:
        yield
    finally:
        discovery.withdraw(state, os.getpid())
