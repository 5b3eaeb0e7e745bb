"""`sidestick drum-map` writes a map of one's own into the settings."""

import pytest

from daemon.commands import drum_map as command
from daemon.config import load
from daemon.errors import Rejected


@pytest.fixture
def names(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDESTICK_FOLDERS__CONFIG", str(tmp_path / "settings"))
    path = tmp_path / "My Kit.txt"
    path.write_text("24 Kick\n26 Snare Hit\n27 Snare Flam\n47 Hat Closed\n62 Crash L\n")
    return path


def test_the_map_is_there_for_the_next_song(names, capsys):
    assert command.run(names, "") == 0
    assert load().settings.drum_maps["my_kit"] == {"kick": 24, "snare": 26, "closed_hihat": 47, "crash": 62}
    told = capsys.readouterr().out
    assert "--drum-map my_kit" in told and "Crash plays it" in told


def test_a_second_file_takes_the_place_of_the_first(names):
    command.run(names, "mine")
    names.write_text("36 Kick\n")
    command.run(names, "mine")
    assert load().settings.drum_maps == {"mine": {"kick": 36}}


def test_a_file_without_drums_changes_nothing(names):
    names.write_text("24 legato\n")
    with pytest.raises(Rejected, match="No drum is named"):
        command.run(names, "mine")
    assert load().settings.drum_maps == {}
