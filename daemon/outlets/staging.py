"""Hidden folders beside the song in which sound is encoded before it takes its place, and what kills leave behind."""

import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from daemon.files import TEMPORARY
from daemon.outlets.naming import require_writable
from daemon.pipeline.cache import unusable_cache_error

STALE = 60.0  # seconds; nobody needs so long to rename a file that is written


@contextmanager
def staging_folder(folder: Path, locks: Path) -> Iterator[Path]:
    """A hidden folder in `folder` for what takes long to make. Its lock tells others that somebody is at work in it."""
    require_writable(folder)
    fresh = folder / f"{TEMPORARY}{secrets.token_hex(6)}"
    lock = FileLock(locks / fresh.name)
    try:
        locks.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        fresh.mkdir()
    except OSError as error:
        raise unusable_cache_error(locks, error) from error
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        lock.release()
        with suppress(OSError):
            Path(lock.lock_file).unlink()


def sweep(folder: Path, locks: Path, clock: Callable[[], float] = time.time) -> None:
    """Remove what killed runs left in `folder`; only under its lock."""
    for path in folder.glob(f"{TEMPORARY}*"):
        with suppress(OSError):
            if clock() - path.lstat().st_mtime < STALE:
                continue
            if not path.is_dir():
                path.unlink()
            elif not is_staging(path, locks):
                shutil.rmtree(path)


def is_staging(folder: Path, locks: Path) -> bool:
    """Whether somebody still works in a hidden folder that `staging_folder` made."""
    lock = FileLock(locks / folder.name)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    with suppress(OSError):
        Path(lock.lock_file).unlink()
    return False
