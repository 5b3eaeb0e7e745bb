"""`sidestick catalogue`: many songs on many machines, by a queue and a store that all share."""

import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from daemon import config, factories
from daemon.commands.remedies import spell_flags
from daemon.config import Settings
from daemon.distributed.catalogue_run import CatalogueRun, CatalogueSong, RunSpec, list_runs
from daemon.distributed.checks import describe_store, require_conditional_writes, require_writable
from daemon.distributed.feeder import Feeder, RunProgress
from daemon.distributed.object_store import ObjectStore, open_store
from daemon.distributed.shared_cache import SharedCache
from daemon.distributed.song_list import list_songs
from daemon.distributed.song_worker import SongWorker
from daemon.distributed.task_queue import QUEUES, TaskQueue, build_app, worker_arguments
from daemon.errors import Rejected
from daemon.jobs.admission import merge_options
from daemon.pipeline.options import Options

_SHOW_SECONDS = 2.0  # between two lines where the output is no terminal
_WIDTH = 100


def run(songs: str, out: str, typed: dict[str, Any], as_json: bool) -> int:
    """Do every song, or go on with those that are left. 0 if all are done, 1 if some have failed."""
    settings = config.load().settings
    store, queue = _open_store(settings), _open_queue(settings)
    if f"{out.rstrip('/')}/".startswith(f"{songs.rstrip('/')}/"):
        raise Rejected("bad_store", f"{out} lies among the songs; results need a place of their own.")
    options = _read_options(settings, typed)
    require_conditional_writes(store)
    require_writable(open_store(out))
    next(_list_songs(songs))
    spec = RunSpec(songs, out.rstrip("/"), options.model_dump(mode="json", exclude_defaults=True))
    catalogue_run = CatalogueRun.create(store, spec)
    catalogue_run.resume()
    print(f"Run {catalogue_run.name}: {songs} -> {spec.out}", file=sys.stderr)
    _tell_idle_queues(queue, options)
    progress = Feeder(catalogue_run, partial(_list_songs, songs), queue, _Display(as_json)).feed()
    print(_summary(catalogue_run.name, progress), file=sys.stderr)
    return int(progress.failed > 0 or not progress.is_over)


def work(queues: Sequence[str], processes: int) -> int:
    """Serve the queue until Ctrl-C or SIGTERM, which let the songs at hand come to their end."""
    settings = config.load().settings
    unknown = [each for each in queues if each not in QUEUES.values()]
    if unknown or not queues:
        known = ",".join(QUEUES.values())
        raise Rejected("bad_option", f"There is no queue {', '.join(unknown) or '-'}. --queues is some of {known}.")
    _open_queue(settings)
    _check_store_apart(settings.distributed.store)
    name = f"{socket.gethostname()}-{os.getpid()}"
    _sweep_scratch(_scratch(settings))
    app = build_app(_broker(settings), partial(_open_worker, settings, name))
    print(f"The worker {name} takes {', '.join(queues)} from the queue. Ctrl-C ends it.", file=sys.stderr)
    app.worker_main(worker_arguments(queues, processes, name))
    return 0


def _check_store_apart(address: str) -> None:
    """In a process of its own, as a store's network threads do not survive the fork of Celery's processes.

    Raises Rejected.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        state, text = pool.submit(describe_store, address).result()
    if state != "ok":
        raise Rejected("bad_store", text)


def _open_worker(settings: Settings, name: str, queue: TaskQueue) -> SongWorker:
    """The worker of one process, opened in it: neither network threads nor a store's survive a fork."""
    from daemon import allocator

    allocator.keep_freed_memory()
    owner = f"{name}/{os.getpid()}"
    store = _open_store(settings)
    cache = SharedCache(settings.folders.cache / "distributed", store, owner)
    limits = factories.cache_limits(settings)
    cache.sweep()
    cache.retain(limits.max_age, limits.max_bytes)
    runner = factories.build_task_runner(settings, cache)
    return SongWorker(store, runner, _scratch(settings) / str(os.getpid()), owner, queue.send, queue.tell)


def show_status(name: str, as_json: bool) -> int:
    """One run, or all of them by name."""
    store = _open_store(config.load().settings)
    for each in [name] if name else list_runs(store):
        found = CatalogueRun.load(store, each)
        done, failed = (sum(1 for _ in found.list_ids(kind)) for kind in ("done", "failed"))
        about = {"run": each, "songs": found.spec.songs, "out": found.spec.out, "done": done, "failed": failed}
        state = " (cancelled)" if found.is_cancelled() else ""
        line = f"{each}  {done} done, {failed} failed{state}  {found.spec.songs} -> {found.spec.out}"
        print(json.dumps({**about, "cancelled": bool(state)}) if as_json else line)
    return 0


def show_failed(name: str, as_json: bool) -> int:
    """Each song that failed, with the reason. 1 if there are any."""
    found = CatalogueRun.load(_open_store(config.load().settings), name)
    failed = list(found.list_outcomes("failed"))
    for each in failed:
        print(json.dumps(asdict(each)) if as_json else f"{each.name}: {each.reason}")
    return int(bool(failed))


def report(name: str) -> int:
    """A CSV with a line for each song that has come to an end."""
    import csv

    found = CatalogueRun.load(_open_store(config.load().settings), name)
    out = csv.writer(sys.stdout)
    out.writerow(["url", "name", "state", "sha256", "duration_s", "work_s", "files", "remarks", "code", "reason"])
    for kind in ("done", "failed"):
        for each in found.list_outcomes(kind):
            files, remarks = " ".join(each.files), " ".join(each.remarks)
            row = [each.url, each.name, kind, each.digest, each.duration, each.seconds, files, remarks]
            out.writerow([*row, each.code, each.reason])
    return 0


def retry(name: str) -> int:
    """Forget the failures of a run, so that the same `catalogue run` does those songs again."""
    count = CatalogueRun.load(_open_store(config.load().settings), name).retry()
    print(f"{count} songs are tried again by the next `sidestick catalogue run` with the same request.")
    return 0


def cancel(name: str) -> int:
    """End a run, and what workers do for it, at once. What is done stays."""
    settings = config.load().settings
    found = CatalogueRun.load(_open_store(settings), name)
    found.cancel()
    ended = _open_queue(settings).end_tasks(name)
    found.forget_tries()
    print(f"The run {name} is cancelled; {ended} songs were being worked on. The same request goes on with it.")
    return 0


class _Display:
    """A line that moves on a terminal, a line every two seconds elsewhere, or an object a line."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._due = 0.0

    def __call__(self, progress: RunProgress) -> None:
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + _SHOW_SECONDS
        if self._as_json:
            print(json.dumps(asdict(progress)), flush=True)
        elif sys.stderr.isatty():
            print(f"\r{_line(progress):<{_WIDTH}}", end="", file=sys.stderr, flush=True)
        else:
            print(_line(progress), file=sys.stderr, flush=True)


def _line(progress: RunProgress) -> str:
    left = f", {_hours(progress.eta)} left" if progress.eta is not None else ""
    failed = f", {progress.failed} failed" if progress.failed else ""
    speed = f"{progress.rate:,.0f} songs an hour on {progress.processes} processes"
    return f"{progress.done} of {progress.total} done{failed}; {speed}{left}"


def _hours(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def _summary(name: str, progress: RunProgress) -> str:
    if not progress.is_over:
        return f"The run {name} was cancelled: {progress.done} of {progress.total} songs are done."
    failed = f" {progress.failed} failed; `sidestick catalogue failed {name}` says why." if progress.failed else ""
    return f"{progress.done} of {progress.total} songs are done.{failed}"


def _tell_idle_queues(queue: TaskQueue, options: Options) -> None:
    """What nobody takes waits until somebody does; that is said, as it may be meant."""
    taken = {name.rpartition(".")[2] for names in queue.list_workers().values() for name in names}
    needed = [short for short in QUEUES.values() if options.input == "mix" or short != "separate"]
    missing = [short for short in needed if short not in taken]
    if missing:
        start = f"sidestick catalogue worker --queues {','.join(missing)}"
        print(f"No worker takes {', '.join(missing)} yet. Start one with: {start}", file=sys.stderr)


def _list_songs(address: str) -> Iterator[CatalogueSong]:
    """The songs of an address. Raises Rejected where there are none."""
    empty = True
    for song in list_songs(address):
        empty = False
        yield song
    if empty:
        raise Rejected("no_songs", f"There is no song in {address}. Name a place with some, or a CSV of addresses.")


def _read_options(settings: Settings, typed: dict[str, Any]) -> Options:
    given = {name: value for name, value in typed.items() if value not in ("", None)}
    more = given.pop("options", None)
    try:
        extra = json.loads(more) if more else {}
    except ValueError as error:
        raise Rejected("bad_option", f"--options is no JSON ({error}).") from None
    if not isinstance(extra, dict):
        raise Rejected("bad_option", '--options is an object in JSON: {"grid": {"step": "1/16"}}')
    options = Options.read(merge_options(settings.options.model_dump(), {**extra, **given}))
    try:
        factories.check_options(options, settings)
    except Rejected as refused:
        raise Rejected(refused.code, spell_flags(refused.reason)) from None
    return options


def _broker(settings: Settings) -> str:
    broker = settings.distributed.broker
    return broker.get_secret_value() if broker else ""


def _open_queue(settings: Settings) -> TaskQueue:
    return TaskQueue.open(_broker(settings))


def _open_store(settings: Settings) -> ObjectStore:
    if not settings.distributed.store:
        text = "No store is set. Set distributed.store to what all machines share: s3://bucket/prefix or file:///folder"
        raise Rejected("bad_store", text)
    return open_store(settings.distributed.store)


def _sweep_scratch(scratch: Path) -> None:
    """Remove what processes left there that were killed. Each has a folder by its number."""
    from psutil import pid_exists

    for folder in scratch.iterdir() if scratch.is_dir() else ():
        if not (folder.name.isdigit() and pid_exists(int(folder.name))):
            shutil.rmtree(folder, ignore_errors=True)


def _scratch(settings: Settings) -> Path:
    return settings.folders.cache / "distributed-scratch"
