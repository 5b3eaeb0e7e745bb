"""`stemd models`: the weights that are here, and more of them."""

import json
import sys
from collections.abc import Sequence

from daemon import app
from daemon.backends.catalogue import Checkpoint
from daemon.backends.checkpoints import Checkpoints, NoWeights
from daemon.config import load


def show(as_json: bool) -> int:
    """A line for each model."""
    checkpoints = app.checkpoints(load().settings)
    rows = [_row(checkpoints, checkpoints.checkpoint(name)) for name in checkpoints.names()]
    if as_json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return 0
    for row in rows:
        here = "here" if row["here"] else "not fetched"
        print(f"{row['name']:<14} {here:<12} {row['megabytes']:>6} MB  {row['licence']}")
    return 0


def fetch(names: Sequence[str]) -> int:
    """Fetch and verify each; says what is known of the licence first."""
    checkpoints = app.checkpoints(load().settings)
    for name in names:
        known = checkpoints.checkpoint(name)
        print(f"{name}: {known.licence}. {known.note}".rstrip())
        print(checkpoints.fetch(name, _Line(name).show))
    return 0


def path(name: str) -> int:
    """Print where the weights lie; status 1 with a sentence if they are not here."""
    print(app.checkpoints(load().settings).path(name))
    return 0


def _row(checkpoints: Checkpoints, known: Checkpoint) -> dict[str, object]:
    try:
        here: str | None = str(checkpoints.path(known.name))
    except NoWeights:
        here = None
    size = sum(member.sources[0].size or 0 for member in known.members if member.sources)
    return {
        "name": known.name,
        "here": here,
        "megabytes": round(size / 1e6),
        "licence": known.licence,
        "note": known.note,
    }


class _Line:
    """A percentage that moves on a terminal and stays away elsewhere."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._shown = -1

    def show(self, fraction: float) -> None:
        percent = int(100 * fraction)
        if percent != self._shown and sys.stderr.isatty():
            self._shown = percent
            end = "\n" if percent >= 100 else ""
            print(f"\r{self._name}  {percent} %", end=end, file=sys.stderr, flush=True)
