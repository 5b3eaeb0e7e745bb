"""Stems whose notes are known, through the packaged network and the trackers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from daemon.factories import note_transcribers
from daemon.pipeline.pitched.part_settings import (
    NETWORKS,
    PRESETS,
    NoteNetwork,
    NoteTranscriber,
    PartTranscription,
    audible_notes,
)
from daemon.pipeline.pitched.periodicity import hertz
from daemon.pipeline.pitched.transcribe_part import loudness, transcribe_part
from daemon.pipeline.records import RATE, Audio, Part
from tests import synth

Line = Iterable[tuple[int, float, float]]  # MIDI pitch, onset, duration

WALK = [(28, 0.3, 0.4), (23, 0.8, 0.4), (35, 1.3, 0.4), (28, 1.8, 0.4)]
DEEP = (0.5, 1, 0.7, 0.4, 0.3)  # a bass hardly sounds its fundamental
BRIGHT = (1, 0.5, 0.3, 0.2)
TUNE = [(60, 0.3, 0.5), (62, 0.9, 0.5), (64, 1.5, 0.5)]


Listener = Callable[[NoteNetwork], NoteTranscriber]


@pytest.fixture(scope="module")
def listener() -> Listener:
    return note_transcribers()


def pluck(
    line: Line, seconds: float = 2.5, *, cents: float = 0.0, gain: float = 0.3, tones: Sequence[float] = DEEP
) -> NDArray[np.float32]:
    """Strings with a short attack and `tones` as the amplitudes of fundamental and overtones."""
    wave = np.zeros(round(seconds * RATE))
    for pitch, onset, duration in line:
        time = np.arange(round(duration * RATE)) / RATE
        parts = [w * np.sin(2 * np.pi * k * hertz(pitch + cents / 100) * time) for k, w in enumerate(tones, 1)]
        shape = np.minimum(1, time / 0.003) * np.exp(-2 * time) * np.clip((duration - time) / 0.02, 0, 1)
        start = round(onset * RATE)
        wave[start : start + len(time)] += gain * sum(parts) * shape
    return np.tile(wave.astype(np.float32), (2, 1))


def transcribe_wave(
    folder: Path, wave: NDArray[np.float32], part: Part, listener: Listener, mix: float | None = None
) -> PartTranscription:
    path = folder / "stem.wav"
    soundfile.write(path, wave.T, RATE, subtype="FLOAT")
    audio = Audio(path, wave.shape[1])
    level = loudness(audio) if mix is None else mix
    found = transcribe_part(
        audio,
        part,
        mix_level=level,
        settings=PRESETS[part],
        transcriber=listener(NETWORKS[part]),
        report=lambda _: None,
    )
    return replace(found, notes=audible_notes(found.notes))


def test_bass_down_to_the_low_b_is_heard_in_time(tmp_path: Path, listener: Listener) -> None:
    found = transcribe_wave(tmp_path, pluck(WALK), Part.BASS, listener)
    assert [note.pitch for note in found.notes] == [pitch for pitch, _, _ in WALK]
    assert [note.onset for note in found.notes] == pytest.approx([onset for _, onset, _ in WALK], abs=0.015)


def test_a_bass_plays_one_note_at_a_time(tmp_path: Path, listener: Listener) -> None:
    found = transcribe_wave(tmp_path, pluck(WALK), Part.BASS, listener).notes
    assert all(a.onset + a.duration <= b.onset + 1e-9 for a, b in pairwise(found))


def test_a_repeated_bass_note_is_two_and_a_held_one_is_one(tmp_path: Path, listener: Listener) -> None:
    wave = pluck([(33, 0.3, 0.35), (33, 0.65, 0.35), (33, 1.2, 1.0)])
    found = transcribe_wave(tmp_path, wave, Part.BASS, listener)
    assert [round(note.onset, 1) for note in found.notes] == pytest.approx([0.3, 0.6, 1.2], abs=0.11)


@pytest.mark.parametrize(("part", "pitch", "tones"), [(Part.BASS, 33, DEEP), (Part.GUITAR, 52, BRIGHT)])
@pytest.mark.parametrize("step", [0.375, 0.15, 0.107])  # eighths at 80 and 200 bpm, sixteenths at 140
def test_of_steady_repeats_of_a_string_at_most_one_in_twelve_is_missed(
    tmp_path: Path, listener: Listener, part: Part, pitch: int, tones: Sequence[float], step: float
) -> None:
    onsets = [0.3 + step * i for i in range(12)]
    wave = pluck([(pitch, onset, 0.97 * step) for onset in onsets], 5.0, tones=tones)
    found = transcribe_wave(tmp_path, wave, part, listener).notes
    right = [onset for onset in onsets if any(abs(note.onset - onset) < 0.03 for note in found)]
    assert 11 <= len(right) <= len(found) <= 12
    assert {note.pitch for note in found} == {pitch}


@pytest.mark.parametrize(("part", "pitch", "tones"), [(Part.BASS, 33, DEEP), (Part.GUITAR, 52, BRIGHT)])
def test_a_held_string_is_one_note(
    tmp_path: Path, listener: Listener, part: Part, pitch: int, tones: Sequence[float]
) -> None:
    found = transcribe_wave(tmp_path, pluck([(pitch, 0.3, 2.0)], tones=tones), part, listener).notes
    assert [note.pitch for note in found] == [pitch]


def test_a_detuned_recording_keeps_its_notes_and_says_so(tmp_path: Path, listener: Listener) -> None:
    found = transcribe_wave(tmp_path, pluck(WALK, cents=35), Part.BASS, listener)
    assert [note.pitch for note in found.notes] == [pitch for pitch, _, _ in WALK]
    assert found.tuning == pytest.approx(0.35, abs=0.06)
    assert "above A = 440 Hz" in found.remarks[0]


def test_the_pitch_of_a_voice_bends_as_it_is_sung(tmp_path: Path, listener: Listener) -> None:
    time = np.arange(2 * RATE) / RATE
    semitones = 0.4 * np.sin(2 * np.pi * 2 * time)
    phase = 2 * np.pi * np.cumsum(hertz(62) * 2 ** (semitones / 12)) / RATE
    wave = (0.3 * (np.sin(phase) + 0.5 * np.sin(2 * phase))).astype(np.float32)
    found = transcribe_wave(tmp_path, np.tile(wave, (2, 1)), Part.VOCALS, listener).notes
    curve = [bend.semitones for note in found for bend in note.bends]
    assert {note.pitch for note in found} == {62}
    assert max(curve) == pytest.approx(0.4, abs=0.12)
    assert min(curve) == pytest.approx(-0.4, abs=0.12)


def test_a_tune_is_sung_note_by_note(tmp_path: Path, listener: Listener) -> None:
    found = transcribe_wave(tmp_path, pluck(TUNE), Part.VOCALS, listener)
    assert [note.pitch for note in found.notes] == [60, 62, 64]


def test_every_note_of_a_chord_is_heard(tmp_path: Path, listener: Listener) -> None:
    found = transcribe_wave(
        tmp_path, pluck([(p, 0.5, 1.5) for p in (48, 55, 64)], gain=0.1, tones=BRIGHT), Part.PIANO, listener
    )
    assert {48, 55, 64} <= {note.pitch for note in found.notes}


def test_softer_notes_get_lower_velocities(tmp_path: Path, listener: Listener) -> None:
    wave = pluck([(33, 0.3, 0.5)]) + pluck([(33, 1.3, 0.5)], gain=0.05)
    loud, soft = transcribe_wave(tmp_path, wave, Part.BASS, listener).notes
    assert loud.velocity > soft.velocity + 20


@pytest.mark.parametrize("part", PRESETS)
def test_silence_has_no_notes(tmp_path: Path, listener: Listener, part: Part) -> None:
    assert transcribe_wave(tmp_path, synth.silence(1.0), part, listener).notes == ()


@pytest.mark.parametrize("part", PRESETS)
def test_bleed_far_below_the_mix_has_no_notes(tmp_path: Path, listener: Listener, part: Part) -> None:
    found = transcribe_wave(tmp_path, pluck(TUNE, gain=0.001), part, listener, mix=-12.0)
    assert found.notes == ()
    (remark,) = found.remarks
    assert remark.startswith(f"No {part} w") and remark.endswith(" found in this song.")


@pytest.mark.parametrize("part", PRESETS)
def test_clicks_have_no_notes(tmp_path: Path, listener: Listener, part: Part) -> None:
    assert transcribe_wave(tmp_path, synth.clicks([0.2, 0.7, 1.2, 1.5], 2.0), part, listener).notes == ()


@pytest.mark.parametrize("part", [Part.BASS, Part.VOCALS])
def test_noise_has_no_voice(tmp_path: Path, listener: Listener, part: Part) -> None:
    assert transcribe_wave(tmp_path, synth.noise(2.0), part, listener).notes == ()


def test_the_same_stem_gives_the_same_notes(tmp_path: Path, listener: Listener) -> None:
    first, second = (
        transcribe_wave(tmp_path, pluck(WALK), Part.BASS, each) for each in (listener, note_transcribers())
    )
    assert first == second
