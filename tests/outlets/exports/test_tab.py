"""Tablature that a guitarist can read."""

import csv
import io
from dataclasses import replace

import pytest

from bridge.drum_map import built_in_map
from bridge.timebase import Seconds
from daemon.outlets.arrange import arrange
from daemon.outlets.exports.song import ExportSong
from daemon.outlets.exports.tab import object_to_tab
from daemon.outlets.exports.table import EXPORTS
from daemon.pipeline.records import BeatGrid, Part
from daemon.score.note_cleanup import WrittenNote
from tests.songs import manifest

TAB = EXPORTS["tab"]


def note(number: int, pitch: int, time: float) -> WrittenNote:
    return WrittenNote(number, pitch, Seconds(time), Seconds(time), Seconds(0.2), 90, 0.9)


def song_of(**parts: list[tuple[int, float]]) -> ExportSong:
    """Notes (pitch, second) of each part at 120 bpm in 4/4."""
    notes = {
        Part(name): tuple(note(i, pitch, time) for i, (pitch, time) in enumerate(found))
        for name, found in parts.items()
    }
    return ExportSong(replace(arrange(manifest()), notes=notes), built_in_map("gm"))


def lines(song: ExportSong) -> list[str]:
    return TAB.write(song).decode().splitlines()


def test_an_open_chord_and_a_line_look_as_in_a_book():
    chord = [(pitch, 0.0) for pitch in (40, 47, 52, 56, 59, 64)]
    found = lines(song_of(guitar=[*chord, (64, 0.5), (67, 1.0)]))
    assert found[found.index("bar 1") + 1 :][:6] == [
        "E |-0-0-3---|",
        "B |-0-------|",
        "G |-1-------|",
        "D |-2-------|",
        "A |-2-------|",
        "E |-0-------|",
    ]


def test_sixteenths_and_triplets_get_columns_enough():
    quick = lines(song_of(guitar=[(64, 0.125 * i) for i in range(4)]))
    thirds = lines(song_of(guitar=[(64, 0.5 * i / 3) for i in range(3)]))
    assert quick[quick.index("bar 1") + 1].startswith("E |-0-0-0-0-")
    assert thirds[thirds.index("bar 1") + 1].startswith("E |-0-0-0---")


def test_all_strings_of_a_bar_are_equally_long_and_no_line_is_too_long():
    found = lines(song_of(guitar=[(40 + (7 * i) % 40, 0.25 * i) for i in range(38)]))
    strings = [line for line in found if "|" in line]
    blocks = [strings[i : i + 6] for i in range(0, len(strings), 6)]
    assert all(len({len(line) for line in block}) == 1 and len(block[0]) <= 110 for block in blocks)


def test_a_bass_has_four_strings_and_a_low_b_a_fifth():
    four, five = lines(song_of(bass=[(28, 0.0)])), lines(song_of(bass=[(23, 0.0)]))
    assert sum("|" in line for line in four) == 4 and "Bass, standard tuning" in four
    assert sum("|" in line for line in five) == 5 and "Bass, five strings tuning" in five


def test_what_no_hand_can_hold_is_counted():
    assert "1 of 2 notes are left out: no hand can hold them beside the others." in lines(
        song_of(guitar=[(40, 0.0), (41, 0.0)])
    )


def test_a_song_without_strings_is_told_what_to_ask_for():
    assert "Ask for the part guitar or bass" in object_to_tab(arrange(manifest()))


def test_a_song_without_a_beat_has_no_tab():
    free = replace(song_of(guitar=[(40, 0.0)]).arrangement, grid=BeatGrid((), (), None))
    assert "no beat" in object_to_tab(free)


@pytest.mark.parametrize(("part", "cell"), [("guitar", ("6", "3")), ("bass", ("1", "0")), ("piano", ("", ""))])
def test_the_table_has_string_and_fret(part: str, cell: tuple[str, str]):
    data = EXPORTS["csv"].write(song_of(**{part: [(43, 1.0)]})).decode()
    (row,) = [row for row in csv.DictReader(io.StringIO(data)) if row["part"] == part]
    assert (row["string"], row["fret"]) == cell
