"""`sidestick learn`: what it prints, and with which exit status."""

import json

import pytest

from tests.acceptance.command_line import CommandLine
from tests.outlets.test_learn import clap_for_snare, keep, midi_of, save_again
from tests.songs import save_manifest


@pytest.fixture
def home(tmp_path):
    return CommandLine(tmp_path)


@pytest.fixture
def song(home, tmp_path):
    path = save_manifest(tmp_path)
    home.sidestick("relabel", str(path), "--changes", '{"settings": {"note_ms": 60}}')
    return path


def test_it_says_what_was_learned_and_where_the_new_notes_are(home, song):
    done = home.sidestick("learn", str(save_again(midi_of(song), clap_for_snare)))
    assert done.exit_code == 0
    assert done.stdout.startswith("Revision 2: 3 relabelled; wrote ")


def test_programs_get_json(home, song):
    done = home.sidestick("learn", str(save_again(midi_of(song), clap_for_snare)), "--json")
    found = json.loads(done.stdout)
    assert (found["revision"], found["relabelled"], found["deleted"]) == (2, 3, 0)


def test_a_file_without_edits_is_refused(home, song):
    done = home.sidestick("learn", str(save_again(midi_of(song), keep)))
    assert done.exit_code == 2
    assert "as sidestick wrote them" in done.stderr
