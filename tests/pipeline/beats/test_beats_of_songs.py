"""Whole songs: one tempo first, changes of tempo and meter, and what has no beat. Hits as a player would leave them."""

import numpy as np
import pytest

from daemon.pipeline.beats.beats import track_beats
from daemon.pipeline.records import BeatGrid
from tests.songs_with_beats import (
    Player,
    Section,
    Song,
    beatless_sounds,
    constant_songs,
    moving_songs,
    onset_strength,
    play_song,
)

CAREFUL = Player(jitter=0.004, missed=0.05, added=0.03)


def grid_of(song: Song, **asked: float) -> BeatGrid:
    return track_beats(song.novelty, song.hits, **asked)  # type: ignore[arg-type]


def played(*sections: Section, start: float = 0.4, seed: int = 7, pickup: float = 0.0) -> Song:
    return play_song("song", "constant", sections, start=start, seed=seed, pickup=pickup, player=CAREFUL)


def errors(song: Song, grid: BeatGrid) -> np.ndarray:
    """How far the nearest beat is from each true one, in seconds."""
    return np.abs(song.beats[:, None] - np.array(grid.beats)[None, :]).min(axis=1)


def lines_hit(song: Song, grid: BeatGrid) -> float:
    """The share of true bar lines at which the grid has one."""
    lines = np.array(grid.beats)[list(grid.downbeats)]
    return float(np.mean(np.abs(song.downbeats[:, None] - lines[None, :]).min(axis=1) < 0.05))


@pytest.mark.parametrize(
    ("groove", "bpm"),
    [("rock", 133.37), ("sixteenths", 88.21), ("shuffle", 109.43), ("half time", 71.9), ("waltz", 127.77)],
)
def test_a_song_to_a_click_has_its_bpm_to_a_ten_thousandth_and_every_beat_within_ten_milliseconds(groove, bpm):
    song = played(Section(groove, int(240 * bpm / 60 / 4), bpm))
    grid = grid_of(song)
    assert grid.constant
    assert 60 / np.median(np.diff(grid.beats)) == pytest.approx(bpm, rel=1e-4)
    assert errors(song, grid).max() < 0.010


@pytest.mark.parametrize(("groove", "bpm"), [("jazz", 187.3), ("take five", 203.3)])
def test_jazz_to_a_click_has_one_tempo_though_only_its_ride_keeps_time(groove, bpm):
    song = played(Section(groove, 26, bpm))
    grid = grid_of(song)
    assert grid.constant
    assert 60 / np.median(np.diff(grid.beats)) == pytest.approx(bpm, rel=1e-4)
    assert errors(song, grid).max() < 0.010


def test_a_bridge_without_drums_is_crossed_in_phase():
    rest = Section("rock", 40, 127.43, drums=False)
    song = played(Section("rock", 24, 127.43), rest, Section("rock", 16, 127.43))
    assert errors(song, grid_of(song)).max() < 0.010


def test_a_silence_of_minutes_does_not_end_the_tempo():
    song = played(Section("rock", 30, 120.0, rest=200.0), Section("rock", 10, 120.0))
    grid = grid_of(song)
    assert (grid.constant, grid.bpm) == (True, 120.0)
    assert errors(song, grid).max() < 0.010


@pytest.mark.parametrize("bpm", [130.0, 171.3, 217.3])
@pytest.mark.parametrize("groove", ["double kick", "blast"])
def test_steady_sixteenths_are_four_four(groove, bpm):
    grid = grid_of(played(Section(groove, int(bpm / 4), bpm)))
    assert (grid.numerator, grid.denominator) == (4, 4)
    assert min(abs(grid.bpm / bpm / factor - 1) for factor in (0.5, 1, 2)) < 1e-3


@pytest.mark.parametrize(
    ("groove", "bpm", "meter"),
    [
        ("waltz", 131.0, (3, 4)),
        ("five", 129.7, (5, 4)),
        ("five, two and three", 104.9, (5, 4)),
        ("six eight", 58.4, (6, 8)),
        ("twelve eight", 61.7, (12, 8)),
        ("seven", 281.3, (7, 8)),
        ("seven, two two three", 262.9, (7, 8)),
    ],
)
def test_bars_of_every_meter_are_heard(groove, bpm, meter):
    song = played(Section(groove, 40, bpm))
    grid = grid_of(song)
    assert (grid.numerator, grid.denominator) == meter
    assert lines_hit(song, grid) > 0.9


@pytest.mark.parametrize("cut", [2, 3])
def test_one_short_bar_moves_the_bar_lines_behind_it_and_only_those(cut):
    short = Section(f"rock/{cut}", 1, 112.3, crash=0)
    song = played(Section("rock", 16, 112.3), short, Section("rock", 24, 112.3))
    grid = grid_of(song)
    assert lines_hit(song, grid) > 0.95
    assert [one.numerator for one in grid.meters] == [4, cut, 4]


def test_a_meter_may_change_for_a_part_of_the_song():
    song = played(Section("rock", 24, 126.6), Section("waltz", 24, 126.6), Section("rock", 16, 126.6))
    grid = grid_of(song)
    assert [one.numerator for one in grid.meters] == [4, 3, 4]
    assert lines_hit(song, grid) > 0.95


def test_a_pickup_does_not_begin_the_bars():
    song = played(Section("rock", 40, 112.6), start=2.0, pickup=1.5)
    assert lines_hit(song, grid_of(song)) > 0.95


@pytest.mark.parametrize(("first", "second"), [(90.0, 140.0), (120.0, 126.5), (150.0, 101.0)])
def test_a_change_of_tempo_is_two_tempi_and_not_a_wobble(first, second):
    song = played(Section("rock", 20, first), Section("rock", 30, second))
    grid = grid_of(song)
    gaps = np.diff(grid.beats)
    assert not grid.constant
    assert 60 / np.median(gaps[:60]) == pytest.approx(first, rel=1e-3)
    assert 60 / np.median(gaps[-60:]) == pytest.approx(second, rel=1e-3)
    assert np.median(errors(song, grid)) < 0.004


@pytest.mark.parametrize("song", [song for song in moving_songs() if song.kind == "player"], ids=lambda song: song.name)
def test_players_without_a_click_are_followed(song):
    grid = grid_of(song)
    assert not grid.constant
    assert np.median(errors(song, grid)) < 0.008


@pytest.mark.parametrize("song", list(beatless_sounds()), ids=lambda song: song.name)
def test_what_has_no_beat_gets_no_grid(song):
    grid = grid_of(song)
    assert (grid.beats, grid.confidence) == ((), 0.0)


def test_hits_a_few_milliseconds_elsewhere_give_the_same_grid():
    """As a file has them that was MP3 or OGG in between."""
    song = next(song for song in constant_songs() if song.name.startswith("sixteenths"))
    draw = np.random.default_rng(3)
    moved = [float(hit.onset + draw.normal(0, 0.002)) for hit in song.hits]
    kept = tuple(
        type(hit)(**{**{name: getattr(hit, name) for name in hit.__slots__}, "onset": max(0.0, time)})
        for hit, time in zip(song.hits, moved, strict=True)
        if draw.random() > 0.02
    )
    one, other = grid_of(song), track_beats(onset_strength(kept, song.seconds), kept)
    assert other.bpm == pytest.approx(one.bpm, rel=1e-5)
    assert (other.downbeats, other.numerator) == (one.downbeats, one.numerator)
    assert np.abs(np.array(one.beats) - np.array(other.beats)).max() < 0.003


def test_players_are_followed_at_twice_their_tempo_when_asked():
    song = next(song for song in moving_songs() if song.name == "breathing rock 104")
    grid = grid_of(song, bpm=208.0)
    assert 60 / np.median(np.diff(grid.beats)) == pytest.approx(208.0, rel=0.02)
    assert np.median(errors(song, grid)) < 0.008


def test_bars_that_nothing_tells_apart_are_called_a_guess():
    song = played(Section("x.|x.|x.|x.; ..|..|..|..; xx|xx|xx|xx", 30, 124.0, crash=0))
    assert any("a guess" in remark for remark in grid_of(song).remarks)
