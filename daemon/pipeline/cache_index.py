"""What lies in the cache and how large it is. Sizes never change, so they are kept in one small file.

What the file lacks is measured again, and a damaged file is made anew: it only saves time.
"""

import json
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from daemon.errors import DiskFailed
from daemon.files import write_atomically

INDEX = ".sizes.json"
SUMS = "sums.json"  # in each result: bytes and CRC-32 of every other file


@dataclass(frozen=True, slots=True)
class CachedResult:
    """A finished result, `name` below the root. `inode` tells it from one that was there before under its name."""

    name: str
    used: float
    inode: int


def find_results(root: Path, now: float) -> Iterator[CachedResult]:
    """All results below `root`. One that vanishes meanwhile counts as used `now`, seconds since 1970."""
    for stage in root.iterdir() if root.is_dir() else ():
        if not stage.name.startswith(".") and stage.is_dir():
            with os.scandir(stage) as entries:
                yield from (_find_result(stage.name, entry, now) for entry in entries)


def _find_result(stage: str, entry: "os.DirEntry[str]", now: float) -> CachedResult:
    name = f"{stage}/{entry.name}"
    try:
        about = entry.stat()
    except OSError:
        return CachedResult(name, now, 0)
    return CachedResult(name, about.st_mtime, about.st_ino)


def measure_results(root: Path, results: Collection[CachedResult]) -> dict[str, int]:
    """The bytes of each, by name."""
    index = root / INDEX
    known = _read_index(index)
    told = {each.name: known[each.name] for each in results if known.get(each.name, (None,))[0] == each.inode}
    if len(told) < max(len(results), len(known)):
        told |= {each.name: (each.inode, _size(root / each.name)) for each in results if each.name not in told}
        with suppress(OSError, DiskFailed):
            write_atomically(index, json.dumps(told, separators=(",", ":")).encode(), durable=False)
    return {name: size for name, (_, size) in told.items()}


def _read_index(path: Path) -> dict[str, tuple[int, int]]:
    """Inode and bytes of each result, without entries that nobody wrote like this."""
    try:
        found: Any = from_json(path.read_bytes())
    except (OSError, ValueError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {name: (entry[0], entry[1]) for name, entry in entries if _is_entry(entry)}


def _is_entry(value: object) -> bool:
    return isinstance(value, list) and [type(each) for each in value] == [int, int]


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() and path.name != SUMS else 0
    return total
