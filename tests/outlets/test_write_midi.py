from pathlib import Path

import pytest

from bridge.midi.file import read
from bridge.notes import Clip, ClipNote, Track
from bridge.timebase import Seconds, TempoMap
from daemon.errors import StageFailed
from daemon.outlets.midi_file import write_midi

CLIP = Clip(
    "Song",
    TempoMap.constant(120),
    (Track("Drums", 9, (ClipNote(36, Seconds(0.5), Seconds(0.05), 100),)),),
    Seconds(2.0),
)


def test_the_file_holds_the_clip(tmp_path: Path) -> None:
    back = read(write_midi(tmp_path / "song.mid", CLIP))
    assert (back.name, back.tracks[0].name, back.tracks[0].notes[0].onset) == ("Song", "Drums", 0.5)


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "song.mid"
    path.write_bytes(b"old")
    write_midi(path, CLIP)
    assert read(path).name == "Song"


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    write_midi(tmp_path / "song.mid", CLIP)
    assert [path.name for path in tmp_path.iterdir()] == ["song.mid"]


def test_a_missing_folder_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(StageFailed, match=r"gone.*song\.mid could not be written: the folder is not there; choose"):
        write_midi(tmp_path / "gone" / "song.mid", CLIP)
