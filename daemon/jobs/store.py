"""The jobs on disk: the only module that knows SQLite.

The log is written ahead (WAL), so a killed process loses nothing that was committed. A commit does not wait for the
disk: a thread of its own brings it there within seconds. So a power cut undoes at most these seconds, and takes
whoever asked within them along; the list itself stays whole.
"""

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from bridge.guard import Guard
from daemon.errors import ConfigError, JobMoved, Rejected, StoreFailed
from daemon.jobs.job import ENDED, TRANSITIONS, Fingerprint, Job, Priority, State
from daemon.pipeline.options import Options

FILE = "jobs.db"

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY, path TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        options TEXT NOT NULL, priority INTEGER NOT NULL, created REAL NOT NULL, state TEXT NOT NULL,
        changed REAL NOT NULL, draft INTEGER NOT NULL, memory_level INTEGER NOT NULL, digest TEXT NOT NULL,
        manifest TEXT NOT NULL, midi TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL
    );
    CREATE INDEX by_turn ON jobs (state, priority, draft DESC, created);
    CREATE INDEX by_path ON jobs (path);
    CREATE INDEX by_creation ON jobs (created);
    """,
)
"""Script n leads from schema n to n + 1; the file's user_version is its schema."""

_FIXED = ("id", "path", "size", "mtime_ns", "options", "created")
_MUTABLE = ("priority", "state", "changed", "draft", "memory_level", "digest", "manifest", "midi", "code", "reason")
_COLUMNS = (*_FIXED, *_MUTABLE)
_UNREADABLE = "This job was made by another version of sidestick, which it was meant for. Ask for it again."
_BUSY_SECONDS = 5.0
_CHECKPOINT_SECONDS = 3.0  # seconds; while the disk is at it, whoever commits may have to wait
_INSERT = f"INSERT INTO jobs ({', '.join(_COLUMNS)}) VALUES ({', '.join(':' + name for name in _COLUMNS)})"
_UPDATE = f"UPDATE jobs SET {', '.join(f'{name} = :{name}' for name in _MUTABLE)} WHERE id = :id AND state = :before"


class JobStore:
    """All jobs ever taken on. May be used by several threads, and by several processes. `clock`: s since 1970."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Raises ConfigError if the file is damaged or was written by a newer sidestick."""
        self._clock = clock
        self._lock = threading.RLock()
        self._db = _open(path)
        self._checkpointer = _WalCheckpointer(path)
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
            raise Rejected("unknown_job", f"There is no job {job_id!r}. `sidestick jobs` lists those there are.")
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

    def has_job_of(self, path: Path) -> bool:
        """Whether there is a job of the file at `path`."""
        return bool(self._rows("SELECT 1 FROM jobs WHERE path = ? LIMIT 1", str(path)))

    def find_written(self, manifest: Path) -> Job | None:
        """The newest job whose result is the manifest at that path."""
        return next(iter(self._select("WHERE manifest = ? ORDER BY created DESC LIMIT 1", str(manifest))), None)

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
        with self._lock, _translate_errors():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _write_transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        with self._lock, _translate_errors(), _transaction(self._db):
            yield self._db
        self._checkpointer.wake()


@contextmanager
def _translate_errors() -> Iterator[None]:
    """A disk that refuses is a StoreFailed."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        damaged = not isinstance(error, sqlite3.OperationalError)
        remedy = f"Stop sidestick and move {FILE} away" if damaged else "Make sure that its disk is there and has room"
        reason = f"The list of jobs cannot be used ({error}). {remedy}."
        raise StoreFailed(reason) from error


class _WalCheckpointer:
    """Brings what was committed to the disk, soon, and without making anybody wait."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._pending = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs to disk", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._pending.set()

    def stop(self) -> None:
        self._stopping.set()
        self._pending.set()
        self._thread.join()
        self._db.close()

    def _run(self) -> None:
        while self._pending.wait() and not self._stopping.wait(_CHECKPOINT_SECONDS):
            self._pending.clear()
            # a full disk, or another sidestick at it: the next news tries again
            with Guard("The list of jobs"), suppress(sqlite3.OperationalError):
                self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _open(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.OperationalError) as error:
        raise ConfigError([f"The list of jobs {path} cannot be opened ({error})."]) from None
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")  # the checkpointer does that, in a thread that nobody waits for
        _migrate(db, path)
    except sqlite3.DatabaseError as error:
        db.close()
        text = f"The list of jobs {path} is damaged ({error}). Move it away; what it led to stays where it is."
        raise ConfigError([text]) from None
    return db


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring an older file to today's schema, in one transaction, whoever else opens it at the same time."""
    with _transaction(db):
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise ConfigError([f"{path} was written by a newer sidestick. Update sidestick, or move the file away."])
        for statement in _statements(MIGRATIONS[version:]):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Alone from its first look on, and undone unless it comes to its end."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _statements(scripts: Sequence[str]) -> Iterator[str]:
    for script in scripts:
        yield from (statement for statement in script.split(";") if statement.strip())


def _row(job: Job) -> dict[str, object]:
    plain = {name: getattr(job, name) for name in _COLUMNS if name not in ("path", "size", "mtime_ns", "options")}
    source = job.source
    named = {"path": source.path, "size": source.size, "mtime_ns": source.mtime_ns}
    return {**plain, **named, "options": job.options.model_dump_json()}


def _job(row: dict[str, Any]) -> Job:
    source = Fingerprint(row.pop("path"), row.pop("size"), row.pop("mtime_ns"))
    row["draft"] = bool(row["draft"])
    try:
        options = Options.model_validate_json(row["options"])
        known = {"options": options, "state": State(row["state"]), "priority": Priority(row["priority"])}
    except ValueError:
        over = row["state"] if row["state"] in ENDED else State.FAILED
        known = {"options": Options(), "state": State(over), "priority": Priority.DROPPED}
        if over == State.FAILED and not row["reason"]:
            known |= {"code": "bad_option", "reason": _UNREADABLE}
    return Job(source=source, **{**row, **known})
