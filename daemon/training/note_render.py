"""Invented music on a drawn instrument becomes a clip with exact labels; the same seed gives the same clip."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daemon.training.effects import add_room, compress, equalise, master, saturate, simulate_separation
from daemon.training.kits import Audio
from daemon.training.note_instruments import Instrument
from daemon.training.note_music import SECONDS, PlayedNote, invent_line, separate_notes
from daemon.training.note_synthesis import CommonBend

Rng = np.random.Generator
BEND_RATE = 86.1328125
"""Frames of the transcriber a second: bends are kept on its raster."""


@dataclass(frozen=True, slots=True)
class NoteClip:
    """`audio` (samples,) as heard, the notes that are to be found in it, and how far all of them are off pitch."""

    audio: Audio
    notes: tuple[PlayedNote, ...]
    bend: CommonBend


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Who may play what is to be found, and who may only disturb: drums."""

    instruments: Sequence[Instrument]
    drums: Sequence[Instrument] = ()

    def choose(self, rng: Rng, *, melodic: bool = False) -> Instrument:
        pool = [one for one in self.instruments if not (melodic and one.compass.chords)]
        weights = np.array([one.weight for one in pool])
        return pool[int(rng.choice(len(pool), p=weights / weights.sum()))]


def invent_bend(rng: Rng, *, melodic: bool) -> CommonBend:
    """Off concert pitch by up to a quarter tone now and then; lines have vibrato too, that comes and goes."""
    frames = round(SECONDS * BEND_RATE)
    time = np.arange(frames) / BEND_RATE
    off = float(rng.choice([0, 0, rng.normal(0, 0.12), rng.uniform(-0.45, 0.45)]))
    curve = np.full(frames, np.clip(off, -0.5, 0.5))
    if melodic and rng.random() < 0.5:
        depth, speed = rng.uniform(0.05, 0.5), rng.uniform(3, 7.5)
        swell = np.clip(np.interp(time, np.sort(rng.uniform(0, SECONDS, 8)), rng.uniform(-0.5, 1, 8)), 0, 1)
        curve = curve + depth * swell * np.sin(2 * np.pi * speed * time + rng.uniform(0, 6))
    return CommonBend(curve.astype(np.float32), BEND_RATE)


def level_rms(audio: Audio) -> Audio:
    """Equally loud, whatever made it."""
    return np.asarray(audio * 0.1 / max(1e-6, float(np.sqrt(np.mean(audio**2)))), dtype=np.float32)


def colour(rng: Rng, audio: Audio) -> Audio:
    """An amplifier, a compressor, an equaliser and a room, each now and then."""
    if rng.random() < 0.2:
        audio = saturate(rng, saturate(rng, audio))
    if rng.random() < 0.3:
        audio = compress(rng, audio)
    if rng.random() < 0.6:
        audio = equalise(rng, audio, rng.uniform(1, 6))
    if rng.random() < 0.5:
        audio = add_room(rng, audio, float(rng.choice([rng.uniform(0.02, 0.2), rng.uniform(0.1, 0.6)])))
    return audio


def play_source(rng: Rng, instrument: Instrument, bend: CommonBend) -> tuple[Audio, tuple[PlayedNote, ...]]:
    notes = invent_line(rng, instrument.compass)
    return level_rms(colour(rng, instrument.play(rng, notes, bend))), notes


def make_note_clip(rng: Rng, ensemble: Ensemble) -> NoteClip:
    """One instrument, or two that play together; alone, over faint bleed, or as a separator leaves it."""
    first = ensemble.choose(rng)
    melodic = not first.compass.chords
    bend = invent_bend(rng, melodic=melodic)
    audio, notes = play_source(rng, first, bend)
    if rng.random() < (0.15 if melodic else 0.25):
        second, more = play_source(rng, ensemble.choose(rng, melodic=melodic and rng.random() < 0.7), bend)
        audio = audio + 10 ** (rng.uniform(-10, 6) / 20) * second
        notes = separate_notes([*notes, *more])
    audio = add_others(rng, ensemble, audio)
    audio = master(rng, audio, strength=0.5)
    peak = max(1e-6, float(np.abs(audio).max()))
    return NoteClip(np.asarray(audio / peak * 10 ** (rng.uniform(-24, 0) / 20), np.float32), notes, bend)


def add_others(rng: Rng, ensemble: Ensemble, audio: Audio) -> Audio:
    """What separation leaves of the other instruments of a song: in a third of all clips."""
    if rng.random() > 0.35:
        return audio
    others = np.zeros_like(audio)
    for _ in range(int(rng.integers(1, 3))):
        pool = ensemble.drums if ensemble.drums and rng.random() < 0.5 else None
        instrument = pool[int(rng.integers(len(pool)))] if pool else ensemble.choose(rng)
        others += play_source(rng, instrument, invent_bend(rng, melodic=False))[0]
    if rng.random() < 0.6:
        return simulate_separation(rng, audio, 10 ** (rng.uniform(-6, 6) / 20) * others)
    return np.asarray(audio + 10 ** (rng.uniform(-45, -15) / 20) * others)
