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


def bpm(path: Path) -> float | None:
    """Of the beat that the notes lie on; None if no beat was found."""
    grid = _read(path, "corrected_grid") or _read(path, "grid")
    if not (isinstance(grid, dict) and grid.get("beats") and grid.get("confidence")):
        return None
    return float(grid["bpm"])


def models_of(path: Path) -> list[tuple[str, str]]:
    """Each stage with the name of the network that did it."""
    runs = _read(path, "stages")
    rows = [run for run in runs if isinstance(run, dict)] if isinstance(runs, list) else []
    return [(str(run.get("stage")), str(run["model"])) for run in rows if run.get("model") and run.get("sha256")]


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
