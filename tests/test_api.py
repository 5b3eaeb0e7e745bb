"""`from daemon import transcribe`: the pipeline for programs."""

import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import daemon
from bridge.midi.file_reader import read
from daemon import Rejected, transcribe
from tests import synth
from tests.test_readme import README

BEAT = synth.rock_beat(2)
FOLDERS = ("CONFIG", "STATE", "CACHE", "MODELS")


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    for name in FOLDERS:
        monkeypatch.setenv(f"SIDESTICK_FOLDERS__{name}", str(tmp_path / name.lower()))


@pytest.fixture
def song(tmp_path):
    return synth.write(tmp_path / "song.wav", synth.play(BEAT, 4.0))


def test_a_drum_file_becomes_hits_on_a_grid_and_a_midi_file(song, tmp_path):
    found = transcribe(song, input="drums", bpm=120)
    kicks = [hit.onset for hit in found.hits if hit.drum == "kick"]
    played = [stroke.onset for stroke in BEAT if stroke.drum == "kick"]
    assert kicks == pytest.approx(played, abs=0.01)
    assert len(found.hit_times) == len(found.hits) and found.grid.bpm == 120
    midi = found.to_midi(tmp_path / "song.mid")
    assert len(read(midi).tracks[0].notes) == len(found.hits)
    assert set(found.kit) == {"kick", "snare", "toms", "hihat", "cymbals"}
    assert found.kit["kick"].read().shape == (2, 4 * synth.RATE)
    assert sorted(path.name for path in tmp_path.glob("song*")) == ["song.mid", "song.wav"]


@pytest.mark.parametrize("kind", ["float32", "float64", "int16", "one channel"])
def test_an_array_gives_what_the_file_gives(song, kind):
    samples = synth.play(BEAT, 4.0)
    given = {
        "float32": samples.astype(np.float32),
        "float64": samples.astype(np.float64),
        "int16": np.round(samples * 32767).astype(np.int16),
        "one channel": samples.mean(axis=0),
    }[kind]
    found, expected = transcribe(given, synth.RATE, input="drums"), transcribe(song, input="drums")
    assert [hit.label for hit in found.hits] == [hit.label for hit in expected.hits]
    assert [hit.onset for hit in found.hits] == pytest.approx([hit.onset for hit in expected.hits], abs=0.003)


def test_pretty_midi_has_the_same_notes(song):
    found = transcribe(song, input="drums")
    [drums] = found.to_pretty_midi().instruments
    assert drums.is_drum and len(drums.notes) == len(found.hits)


def test_a_pitched_part_has_notes_key_and_chords():
    times = np.arange(3 * synth.RATE) / synth.RATE
    line = 0.3 * np.sin(2 * np.pi * 110 * times) * (times % 1 < 0.6)
    found = transcribe(line, synth.RATE, input="bass")
    assert [note.pitch for note in found.notes["bass"]] == [45, 45, 45]
    assert (found.hits == () and found.stems == {} and found.key is None) or found.key


def test_stems_of_a_mix_add_up_to_it(song):
    found = transcribe(song, separator="embedded", stems="wav")
    total = sum(stem.read() for stem in found.stems.values())
    np.testing.assert_allclose(total, synth.play(BEAT, 4.0), atol=2e-3)


def test_progress_can_stop_the_work(song):
    def stop(stage, fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transcribe(song, input="drums", progress=stop)


@pytest.mark.parametrize(
    ("source", "rate", "options", "said"),
    [
        (np.zeros(44100, np.float32), None, {}, "need their rate"),
        (np.zeros((44100, 2), np.float32), 44100, {}, r"\(44100, 2\).*its transpose"),
        (np.zeros((2, 3, 4), np.float32), 44100, {}, r"not \(2, 3, 4\)"),
        (np.array(["a"]), 44100, {}, "not <U1"),
        (np.zeros(44100, np.float32), 44100, {"input": "drums"}, "silent"),
        ("song.wav", 44100, {}, "tells its own rate"),
        ("gone.wav", None, {}, r"gone\.wav"),
        ("song.wav", None, {"imput": "drums"}, "imput"),
        ("song.wav", None, {"input": "drum"}, "input"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(source, rate, options, said):
    with pytest.raises(Rejected, match=said):
        transcribe(source, rate, **options)


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, daemon; print(sorted({'numpy', 'pydantic', 'daemon.api', 'daemon.factories'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="transcribbe"):
        _ = daemon.transcribbe


def test_the_example_of_the_readme_runs(song, monkeypatch, capsys):
    monkeypatch.chdir(song.parent)
    section = README.read_text("utf-8").split("## From Python")[1]
    code = textwrap.dedent(re.search(r"(?:^    .*\n|^\n)+", section[section.index("    from daemon") :], re.M)[0])
    exec(code, {})
    assert "kick" in capsys.readouterr().out
    assert read(song.with_name("Song.mid")).tracks[0].notes
