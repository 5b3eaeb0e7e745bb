"""Invented music is playable, and what plays it plays it in time and in tune."""

from itertools import pairwise

import numpy as np
import pytest

from daemon.training.kits import RATE, attack_sample
from daemon.training.note_instruments import SampledStrings, StringSample, named_pitch, wheel
from daemon.training.note_music import SECONDS, Compass, PlayedNote, invent_line, play_repeats
from daemon.training.note_synthesis import SAMPLES, CommonBend, play_tone, pluck_strings, sing

STRAIGHT = CommonBend(np.zeros(862, np.float32), 86.13)


@pytest.mark.parametrize("chords", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_a_line_stays_in_its_compass_and_no_note_lasts_into_the_next_of_its_pitch(seed: int, chords: bool) -> None:
    notes = invent_line(np.random.default_rng(seed), Compass(40, 76, chords))
    assert all(40 <= note.pitch <= 76 and 0 < note.velocity <= 1 for note in notes)
    for pitch in {note.pitch for note in notes}:
        same = [note for note in notes if note.pitch == pitch]
        assert all(a.onset + a.duration <= b.onset for a, b in pairwise(same))
        assert same[-1].onset + same[-1].duration <= SECONDS


def test_repeats_come_at_speeds_from_two_to_fifteen_a_second() -> None:
    steps = [
        b.onset - a.onset
        for seed in range(30)
        for a, b in pairwise(play_repeats(np.random.default_rng(seed), Compass(40, 76)))
    ]
    assert min(steps) < 0.1
    assert max(steps) > 0.4


@pytest.mark.parametrize("play", [pluck_strings, play_tone])
def test_synthesised_notes_start_when_they_should(play) -> None:
    sound = play(np.random.default_rng(3), [PlayedNote(52, 1.0, 0.5, 0.9)], STRAIGHT)
    assert not sound[: RATE - 1].any()
    assert attack_sample(sound[RATE - 441 :]) - 441 == pytest.approx(0, abs=0.03 * RATE)


def strongest_hertz(sound: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 2**18))
    return float(np.argmax(spectrum) * RATE / 2**18)


def test_a_voice_sings_its_pitch_and_bends_with_the_others() -> None:
    bend = CommonBend(np.full(862, 0.5, np.float32), 86.13)
    sound = sing(np.random.default_rng(3), [PlayedNote(69, 1.0, 2.0, 0.9)], bend)
    partial = strongest_hertz(sound[int(1.5 * RATE) : int(2.5 * RATE)]) / (440 * 2 ** (0.5 / 12))
    assert partial == pytest.approx(round(partial), abs=0.01)


def test_sampled_strings_are_resampled_to_the_pitch_of_the_note() -> None:
    tone = np.sin(2 * np.pi * 220 * np.arange(2 * RATE) / RATE).astype(np.float32)
    strings = SampledStrings((StringSample(57.0, 0.8, tone),))
    sound = strings.play(np.random.default_rng(1), [PlayedNote(60, 1.0, 0.8, 0.8)], STRAIGHT)
    assert len(sound) == SAMPLES
    assert strongest_hertz(sound[RATE : int(1.7 * RATE)]) == pytest.approx(261.6, abs=0.5)


def test_a_slide_moves_the_pitch_wheel_and_brings_it_back() -> None:
    moves = wheel([PlayedNote(60, 1.0, 0.5, 0.8, slide=-2.0)], STRAIGHT)
    assert moves[0][1] < -3000
    assert moves[-1][1] == 0


@pytest.mark.parametrize(("name", "pitch"), [("c4", 60), ("eb3", 51), ("twang_a3_f", 57)])
def test_the_names_of_samples_are_pitches(name: str, pitch: int) -> None:
    assert named_pitch(name) == pitch
