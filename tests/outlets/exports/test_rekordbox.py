"""Cue points and beats, read by pyrekordbox."""

from dataclasses import replace

import pytest
from pyrekordbox.rbxml import RekordboxXml

from bridge.timebase import Seconds
from daemon.outlets.exports import rekordbox
from daemon.outlets.exports.table import EXPORTS
from daemon.pipeline.pitched.harmony import Harmony, Key
from tests.written_songs import written_song

LONG = {"kick": "x...|" * 40}


@pytest.fixture
def read(tmp_path):
    def track(song):
        (tmp_path / "found.xml").write_bytes(rekordbox.to_bytes(song))
        return RekordboxXml(tmp_path / "found.xml").get_track(0)

    return track


def test_there_is_a_cue_every_sixteen_bars(read):
    found = read(written_song(LONG, bpm=120, first=1.0))
    assert [(mark["Name"], mark["Start"], mark["Num"]) for mark in found.marks] == [
        ("Bar 1", 1.0, 0), ("Bar 17", 33.0, 1), ("Bar 33", 65.0, 2),
    ]  # fmt: skip


def test_the_beats_begin_with_their_place_in_the_bar(read):
    found = read(written_song(LONG, bpm=97.5, numerator=3, first=2.0, pickup=1))
    (tempo,) = found.tempos
    assert (tempo["Bpm"], tempo["Metro"], tempo["Battito"]) == (97.5, "3/4", 3)
    assert tempo["Inizio"] == pytest.approx(2.0 - 60 / 97.5, abs=0.001)


def test_a_song_whose_tempo_moves_has_a_tempo_for_each_stretch(read):
    song = written_song(LONG)
    beats = [0.5 * n for n in range(81)]
    beats += [beats[-1] + 0.6 * n for n in range(1, 81)]
    grid = replace(song.arrangement.grid, beats=tuple(map(Seconds, beats)), constant=False)
    song = replace(song, arrangement=replace(song.arrangement, grid=grid, duration=Seconds(beats[-1])))
    assert {round(tempo["Bpm"]) for tempo in read(song).tempos} == {120, 100}


def test_the_track_has_its_key_and_its_place(read, tmp_path):
    song = written_song(LONG, source=tmp_path / "My Söng.mp3")
    song = replace(song, arrangement=replace(song.arrangement, harmony=Harmony(Key(9, True, 0.9), ())))
    found = read(song)
    assert (found["Name"], found["Tonality"], found["AverageBpm"]) == ("Song", "8A", 120.0)
    assert "My Söng.mp3" in found["Location"]
    assert b"file://localhost/" in rekordbox.to_bytes(song) and b"My%20S%C3%B6ng.mp3" in rekordbox.to_bytes(song)


def test_without_a_beat_there_is_none():
    arrangement = written_song(LONG).arrangement
    assert EXPORTS["rekordbox"].object(replace(arrangement, grid=replace(arrangement.grid, confidence=0.0)))
