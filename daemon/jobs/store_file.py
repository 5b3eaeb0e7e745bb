"""The file of the list of jobs: opened, brought up to date and to the disk, and rebuilt if something damaged it."""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path

from bridge.guard import Guard
from daemon.errors import ConfigError
from daemon.jobs.salvage import COLUMNS, Row, count_frames, read_log, salvage_rows

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
    "ALTER TABLE jobs ADD COLUMN remarks TEXT NOT NULL DEFAULT '[]'",
)
"""Script n leads from schema n to n + 1; the file's user_version is its schema."""

_LAST_SCHEMA = 1000  # a greater number is no version of sidestick's
_REBUILT = "jobs-rebuilt.db"
_DAMAGE = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)
"""What SQLite says of a file that it cannot read; an error of its language is a table that is not there any more."""

_BUSY_SECONDS = 5.0
_CHECKPOINT_SECONDS = 3.0  # seconds; while the disk is at it, whoever commits may have to wait
_INSERT = f"INSERT INTO jobs VALUES ({', '.join(':' + name for name in COLUMNS)})"


class WalCheckpointer:
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


class _DamagedError(Exception):
    """The file is no list of jobs any more."""


def open_list(path: Path) -> sqlite3.Connection:
    try:
        return _open_sound(path)
    except _DamagedError as error:
        text = f"The list of jobs {path} is damaged ({error}). `sidestick run` rebuilds it of what can be read."
        raise ConfigError([text]) from None


def open_or_rebuild(path: Path) -> tuple[sqlite3.Connection, str]:
    """The list, and what had to be done to it."""
    log = read_log(path)
    try:
        if not path.with_name(_REBUILT).exists():  # a rebuilding that was interrupted goes on
            return _open_sound(path, count_frames(log)), ""
        raise _DamagedError("its rebuilding was interrupted")
    except _DamagedError as error:
        rows = salvage_rows((path, path.with_name(_REBUILT)), log)
        aside = _rebuild(path, rows)
        text = f"The list of jobs was damaged ({error}). It was rebuilt with {len(rows)} jobs; {aside} is the old one."
    return _open_sound(path), text


def _rebuild(path: Path, rows: Sequence[Row]) -> Path:
    """Put a new list with `rows` in the place of a damaged one; returns where that lies now.

    An end at any instant loses nothing: while the new one waits beside the old, the next start reads both.
    """
    fresh, rebuilt = path.with_name("jobs-fresh.db"), path.with_name(_REBUILT)
    try:
        fresh.unlink(missing_ok=True)
        with closing(sqlite3.connect(fresh, isolation_level=None)) as db:
            _migrate(db, fresh)
            with transaction(db):
                db.executemany(_INSERT, rows)
        fresh.replace(rebuilt)
        aside = _free_name(path)
        for old in (path.with_name(f"{path.name}-shm"), _log_of(path), path):
            with suppress(FileNotFoundError):
                old.replace(old.with_name(old.name.replace(path.name, aside.name)))
        rebuilt.replace(path)
    except (OSError, sqlite3.OperationalError) as error:
        text = f"The list of jobs {path} is damaged, and cannot be rebuilt ({error}). Make room on its disk."
        raise ConfigError([text]) from None
    return aside


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"jobs-damaged-{number}.db") for number in count(1))
    return next(name for name in names if not name.exists() and not _log_of(name).exists())


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _open_sound(path: Path, frames: int = 0) -> sqlite3.Connection:
    """Raises _DamagedError, also if fewer than `frames` pages of the log can be read."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.OperationalError) as error:
        raise ConfigError([f"The list of jobs {path} cannot be opened ({error})."]) from None
    try:
        _prepare(db, path, frames)
    except BaseException as error:
        db.close()
        if isinstance(error, UnicodeDecodeError):  # in what SQLite itself says of the file
            raise _DamagedError("it is no text") from None
        if not isinstance(error, sqlite3.DatabaseError):
            raise
        if is_damage(error) or _is_writable(path, error):
            raise _DamagedError(str(error)) from None
        raise ConfigError([f"The list of jobs {path} cannot be used ({error}). {_remedy(error)}"]) from None
    return db


def _prepare(db: sqlite3.Connection, path: Path, frames: int) -> None:
    db.text_factory = lambda text: text.decode("utf-8", "replace")  # one odd letter must not take the list along
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA wal_autocheckpoint = 0")  # the checkpointer does that, in a thread that nobody waits for
    read = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1] if frames else 0
    if read < frames:
        raise _DamagedError(f"{frames - read} of the last changes cannot be read")
    if db.execute("PRAGMA encoding").fetchone() != ("UTF-8",):
        raise _DamagedError("it names another alphabet")
    _migrate(db, path)
    _check_pages(db)


def _check_pages(db: sqlite3.Connection) -> None:
    faults = [text for (text,) in db.execute("PRAGMA integrity_check(1)")]
    if faults != ["ok"]:
        raise _DamagedError(" ".join(faults[0].split()))


def is_damage(error: sqlite3.DatabaseError) -> bool:
    return error.sqlite_errorcode & 0xFF in _DAMAGE


def _remedy(error: sqlite3.DatabaseError) -> str:
    code = error.sqlite_errorcode & 0xFF
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return "Make it and its folder writable for you."
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "Another program holds it open; close that."
    return "Make room on its disk." if code == sqlite3.SQLITE_FULL else "Check its disk."


def _is_writable(path: Path, error: sqlite3.DatabaseError) -> bool:
    """Whether SQLite takes a file for read-only that is not: its header says so."""
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY and writable


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring an older file to today's schema, in one transaction, whoever else opens it at the same time."""
    with transaction(db):
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version != len(MIGRATIONS) and _has_todays_schema(db):
            version = len(MIGRATIONS)  # the number alone was damaged
        if not 0 <= version <= _LAST_SCHEMA:
            raise _DamagedError(f"there is no version {version}")
        if version > len(MIGRATIONS):
            _check_pages(db)  # a number that damage wrote is no newer sidestick's
            raise ConfigError([f"{path} was written by a newer sidestick. Update sidestick, or move the file away."])
        for statement in _statements(MIGRATIONS[version:]):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _has_todays_schema(db: sqlite3.Connection) -> bool:
    """Whether tables and indices are those of this version; every script of MIGRATIONS changes them."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        for statement in _statements(MIGRATIONS):
            fresh.execute(statement)
        here, today = (set(each.execute("SELECT name, sql FROM sqlite_master")) for each in (db, fresh))
    return here == today


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
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
