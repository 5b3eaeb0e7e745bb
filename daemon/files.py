"""Files appear whole or not at all: a DAW that looks at the folder never opens half a .mid."""

import errno
import hashlib
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import DiskFailed

TEMPORARY = ".sidestick-"

_REASONS = {
    errno.ENOSPC: "the disk is full; make some room and try again",
    errno.EDQUOT: "your disk quota is used up; make some room and try again",
    errno.EROFS: "the folder is read-only",
    errno.EACCES: "writing there is not allowed; change the permissions",
    errno.EPERM: "writing there is not allowed; change the permissions",
    errno.ENOENT: "the folder is not there",
    errno.EEXIST: "that is a file, not a folder; move it away",
    errno.EFBIG: "the file would be larger than this disk or this account allows",
    errno.ENOTDIR: "that is not inside a folder",
    errno.ENAMETOOLONG: "the name is too long; rename the source",
}


def is_full(error: DiskFailed) -> bool:
    """Whether the disk, or the user's share of it, was full."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in (errno.ENOSPC, errno.EDQUOT)


def write_atomically(path: Path, data: bytes, durable: bool = True, mode: int | None = None) -> None:
    """Put `data` at `path` in one step; what was there is replaced. Raises DiskFailed with the reason.

    What is not `durable` waits for no disk: a power cut may take it, and whoever reads it can do without. With `mode`
    the file has it before anything stands in it.
    """
    with atomic_file(path, durable) as temporary:
        if mode is not None:
            temporary.touch(mode=mode)
        temporary.write_bytes(data)


@contextmanager
def atomic_file(path: Path, durable: bool = True) -> Iterator[Path]:
    """A hidden file beside `path`, same ending, that takes its place on success and vanishes otherwise."""
    temporary = _temporary_path(path)
    try:
        with translate_os_errors(path):
            yield temporary
            if durable:
                _sync(temporary)
            temporary.replace(path)
            if durable:
                sync_folder(path.parent)
    finally:
        _remove(temporary)


@dataclass(frozen=True, slots=True)
class _StagedFile:
    """A file on its way to the disk under its temporary name."""

    path: Path
    temporary: Path
    written: "Future[None]"
    is_lent: bool = False

    def take_back(self) -> None:
        """Undo that it took its place; what was lent is there again."""
        with suppress(OSError):
            if self.is_lent:
                self.path.replace(self.temporary)
            else:
                self.path.unlink()


class WriteBatch:
    """Files that take their places together; calling it writes one, `add` takes one that was written elsewhere."""

    def __init__(self, disk: ThreadPoolExecutor) -> None:
        self._disk = disk
        self.files: list[_StagedFile] = []
        self.placed: list[_StagedFile] = []

    def __call__(self, path: Path, data: bytes) -> None:
        temporary = _temporary_path(path)
        self.files.append(_StagedFile(path, temporary, self._disk.submit(_write_synced, temporary, data)))

    def add(self, path: Path, temporary: Path) -> None:
        self.files.append(_StagedFile(path, temporary, self._disk.submit(_sync, temporary), is_lent=True))


@contextmanager
def atomic_batch(check: Callable[[Path], None] = lambda _: None) -> Iterator[WriteBatch]:
    """A batch to write files with, each of which goes to the disk while the next one is made.

    At the end, once the disk has them all, they take their places in this order. None does if one cannot be written.
    `check` is called with each place before the first is taken, and again right before it is taken; it may raise.
    """
    with ThreadPoolExecutor(thread_name_prefix="to disk") as disk:
        write = WriteBatch(disk)
        pending = write.files
        try:
            yield write
            _rename_all(write, check)
        finally:
            wait([file.written for file in pending])
            for file in pending:
                if not file.is_lent:
                    _remove(file.temporary)


def _rename_all(batch: WriteBatch, check: Callable[[Path], None]) -> None:
    files = batch.files
    for file in files:
        with translate_os_errors(file.path):
            file.written.result()
    for file in files:
        check(file.path)
    for file in files:
        check(file.path)
        with translate_os_errors(file.path):
            file.temporary.replace(file.path)
        batch.placed.append(file)
    for folder in dict.fromkeys(file.path.parent for file in files):
        with translate_os_errors(folder):
            sync_folder(folder)


@contextmanager
def translate_os_errors(path: Path) -> Iterator[None]:
    """A disk that refuses is a DiskFailed with the reason."""
    try:
        yield
    except OSError as error:
        raise DiskFailed(f"{path} could not be written: {describe_os_error(error)}.") from error


def describe_os_error(error: OSError) -> str:
    """The reason and, where one is known, the remedy: the middle of a sentence."""
    return _REASONS.get(error.errno or 0, (error.strerror or str(error)).lower())


@dataclass(frozen=True, slots=True)
class FileStamp:
    """By what is seen that a file is still the same: bytes, time of the last change in ns since 1970, and more.

    `ctime_ns` is when the system last changed anything about the file, which no program can set (on Windows, when it
    was made), `inode` which file it is: a take that was put in place of another may have its size and its time.
    """

    size: int
    mtime_ns: int
    ctime_ns: int = 0
    inode: int = 0

    @classmethod
    def of(cls, path: Path) -> "FileStamp":
        """Raises OSError."""
        return cls.read(path.stat())

    @classmethod
    def read(cls, found: os.stat_result) -> "FileStamp":
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)

    def looks_like(self, other: "FileStamp") -> bool:
        """Whether size and time are the same; its content need not be."""
        return (self.size, self.mtime_ns) == (other.size, other.mtime_ns)


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_file(path: Path) -> tuple[str, FileStamp]:
    """Its digest, and the stamp of before, by which a change is seen from then on. Raises OSError."""
    stamp = FileStamp.of(path)
    return file_digest(path), stamp


class DigestCache:
    """Digests of files that are asked for again: what was at rest and is unchanged since is not read twice.

    For any thread.
    """

    def __init__(self, capacity: int = 1000) -> None:
        self._capacity = capacity
        self._known: OrderedDict[Path, tuple[str, FileStamp]] = OrderedDict()
        self._lock = threading.Lock()

    def hash_settled(self, path: Path) -> str:
        """The digest of a file that nobody writes to any more: it is kept. '' if it cannot be read."""
        try:
            found = hash_file(path)
        except OSError:
            return ""
        with self._lock:
            self._known[path] = found
            self._known.move_to_end(path)
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
        return found[0]

    def hash_file(self, path: Path) -> tuple[str, FileStamp]:
        """As `hash_file`, from what is kept if the file is the same. Raises OSError."""
        with self._lock:
            known = self._known.get(path)
        return known if known and known[1] == FileStamp.of(path) else hash_file(path)


def make_folder(folder: Path) -> None:
    """Nothing if it is there. Raises DiskFailed."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise DiskFailed(f"{folder} could not be made: {describe_os_error(error)}.") from error


def remove_empty(folder: Path) -> None:
    """Nothing if there is something in it."""
    with suppress(OSError):
        folder.rmdir()


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system can (Windows cannot)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _temporary_path(path: Path) -> Path:
    return path.parent / f"{TEMPORARY}{secrets.token_hex(6)}{path.suffix}"


def _write_synced(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    _sync(path)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
