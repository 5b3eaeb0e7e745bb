"""Note names of DAWs become drum maps, and the published charts become the built-in ones."""

from pathlib import Path

import pytest

from bridge.drum_map import DrumMapError, built_in_map, map_names
from bridge.note_names import map_of_names, read_names

CHARTS = sorted((Path(__file__).parent / "charts").glob("*.txt"))
# Notes of the chart, and how many of them the map has no use for: further cymbals, rims of toms, bells of hats.
COUNTS = {
    "addictive_drums_2": (38, 2), "alesis": (19, 0), "bfd3": (72, 28), "ggd_modern_and_massive": (29, 0),
    "hydrogen": (18, 0), "logic": (31, 1), "mt_power_drum_kit_2": (28, 0), "roland_td": (24, 2), "ssd5": (42, 0),
    "superior_drummer_3": (58, 5),
}  # fmt: skip
# Names do not tell which of SD3's cymbals and BFD3's floor toms is which, and that Alesis' splash is the hi-hat's.
UNTOLD = {"alesis": {"splash"}, "bfd3": {"low_tom"}, "superior_drummer_3": {"crash", "crash_2"}}
CUBASE = """<?xml version="1.0" encoding="utf-8"?>
<DrumMap><string name="Name" value="Mine" wide="true"/><list name="Map" type="list">
<item><int name="INote" value="36"/><int name="ONote" value="24"/><string name="Name" value="Bass Drum"/></item>
<item><int name="INote" value="38"/><int name="ONote" value="26"/><string name="Name" value="[Snare] Center"/></item>
<item><int name="INote" value="39"/><int name="ONote" value="27"/><string name="Name" value=""/></item>
</list></DrumMap>"""


def named(tmp_path, text, name="kit.txt"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_names(path)


def test_every_chart_is_counted():
    assert {chart.stem for chart in CHARTS} == set(COUNTS) <= set(map_names())


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.stem)
def test_a_map_knows_the_notes_of_its_chart(chart):
    names = read_names(chart)
    assert (len(names), len(names.keys() - built_in_map(chart.stem).pitches)) == COUNTS[chart.stem]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.stem)
def test_the_names_of_a_chart_mean_the_drums_of_its_map(chart):
    known = built_in_map(chart.stem)
    learned = map_of_names(read_names(chart), "learned").notes
    assert len(learned) >= 12
    assert {label for label, note in learned.items() if known.label_of(note) != label} == UNTOLD.get(chart.stem, set())


def test_the_note_that_sounds_is_taken_from_a_cubase_map(tmp_path):
    names = named(tmp_path, CUBASE, "kit.drm")
    assert names == {24: "Bass Drum", 26: "[Snare] Center"}
    assert map_of_names(names, "mine").notes == {"kick": 24, "snare": 26}


@pytest.mark.parametrize(
    "text",
    [
        '<Music.PitchNameList><Music.PitchName pitch="36" name="Kick"/></Music.PitchNameList>',
        '<MIDINameDocument><Note Number="36" Name="Kick"/></MIDINameDocument>',
        "// generated\n36\tKick\nCC4 Pedal\n37 ---\n200 Snare\n",
    ],
    ids=["Studio One", "midnam", "REAPER"],
)
def test_the_other_files_have_the_same_names(tmp_path, text):
    assert named(tmp_path, text) == {36: "Kick"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("hello", "has no note names"), ("<DrumMap>", "is damaged"), ("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "entities")],
)
def test_a_file_without_names_is_refused(tmp_path, text, sentence):
    with pytest.raises(DrumMapError, match=sentence):
        named(tmp_path, text)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DrumMapError, match="cannot be read"):
        read_names(tmp_path / "none.txt")


def test_names_without_a_drum_are_refused():
    with pytest.raises(DrumMapError, match="No drum is named in strings"):
        map_of_names({24: "legato", 25: "pizzicato"}, "strings")


def test_a_choke_is_no_stroke():
    assert map_of_names({49: "Crash Choke", 57: "Crash"}, "mine").notes == {"crash": 57}


def test_the_lowest_of_three_toms_is_the_floor_tom():
    assert map_of_names({48: "Tom 1", 45: "Tom 2", 43: "Tom 3"}, "mine").notes == {
        "high_tom": 48, "mid_tom": 45, "floor_tom": 43,
    }  # fmt: skip
