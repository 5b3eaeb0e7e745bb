"""The steps that make the note transcriber, from its instruments to the shipped file."""

from functools import partial
from pathlib import Path

import numpy as np

from daemon.config import Folders
from daemon.errors import NoWeights
from daemon.training.note_dataset import CLIPS_PER_SHARD, write_shards
from daemon.training.note_instruments import HELD_OUT, Instrument, SoundfontPreset, instruments
from daemon.training.note_mixes import make_mix_clips
from daemon.training.note_music import Compass
from daemon.training.note_render import Ensemble, NoteClip, make_note_clip

FONT = "usr/share/sounds/sf2/MuseScore_General_Full.sf2"
VALIDATION_FONT = "usr/share/sounds/sf2/FluidR3_GM.sf2"
STRINGS = "emilyguitar"
VALIDATION_SEEDS = range(90000, 90003)
MIX_SEEDS = range(50000, 50006)


def find_file(roots: tuple[Path, ...], place: str) -> Path | None:
    return next((root / place for root in roots if (root / place).exists()), None)


def open_ensemble(roots: tuple[Path, ...], scratch: Path) -> Ensemble | None:
    """Everything found under the roots that may teach; None without the soundfont."""
    font = find_file(roots, FONT)
    if font is None:
        return None
    drums = SoundfontPreset(font, 0, 0, scratch, channel=9)
    return Ensemble(
        instruments(font, find_file(roots, STRINGS), scratch), (Instrument("drums", Compass(35, 53), 1.0, drums.play),)
    )


def open_validation_ensemble(roots: tuple[Path, ...], scratch: Path) -> Ensemble | None:
    """The held-out presets of the other soundfont."""
    font = find_file(roots, VALIDATION_FONT)
    if font is None:
        return None
    return Ensemble(
        tuple(
            Instrument(f"held out {program}", compass, 1.0, SoundfontPreset(font, 0, program, scratch).play)
            for program, compass in HELD_OUT
        )
    )


def render_note_shards(roots: tuple[Path, ...], work: Path, seeds: range) -> None:
    """Training clips of `seeds`, and the validation clips."""
    for split, ensemble, numbers in (
        ("validate", open_validation_ensemble(roots, work / "scratch"), VALIDATION_SEEDS),
        ("train", open_ensemble(roots, work / "scratch"), seeds),
    ):
        if ensemble is None:
            print(f"skipped: no soundfont for the notes to {split} on under the roots")
            continue
        write_shards(work / "notes" / split, numbers, partial(make_clips, ensemble))


def make_clips(ensemble: Ensemble, seed: int) -> list[NoteClip]:
    return [make_note_clip(np.random.default_rng((seed, number)), ensemble) for number in range(CLIPS_PER_SHARD)]


def render_mix_shards(roots: tuple[Path, ...], work: Path, models: Path | None) -> None:
    """Songs taken apart by htdemucs, where it lies in `models` (the user's own folder by default)."""
    ensemble = open_ensemble(roots, work / "scratch")
    folder = Folders().models if models is None else models
    if ensemble is None:
        return
    try:
        write_shards(
            work / "notes" / "train",
            MIX_SEEDS,
            partial(make_mix_clips, ensemble, folder, work / "scratch"),
        )
    except NoWeights as missing:
        print(f"skipped: notes in mixes, {missing}")
