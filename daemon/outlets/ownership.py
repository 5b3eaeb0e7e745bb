"""Which files sidestick wrote, by the manifests that lie beside them. A name alone says nothing."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from daemon.errors import Rejected
from daemon.files import FileStamp
from daemon.outlets.manifest import Manifest
from daemon.outlets.naming import MANIFEST, STEMS_FOLDER, comparison_key, stamp_of

_NUMBER = re.compile(r"-\d+$")  # Song-2.sidestick.json speaks of Song.drums-2.mid


class Ownership:
    """Remembers the manifests that it has read until they change. Used by one thread."""

    def __init__(self) -> None:
        self._owned: dict[Path, tuple[FileStamp | None, frozenset[str]]] = {}
        self._folders: dict[Path, tuple[FileStamp | None, tuple[str, ...]]] = {}

    def is_ours(self, path: Path) -> bool:
        """Whether a manifest in the folder of `path`, or above its folder of stems, names it as an output."""
        return any(self._is_output(path, folder) for folder in _manifest_folders(path))

    def _is_output(self, path: Path, folder: Path) -> bool:
        name = comparison_key(path.relative_to(folder).as_posix())
        return any(name in self._outputs(folder / manifest) for manifest in self._manifests_for(name, folder))

    def _manifests_for(self, name: str, folder: Path) -> Iterator[str]:
        """Of all manifests only those whose song's name an output of theirs would begin with."""
        stamp = stamp_of(folder)
        known = self._folders.get(folder)
        if known is None or known[0] != stamp:
            known = self._folders[folder] = (stamp, _list_manifests(folder))
        return (each for each in known[1] if name.startswith(_NUMBER.sub("", comparison_key(each)[: -len(MANIFEST)])))

    def _outputs(self, manifest: Path) -> frozenset[str]:
        stamp = stamp_of(manifest)
        known = self._owned.get(manifest)
        if known is None or known[0] != stamp:
            known = self._owned[manifest] = (stamp, _read_outputs(manifest))
        return known[1]


def _manifest_folders(path: Path) -> Iterator[Path]:
    yield path.parent
    if path.parent.name.casefold().endswith(STEMS_FOLDER):
        yield path.parent.parent


def _list_manifests(folder: Path) -> tuple[str, ...]:
    try:
        with os.scandir(folder) as entries:
            return tuple(entry.name for entry in entries if entry.name.endswith(MANIFEST))
    except OSError:
        return ()


def _read_outputs(manifest: Path) -> frozenset[str]:
    try:
        return frozenset(comparison_key(output.path) for output in Manifest.load(manifest).outputs)
    except Rejected:
        return frozenset()
