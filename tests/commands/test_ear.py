"""`sidestick ear`: what it shows, its switch, and forgetting."""

import json

import numpy as np
import pytest

from daemon.commands import ear
from daemon.config import load
from daemon.outlets.ear_memory import TaughtSong, write_songs
from daemon.pipeline.drums.personal_ear import StrokeExamples
from daemon.pipeline.records import Drum


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    for name in ("STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"SIDESTICK_FOLDERS__{name}", str(tmp_path / name.lower()))
    return tmp_path


@pytest.fixture
def taught(folders):
    (folders / "state").mkdir()
    examples = StrokeExamples(
        np.ones(3, np.float32), ("snare", "", ""), np.zeros(3, bool), np.zeros((3, 4), np.float16)
    )
    write_songs(
        folders / "state" / "ear.npz", [TaughtSong("ab" * 32, "Demo.wav", {Drum.SNARE: 2}, {Drum.SNARE: examples})]
    )


def test_it_is_off_until_somebody_turns_it_on(capsys):
    ear.show(as_json=False)
    assert "off" in capsys.readouterr().out
    assert ear.switch(on=True) == 0
    assert load().settings.personal_ear is True
    ear.switch(on=False)
    assert load().settings.personal_ear is False


def test_each_song_is_shown_with_what_it_taught(taught, capsys):
    ear.show(as_json=False)
    assert "Demo.wav                         snare           3         2" in capsys.readouterr().out


def test_a_program_gets_the_same_as_json(taught, capsys):
    ear.show(as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["songs"] == [{"name": "Demo.wav", "examples": {"snare": 3}, "corrected": {"snare": 2}}]


def test_forgotten_is_gone(taught, capsys):
    ear.clear()
    ear.clear()
    assert capsys.readouterr().out == "Forgotten: what 1 song taught.\nThere was nothing to forget.\n"
