"""`sidestick relabel`: a correction, and the MIDI anew."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daemon import factories
from daemon.commands import part_flags
from daemon.commands.console import hit_counts, note_counts
from daemon.commands.remedies import spell_flags
from daemon.config import load
from daemon.errors import Rejected
from daemon.outlets.delivery import Delivery, correct, step_history
from daemon.score.changes import from_flags


@dataclass(frozen=True, slots=True)
class CorrectionFlags:
    """Single corrections, as they were typed."""

    clusters: Sequence[str] = ()
    hits: Sequence[str] = ()
    delete_hits: Sequence[int] = ()
    delete_notes: Sequence[str] = ()
    pitch: Sequence[str] = ()
    octave: Sequence[str] = ()
    merge: Sequence[str] = ()
    sensitivity: Sequence[str] = ()
    settings: Sequence[str] = ()
    beat: Mapping[str, str] = field(default_factory=dict)

    def changes(self) -> dict[str, Any]:
        """Their JSON form. Raises Rejected for what cannot be read."""
        parts = {
            "notes": part_flags.corrections(self.delete_notes, self.pitch, self.octave, self.merge),
            "sensitivity": part_flags.sensitivity(self.sensitivity),
            "settings": {**({"notes": part_flags.settings(self.settings)} if self.settings else {}), **self.beat},
        }
        told = {name: value for name, value in parts.items() if value}
        return {**from_flags(self.clusters, self.hits, self.delete_hits), **told}


def beat_settings(words: Mapping[str, bool], figures: Mapping[str, str]) -> dict[str, str]:
    """The settings of a corrected beat: `words` for a tempo that were typed or not, `figures` that may be empty."""
    tempos = [*(word for word, typed in words.items() if typed), *filter(None, [figures["bpm"]])]
    if len(tempos) > 1:
        raise Rejected("bad_change", "Give one tempo: --bpm, --half, --double, --two-thirds or --three-halves.")
    told = {**figures, "bpm": "".join(tempos)}
    return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class TypedCorrection:
    """The correction as it was typed."""

    flags: CorrectionFlags
    changes: str
    undo: bool
    redo: bool


def run(manifest: Path, typed: TypedCorrection, as_json: bool) -> int:
    """Apply it and say what was written. Raises Rejected for what does not fit the song."""
    began = time.perf_counter()
    delivery = _apply(manifest, typed)
    seconds = time.perf_counter() - began
    if as_json:
        heard = {"hits": dict(hit_counts(delivery)), "notes": note_counts(delivery)}
        found = {"manifest": str(delivery.manifest), "midi": str(delivery.midi or ""), **heard}
        head = {"revision": delivery.content.history.head, "remarks": delivery.remarks, "seconds": round(seconds, 4)}
        print(json.dumps({**found, **head}))
        return 0
    written = delivery.midi or delivery.manifest
    print(f"Revision {delivery.content.history.head}: wrote {written} in {1000 * seconds:.0f} ms")
    for remark in delivery.remarks:
        print(spell_flags(remark), file=sys.stderr)
    return 0


def _apply(manifest: Path, typed: TypedCorrection) -> Delivery:
    delivery_settings = factories.delivery_settings(load().settings, None)
    flags = typed.flags.changes()
    wanted = [typed.undo, typed.redo, bool(flags), bool(typed.changes)]
    if sum(wanted) != 1:
        raise Rejected("bad_change", "Give single corrections, or --changes, or --undo, or --redo: one of them.")
    if typed.undo or typed.redo:
        return step_history(manifest, typed.undo, delivery_settings)
    return correct(manifest, typed.changes or flags, delivery_settings)
