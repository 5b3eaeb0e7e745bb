"""`sidestick models`: the weights that are here, and more of them."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from daemon import factories
from daemon.backends.checkpoints import Checkpoints
from daemon.commands.console import draw_download
from daemon.commands.remedies import spell_commands
from daemon.config import load
from daemon.errors import Rejected
from daemon.events import Download
from daemon.model_list import describe_minutes, list_models, model_info


def show(as_json: bool) -> int:
    """A line for each model."""
    settings = load().settings
    rows = list_models(factories.checkpoints(settings), factories.timings(settings))
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return 0
    for row in rows:
        size = f"{row.megabytes} MB" if row.megabytes else "? MB"
        memory = f"{row.memory_gb:.1f} GB" if row.memory_gb else "? GB"
        time = describe_minutes(row.minutes) if row.minutes else "?"
        mark = "recommended. " if row.recommended else ""
        print(f"{row.name:<14} {row.state:<12} {size:>7}  {memory:>6}  {time:>10}  {mark}{row.licence}")
        if row.state == "unusable":
            print(f"{'':<14} {spell_commands(row.problem)}")
    print("\nMegabytes to fetch, memory on a CPU, and the time for a song of 3 minutes on this machine.")
    print(f"They lie in {settings.folders.models}; folders.models in the settings puts them on another disk.")
    return 0


def fetch(names: Sequence[str]) -> int:
    """Fetch and verify each; says what is known of the licence first."""
    settings = load().settings
    checkpoints = factories.checkpoints(settings)
    _require_names(names, checkpoints)
    for name in names:
        found = model_info(checkpoints, factories.timings(settings), name)
        print(f"{name}: {found.facts or 'size not known'}. {found.licence} {found.note}".rstrip())
        print(checkpoints.fetch(name, _DownloadLine(name, checkpoints.checkpoint(name).bytes).show))
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


class _DownloadLine:
    """A bar with the bytes that moves on a terminal and stays away elsewhere."""

    def __init__(self, name: str, total: int) -> None:
        self._name, self._total = name, total
        self._shown = -1

    def show(self, fraction: float) -> None:
        percent = int(100 * fraction)
        if percent != self._shown and sys.stderr.isatty():
            self._shown = percent
            end = "\n" if percent >= 100 else ""
            bar = draw_download(Download(self._name, round(fraction * self._total), self._total))
            print(f"\r{bar}  {percent} %", end=end, file=sys.stderr, flush=True)
