"""One sidestick for one state folder: a second would take the same files and write the same names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from daemon.errors import ConfigError

LOCK_FILE = "sidestick.lock"
PID_FILE = "sidestick.pid"


@contextmanager
def lock_instance(folder: Path) -> Iterator[None]:
    """Held until this process ends, however it ends. Raises ConfigError that names the process that has it."""
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
