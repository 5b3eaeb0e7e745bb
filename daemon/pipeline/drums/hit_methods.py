"""The ways from what was heard to the hits: one function for each value of the option `onsets`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from daemon.pipeline.drums import stem_onsets
from daemon.pipeline.drums.candidates import FAINTEST, THRESHOLD
from daemon.pipeline.drums.hits import Taught, WeighedCandidates, envelopes, measure_hits, weigh_candidates
from daemon.pipeline.drums.personal_ear import KnownKit, PersonalEar
from daemon.pipeline.drums.strokes import DrumStrokes, gather_strokes, save_strokes
from daemon.pipeline.drums.velocity import levels
from daemon.pipeline.options import VelocityCurve
from daemon.pipeline.records import Drum, DrumCandidates, Drums, Kit, StageFile
from daemon.remarks import remark

if TYPE_CHECKING:
    from daemon.pipeline.options import Classic

ReportFraction = Callable[[float], None]


def measure_superflux_hits(kit: Kit, report: ReportFraction) -> Drums:
    """Whatever starts in a stem of the kit is a hit of its drum."""
    weighed = weigh_candidates(stem_onsets.superflux_candidates(kit), kit, has_labels=False, clean=True)
    return measure_hits(weighed, kit, VelocityCurve(), has_labels=False, report=report)


def measure_classic_hits(kit: Kit, classic: "Classic", report: ReportFraction) -> Drums:
    """The published recipe."""
    found = stem_onsets.classic_candidates(kit, classic)
    weighed = weigh_candidates(found, kit, has_labels=False, clean=False)
    return measure_hits(weighed, kit, VelocityCurve(), has_labels=False, report=report)


def measure_usual_hits(
    heard: DrumCandidates, kit: Kit, ear: PersonalEar | None, folder: Path, report: ReportFraction
) -> Drums:
    """What the transcriber heard, and what corrections of earlier songs on this kit make of it."""
    weighed, curve = weigh_candidates(heard.candidates, kit, has_labels=True, clean=True), VelocityCurve()
    strokes = gather_strokes(weighed.candidates, heard)
    if not strokes:
        return measure_hits(weighed, kit, curve, has_labels=True, report=report)
    save_strokes(strokes, folder / "strokes.npz")
    saved = StageFile(folder / "strokes.npz")
    known = ear and ear.recall_kit({drum: (each.strength, each.sounds) for drum, each in strokes.items()})
    if not known:
        return replace(measure_hits(weighed, kit, curve, has_labels=True, report=report), strokes=saved)
    taught = apply_corrections(weighed, strokes, known, kit)
    found = measure_hits(taught.weighed, kit, curve, has_labels=True, report=report, taught=taught)
    return replace(found, strokes=saved, remarks=(remark("personal_ear", songs=str(known.songs)),))


def apply_corrections(
    weighed: WeighedCandidates, strokes: Mapping[Drum, DrumStrokes], known: KnownKit, kit: Kit
) -> Taught:
    """The same with the strengths that a user's corrections of earlier songs give, and faint ones that they raise."""
    mine, level, sounds, trusted = {}, {}, {}, {}
    for drum, loud in envelopes(kit):
        before = strokes[drum]
        after = before.with_strength(known.judge(drum, before.strength, before.sounds))
        kept = np.flatnonzero(after.strength >= FAINTEST)
        mine[drum] = [after.candidates[i] for i in kept]
        level[drum] = levels(loud, [c.onset for c in mine[drum]])
        sounds[drum] = before.sounds[kept]
        trusted[drum] = (before.strength[kept] < THRESHOLD) & (after.strength[kept] >= THRESHOLD)
    return Taught(WeighedCandidates(mine, level, weighed.floor), known, sounds, trusted)
