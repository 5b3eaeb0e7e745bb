"""The jobs on disk; SQLite is known here and in store_file alone.

The log is written ahead (WAL), so a killed process loses nothing that was committed. A commit does not wait for the
disk: a thread of its own brings it there within seconds. So a power cut undoes at most these seconds, and takes
whoever asked within them along; the list itself stays whole. One that a disk or a stranger has damaged is put aside
and rebuilt of what can still be read.
"""

import json
import logging
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from daemon.errors import JobMoved, Rejected, StoreFailed
from daemon.jobs.job import ACTIVE, ENDED, TRANSITIONS, Fingerprint, Job, Priority, State
from daemon.jobs.store_file import WalCheckpointer, is_damage, open_list, open_or_rebuild, transaction
from daemon.pipeline.options import Options

FILE = "jobs.db"

_FIXED = ("id", "path", "size", "mtime_ns", "options", "created")
_RESULTS = ("digest", "manifest", "midi", "code", "reason", "remarks")
_MUTABLE = ("priority", "state", "changed", "draft", "memory_level", *_RESULTS)
_COLUMNS = (*_FIXED, *_MUTABLE)
_ENCODED = ("path", "size", "mtime_ns", "options", "remarks")
_UNREADABLE = "This job was made by another version of sidestick, which it was meant for. Ask for it again."
_log = logging.getLogger("sidestick.jobs")

_INSERT = f"INSERT INTO jobs ({', '.join(_COLUMNS)}) VALUES ({', '.join(':' + name for name in _COLUMNS)})"
_UPDATE = f"UPDATE jobs SET {', '.join(f'{name} = :{name}' for name in _MUTABLE)} WHERE id = :id AND state = :before"


class JobStore:
    """All jobs ever taken on. May be used by several threads, and by several processes. `clock`: s since 1970.

    Who `rebuild`s must be the only process that does. `repair` tells what came of a damaged list, '' if it was whole.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time, *, rebuild: bool = False) -> None:
        """Raises ConfigError if the file was written by a newer sidestick, or is damaged and must not be rebuilt."""
        self._clock = clock
        self._lock = threading.RLock()
        self._path, self._rebuild = path, rebuild
        self._db, self.repair = open_or_rebuild(path) if rebuild else (open_list(path), "")
        self._checkpointer = WalCheckpointer(path)
        self._end_unreadable()

    def close(self) -> None:
        self._checkpointer.stop()
        with self._lock:
            self._db.close()

    def add(self, job: Job) -> Job:
        stamped = replace(job, changed=self._clock())
        with self._write_transaction() as db:
            db.execute(_INSERT, _row(stamped))
        return stamped

    def get(self, job_id: str) -> Job:
        """Raises Rejected (unknown_job)."""
        found = self._select("WHERE id = ?", job_id)
        if not found:
            raise Rejected("unknown_job", f"There is no job {job_id!r}. The list of jobs has those there are.")
        return found[0]

    def move(self, job: Job, state: State, **changes: Any) -> Job:
        """`job` in `state`, with `changes` to its other fields.

        Raises ValueError for a move that no job makes, JobMoved if its state is not `job.state` any more.
        """
        if state not in TRANSITIONS[job.state]:
            raise ValueError(f"a job does not go from {job.state} to {state}")
        return self._change(job, replace(job, state=state, **changes))

    def update(self, job: Job, **changes: Any) -> Job:
        """The job in the same state with `changes`. Raises JobMoved as `move` does."""
        return self._change(job, replace(job, **changes))

    def resume(self) -> list[Job]:
        """After a start: what was running waits again. Returns all of these jobs."""
        with self._write_transaction() as db:
            lost = self._select("WHERE state = ?", State.RUNNING)
            db.execute("UPDATE jobs SET state = ? WHERE state = ?", (State.QUEUED, State.RUNNING))
        return [replace(job, state=State.QUEUED) for job in lost]

    def list_queued(self, *, drafts_only: bool = False, limit: int = 16) -> list[Job]:
        """In the order in which they should run: who waits first, drafts before finals, then first come."""
        which, order = ("AND draft = 1", "") if drafts_only else ("", "draft DESC,")
        condition = f"WHERE state = ? {which} ORDER BY priority, {order} created, rowid LIMIT ?"
        return self._select(condition, State.QUEUED, limit)

    def list_latest(self, limit: int) -> list[Job]:
        """The newest first."""
        return self._select("ORDER BY created DESC, rowid DESC LIMIT ?", limit)

    def page(self, limit: int, before: tuple[float, str] | None = None) -> list[Job]:
        """The newest first, from behind the job that was created at `before[0]` and has the id `before[1]`."""
        place = before or (float("inf"), "")
        return self._select("WHERE (created, id) < (?, ?) ORDER BY created DESC, id DESC LIMIT ?", *place, limit)

    def find_duplicate(self, source: Fingerprint, options: Options, states: Sequence[State]) -> Job | None:
        """The newest job of the same file with the same options that is in one of `states`."""
        marks = ", ".join("?" for _ in states)
        condition = f"WHERE path = ? AND size = ? AND mtime_ns = ? AND options = ? AND state IN ({marks})"
        place = (source.path, source.size, source.mtime_ns, options.model_dump_json(), *states)
        return next(iter(self._select(f"{condition} ORDER BY created DESC LIMIT 1", *place)), None)

    def find_active(self, path: Path, digest: str) -> Job | None:
        """A job of the same file, or of the same content under another name, that waits or runs."""
        marks = ", ".join("?" for _ in ACTIVE)
        condition = f"WHERE state IN ({marks}) AND (path = ? OR (digest = ? AND digest != '')) LIMIT 1"
        return next(iter(self._select(condition, *ACTIVE, str(path), digest)), None)

    def has_other_job(self, job: Job) -> bool:
        """Whether there is another job of the same file."""
        return bool(self._rows("SELECT 1 FROM jobs WHERE path = ? AND id != ? LIMIT 1", str(job.path), job.id))

    def list_ended_before(self, time: float) -> list[Job]:
        """Jobs that are over and were not changed since `time`, in seconds since 1970."""
        marks = ", ".join("?" for _ in ENDED)
        return self._select(f"WHERE changed < ? AND state IN ({marks})", time, *ENDED)

    def find_written(self, manifest: Path) -> Job | None:
        """The newest job whose result is the manifest at that path."""
        return next(iter(self._select("WHERE manifest = ? ORDER BY created DESC LIMIT 1", str(manifest))), None)

    def latest_of(self, path: Path) -> Job | None:
        """The newest job of the file at `path`."""
        return next(iter(self._select("WHERE path = ? ORDER BY created DESC, rowid DESC LIMIT 1", str(path))), None)

    def counts(self) -> Counter[State]:
        rows = self._rows("SELECT state, COUNT(*) FROM jobs GROUP BY state")
        return Counter({State(state): number for state, number in rows if state in tuple(State)})

    def delete(self, job_id: str) -> Job:
        """Forget a job that has ended; files beside its source stay. Raises Rejected (unknown_job, job_active)."""
        with self._write_transaction() as db:
            job = self.get(job_id)
            if job.is_active:
                raise Rejected("job_active", f"{job.name} is {job.state}; cancel job {job_id} first.")
            db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
        return job

    def _end_unreadable(self) -> None:
        """What waits in words of another version of sidestick fails with that reason, and holds nobody up."""
        marks = ", ".join("?" for _ in ENDED)
        with self._write_transaction() as db:
            for job in self._select(f"WHERE state NOT IN ({marks})", *ENDED):
                if job.state is State.FAILED:
                    values = (State.FAILED, job.code, job.reason, job.id)
                    db.execute("UPDATE jobs SET state = ?, code = ?, reason = ? WHERE id = ?", values)

    def _change(self, before: Job, after: Job) -> Job:
        stamped = replace(after, changed=self._clock())
        with self._write_transaction() as db:
            values = {name: value for name, value in _row(stamped).items() if name in (*_MUTABLE, "id")}
            if db.execute(_UPDATE, {**values, "before": before.state}).rowcount != 1:
                raise JobMoved(f"Job {before.id} is not {before.state} any more; look again.")
        return stamped

    def _select(self, condition: str, *values: object) -> list[Job]:
        rows = self._rows(f"SELECT {', '.join(_COLUMNS)} FROM jobs {condition}", *values)
        return [_job(dict(zip(_COLUMNS, row, strict=True))) for row in rows]

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._lock, self._translate_errors():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _write_transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        with self._lock, self._translate_errors(), transaction(self._db):
            yield self._db
        self._checkpointer.wake()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """A disk that refuses is a StoreFailed."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            remedy = "Make sure that its disk is there and has room"
            if is_damage(error):
                remedy = "It has been rebuilt; ask again" if self._repair() else "Restart sidestick, which rebuilds it"
            raise StoreFailed(f"The list of jobs cannot be used ({error}). {remedy}.") from error

    def _repair(self) -> bool:
        """Rebuilds a list that was damaged while it was in use, if that may be and can be."""
        if not self._rebuild:
            return False
        self._checkpointer.stop()
        self._db.close()
        self._db, text = open_or_rebuild(self._path)
        self._checkpointer = WalCheckpointer(self._path)
        _log.warning("%s", text)
        return bool(text)


def _row(job: Job) -> dict[str, object]:
    plain = {name: getattr(job, name) for name in _COLUMNS if name not in _ENCODED}
    source = job.source
    named = {"path": source.path, "size": source.size, "mtime_ns": source.mtime_ns}
    return {**plain, **named, "options": job.options.model_dump_json(), "remarks": json.dumps(job.remarks)}


def _job(row: dict[str, Any]) -> Job:
    source = Fingerprint(row.pop("path"), row.pop("size"), row.pop("mtime_ns"))
    row["draft"], row["remarks"] = bool(row["draft"]), _read_remarks(row["remarks"])
    try:
        options = Options.model_validate_json(row["options"])
        known = {"options": options, "state": State(row["state"]), "priority": Priority(row["priority"])}
    except ValueError:
        over = row["state"] if row["state"] in ENDED else State.FAILED
        known = {"options": Options(), "state": State(over), "priority": Priority.DROPPED}
        if over == State.FAILED and not row["reason"]:
            known |= {"code": "bad_option", "reason": _UNREADABLE}
    return Job(source=source, **{**row, **known})


def _read_remarks(text: str) -> tuple[str, ...]:
    """None of what is not written as this version does."""
    try:
        found = json.loads(text)
    except ValueError:
        return ()
    return tuple(map(str, found)) if isinstance(found, list) else ()
