"""Rendered songs taken apart by the real htdemucs: what the note transcriber hears in use.

A source's notes are to be found in every stem that holds more than half of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from daemon.backends.checkpoints import Checkpoints
from daemon.backends.separators import separator
from daemon.pipeline.records import Audio as Sound
from daemon.pipeline.records import Part
from daemon.training.kits import RATE, Audio, mix_to_mono
from daemon.training.note_instruments import Instrument
from daemon.training.note_music import PlayedNote, separate_notes
from daemon.training.note_render import Ensemble, NoteClip, invent_bend, play_source
from daemon.training.note_synthesis import SAMPLES, CommonBend

Rng = np.random.Generator
STEMS = (Part.BASS, Part.VOCALS, Part.OTHER)
SONGS_PER_SHARD = 14
HIGHEST_BASS = 60


@dataclass(frozen=True, slots=True)
class PlayedPart:
    """What one player adds to a song; drums have no notes."""

    audio: Audio
    notes: tuple[PlayedNote, ...]


def make_song(rng: Rng, ensemble: Ensemble) -> tuple[tuple[PlayedPart, ...], CommonBend]:
    """A bass, a chord instrument, a lead and drums, each with a chance to be missing, equally tuned."""
    bend = invent_bend(rng, melodic=False)
    pools = (
        [one for one in ensemble.instruments if one.compass.highest <= HIGHEST_BASS],
        [one for one in ensemble.instruments if one.compass.chords],
        [one for one in ensemble.instruments if not one.compass.chords and one.compass.highest > HIGHEST_BASS],
    )
    found = [play_part(rng, pool, bend, rng.uniform(-5, 4)) for pool in pools if rng.random() < 0.85]
    drums = play_part(rng, ensemble.drums, bend, rng.uniform(-6, 3)) if ensemble.drums else None
    return (*found, *([PlayedPart(drums.audio, ())] if drums else [])), bend


def play_part(rng: Rng, pool: Sequence[Instrument], bend: CommonBend, gain: float) -> PlayedPart:
    weights = np.array([one.weight for one in pool])
    instrument = pool[int(rng.choice(len(pool), p=weights / weights.sum()))]
    audio, notes = play_source(rng, instrument, bend)
    return PlayedPart(np.asarray(audio * 10 ** (gain / 20), np.float32), notes)


def make_mix_clips(ensemble: Ensemble, models: Path, scratch: Path, seed: int) -> list[NoteClip]:
    """Songs end to end, separated at once, cut again: one clip for each stem that holds somebody. Raises NoWeights."""
    songs = [make_song(np.random.default_rng((seed, number)), ensemble) for number in range(SONGS_PER_SHARD)]
    scratch.mkdir(parents=True, exist_ok=True)
    mix = np.concatenate([np.sum([source.audio for source in sources], axis=0) for sources, _ in songs])
    wave = scratch / "songs.wav"
    soundfile.write(wave, np.stack([0.7 * mix / np.abs(mix).max()] * 2, axis=1), RATE, subtype="FLOAT")
    demucs = separator("htdemucs", Checkpoints(models), "cpu", lambda _: None)
    stems = demucs.separate(Sound(wave, len(mix)), STEMS, scratch / "stems", lambda _: None).parts
    clips = []
    for stem in STEMS:
        audio = mix_to_mono(*soundfile.read(stems[stem].path, dtype="float32")) * np.abs(mix).max() / 0.7
        for number, (sources, bend) in enumerate(songs):
            part = audio[number * SAMPLES : (number + 1) * SAMPLES]
            notes = notes_within(part, sources)
            if notes:
                clips.append(NoteClip(np.asarray(0.5 * part / max(1e-6, np.abs(part).max()), np.float32), notes, bend))
    return clips


def notes_within(stem: Audio, sources: Sequence[PlayedPart]) -> tuple[PlayedNote, ...]:
    """The notes of the sources that are at least half in `stem`."""
    inside = [s for s in sources if s.notes and float(stem @ s.audio) > 0.5 * float(s.audio @ s.audio)]
    return separate_notes([note for source in inside for note in source.notes])
