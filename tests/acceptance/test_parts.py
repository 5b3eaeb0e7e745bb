"""`sidestick transcribe --parts` and `sidestick relabel` on notes, as one uses them; sounds that are hard to hear."""

import json

import numpy as np
import pretty_midi
import pytest
import soundfile
import soxr

from bridge.midi.file_reader import read
from tests import synth
from tests.acceptance.command_line import CommandLine
from tests.pipeline.pitched.test_transcribe_part import BRIGHT, pluck

LINE = [(33, 0.3, 0.5), (40, 1.0, 0.5), (36, 1.7, 0.5)]
BASS = ("--input", "bass")
PARTS = ("--parts", "all", "--separator", "embedded")


def stem(home, line=LINE, name="Line.wav", **how):
    return synth.write(home.music / name, pluck(line, **how))


def manifest(home, name="Line"):
    return json.loads((home.music / f"{name}.sidestick.json").read_text())


def pitches(home, name="Line.bass.mid"):
    return [note.pitch for track in read(home.music / name).tracks for note in track.notes]


@pytest.fixture(scope="module")
def band(tmp_path_factory):
    """Drums and bass together, all parts of them transcribed once."""
    home = CommandLine(tmp_path_factory.mktemp("band"))
    line = pluck([(pitch, onset + 0.2, length) for pitch, onset, length in LINE], 4.0)
    synth.write(home.music / "Band.wav", line + synth.play(synth.rock_beat(2), 4.0))
    home.result = home.sidestick("transcribe", home.music / "Band.wav", *PARTS)
    return home


def test_every_part_of_a_mix_gets_its_file(band):
    assert band.result.exit_code == 0, band.result.output
    parts = {f"Band.{part}.mid" for part in ("drums", "bass", "vocals", "other")}
    assert band.files() == {"Band.wav", "Band.sidestick.json", "Band.mid", *parts}
    assert {33, 40, 36} <= set(pitches(band, "Band.bass.mid"))


def test_it_is_told_what_each_part_holds(band):
    bass = next(line.split() for line in band.result.stdout.splitlines() if line.startswith("  bass "))
    written = pitches(band, "Band.bass.mid")
    assert int(bass[1]) == len(written) and bass[-1] == pretty_midi.note_number_to_name(max(written))


def test_notes_are_corrected_and_that_is_taken_back(band):
    before = (band.music / "Band.bass.mid").read_bytes()
    first = min(row[0] for row in manifest(band, "Band")["notes"]["bass"]["rows"] if row[6] >= 0.5)
    done = band.sidestick("relabel", band.music / "Band.sidestick.json", "--octave", f"bass:{first}=1", "--json")
    assert json.loads(done.stdout)["revision"] == 1
    assert (band.music / "Band.bass.mid").read_bytes() != before
    assert band.sidestick("relabel", band.music / "Band.sidestick.json", "--undo").exit_code == 0
    assert (band.music / "Band.bass.mid").read_bytes() == before


def test_a_bass_stem_needs_no_separation(home):
    done = home.sidestick("transcribe", stem(home), *BASS, "--set", "bass.transpose=12")
    assert done.exit_code == 0
    assert home.files() == {"Line.wav", "Line.bass.mid", "Line.sidestick.json"}
    assert pitches(home) == [45, 52, 48]


def test_a_part_that_the_separator_does_not_know_is_refused_before_any_work(home):
    done = home.sidestick("transcribe", home.song(), "--parts", "guitar", "--separator", "embedded")
    assert done.exit_code == 2
    assert "embedded has no guitar stem. Use --separator htdemucs_6s." in done.stderr


def test_guitar_without_the_weights_for_it_is_refused_and_the_reason_told(home):
    done = home.sidestick("transcribe", home.song(), "--parts", "guitar")
    assert done.exit_code == 1
    assert "Guitar and piano need htdemucs_6s, which cannot be used because" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--parts", "kazoo"), "kazoo"),
        (("--set", "bass=3"), "bass.transpose=-12"),
        (("--set", "bass.lowest=loud"), "--set bass.lowest: 'loud' does not work"),
        (("--set", "drums.gap_ms=3"), "--set drums: 'drums' does not work; use bass"),
        (("--sensitivity", "bass=7"), "--sensitivity bass: '7' does not work; the most is 1"),
    ],
)
def test_what_does_not_work_is_refused_in_words(home, words, told):
    done = home.sidestick("transcribe", stem(home), *BASS, *words)
    assert done.exit_code == 2
    assert told in done.stderr


def test_a_part_that_is_not_in_the_song_has_no_notes_and_that_is_said(home):
    synth.write(home.music / "Beat.wav", synth.play(synth.rock_beat(2), 4.0))
    done = home.sidestick("transcribe", home.music / "Beat.wav", "--parts", "vocals", "--separator", "embedded")
    assert done.exit_code == 0
    assert pitches(home, "Beat.vocals.mid") == []
    assert "No vocals were found in this song." in done.stdout


def test_clicks_are_no_notes(home):
    synth.write(home.music / "Line.wav", synth.clicks([0.3, 0.9, 1.4], 2.0))
    assert home.sidestick("transcribe", home.music / "Line.wav", *BASS).exit_code == 0
    assert pitches(home) == []


def test_a_detuned_recording_keeps_its_notes_and_its_tuning_is_said(home):
    done = home.sidestick("transcribe", stem(home, cents=-30), *BASS)
    assert pitches(home) == [33, 40, 36]
    assert "cents below A = 440 Hz" in done.stdout


def test_a_voice_over_the_telephone_is_heard(home):
    sung = pluck([(60, 0.3, 0.5), (64, 1.0, 0.5)], tones=BRIGHT).mean(axis=0)
    soundfile.write(home.music / "Line.wav", soxr.resample(sung, synth.RATE, 8000), 8000, subtype="ULAW")
    assert home.sidestick("transcribe", home.music / "Line.wav", "--input", "vocals").exit_code == 0
    assert pitches(home, "Line.vocals.mid") == [60, 64]


def test_noise_has_no_voice(home):
    noise = np.random.default_rng(1).normal(0, 0.1, (2, 3 * synth.RATE)).astype(np.float32)
    synth.write(home.music / "Line.wav", noise)
    assert home.sidestick("transcribe", home.music / "Line.wav", "--input", "vocals").exit_code == 0
    assert pitches(home, "Line.vocals.mid") == []
