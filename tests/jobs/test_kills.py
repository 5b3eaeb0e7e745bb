"""Sudden death at every rename of a song: it is done once, its files are whole, and the user's edits stay."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
FILES = ["Song.drums.mid", "Song.sidestick.json", "Song.stems/drums.wav", "Song.stems/other.wav", "Song.wav"]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    command = [sys.executable, "-m", "tests.jobs.killed_runs", str(tmp_path_factory.mktemp("killed"))]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_a_song_whose_worker_is_killed_at_every_rename_is_done_once_and_whole(told):
    assert told["work"] > 12
    assert told["files"] == FILES


def test_a_correction_that_is_killed_at_every_rename_is_made_and_the_users_edit_kept(told):
    assert (told["corrections"], told["edited"]) == (6, True)
    assert told["head"] == 2  # asked for once more after the death behind its last rename
    assert told["corrected"] == sorted([*FILES, "Song.drums-2.mid"])
