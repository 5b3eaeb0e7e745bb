import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.timebase import GRID_STEPS, PPQ, Beats, Meter, Seconds, TempoMap, TempoPoint, Ticks

TEMPI = st.lists(
    st.tuples(st.integers(1, 4 * PPQ), st.integers(150_000, 3_000_000)), min_size=0, max_size=20
)  # ticks since the last change, microseconds per quarter


def _map(changes: list[tuple[int, int]]) -> TempoMap:
    tick, tempi = 0, [(Ticks(0), 500_000)]
    for distance, microseconds in changes:
        tick += distance
        tempi.append((Ticks(tick), microseconds))
    return TempoMap.of(tempi)


def test_at_120_bpm_a_beat_lasts_half_a_second() -> None:
    assert TempoMap.constant(120).seconds(Beats(3)) == 1.5


def test_a_change_of_tempo_holds_from_its_tick_on() -> None:
    tempo_map = TempoMap.of([(Ticks(0), 500_000), (Ticks(2 * PPQ), 1_000_000)])
    assert [tempo_map.seconds_of_tick(Ticks(b * PPQ)) for b in range(4)] == [0.0, 0.5, 1.0, 2.0]


@given(TEMPI, st.floats(0, 600))
def test_seconds_come_back_from_beats(changes: list[tuple[int, int]], time: float) -> None:
    tempo_map = _map(changes)
    assert tempo_map.seconds(tempo_map.beats(Seconds(time))) == pytest.approx(time, abs=1e-9)


@given(TEMPI, st.integers(0, 500 * PPQ))
def test_a_tick_comes_back_from_its_second(changes: list[tuple[int, int]], tick: int) -> None:
    tempo_map = _map(changes)
    assert tempo_map.ticks(tempo_map.seconds_of_tick(Ticks(tick))) == tick


@given(TEMPI, st.floats(0, 600), st.floats(0, 600))
def test_a_later_second_is_never_an_earlier_beat(changes: list[tuple[int, int]], a: float, b: float) -> None:
    tempo_map = _map(changes)
    assert tempo_map.beats(Seconds(min(a, b))) <= tempo_map.beats(Seconds(max(a, b)))


def test_the_time_before_the_start_counts_at_the_first_tempo() -> None:
    assert TempoMap.constant(120).beats(Seconds(-0.5)) == -1.0


def test_a_map_that_starts_late_is_refused() -> None:
    with pytest.raises(ValueError, match="starts at tick 0"):
        TempoMap((TempoPoint(Ticks(1), Seconds(0.0), 500_000),))


def test_a_map_that_goes_back_is_refused() -> None:
    with pytest.raises(ValueError, match="must rise"):
        TempoMap.of([(Ticks(0), 500_000), (Ticks(9), 400_000), (Ticks(9), 300_000)])


@pytest.mark.parametrize("microseconds", [0, 1 << 24])
def test_a_tempo_that_no_file_can_hold_is_refused(microseconds: int) -> None:
    with pytest.raises(ValueError, match="16777215 microseconds"):
        TempoMap.of([(Ticks(0), microseconds)])


def test_a_point_tells_its_bpm() -> None:
    assert TempoMap.constant(96).points[0].bpm == 96


def test_maps_of_equal_points_are_equal() -> None:
    assert TempoMap.constant(120) == TempoMap.of([(Ticks(0), 500_000)], [Meter(Ticks(0), 4, 4)])


@pytest.mark.parametrize(
    "script",
    [
        "max_for_live/code/settings.js",
        "reaper_scripts/sidestick/lib/review_view.lua",
        "reaper_scripts/sidestick/lib/grid.lua",
    ],
)
def test_scripts_in_other_languages_offer_the_same_grid_steps(script: str) -> None:
    named = re.findall(r'"(1/\d+T?)"', (Path(__file__).parents[2] / script).read_text("utf-8"))
    assert tuple(dict.fromkeys(named)) == GRID_STEPS
