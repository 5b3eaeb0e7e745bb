"""All candidates of a song with how each sounds, the faintest included: what corrections are held against."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.records import Candidate, Drum, DrumCandidates, StageFile

if TYPE_CHECKING:
    from daemon.pipeline.audio.superflux import Novelty
    from daemon.pipeline.drums.candidates import Activations

Floats = NDArray[np.float32]
Sounds = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class DrumStrokes:
    """Candidates of one drum by onset, and how each sounds (candidates, features)."""

    candidates: tuple[Candidate, ...]
    sounds: Sounds

    @property
    def strength(self) -> Floats:
        return np.array([c.strength for c in self.candidates], np.float32)

    @property
    def onsets(self) -> NDArray[np.float64]:
        return np.array([c.onset for c in self.candidates], float)

    def with_strength(self, strength: Floats) -> "DrumStrokes":
        changed = zip(self.candidates, strength.tolist(), strict=True)
        return replace(self, candidates=tuple(replace(c, strength=value) for c, value in changed))


def collect_candidates(heard: "Activations | None", novelty: "Novelty", in_music: bool, folder: Path) -> DrumCandidates:
    """All candidates, with the files of their onset strength and of how they sound; a draft learns nothing."""
    from daemon.pipeline.drums.candidates import candidates, faint_candidates, leave_toms_out, measure_sounds

    np.save(folder / "novelty.npy", novelty.values)
    strength = StageFile(folder / "novelty.npy")
    if heard is None:
        return DrumCandidates((), strength)
    found = candidates(heard, novelty)
    if in_music:
        return DrumCandidates(tuple(leave_toms_out(found)), strength)
    faint = faint_candidates(heard, novelty, found)
    np.save(folder / "sounds.npy", measure_sounds(heard, [c.onset for c in (*found, *faint)]))
    return DrumCandidates(tuple(found), strength, tuple(faint), StageFile(folder / "sounds.npy"))


def gather_strokes(weighed: Mapping[Drum, Sequence[Candidate]], heard: DrumCandidates) -> dict[Drum, DrumStrokes]:
    """Those of `weighed` and the faint ones of `heard`, by drum; none where nobody measured how they sound."""
    if heard.sounds is None:
        return {}
    sounds = np.load(heard.sounds.path)
    row = {(c.drum, c.onset): i for i, c in enumerate((*heard.candidates, *heard.faint))}
    found = {}
    for drum in Drum:
        faint = (c for c in heard.faint if c.drum is drum)
        every = tuple(sorted((*weighed[drum], *faint), key=lambda c: c.onset))
        found[drum] = DrumStrokes(every, sounds[[row[c.drum, c.onset] for c in every]])
    return found


def save_strokes(strokes: Mapping[Drum, DrumStrokes], path: Path) -> None:
    rows = list(strokes.items())
    np.savez(
        path,
        drum=np.array([drum.value for drum, each in rows for _ in each.candidates], "U8"),
        onset=np.concatenate([each.onsets for _, each in rows]),
        strength=np.concatenate([each.strength for _, each in rows]),
        sounds=np.concatenate([each.sounds for _, each in rows]),
    )


def load_strokes(path: Path) -> Iterator[tuple[Drum, NDArray[np.float64], Floats, Sounds]]:
    """Drum, onsets, strengths and sounds. Raises OSError, KeyError or ValueError."""
    with np.load(path) as found:
        arrays = {name: found[name] for name in ("drum", "onset", "strength", "sounds")}
    for drum in Drum:
        mine = arrays["drum"] == drum.value
        yield drum, arrays["onset"][mine], arrays["strength"][mine], arrays["sounds"][mine]
