from pathlib import Path

import numpy as np

from daemon.pipeline.audio.semitones import LOWEST, Semitones, measure_semitones
from daemon.pipeline.records import Audio
from tests import synth


def semitones(folder: Path, samples: synth.Samples) -> Semitones:
    path = synth.write(folder / "sound.wav", samples)
    return measure_semitones(Audio(path, samples.shape[1], samples.shape[0]))


def test_a_tone_is_loudest_on_its_own_semitone(tmp_path):
    found = semitones(tmp_path, synth.tone(220.0, 3.0))
    assert np.median(found.loudness.argmax(axis=1)) + LOWEST == 57


def test_a_drum_leaves_nothing_beside_a_chord(tmp_path):
    chord = sum(synth.tone(hertz, 4.0, level=-20.0) for hertz in (220.0, 277.2, 329.6))
    kit = synth.play(synth.rock_beat(2, bpm=120.0), 4.0)
    alone, both = (semitones(tmp_path, sound).loudness[10:-10].mean(axis=0) for sound in (chord, chord + kit))
    strongest = [set(np.argsort(values)[-3:]) for values in (alone, both)]
    assert strongest[0] == strongest[1]


def test_silence_has_no_semitones(tmp_path):
    assert not semitones(tmp_path, synth.silence(2.0)).loudness.any()
