"""`sidestick relabel`: a correction, its undoing, and what does not fit."""

import json

import pytest

from bridge.midi.file_reader import read
from tests.acceptance.command_line import DRUMS, CommandLine

SNARE, CLAP = 38, 39


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """A song that was transcribed once; each test corrects it and takes that back."""
    home = CommandLine(tmp_path_factory.mktemp("home"))
    assert home.sidestick("transcribe", home.song(), *DRUMS).exit_code == 0
    return home


@pytest.fixture
def relabel(heard):
    def run(*words):
        return heard.sidestick("relabel", heard.music / "Song.sidestick.json", *words)

    yield run
    while run("--undo").exit_code == 0:
        pass


def pitches(home):
    return {note.pitch for note in read(home.music / "Song.drums.mid").tracks[0].notes}


def snares(home):
    clusters = json.loads((home.music / "Song.sidestick.json").read_text())["clusters"]
    return next(cluster["id"] for cluster in clusters if cluster["label"] == "snare")


def test_a_cluster_gets_another_label(heard, relabel):
    assert SNARE in pitches(heard)
    assert relabel("--cluster", f"{snares(heard)}=clap").exit_code == 0
    assert CLAP in pitches(heard) and SNARE not in pitches(heard)


def test_undo_and_redo_step_through_the_corrections(heard, relabel):
    relabel("--cluster", f"{snares(heard)}=clap")
    assert relabel("--undo").exit_code == 0 and SNARE in pitches(heard)
    assert relabel("--redo").exit_code == 0 and CLAP in pitches(heard)


def test_the_answer_for_programs_is_one_object(heard, relabel):
    answer = json.loads(relabel("--delete-hit", "0", "--json").stdout)
    assert answer["midi"] == str(heard.music / "Song.drums.mid")
    assert answer["revision"] > 0


def test_any_correction_may_come_as_json(heard, relabel):
    assert relabel("--changes", '{"settings": {"drum_map": "ableton", "grid": {"step": "1/8"}}}').exit_code == 0


def test_corrections_live_through_another_transcription(heard, relabel):
    relabel("--cluster", f"{snares(heard)}=clap")
    heard.sidestick("transcribe", heard.music / "Song.wav", *DRUMS, "--grid", "1/8")
    assert CLAP in pitches(heard)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Give single corrections"),
        (["--undo", "--redo"], "one of them"),
        (["--cluster", "0=snar"], "Did you mean snare?"),
        (["--cluster", "99=snare"], "There is no cluster 99; they go from 0"),
        (["--cluster", "x=snare"], "write a number and a label"),
        (["--hit", "0"], "write a number and a label"),
        (["--hit", "9999=kick"], "There is no hit 9999"),
        (["--undo"], "There is nothing to undo"),
        (["--changes", "{"], "are not JSON"),
        (["--changes", '{"cluster": {"0": "kick"}}'], "did you mean 'clusters'?"),
        (["--changes", '{"settings": {"grid": {"step": "1/9"}}}'], "use 1/4, 1/8, 1/16, 1/32, 1/4T"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(heard, relabel, words, sentence):
    before = (heard.music / "Song.drums.mid").read_bytes()
    result = relabel(*words)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert (heard.music / "Song.drums.mid").read_bytes() == before


@pytest.mark.parametrize("name", ["none.sidestick.json", "Song.wav", "Song.drums.mid"])
def test_what_is_no_manifest_is_refused_by_name(heard, name):
    result = heard.sidestick("relabel", heard.music / name, "--undo")
    assert result.exit_code == 2
    assert name in result.stderr
