"""Files appear whole or not at all: a DAW that looks at the folder never opens half a .mid."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from daemon.errors import StageFailed

TEMPORARY = ".stemd-"

_OTHER_FOLDER = "choose another folder with --out"
_REASONS = {
    errno.ENOSPC: "the disk is full; make some room and try again",
    errno.EDQUOT: "your disk quota is used up; make some room and try again",
    errno.EROFS: f"the folder is read-only; {_OTHER_FOLDER}",
    errno.EACCES: f"writing there is not allowed; {_OTHER_FOLDER}",
    errno.EPERM: f"writing there is not allowed; {_OTHER_FOLDER}",
    errno.ENOENT: f"the folder is not there; {_OTHER_FOLDER}",
    errno.EEXIST: f"that is a file, not a folder; {_OTHER_FOLDER}",
    errno.EFBIG: "the file would be larger than this disk or this account allows",
    errno.ENOTDIR: f"that is not inside a folder; {_OTHER_FOLDER}",
    errno.ENAMETOOLONG: "the name is too long; rename the source",
}


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step; what was there is replaced. Raises StageFailed with the reason."""
    with whole(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A hidden file beside `path`, same ending, that takes its place on success and vanishes otherwise."""
    temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(6)}{path.suffix}"
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StageFailed("write", f"{path} could not be written: {why(error)}.") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def why(error: OSError) -> str:
    """The reason and, where one is known, the remedy: the middle of a sentence."""
    return _REASONS.get(error.errno or 0, (error.strerror or str(error)).lower())


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system can (Windows cannot)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
