"""Which names the outputs take. A file that is not ours, or that somebody changed since, is never touched."""

import hashlib
import os
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path, PurePosixPath
from typing import NewType

from filelock import FileLock

from daemon.errors import Rejected
from daemon.files import TEMPORARY, describe_os_error, file_digest
from daemon.outlets.manifest import Manifest, Output
from daemon.pipeline.cache import unusable_cache_error

OutputKind = NewType("OutputKind", str)
"""What follows the song's name: `.drums.mid`, `.stems/drums.wav`."""

MANIFEST = OutputKind(".sidestick.json")
SONG_MIDI = OutputKind(".mid")

_LONGEST_NAME = 255  # bytes: ext4, APFS, NTFS and SMB all allow at least that many
_NUMBER_ROOM = len("-9999")


def midi_kind(part: str) -> OutputKind:
    return OutputKind(f".{part}.mid")


def stem_kind(name: str, ending: str) -> OutputKind:
    return OutputKind(f".stems/{name}.{ending}")


def backing_kind(ending: str) -> OutputKind:
    return OutputKind(f".backing.{ending}")


def plot_kind(ending: str) -> OutputKind:
    return OutputKind(f".sidestick.{ending}")


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything goes. `remarks` say which names were taken, and by what.

    `folder` is the source's folder as the manifest names it. `previous` is the manifest that the new one will
    replace; its corrections are worth keeping.
    """

    manifest: Path
    folder: str
    paths: dict[OutputKind, Path]
    remarks: tuple[str, ...]
    previous: Manifest | None = None

    def list_outputs(self, pending: Mapping[Path, bytes]) -> tuple[Output, ...]:
        """The outputs for the new manifest, and those of before that still stand.

        All are on disk but `pending`, which are about to be written.
        """
        new = {self._relative(path): (kind, path) for kind, path in self.paths.items()}
        old = () if self.previous is None else self.previous.outputs
        digests = {path: hashlib.sha256(data).hexdigest() for path, data in pending.items()}
        digests |= {path: digest_of(path) for _, path in new.values() if path not in digests}
        entries = (Output(path=at, kind=kind, sha256=digests[path]) for at, (kind, path) in new.items())
        return (*entries, *(output for output in old if output.path not in new))

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.manifest.parent).as_posix()


@contextmanager
def lock_folder(source: Path, out: Path | None, locks: Path) -> Iterator[None]:
    """Nobody else names files in the folder of the outputs between `plan` and the last write.

    Raises CacheFailed when the folder of locks cannot be written.
    """
    folder = _key(str((out or source.parent).resolve()))
    lock = FileLock(locks / hashlib.sha256(folder.encode()).hexdigest()[:32])
    try:
        locks.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise unusable_cache_error(locks, error) from error
    try:
        yield
    finally:
        lock.release()


def plan(source: Path, out: Path | None, kinds: Iterable[OutputKind], *, fresh: bool = False) -> Plan:
    """Names for `kinds` beside `source` or in `out`, which is made if need be. `fresh` replaces nothing.

    Raises Rejected ('output_folder') when nothing can be written there.
    """
    folder = out or source.parent
    require_writable(folder)
    wanted = tuple(dict.fromkeys(kinds))
    origin = "." if folder.resolve() == source.parent.resolve() else str(source.parent.resolve())
    song = _NameFinder(folder, _fit_base(source.stem, wanted), source.name, origin)
    manifest = song.find_name(MANIFEST, _refuse_reuse if fresh else song.manifest_objection)
    previous = Manifest.load(manifest) if manifest.exists() else None
    return _make_plan(song, manifest, previous, wanted)


def replan(manifest: Path, previous: Manifest, kinds: Iterable[OutputKind]) -> Plan:
    """Names for what is made again from `manifest`, in its own folder: the same ones, unless somebody edited them.

    Raises Rejected ('output_folder') when nothing can be written there.
    """
    require_writable(manifest.parent)
    wanted = tuple(dict.fromkeys(kinds))
    source = previous.source
    song = _NameFinder(manifest.parent, _fit_base(Path(source.name).stem, wanted), source.name, source.folder)
    return _make_plan(song, manifest, previous, wanted)


def _make_plan(song: "_NameFinder", manifest: Path, previous: Manifest | None, kinds: Iterable[OutputKind]) -> Plan:
    owned = {} if previous is None else {_key(output.path): output.sha256 for output in previous.outputs}
    paths = {kind: song.find_name(kind, partial(song.output_objection, owned)) for kind in kinds}
    return Plan(manifest, song.origin, paths, tuple(song.remarks), previous)


class _NameFinder:
    """Finds names for one song, and remembers why a name was not the first choice."""

    def __init__(self, folder: Path, base: str, source: str, origin: str) -> None:
        self._folder = folder
        self._base = base
        self._source = source
        self.origin = origin
        self.remarks: list[str] = []

    def find_name(self, kind: OutputKind, objection: Callable[[Path], str]) -> Path:
        """The first name that is free or to whose file there is no `objection`."""
        first = ""
        for number in count(1):
            path, there = _path_on_disk(self._folder, _number_name(self._base, kind, number))
            reason = objection(path) if there else ""
            if not reason:
                break
            first = first or f"{path.name} {reason}"
        if first:
            self.remarks.append(f"{first}, so the new one is {path.name}.")
        return path

    def manifest_objection(self, path: Path) -> str:
        """Why the manifest at `path` cannot be replaced, or ''."""
        try:
            found = Manifest.load(path)
        except Rejected:
            return "is not from this sidestick"
        if _key(found.source.name) != _key(self._source) or found.source.folder != self.origin:
            return f"belongs to {found.source.name}"
        return "was changed by hand" if found.is_edited else ""

    def output_objection(self, owned: Mapping[str, str], path: Path) -> str:
        """Why the output at `path` cannot be replaced, or ''. `owned` are the digests that sidestick wrote."""
        written = owned.get(_key(path.relative_to(self._folder).as_posix()))
        if written is None:
            return "is not from this transcription"
        return "" if digest_of(path) == written else "was changed since sidestick wrote it"


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, '' if it cannot be read as one."""
    try:
        return file_digest(path)
    except OSError:
        return ""


def _refuse_reuse(_: Path) -> str:
    return "is kept as it is"


def _key(text: str) -> str:
    """Two names with the same key are one file on some disk: case and accents may be stored either way."""
    return unicodedata.normalize("NFC", text).casefold()


def _number_name(base: str, kind: OutputKind, number: int) -> PurePosixPath:
    """Song-2.sidestick.json, but Song.drums-2.mid: the number stands where a musician looks for it."""
    if number == 1:
        return PurePosixPath(base + kind)
    if kind.startswith(".sidestick."):
        return PurePosixPath(f"{base}-{number}{kind}")
    head, _, ending = kind.rpartition(".")
    return PurePosixPath(f"{base}{head}-{number}.{ending}")


def _path_on_disk(folder: Path, name: PurePosixPath) -> tuple[Path, bool]:
    """The path as the disk spells it, and whether it is taken."""
    path = folder
    for part in name.parts:
        path = path / _name_on_disk(path, part)
    return path, os.path.lexists(path)


def _name_on_disk(folder: Path, name: str) -> str:
    if os.path.lexists(folder / name) or not folder.is_dir():
        return name
    return next((found.name for found in folder.iterdir() if _key(found.name) == _key(name)), name)


def _fit_base(base: str, kinds: Iterable[OutputKind]) -> str:
    """`base` cut, between two characters, so that every name made from it fits."""
    longest = max(len(part.encode()) for kind in (*kinds, MANIFEST) for part in kind.split("/"))
    room = _LONGEST_NAME - longest - _NUMBER_ROOM
    data = os.fsencode(base)
    return base if len(data) <= room else data[:room].decode(errors="ignore").rstrip()


def require_writable(folder: Path) -> None:
    """Make `folder` if need be. Raises Rejected ('output_folder') when nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder, prefix=TEMPORARY):
            pass
    except OSError as error:
        raise Rejected("output_folder", f"Nothing can be written to {folder}: {describe_os_error(error)}.") from None
