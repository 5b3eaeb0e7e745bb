"""`sidestick models`: the weights that are here, and more of them."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from daemon import factories
from daemon.backends.catalogue import Checkpoint
from daemon.backends.checkpoints import Checkpoints
from daemon.config import load
from daemon.errors import NoWeights, Rejected


def show(as_json: bool) -> int:
    """A line for each model."""
    checkpoints = factories.checkpoints(load().settings)
    rows = [_row(checkpoints, name) for name in checkpoints.names()]
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return 0
    for row in rows:
        size = f"{row.megabytes} MB" if row.megabytes else "? MB"
        print(f"{row.name:<14} {row.state:<12} {size:>7}  {row.licence}")
        if row.state == "unusable":
            print(f"{'':<14} {row.problem}")
    return 0


def fetch(names: Sequence[str]) -> int:
    """Fetch and verify each; says what is known of the licence first."""
    checkpoints = factories.checkpoints(load().settings)
    _require_names(names, checkpoints)
    for name in names:
        known = checkpoints.checkpoint(name)
        print(f"{name}: {known.licence} {known.note}".rstrip())
        print(checkpoints.fetch(name, _DownloadLine(name).show))
    return 0


def path(name: str) -> int:
    """Print where the weights lie; status 1 with a sentence if they are not here."""
    checkpoints = factories.checkpoints(load().settings)
    _require_names([name], checkpoints)
    print(checkpoints.path(name))
    return 0


def _require_names(names: Sequence[str], checkpoints: Checkpoints) -> None:
    known = checkpoints.names()
    strange = next((name for name in names if name not in known), None)
    if strange is not None:
        raise Rejected("no_model", f"There are no weights named {strange!r}. Known are {', '.join(known)}.")


@dataclass(frozen=True, slots=True)
class _ModelRow:
    """One model. `state` is here, not fetched or unusable; then `problem` says why. `megabytes` 0 is not known."""

    name: str
    state: str
    here: str | None
    problem: str
    megabytes: int
    licence: str
    note: str


def _row(checkpoints: Checkpoints, name: str) -> _ModelRow:
    try:
        here, problem = str(checkpoints.path(name)), ""
    except NoWeights as error:
        here, problem = None, error.reason
    try:
        known = checkpoints.checkpoint(name)
    except NoWeights:
        return _ModelRow(name, "unusable", here, problem, 0, "Yours to know.", "")
    missing = here is None and not checkpoints.has_files(name)
    state = "here" if here else "not fetched" if missing else "unusable"
    return _ModelRow(name, state, here, problem, _megabytes(known), known.licence, known.note)


def _megabytes(known: Checkpoint) -> int:
    """The download: of each network, the first size that is known."""
    sizes = (next((s.size for s in member.sources if s.size), 0) for member in known.members)
    return round(sum(sizes) / 1e6)


class _DownloadLine:
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
