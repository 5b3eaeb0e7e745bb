"""The words of a request about parts: what they stand for, and what is refused."""

import pytest

from daemon.errors import Rejected
from daemon.pipeline.options import Options
from daemon.pipeline.pitched.part_settings import PRESETS, settings_of
from daemon.pipeline.records import Drum, Part
from daemon.score.note_cleanup import clean_up_settings


def test_all_is_the_usual_four_and_more_may_be_added():
    assert Options.read({"parts": "piano,all"}).parts == (
        Part.DRUMS, Part.BASS, Part.VOCALS, Part.OTHER, Part.PIANO,
    )  # fmt: skip


def test_parts_come_once_and_in_one_order():
    assert Options.read({"parts": ["vocals", "drums", "vocals"]}) == Options.read({"parts": ["drums", "vocals"]})


def test_a_stem_is_its_own_part_whatever_the_settings_say():
    assert Options.read({"input": "bass", "parts": ["drums", "vocals"]}).parts == (Part.BASS,)


@pytest.mark.parametrize(("wanted", "network"), [("all", "auto"), ("guitar", "htdemucs_6s"), ("piano", "htdemucs_6s")])
def test_guitar_and_piano_choose_the_network_that_knows_them(wanted, network):
    assert Options.read({"parts": wanted}).separator_name == network
    assert Options.read({"parts": wanted, "separator": "mdx"}).separator_name == "mdx"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"parts": ["kazoo"]}, "parts.0: 'kazoo' does not work; use drums, bass"),
        ({"notes": {"drums": {}}}, "use bass, vocals"),
        ({"notes": {"bass": {"lowest": 300, "highest": 200}}}, "lowest (300 Hz) must lie below highest (200 Hz)"),
        ({"notes": {"bass": {"transpose": 99}}}, "notes.bass.transpose: 99 does not work; the most is 48"),
        ({"sensitivity": {"kazoo": 0.5}}, "use kick, snare"),
        ({"sensitivity": {"bass": 2}}, "sensitivity.bass: 2 does not work; the most is 1"),
    ],
)
def test_what_does_not_work_is_refused_in_words(given, words):
    with pytest.raises(Rejected) as refused:
        Options.read(given)
    assert words in refused.value.reason


def test_what_is_not_set_is_as_it_suits_the_part():
    assert settings_of(Part.BASS, Options().part_options(Part.BASS)) == PRESETS[Part.BASS]


def test_what_is_set_goes_over_the_preset():
    options = Options.read({"notes": {"bass": {"shortest_ms": 120, "highest": 300, "onset": 0.6}}})
    heard = settings_of(Part.BASS, options.part_options(Part.BASS))
    assert (heard.shortest, heard.lowest, heard.highest) == (0.12, 30, 300)
    assert heard.onset_threshold == pytest.approx(0.6)


def test_a_part_is_written_on_the_grid_of_the_song_unless_it_has_its_own():
    options = Options.read({"grid": {"step": "1/8"}, "notes": {"bass": {"grid": {"step": "1/4"}}}})
    assert [clean_up_settings(part, options).grid.step for part in (Part.BASS, Part.PIANO)] == ["1/4", "1/8"]


def test_overlap_may_be_kept_in_a_voice_and_cut_in_chords():
    options = Options.read({"notes": {"bass": {"overlap": "keep"}, "piano": {"overlap": "cut"}}})
    assert [clean_up_settings(part, options).monophonic for part in (Part.BASS, Part.PIANO)] == [False, True]


@pytest.mark.parametrize("given", ["none", ["none"], []])
def test_parts_may_be_none(given):
    assert Options.read({"parts": given, "stems": "wav"}).stems_only


@pytest.mark.parametrize("name", ["delta", "wait", "gap_ms"])
def test_a_classic_setting_of_one_drum_leaves_the_others_as_published(name):
    published, chosen = (getattr(Options.read(given).classic, name) for given in ({}, {"classic": {name: {"kick": 1}}}))
    assert chosen == {**published, Drum.KICK: 1}


@pytest.mark.parametrize("value", [-1, 1e9, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["delta", "wait", "gap_ms"])
def test_a_classic_setting_that_no_recipe_has_is_refused(name, value):
    with pytest.raises(Rejected):
        Options.read({"classic": {name: {"kick": value}}})


@pytest.mark.parametrize(
    ("told", "meter"),
    [
        ({"grid": {"meter": "7/8"}}, "7/8"),
        ({"grid": {"numerator": 7, "denominator": 8}}, "7/8"),
        ({"grid": {"numerator": 3}}, "3/4"),
        ({"numerator": 5}, "5/4"),
    ],
)
def test_a_meter_may_be_told_within_the_grid_or_by_its_numbers(told, meter):
    assert Options.read(told).meter == meter


def test_a_tempo_told_within_the_grid_is_the_songs():
    found = Options.read({"grid": {"bpm": 93.5, "downbeat": 1.0, "step": "1/8"}})
    assert (found.bpm, found.downbeat, found.grid.step) == (93.5, 1.0, "1/8")


def test_a_meter_that_is_none_is_refused_by_its_name():
    with pytest.raises(Rejected, match="meter: '7/3'"):
        Options.read({"grid": {"numerator": 7, "denominator": 3}})
