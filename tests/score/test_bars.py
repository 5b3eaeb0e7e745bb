"""Which bar and which quarter note a time lies in."""

import pytest

from bridge.timebase import Seconds
from daemon.pipeline.records import BeatGrid, TimeSignature
from daemon.score.bars import SongBars


def grid(count=16, first=0.0, interval=0.5, downbeats=(0, 4, 8, 12), **more):
    beats = tuple(Seconds(first + interval * number) for number in range(count))
    return BeatGrid(beats, tuple(downbeats), 60 / interval, **more)


def test_bar_1_begins_with_the_first_downbeat():
    bars = SongBars(grid(first=1.0, downbeats=(2, 6, 10)), 8.0)
    assert bars.quarters(2.0) == pytest.approx(0.0)
    assert (bars.position(2.0).bar, bars.position(2.0).beat) == (1, pytest.approx(1.0))


def test_what_comes_before_lies_in_a_whole_bar_0():
    bars = SongBars(grid(first=1.0, downbeats=(2, 6, 10)), 8.0)
    assert (bars.bars[0].number, bars.bars[0].start, bars.bars[0].quarters) == (0, -4.0, 4.0)
    assert (bars.position(1.0).bar, bars.position(1.0).beat) == (0, pytest.approx(3.0))


def test_a_song_that_starts_with_bar_1_has_no_bar_before_it():
    assert SongBars(grid(), 8.0).bars[0].number == 1


def test_bars_go_on_behind_the_last_downbeat():
    assert [bar.start for bar in SongBars(grid(downbeats=(0, 4)), 8.0).bars] == [0.0, 4.0, 8.0, 12.0]


def test_a_short_bar_has_its_own_meter():
    bars = SongBars(grid(downbeats=(0, 4, 6, 10)), 8.0).bars
    assert [(bar.numerator, bar.denominator) for bar in bars[:3]] == [(4, 4), (2, 4), (4, 4)]
    assert [bar.start for bar in bars[:3]] == [0.0, 4.0, 6.0]


def test_dotted_quarters_make_bars_of_six_eighths():
    bars = SongBars(grid(downbeats=(0, 2, 4), numerator=6, denominator=8), 8.0)
    assert (bars.bars[0].numerator, bars.bars[0].denominator, bars.bars[0].quarters) == (6, 8, 3.0)
    assert bars.quarters(0.5) == pytest.approx(1.5)


def test_meters_that_were_told_are_kept():
    told = (TimeSignature(0, 8, 8),)
    assert SongBars(grid(meters=told), 8.0).bars[0].denominator == 8


def test_seconds_and_quarter_notes_are_one_another():
    bars = SongBars(grid(first=0.25, downbeats=(1, 5)), 9.0)
    for time in (0.0, 0.25, 1.3, 7.9, 9.0):
        assert bars.seconds(bars.quarters(time)) == pytest.approx(time)


def test_without_beats_there_are_no_bars():
    with pytest.raises(ValueError, match="no beats"):
        SongBars(BeatGrid((), (), 120.0, confidence=0.0), 8.0)
