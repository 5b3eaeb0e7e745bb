"""`sidestick transcribe` as somebody uses it for the first time."""

import json
import shutil

import pytest

from bridge.midi.file_reader import read
from tests.acceptance.command_line import DRUMS

EMBEDDED = ("--separator", "embedded")


@pytest.fixture
def song(home):
    return home.song()


def test_the_midi_and_the_manifest_lie_beside_the_song(home, song):
    result = home.sidestick("transcribe", song, *DRUMS)
    assert result.exit_code == 0
    assert home.files() == {"Song.wav", "Song.drums.mid", "Song.sidestick.json"}
    assert len(read(home.music / "Song.drums.mid").tracks[0].notes) >= 4


def test_what_was_found_is_told_and_where_it_lies(home, song):
    result = home.sidestick("transcribe", song, *DRUMS)
    assert "Song.wav" in result.stdout and "bpm" in result.stdout and "snare" in result.stdout
    assert str(home.music / "Song.drums.mid") in result.stdout


def test_every_line_for_programs_is_json(home, song):
    result = home.sidestick("transcribe", song, home.music / "none.wav", *DRUMS, "--json")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["event"] for event in events if event["event"] != "progress"] == ["done", "failed"]
    assert {event["stage"] for event in events if event["event"] == "progress"} >= {"decode", "listen", "beats"}


def test_another_grid_comes_from_the_cache(home, song):
    home.sidestick("transcribe", song, *DRUMS)
    again = json.loads(home.sidestick("transcribe", song, *DRUMS, "--grid", "1/8", "--json").stdout.splitlines()[-1])
    assert all(stage["cached"] for stage in again["stages"])
    assert again["written"] == {"drums.mid": str(home.music / "Song.drums.mid")}


def test_a_midi_file_that_was_edited_is_left_alone(home, song):
    home.sidestick("transcribe", song, *DRUMS)
    midi = home.music / "Song.drums.mid"
    midi.write_bytes(b"my own work")
    result = home.sidestick("transcribe", song, *DRUMS)
    assert midi.read_bytes() == b"my own work"
    assert "Song.drums-2.mid" in home.files() and "was changed since sidestick wrote it" in result.stdout


def test_two_songs_of_one_name_keep_their_own_results(home, song):
    mp3 = home.song("Song.mp3")
    assert home.sidestick("transcribe", song, mp3, *DRUMS).exit_code == 0
    assert {"Song.drums.mid", "Song.drums-2.mid", "Song.sidestick.json", "Song-2.sidestick.json"} <= home.files()


def test_a_folder_stands_for_its_songs_and_what_sidestick_wrote_is_no_song(home, song):
    (home.music / "more").mkdir()
    shutil.copy(song, home.music / "more" / "Übung 🥁.wav")
    assert home.sidestick("transcribe", song, *EMBEDDED, "--stems", "wav", "--backing").exit_code == 0
    result = home.sidestick("transcribe", home.music, *EMBEDDED, "--json")
    done = {json.loads(line)["file"] for line in result.stdout.splitlines()}
    assert done == {str(song), str(home.music / "more" / "Übung 🥁.wav")}
    assert "more/Übung 🥁.drums.mid" in home.files()


def test_stems_backing_and_picture_come_when_asked_for(home, song):
    extras = ("--stems", "flac", "--kit-stems", "--backing", "--plot")
    assert home.sidestick("transcribe", song, *EMBEDDED, *extras, "--out", home.folder / "out" / "deep").exit_code == 0
    files = {path.name for path in (home.folder / "out" / "deep").rglob("*.*")}
    assert {"drums.flac", "bass.flac", "kick.flac", "Song.backing.flac", "Song.sidestick.svg"} <= files
    assert home.files() == {"Song.wav"}


def test_stems_of_a_drum_stem_are_none_and_that_is_said(home, song):
    result = home.sidestick("transcribe", song, *DRUMS, "--stems", "wav", "--backing")
    assert result.exit_code == 0
    assert "drum stem already, so no stems and no backing track" in result.stdout


def test_several_songs_go_on_after_a_bad_one(home, song):
    bad = home.music / "bad.wav"
    bad.write_bytes(b"no sound")
    last = home.song("last.wav")
    result = home.sidestick("transcribe", song, bad, last, *DRUMS)
    assert result.exit_code == 1
    assert "bad.wav" in result.stderr
    assert {"Song.drums.mid", "last.drums.mid"} <= home.files()


def test_the_bpm_that_was_given_holds(home, song):
    home.sidestick("transcribe", song, *DRUMS, "--bpm", "60.5", "--meter", "3/4")
    manifest = json.loads((home.music / "Song.sidestick.json").read_text())
    assert manifest["grid"]["bpm"] == pytest.approx(60.5)
    assert manifest["options"]["meter"] == "3/4"


def test_the_first_bar_starts_where_it_was_told(home, song):
    home.sidestick("transcribe", song, *DRUMS, "--downbeat", "1.5")
    markers = read(home.music / "Song.drums.mid").markers
    assert [marker.text for marker in markers] == ["Downbeat"]
    assert markers[0].time == pytest.approx(1.5, abs=0.03)


def test_unquantized_and_mapped_for_another_plugin(home, song):
    assert home.sidestick("transcribe", song, *DRUMS, "--no-quantize", "--drum-map", "ableton").exit_code == 0
    options = json.loads((home.music / "Song.sidestick.json").read_text())["options"]
    assert options["grid"]["quantize"] is False and options["drum_map"] == "ableton"
