"""`sidestick learn`: what was edited in a .mid that a DAW saved again, as a correction of the song."""

import json
import sys
from pathlib import Path

from daemon import factories
from daemon.config import load
from daemon.outlets.learn import learn


def run(edited: Path, manifest: Path | None, as_json: bool) -> int:
    """Learn it and say what was written. Raises Rejected for a file that does not fit the song."""
    learned = learn(edited, manifest, factories.delivery_settings(load().settings, None))
    delivery, edits = learned.delivery, learned.edits
    if as_json:
        counts = {name: getattr(edits, name) for name in ("relabelled", "moved", "deleted", "added", "unknown")}
        head = {"revision": delivery.content.history.head, "remarks": delivery.remarks}
        found = {"manifest": str(delivery.manifest), "midi": str(delivery.midi), "velocities": edits.louder}
        print(json.dumps({**found, **counts, **head}))
        return 0
    print(f"Revision {delivery.content.history.head}: {edits.summary}; wrote {delivery.midi}")
    for remark in delivery.remarks:
        print(remark, file=sys.stderr)
    return 0
