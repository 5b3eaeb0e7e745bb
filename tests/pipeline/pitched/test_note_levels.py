"""How hard a note was played."""

import numpy as np
import pytest

from bridge.timebase import Seconds
from daemon.pipeline.pitched.note_levels import measure_levels
from daemon.pipeline.pitched.polyphonic import RATE, PartNote


def tone(pitch, gain, seconds=0.4, partials=6):
    times = np.arange(int(seconds * RATE)) / RATE
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    return gain * sum(np.sin(2 * np.pi * k * hertz * times) / k for k in range(1, partials + 1)).astype(np.float32)


def notes_of(*pitches):
    return tuple(PartNote(i, p, Seconds(0.5 * i), Seconds(0.4), 64, 0.0, 0.9) for i, p in enumerate(pitches))


def line(*tones):
    return np.concatenate([np.pad(one, (0, int(0.5 * RATE) - len(one))) for one in tones])


def levels(notes, sound, fundamental_only=False, block=5000):
    blocks = (sound[i : i + block] for i in range(0, len(sound), block))
    return [note.level for note in measure_levels(notes, blocks, fundamental_only=fundamental_only)]


@pytest.mark.parametrize("fundamental_only", [True, False])
def test_half_as_loud_is_six_decibels_less(fundamental_only):
    loud, soft = levels(notes_of(60, 60), line(tone(60, 0.2), tone(60, 0.1)), fundamental_only)
    assert loud - soft == pytest.approx(6.02, abs=0.1)


def test_the_size_of_blocks_changes_nothing():
    sound = line(tone(60, 0.2), tone(64, 0.1), tone(67, 0.05))
    assert levels(notes_of(60, 64, 67), sound) == pytest.approx(levels(notes_of(60, 64, 67), sound, block=777))


def test_a_string_that_sounds_louder_the_higher_it_is_played_is_not_played_harder():
    pitches = [40 + 2 * i for i in range(12)]
    sound = line(*(tone(pitch, 0.05 * 10 ** (0.5 * i / 20)) for i, pitch in enumerate(pitches)))
    found = levels(notes_of(*pitches), sound)
    assert max(found) - min(found) < 3.0  # 5.5 dB before


def test_an_accent_stands_out_of_the_trend():
    pitches = [40 + 2 * i for i in range(12)]
    sound = line(*(tone(pitch, 0.1 if i == 6 else 0.05) for i, pitch in enumerate(pitches)))
    found = levels(notes_of(*pitches), sound)
    assert found[6] - np.mean(found[5:8:2]) == pytest.approx(6.0, abs=1.0)


def test_no_notes_have_no_levels():
    assert levels((), tone(60, 0.1)) == []


def test_a_note_after_the_end_of_the_sound_is_silent():
    (late,) = levels(tuple(notes_of(60, 60)[1:]), tone(60, 0.1, 0.2))
    assert late < -100
