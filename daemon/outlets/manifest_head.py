"""The first lines of a manifest, read without the rest: hits and notes come later, and are most of the file."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

_HITS = '"hits":'


def revision(path: Path) -> int | None:
    """The revision that holds, None if `path` cannot be read."""
    found = _read(path, "history")
    head = found.get("head", 0) if isinstance(found, dict) else None
    return head if isinstance(head, int) else None


def network_device(path: Path) -> str:
    """What the separation networks ran on (cpu, cuda, mps), '' if none ran."""
    stages = _read(path, "stages")
    runs = [run for run in stages if isinstance(run, dict)] if isinstance(stages, list) else []
    return next((str(run.get("device", "")) for run in runs if _is_network(run)), "")


def _is_network(run: dict[str, Any]) -> bool:
    """Networks of torch go where `device` says; the small ones stay on the CPU."""
    return bool(run.get("sha256")) and (run.get("stage") == "separate" or str(run.get("model")).startswith("drumsep"))


def _read(path: Path, name: str) -> Any:
    try:
        about = path.stat()
        return _read_line(path, name, about.st_mtime_ns, about.st_size)
    except OSError:
        return None


@lru_cache(512)
def _read_line(path: Path, name: str, _: int, __: int) -> Any:
    """The manifest gives each of its sections a line of its own."""
    start = f'"{name}":'
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith(start):
                return _parse(line.removeprefix(start).rstrip().rstrip(","))
            if line.startswith(_HITS):
                return None
    return None


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
