"""`sidestick drum-map` writes a map of one's own into the settings."""

from io import StringIO
from queue import SimpleQueue

import pytest

from daemon.commands import drum_map as command
from daemon.config import load
from daemon.errors import Rejected
from daemon.outlets.pad_walk import WALK
from tests.fakes import FakeClock, FakeInput


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


def strike(pitch: int) -> bytes:
    return bytes([0x99, pitch, 90])


@pytest.fixture
def kit(tmp_path, monkeypatch):
    """A kit at the computer: what is in `answers` is struck, None is the Enter key."""
    monkeypatch.setenv("SIDESTICK_FOLDERS__CONFIG", str(tmp_path / "settings"))
    monkeypatch.setattr("sys.stdin", StringIO())
    answers = SimpleQueue()
    opened = []

    def open_sources(receive, _own):
        opened.append(FakeInput(FakeClock(), receive, "TD-17"))
        for message in iter(answers.get_nowait, "end"):
            receive(message, 0.0)
        return opened

    monkeypatch.setattr(command, "open_sources", open_sources)
    return answers, opened


def test_pads_that_are_struck_become_a_map(kit, capsys):
    answers, opened = kit
    drums = [strike(36), bytes([0xF8]), bytes([0x89, 36, 0]), strike(38), *[None] * len(WALK), "end"]
    for message in drums:
        answers.put(message)
    assert command.run(None, "mine", strike=True) == 0
    assert load().settings.drum_maps == {"mine": {"kick": 36, "snare": 38}}
    told = capsys.readouterr().out
    assert "Pads are heard from TD-17." in told and "Kick:\nSnare:\nRimshot:" in told
    assert "--drum-map mine" in told and opened[0].closed


def test_a_kit_of_which_nothing_was_struck_is_no_map(kit, capsys):
    answers, _ = kit
    for message in [*[None] * len(WALK), "end"]:
        answers.put(message)
    assert command.run(None, "", strike=True) == 1
    assert "No pad was struck" in capsys.readouterr().err and load().settings.drum_maps == {}


def test_a_walk_without_a_midi_input_is_refused_with_a_remedy(monkeypatch):
    monkeypatch.setattr(command, "open_sources", lambda *_: [])
    with pytest.raises(Rejected, match="Plug the kit in by USB"):
        command.run(None, "", strike=True)


def test_the_map_of_an_instrument_is_not_replaced(kit):
    with pytest.raises(Rejected, match="gm is the map of an instrument"):
        command.run(None, "gm", strike=True)


@pytest.mark.parametrize("both", [True, False])
def test_a_map_comes_from_a_file_or_from_pads(tmp_path, both):
    with pytest.raises(Rejected, match="Name a file with note names, or strike the pads"):
        command.run(tmp_path / "kit.txt" if both else None, "", strike=both)
