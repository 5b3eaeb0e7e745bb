"""A drum part for a song without drums."""

import io
from dataclasses import replace

import mido
import pytest

from bridge.drum_map import built_in_map
from bridge.timebase import Seconds
from daemon.outlets.arrange import arrange
from daemon.outlets.exports.drummer import objection
from daemon.outlets.exports.song import ExportSong
from daemon.outlets.exports.table import EXPORTS
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid, Part
from daemon.score.note_cleanup import WrittenNote
from tests.songs import manifest

GM = built_in_map("gm")
BEATS = tuple(Seconds(0.5 * i) for i in range(65))


def song(beats_per_bar=4, **options):
    bass = tuple(WrittenNote(i, 40, BEATS[i], BEATS[i], Seconds(0.4), 90, 0.9) for i in range(0, 64, 2))
    grid = BeatGrid(BEATS, tuple(range(0, 65, beats_per_bar)), 120.0)
    plain = replace(arrange(manifest()), hits=(), times=(), grid=grid, duration=Seconds(32.0), notes={Part.BASS: bass})
    return ExportSong(replace(plain, options=Options(parts=(Part.BASS,), **options)), GM)


def read_notes(data):
    file = mido.MidiFile(file=io.BytesIO(data))
    return file, [message for message in file.tracks[1] if message.type == "note_on"]


def test_it_is_drums_on_channel_ten_from_start_to_end():
    file, notes = read_notes(EXPORTS["drummer"].write(song()))
    assert {note.channel for note in notes} == {9} and {36, 38} <= {note.note for note in notes}
    assert file.length == pytest.approx(32.0, abs=0.1)


def test_the_track_names_its_source():
    file, _ = read_notes(EXPORTS["drummer"].write(song()))
    assert "Groove MIDI Dataset" in file.tracks[1].name and "CC BY 4.0" in file.tracks[1].name


def test_there_are_three_to_choose_from():
    assert len({EXPORTS[name].write(song()) for name in ("drummer", "drummer_2", "drummer_3")}) == 3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (arrange(manifest()), "has drums of its own"),
        (replace(song().arrangement, notes={}), "Ask for its bass"),
        (replace(song().arrangement, grid=BeatGrid((), (), None)), "no beat"),
        (song(7).arrangement, "is in 7/4, and no drummer in the box plays that"),
    ],
)
def test_a_song_that_gets_no_drummer_is_told_why(given, words):
    assert words in objection(given)


def test_a_song_that_can_have_one_has_no_objection():
    assert objection(song().arrangement) == ""
