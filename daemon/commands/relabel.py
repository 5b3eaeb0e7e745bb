"""`stemd relabel`: a correction, and the MIDI anew."""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from daemon import app
from daemon.commands.console import counts
from daemon.config import load
from daemon.errors import Rejected
from daemon.outlets.delivery import Delivery, correct, step
from daemon.pipeline.changes import from_flags


@dataclass(frozen=True, slots=True)
class Typed:
    """The correction as it was typed."""

    clusters: tuple[str, ...]
    hits: tuple[str, ...]
    delete_hits: tuple[int, ...]
    changes: str
    undo: bool
    redo: bool


def run(manifest: Path, typed: Typed, as_json: bool) -> int:
    """Apply it and say what was written. Raises Rejected for what does not fit the song."""
    began = time.perf_counter()
    delivery = _apply(manifest, typed)
    seconds = time.perf_counter() - began
    if as_json:
        found = {"manifest": str(delivery.manifest), "midi": str(delivery.midi), "hits": dict(counts(delivery))}
        head = {"revision": delivery.content.history.head, "remarks": delivery.remarks, "seconds": round(seconds, 4)}
        print(json.dumps({**found, **head}))
        return 0
    print(f"Revision {delivery.content.history.head}: wrote {delivery.midi} in {1000 * seconds:.0f} ms")
    for remark in delivery.remarks:
        print(remark, file=sys.stderr)
    return 0


def _apply(manifest: Path, typed: Typed) -> Delivery:
    desk = app.desk(load().settings, None)
    flags = from_flags(typed.clusters, typed.hits, typed.delete_hits)
    wanted = [typed.undo, typed.redo, bool(flags), bool(typed.changes)]
    if sum(wanted) != 1:
        raise Rejected("bad_change", "Give labels and deletions, or --changes, or --undo, or --redo: one of them.")
    if typed.undo or typed.redo:
        return step(manifest, typed.undo, desk)
    return correct(manifest, typed.changes or flags, desk)
