from itertools import pairwise

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from bridge.timebase import PPQ, Seconds
from daemon.errors import Rejected
from daemon.pipeline.beats.meter import quarters_per_beat
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid
from daemon.score.clip import tempo_map
from daemon.score.given_tempo import correct_grid, grid_from_settings

FOUR_MINUTES = Seconds(240.0)


def apply_options(**words: object) -> BeatGrid:
    grid = grid_from_settings(Options.model_validate(words), FOUR_MINUTES)
    assert grid is not None
    return grid


def detected_grid(first: float = 0.5, interval: float = 0.5, downbeat: int = 0) -> BeatGrid:
    beats = tuple(Seconds(round(first + i * interval, 6)) for i in range(100))
    return BeatGrid(beats, tuple(range(downbeat, 100, 4)), 60 / interval)


def meters(grid: BeatGrid) -> list[tuple[float, int, int]]:
    return [(m.tick / PPQ, m.numerator, m.denominator) for m in tempo_map(grid, FOUR_MINUTES, "map").meters]


def bars(grid: BeatGrid, count: int = 3) -> list[float]:
    return [round(grid.beats[i], 6) for i in grid.downbeats[:count]]


def refusal(**words: object) -> str:
    with pytest.raises(Rejected) as caught:
        Options.read(words)
    return caught.value.reason


# --- a tempo map


def test_one_mark_is_a_song_of_one_tempo() -> None:
    grid = apply_options(tempo_map=[[0, 120]])
    assert (grid.beats[:3], grid.downbeats[:3], grid.bpm) == ((0.0, 0.5, 1.0), (0, 4, 8), 120.0)


def test_a_constant_map_ends_on_the_beat_after_four_minutes_and_is_one_tempo_in_the_file() -> None:
    grid = apply_options(tempo_map=[[0, 120, 4, 4]])
    assert grid.beats[-1] == 240.0
    assert [point.bpm for point in tempo_map(grid, FOUR_MINUTES).points] == [120.0]


def test_a_mark_before_the_source_puts_its_start_inside_a_bar() -> None:
    grid = apply_options(tempo_map=[[-0.75, 120, 4, 4]])
    assert grid.beats[:2] == (0.25, 0.75)
    assert bars(grid) == [1.25, 3.25, 5.25]


def test_a_mark_later_in_the_song_holds_before_it_too() -> None:
    assert bars(apply_options(tempo_map=[[8.0, 120, 4, 4]])) == [0.0, 2.0, 4.0]


def test_the_downbeat_says_where_bars_start_when_the_mark_does_not() -> None:
    assert bars(apply_options(tempo_map=[[0, 120, 4, 4]], downbeat=0.6)) == [0.6, 2.6, 4.6]


def test_the_downbeat_may_lie_before_the_source() -> None:
    assert bars(apply_options(tempo_map=[[0, 120, 4, 4]], downbeat=-1.9)) == [0.1, 2.1, 4.1]


def test_a_new_tempo_inside_a_bar_leaves_the_bars_alone() -> None:
    grid = apply_options(tempo_map=[[0, 120], [1.25, 60]])
    assert grid.beats[:5] == (0.0, 0.5, 1.0, 1.75, 2.75)
    assert grid.downbeats[:2] == (0, 4)


def test_a_new_meter_starts_a_bar() -> None:
    grid = apply_options(tempo_map=[[0, 120, 4, 4], [4, 120, 3, 4]])
    assert bars(grid, 4) == [0.0, 2.0, 4.0, 5.5]
    assert meters(grid) == [(0, 4, 4), (8, 3, 4)]


def test_a_rounded_second_of_a_meter_makes_no_beat_of_a_millisecond() -> None:
    grid = apply_options(tempo_map=[[0, 121.3, 4, 4], [3.957131, 121.3, 3, 4]])
    assert min(b - a for a, b in pairwise(grid.beats)) > 0.49


def test_six_eight_is_counted_in_dotted_quarters() -> None:
    grid = apply_options(tempo_map=[[0, 120, 6, 8]])
    assert (grid.beats[:3], grid.downbeats[:3], grid.bpm) == ((0.0, 0.75, 1.5), (0, 2, 4), 80.0)
    assert meters(grid) == [(0, 6, 8)]


def test_meters_that_count_differently_share_the_smaller_beat_and_keep_their_names() -> None:
    grid = apply_options(tempo_map=[[0, 120, 4, 4], [2, 120, 7, 8], [3.75, 120, 4, 4]])
    assert bars(grid, 4) == [0.0, 2.0, 3.75, 5.75]
    assert meters(grid) == [(0, 4, 4), (4, 7, 8), (7.5, 4, 4)]
    assert tempo_map(grid, FOUR_MINUTES).points[0].bpm == 120.0


def test_a_pickup_gets_a_bar_of_its_own_before_the_meter() -> None:
    assert meters(apply_options(tempo_map=[[1.0, 120, 3, 4]])) == [(0, 2, 4), (2, 3, 4)]


def test_a_sound_shorter_than_a_beat_has_two_beats_all_the_same() -> None:
    grid = grid_from_settings(Options.model_validate({"tempo_map": [[0, 60]]}), Seconds(0.2))
    assert grid is not None and grid.beats == (0.0, 1.0)


_MARKS = st.lists(
    st.tuples(st.floats(0.5, 30), st.floats(20, 500), st.integers(1, 12), st.sampled_from([2, 4, 8, 16])),
    min_size=1,
    max_size=8,
)


@drawn(_MARKS, st.floats(-20, 20), st.none() | st.floats(-30, 60), st.floats(0.1, 90))
def test_whatever_the_map_its_beats_rise_and_their_bars_are_bar_lines(marks, start, downbeat, duration) -> None:  # type: ignore[no-untyped-def]
    seconds = [start + sum(gap for gap, *_ in marks[:i]) for i in range(len(marks))]
    rows = [[second, *rest] for second, (_, *rest) in zip(seconds, marks, strict=True)]
    grid = grid_from_settings(Options.model_validate({"tempo_map": rows, "downbeat": downbeat}), Seconds(duration))
    assert grid is not None and len(grid.beats) >= 2
    assert grid.beats[0] >= 0 and all(a < b for a, b in pairwise(grid.beats))
    tempo = tempo_map(grid, Seconds(duration))
    assert [meter.tick for meter in tempo.meters] == sorted({meter.tick for meter in tempo.meters})
    assert abs(tempo.seconds(tempo.beats(grid.beats[1])) - grid.beats[1]) < 0.005


# --- beats one by one


def test_beats_are_taken_as_they_are() -> None:
    grid = apply_options(beats=[0.1, 0.7, 1.15, 1.7], downbeats=[1])
    assert (grid.beats, grid.downbeats) == ((0.1, 0.7, 1.15, 1.7), (1,))


def test_without_downbeats_every_fourth_beat_is_one() -> None:
    assert apply_options(beats=[i * 0.5 for i in range(9)]).downbeats == (0, 4, 8)


def test_beats_before_the_source_are_let_go_and_the_downbeats_keep_theirs() -> None:
    grid = apply_options(beats=[-0.4, 0.1, 0.6, 1.1, 1.6], downbeats=[0, 4])
    assert (grid.beats[0], grid.downbeats) == (0.1, (3,))


def test_told_bars_of_different_lengths_become_meters() -> None:
    grid = apply_options(beats=[i * 0.5 for i in range(15)], downbeats=[0, 3, 7, 11, 14])
    assert meters(grid) == [(0, 3, 4), (3, 4, 4), (11, 3, 4)]


# --- what the heard grid is told


def test_a_downbeat_on_a_heard_beat_starts_the_bars_there() -> None:
    assert bars(correct_grid(detected_grid(), Options(downbeat=1.52))) == [1.5, 3.5, 5.5]


def test_a_downbeat_between_the_beats_moves_all_of_them() -> None:
    grid = correct_grid(detected_grid(), Options(downbeat=1.75))
    assert grid.beats[:2] == (0.25, 0.75)
    assert bars(grid) == [1.75, 3.75, 5.75]


def test_a_downbeat_told_twice_is_where_it_was_told() -> None:
    once = correct_grid(detected_grid(), Options(downbeat=1.75))
    assert correct_grid(once, Options(downbeat=1.75)) == once


def test_a_meter_is_told_without_touching_the_beats() -> None:
    grid = correct_grid(detected_grid(downbeat=1), Options(meter="3/4"))
    assert (grid.beats, bars(grid)) == (detected_grid().beats, [1.0, 2.5, 4.0])
    assert meters(grid) == [(0, 2, 4), (2, 3, 4)]


def test_told_six_eight_counts_the_heard_beats_as_dotted_quarters() -> None:
    grid = correct_grid(detected_grid(first=0.0), Options(meter="6/8"))
    assert (meters(grid), bars(grid, 2)) == ([(0, 6, 8)], [0.0, 1.0])


def test_nothing_told_is_the_heard_grid() -> None:
    assert correct_grid(detected_grid(), Options()) == detected_grid()
    assert grid_from_settings(Options(), FOUR_MINUTES) is None


# --- refusals


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"beats": [1.0]}, "at least 2"),
        ({"beats": [1.0, 2.0, 1.5]}, "1.5 comes after 2"),
        ({"beats": [1.0, 1.01]}, "0.01 s apart"),
        ({"beats": [1.0, float("nan")]}, "beats.1"),
        ({"beats": [1.0, "two"]}, "beats.1: 'two'"),
        ({"beats": [0, 1], "downbeats": [2]}, "names beat 2, and there are 2"),
        ({"beats": [0, 1], "downbeats": [1, 0]}, "0 comes after 1"),
        ({"beats": [0, 1], "tempo_map": [[0, 120]]}, "give tempo_map or beats, not both"),
        ({"bpm": 120, "tempo_map": [[0, 120]]}, "give bpm or tempo_map, not both"),
        ({"bpm": 120, "beats": [0, 1]}, "give bpm or beats, not both"),
        ({"meter": "4/4", "tempo_map": [[0, 120]]}, "leave out meter"),
        ({"downbeat": 1, "beats": [0, 1]}, "leave out downbeat"),
        ({"meter": "seven"}, "like 3/4"),
        ({"meter": "4/3"}, "like 3/4"),
        ({"downbeats": [0]}, "names beat 0"),
        ({"tempo_map": []}, "at least 1"),
        ({"tempo_map": [[0, 120], [0, 90]]}, "0 comes after 0"),
        ({"tempo_map": [[0, 0]]}, "the least is 10"),
        ({"tempo_map": [[0, 120, 4, 3]]}, "use 1, 2, 4"),
        ({"tempo_map": [[0]]}, "tempo_map.0"),
        ({"downbeat": 1e9}, "the most is 86400"),
        ({"meter": "0/4"}, "like 3/4"),
    ],
)
def test_what_cannot_be_a_grid_is_refused_with_its_value(words: dict[str, object], said: str) -> None:
    assert said in refusal(**words)


@pytest.mark.parametrize("meter", [(7, 8), (5, 8), (3, 8), (2, 2), (3, 2), (4, 4), (5, 16)])
def test_a_given_meter_never_changes_the_tempo(meter: tuple[int, int]) -> None:
    numerator, denominator = meter
    grid = correct_grid(detected_grid(first=0.0), Options(meter=f"{numerator}/{denominator}"))
    beat = grid.beats[1] - grid.beats[0]
    assert beat / quarters_per_beat(grid) == pytest.approx(0.5)
    assert meters(grid)[0] == (0, *meter)
    bar = grid.beats[grid.downbeats[1]] - grid.beats[grid.downbeats[0]]
    assert bar == pytest.approx(numerator * 4 / denominator * 0.5)
