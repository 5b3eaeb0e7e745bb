"""What is exported is the corrected song, written beside it and made again with every correction."""

import csv
import io
import json
import zipfile
from dataclasses import replace

import mido
import pytest

from bridge.drum_map import built_in_map
from daemon.errors import Rejected
from daemon.outlets.arrange import arrange
from daemon.outlets.delivery import DeliverySettings, correct, step_history
from daemon.outlets.exports.song import Export, ExportSong, require_beat
from daemon.outlets.exports.table import EXPORTS, export_of
from tests.songs import manifest, save_manifest

GM = built_in_map("gm")


@pytest.fixture
def settings(tmp_path):
    return DeliverySettings(tmp_path / "locks")


@pytest.fixture
def song():
    return ExportSong(arrange(manifest()), GM)


def rows(data):
    return list(csv.DictReader(io.StringIO(data.decode())))


def labels(path):
    return {row["label"] for row in rows(path.read_bytes())}


def track_notes(data):
    return {
        track.name: {message.note for message in track if message.type == "note_on"}
        for track in mido.MidiFile(file=io.BytesIO(data)).tracks[1:]
    }


def test_every_export_has_an_ending_of_its_own():
    assert len({export.ending for export in EXPORTS.values()}) == len(EXPORTS)


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_of_the_same_song_has_the_same_bytes(song, name):
    assert EXPORTS[name].write(song) == EXPORTS[name].write(song)


def test_an_unknown_export_is_refused_with_the_nearest_name():
    with pytest.raises(Rejected, match="Did you mean csv"):
        export_of("cvs")


def test_an_export_whose_package_is_missing_names_the_line_that_adds_it(monkeypatch):
    needy = Export("needy", "needy", "", "", lambda song: b"", packages=("no_such_package",), extra="score")
    monkeypatch.setitem(EXPORTS, "needy", needy)
    with pytest.raises(Rejected, match=r"no_such_package.*Add it with: .*install"):
        export_of("needy")


def test_the_table_has_a_row_for_each_hit_with_its_bar_and_beat(song):
    found = rows(EXPORTS["csv"].write(song))
    assert len(found) == 9
    assert [(row["label"], row["bar"], row["beat"]) for row in found[:3]] == [
        ("kick", "1", "1.0"), ("snare", "1", "2.0"), ("closed_hihat", "1", "3.0"),
    ]  # fmt: skip


def test_a_song_without_a_beat_has_rows_without_bars(song):
    grid = replace(song.arrangement.grid, confidence=0.0)
    free = replace(song, arrangement=replace(song.arrangement, grid=grid))
    assert {row["bar"] for row in rows(EXPORTS["csv"].write(free))} == {""}
    assert require_beat(free.arrangement).startswith("Song has no beat")


def test_the_json_has_the_same_rows(song):
    found = json.loads(EXPORTS["json"].write(song))
    assert len(found["rows"]) == 9
    assert found["rows"][0]["label"] == "kick"
    assert (found["bpm"], found["drum_map"]) == (120.0, "gm")


def test_each_drum_has_its_own_track(song):
    assert track_notes(EXPORTS["tracks"].write(song)) == {"Kick": {36}, "Snare": {38}, "Closed Hi-Hat": {42}}


def test_each_drum_has_its_own_file(song):
    with zipfile.ZipFile(io.BytesIO(EXPORTS["drum_files"].write(song))) as found:
        assert found.namelist() == ["Song.kick.mid", "Song.snare.mid", "Song.closed_hihat.mid"]
        assert list(track_notes(found.read("Song.snare.mid")).values()) == [{38}]


def test_an_export_is_written_beside_the_song_and_follows_its_corrections(tmp_path, settings):
    path, table = save_manifest(tmp_path), tmp_path / "Song.hits.csv"
    correct(path, {"settings": {"export": ["csv"]}}, settings)
    assert labels(table) == {"kick", "snare", "closed_hihat"}
    correct(path, {"clusters": {"1": "clap"}}, settings)
    assert labels(table) == {"kick", "clap", "closed_hihat"}
    step_history(path, True, settings)
    assert labels(table) == {"kick", "snare", "closed_hihat"}


def test_an_export_that_somebody_edited_is_left_alone(tmp_path, settings):
    path = save_manifest(tmp_path)
    correct(path, {"settings": {"export": ["csv"]}}, settings)
    (tmp_path / "Song.hits.csv").write_text("mine")
    correct(path, {"clusters": {"1": "clap"}}, settings)
    assert (tmp_path / "Song.hits.csv").read_text() == "mine"
    assert (tmp_path / "Song.hits-2.csv").is_file()


def test_an_export_that_the_song_cannot_have_is_told_and_the_rest_is_written(tmp_path, settings, monkeypatch):
    monkeypatch.setitem(EXPORTS, "csv", replace(EXPORTS["csv"], object=lambda arrangement: "Song has no beat."))
    made = correct(save_manifest(tmp_path), {"settings": {"export": ["csv", "json"]}}, settings)
    assert made.remarks[0] == "There is no csv file: Song has no beat."
    assert not (tmp_path / "Song.hits.csv").exists()
    assert (tmp_path / "Song.hits.json").exists()


def test_a_correction_that_asks_for_an_unknown_export_is_refused(tmp_path, settings):
    with pytest.raises(Rejected, match="no export called"):
        correct(save_manifest(tmp_path), {"settings": {"export": ["pdf"]}}, settings)
