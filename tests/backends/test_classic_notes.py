"""Notes by the published recipe: what Basic Pitch's own command finds in a file, this finds too."""

import logging
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pretty_midi import PrettyMIDI

from daemon.backends.basic_pitch import packaged_weights
from daemon.backends.classic_notes import ClassicNoteTranscriber
from daemon.outlets import classic_midi
from daemon.outlets.manifest_tables import NoteTable
from daemon.pipeline.options import Options
from daemon.pipeline.pitched.part_settings import ClassicNoteSettings
from daemon.pipeline.records import BeatGrid, Part
from daemon.score.note_cleanup import clean_up_notes, clean_up_settings
from tests import synth

NO_BEATS = BeatGrid((), (), 120.0)


@pytest.fixture(scope="module")
def wave(tmp_path_factory) -> Path:
    """Two voices that overlap, one of them bent upwards."""
    times = np.arange(4 * synth.RATE) / synth.RATE
    bent = np.cumsum(2 * np.pi * 220 * 2 ** (np.clip(times - 1, 0, 1) / 12) / synth.RATE)
    sound = 0.3 * np.sin(bent) * (times % 1 < 0.8) + 0.2 * np.sin(2 * np.pi * 330 * times) * (times > 1.5)
    return synth.write(tmp_path_factory.mktemp("sound") / "line.wav", np.stack([sound, sound]).astype(np.float32))


def file_of(found, **asked) -> bytes:
    """The .mid of these notes after a manifest held them."""
    options = Options.read({"parts": ["other"], "note_recipe": "classic", "notes": {"other": asked}})
    held = NoteTable.of(found).records
    written = clean_up_notes(held, NO_BEATS, clean_up_settings(Part.OTHER, options))
    given = options.part_options(Part.OTHER)
    return classic_midi.to_bytes(written, bpm=given.midi_bpm, multiple_bends=bool(given.bends))


def instruments(data: bytes) -> set[str]:
    """Notes and bends of each instrument, whatever its channel."""
    midi = PrettyMIDI(BytesIO(data))
    return {f"{each.program} {each.notes} {each.pitch_bends}" for each in midi.instruments}


def publish(wave, folder, **settings) -> bytes:
    """The file that the package's own command writes."""
    from basic_pitch import inference

    inference.predict(wave, packaged_weights(), **settings)[1].write(str(folder / "published.mid"))
    return (folder / "published.mid").read_bytes()


def test_the_file_is_to_the_byte_that_of_the_package(wave, tmp_path):
    found = ClassicNoteTranscriber().transcribe(wave, ClassicNoteSettings(), lambda _: None)
    assert len(found) > 3 and any(note.bends for note in found)
    assert file_of(found, midi_bpm=93.5) == publish(wave, tmp_path, midi_tempo=93.5)


def test_several_bends_at_once_are_those_of_the_package_on_an_instrument_for_each_pitch(wave, tmp_path):
    found = ClassicNoteTranscriber().transcribe(wave, ClassicNoteSettings(multiple_bends=True), lambda _: None)
    ours, theirs = file_of(found, bends=True), publish(wave, tmp_path, multiple_pitch_bends=True)
    assert instruments(ours) == instruments(theirs) and len(instruments(ours)) > 1


def test_the_published_options_bound_the_range_and_the_length(wave):
    def pitches(**settings):
        found = ClassicNoteTranscriber().transcribe(wave, ClassicNoteSettings(**settings), lambda _: None)
        return {note.pitch for note in found}

    assert {57, 64} <= pitches()
    assert 64 not in pitches(highest=300.0) and 57 not in pitches(lowest=300.0)
    assert pitches(shortest=30.0) == set()


def test_progress_is_told_while_it_runs(wave):
    told = []
    ClassicNoteTranscriber().transcribe(wave, ClassicNoteSettings(), told.append)
    assert told and told == sorted(told) and told[-1] <= 1


def test_silence_has_no_notes(tmp_path):
    wave = synth.write(tmp_path / "silence.wav", synth.silence(0.2))
    assert ClassicNoteTranscriber().transcribe(wave, ClassicNoteSettings(), lambda _: None) == ()


def test_the_package_is_loaded_without_tensorflow_and_says_nothing():
    code = (
        "import sys, logging, daemon.backends.classic_notes as classic",
        "with classic._without_warnings(): import basic_pitch.note_creation",
        "print('tensorflow' in sys.modules, logging.getLogger().handlers)",
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(code)], capture_output=True, text=True, check=True)
    assert done.stdout == "False []\n" and "ensorflow" not in done.stderr


def test_warnings_of_others_are_let_through_afterwards(wave):
    ClassicNoteTranscriber().transcribe(wave, ClassicNoteSettings(), lambda _: None)
    assert logging.getLogger("somebody").isEnabledFor(logging.WARNING)
