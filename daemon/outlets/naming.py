"""Which names the outputs take. A file that is not ours, or that somebody changed since, is never touched."""

import hashlib
import json
import os
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import NewType

from filelock import FileLock

from daemon.errors import DiskFailed, Rejected
from daemon.files import TEMPORARY, FileStamp, describe_os_error, file_digest, write_atomically
from daemon.outlets.manifest import Manifest, Output
from daemon.pipeline.cache import unusable_cache_error
from daemon.remarks import remark

OutputKind = NewType("OutputKind", str)
"""What follows the song's name: `.drums.mid`, `.stems/drums.wav`."""

MANIFEST = OutputKind(".sidestick.json")
STEMS_FOLDER = ".stems"
MOVE = "Move the song to a folder that can be written."
_PADDED = ".bar1"  # what follows the name of a file that starts with bar 1, before the song

_AS_PLAYED = ".played"  # what follows the name of a .mid whose notes were not moved to the grid

_LONGEST_NAME = 255  # bytes: ext4, APFS, NTFS and SMB all allow at least that many
_NUMBER_ROOM = len("-9999")
_ATTEMPTS = 5  # times that names are chosen anew because somebody saved a file in between


def midi_kind(part: str = "", padded: bool = False, as_played: bool = False) -> OutputKind:
    """The notes of a part, or of all; `padded` says that the file starts with a bar, before the song."""
    return OutputKind(f"{'.' * bool(part)}{part}{_AS_PLAYED * as_played}{_PADDED * padded}.mid")


def stem_kind(name: str, ending: str, padded: bool = False) -> OutputKind:
    return OutputKind(f"{STEMS_FOLDER}/{name}{_PADDED * padded}.{ending}")


def backing_kind(ending: str, padded: bool = False) -> OutputKind:
    return OutputKind(f".backing{_PADDED * padded}.{ending}")


def export_kind(ending: str, padded: bool = False) -> OutputKind:
    """A file of its own for other programs; `ending` is like `hits.csv`."""
    return OutputKind(f"{_PADDED * padded}.{ending}")


def plot_kind(ending: str) -> OutputKind:
    return OutputKind(f".sidestick.{ending}")


class ChangedMeanwhile(DiskFailed):
    """A file was saved by somebody else after its name was chosen: choose again."""


class Attempts:
    """`while True: with attempts: return ...` tries a block again for each time that it raised ChangedMeanwhile.

    After so many times it is raised: somebody keeps saving.
    """

    def __init__(self) -> None:
        self._left = _ATTEMPTS

    def __enter__(self) -> None:
        self._left -= 1

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return self._left > 0 and kind is not None and issubclass(kind, ChangedMeanwhile)


def stamp_of(path: Path) -> FileStamp | None:
    """None if there is nothing."""
    try:
        return FileStamp.read(path.lstat())
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything goes. `remarks` say which names were taken, and by what.

    `folder` is the source's folder as the manifest names it. `previous` is the manifest that the new one will
    replace; its corrections are worth keeping. `seen` is what lay at each path when it was chosen.
    """

    manifest: Path
    folder: str
    paths: dict[OutputKind, Path]
    remarks: tuple[str, ...]
    previous: Manifest | None = None
    seen: Mapping[Path, FileStamp | None] = field(default_factory=dict)

    def require_unchanged(self, path: Path) -> None:
        """Raises ChangedMeanwhile unless what lies at `path` is what lay there when it was planned."""
        if path in self.seen and stamp_of(path) != self.seen[path]:
            raise ChangedMeanwhile(f"{path} was changed in this very moment. Try again.")

    def list_outputs(
        self, pending: Mapping[Path, bytes], ready: Mapping[Path, Path] = MappingProxyType({})
    ) -> tuple[Output, ...]:
        """The outputs for the new manifest, and those of before that still stand.

        All are on disk but `pending`, which are about to be written, and `ready`, which wait elsewhere.
        """
        new = {self._relative(path): (kind, path) for kind, path in self.paths.items()}
        old = () if self.previous is None else self.previous.outputs
        digests = {path: hashlib.sha256(data).hexdigest() for path, data in pending.items()}
        digests |= {path: digest_of(ready.get(path, path)) for _, path in new.values() if path not in digests}
        entries = (Output(path=at, kind=kind, sha256=digests[path]) for at, (kind, path) in new.items())
        return (*entries, *(output for output in old if output.path not in new))

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.manifest.parent).as_posix()


@contextmanager
def lock_folder(source: Path, out: Path | None, locks: Path) -> Iterator[None]:
    """Nobody else names files in the folder of the outputs between `plan` and the last write.

    Raises CacheFailed when the folder of locks cannot be written.
    """
    lock = FileLock(_lock_path(out or source.parent, locks))
    try:
        locks.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise unusable_cache_error(locks, error) from error
    try:
        yield
    finally:
        lock.release()


def plan(
    source: Path, out: Path | None, kinds: Iterable[OutputKind], locks: Path | None = None, *, fresh: bool = False
) -> Plan:
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
    return _make_plan(song, manifest, previous, wanted, locks)


def replan(
    manifest: Path,
    previous: Manifest,
    kinds: Iterable[OutputKind],
    locks: Path | None = None,
    seen: FileStamp | None = None,
) -> Plan:
    """Names for what is made again from `manifest`, in its own folder: the same ones, unless somebody edited them.

    `seen` is what lay at `manifest` when `previous` was read.

    Raises Rejected ('output_folder') when nothing can be written there.
    """
    require_writable(manifest.parent)
    wanted = tuple(dict.fromkeys(kinds))
    source = previous.source
    song = _NameFinder(manifest.parent, _fit_base(Path(source.name).stem, wanted), source.name, source.folder)
    if seen is not None:
        song.seen[manifest] = seen
    return _make_plan(song, manifest, previous, wanted, locks)


def _make_plan(
    song: "_NameFinder", manifest: Path, previous: Manifest | None, kinds: Iterable[OutputKind], locks: Path | None
) -> Plan:
    owned = {comparison_key(output.path): {output.sha256} for output in (previous.outputs if previous else ())}
    for path, sha256 in (_read_journal(manifest.parent, locks) if locks else {}).items():
        owned.setdefault(comparison_key(path), set()).add(sha256)
    song.seen.setdefault(manifest, stamp_of(manifest))
    paths = {kind: song.find_name(kind, partial(song.output_objection, owned)) for kind in kinds}
    return Plan(manifest, song.origin, paths, tuple(song.remarks), previous, song.seen)


@contextmanager
def journal(folder: Path, outputs: Iterable[Output], locks: Path) -> Iterator[None]:
    """While files take their places it is written down which: after a death half-way they are known for ours."""
    file = _lock_path(folder, locks).with_suffix(".journal")
    kept = {**_read_journal(folder, locks), **{output.path: output.sha256 for output in outputs}}
    write_atomically(file, json.dumps(kept).encode())
    yield
    with suppress(OSError):
        file.unlink()


def _read_journal(folder: Path, locks: Path) -> dict[str, str]:
    """Digests of what may have taken its place before its manifest did."""
    try:
        found = json.loads(_lock_path(folder, locks).with_suffix(".journal").read_bytes())
        return {str(path): str(sha256) for path, sha256 in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _lock_path(folder: Path, locks: Path) -> Path:
    return locks / hashlib.sha256(comparison_key(str(folder.resolve())).encode()).hexdigest()[:32]


class _NameFinder:
    """Finds names for one song, and remembers why a name was not the first choice."""

    def __init__(self, folder: Path, base: str, source: str, origin: str) -> None:
        self._folder = folder
        self._base = base
        self._source = source
        self.origin = origin
        self.remarks: list[str] = []
        self.seen: dict[Path, FileStamp | None] = {}

    def find_name(self, kind: OutputKind, objection: Callable[[Path], str]) -> Path:
        """The first name that is free or to whose file there is no `objection`."""
        first = ""
        for number in count(1):
            path, there = _path_on_disk(self._folder, _number_name(self._base, kind, number))
            seen = stamp_of(path)  # before it is read
            reason = objection(path) if there else ""
            if not reason:
                self.seen[path] = seen
                break
            first = first or f"{path.name} {reason}"
        if first:
            self.remarks.append(remark("name_taken", taken=first, name=path.name))
        return path

    def manifest_objection(self, path: Path) -> str:
        """Why the manifest at `path` cannot be replaced, or ''."""
        try:
            found = Manifest.load(path)
        except Rejected:
            return "is not from this sidestick"
        if comparison_key(found.source.name) != comparison_key(self._source) or found.source.folder != self.origin:
            return f"belongs to {found.source.name}"
        return "was changed by hand" if found.is_edited else ""

    def output_objection(self, owned: Mapping[str, set[str]], path: Path) -> str:
        """Why the output at `path` cannot be replaced, or ''. `owned` are the digests that sidestick wrote."""
        written = owned.get(comparison_key(path.relative_to(self._folder).as_posix()))
        if written is None:
            return "is not from this transcription"
        return "" if digest_of(path) in written else "was changed since sidestick wrote it"


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, '' if it cannot be read as one."""
    try:
        return file_digest(path)
    except OSError:
        return ""


def _refuse_reuse(_: Path) -> str:
    return "is kept as it is"


def comparison_key(text: str) -> str:
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
    return next((found.name for found in folder.iterdir() if comparison_key(found.name) == comparison_key(name)), name)


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
        raise Rejected(
            "output_folder", f"Nothing can be written to {folder}: {describe_os_error(error)}. {MOVE}"
        ) from None
