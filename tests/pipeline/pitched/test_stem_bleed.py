"""Which of a stem's notes are its own, told by the mix that it came from."""

import numpy as np
import pytest
import soundfile

from bridge.timebase import Seconds
from daemon.pipeline.audio.mono import mono_mix
from daemon.pipeline.pitched.polyphonic import PartNote
from daemon.pipeline.pitched.stem_bleed import stem_share, weaken_bleed
from daemon.pipeline.records import RATE, Audio
from tests.pipeline.pitched.test_transcribe_part import pluck

NOTE = PartNote(0, 45, Seconds(0.3), Seconds(0.6), 100, -12.0, 0.9, strength=1.0)


def audio(path, samples):
    soundfile.write(path, samples.T, RATE, subtype="FLOAT")
    return Audio(path, samples.shape[1])


@pytest.fixture
def mix(tmp_path):
    return audio(tmp_path / "mix.wav", pluck([(45, 0.3, 0.6), (52, 0.3, 0.6)], tones=(1, 0.6, 0.4, 0.3)))


@pytest.mark.parametrize(("gain", "sounds"), [(0.3, True), (0.2, True), (0.02, False)])
def test_a_note_belongs_to_the_stem_that_has_most_of_it(tmp_path, mix, gain, sounds):
    stem = audio(tmp_path / "stem.wav", pluck([(45, 0.3, 0.6)], gain=gain, tones=(1, 0.6, 0.4, 0.3)))
    (found,) = weaken_bleed([NOTE], stem, mix)
    assert (found.strength >= 0.5) == sounds


def test_the_share_is_measured_in_decibels(tmp_path, mix):
    stem = audio(tmp_path / "stem.wav", 0.1 * mix.read())
    assert stem_share(NOTE, mono_mix(stem), mono_mix(mix)) == pytest.approx(-20, abs=0.1)


def test_a_note_at_the_very_end_is_measured_on_what_there_is(tmp_path):
    short = audio(tmp_path / "short.wav", np.zeros((2, RATE // 4), np.float32))
    assert stem_share(NOTE, mono_mix(short), mono_mix(short)) == 0
