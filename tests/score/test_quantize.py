from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.timebase import GRID_STEPS, Seconds
from daemon.pipeline.options import Grid
from daemon.pipeline.records import BeatGrid, Drum, Hit
from daemon.score.quantize import align_grid, lag, quantize


def _hit(onset: float, velocity: int = 100, drum: Drum = Drum.SNARE, label: str = "snare") -> Hit:
    return Hit(0, Seconds(onset), drum, label, -12.0, velocity, 1.0, 1.0, 0)


def _grid(beats: Sequence[float], **changes: object) -> BeatGrid:
    times = tuple(map(Seconds, beats))
    grid = BeatGrid(times, tuple(range(0, len(times), 4)), 120.0, constant=False)
    return replace(grid, **changes)  # type: ignore[arg-type]


EVEN = _grid([0.1 + 0.5 * i for i in range(64)])
DRIFTING = _grid([0.1 + 0.5 * i + 0.0005 * i * i for i in range(64)])


def _times(hits: Sequence[Hit], grid: BeatGrid = EVEN, **settings: object) -> list[float]:
    return [round(time, 9) for time in quantize(hits, grid, Grid.model_validate(settings)).times]


def _at(*onsets: float) -> list[Hit]:
    return [_hit(onset) for onset in onsets]


def test_a_hit_goes_to_the_nearest_sixteenth() -> None:
    assert _times(_at(0.11, 0.24, 0.37)) == [0.1, 0.225, 0.35]


def test_half_strength_goes_half_the_way() -> None:
    assert _times(_at(0.12), strength=0.5) == [0.11]


def test_a_hit_beyond_the_tolerance_keeps_its_time() -> None:
    assert _times(_at(0.16), tolerance=0.3) == [0.16]


def test_tolerance_is_a_fraction_of_the_step() -> None:
    assert _times(_at(0.16), tolerance=0.3, step="1/8") == [0.1]


def test_triplets_divide_the_beat_in_three() -> None:
    assert _times(_at(0.26, 0.44), step="1/8T") == [round(0.1 + 0.5 / 3, 9), round(0.1 + 1.0 / 3, 9)]


def test_the_grid_follows_the_beats_as_they_were_played() -> None:
    hit = _at(DRIFTING.beats[40] + 0.01)
    assert _times(hit, DRIFTING) == [round(DRIFTING.beats[40], 9)]


def test_hits_outside_the_beats_are_quantized_as_if_it_went_on() -> None:
    late = EVEN.beats[-1] + 2.0
    assert _times(_at(late + 0.01)) == [round(late, 9)]
    assert _times(_at(0.61), _grid(EVEN.beats[4:])) == [0.6]


def test_no_hit_moves_before_the_start() -> None:
    assert _times(_at(0.005), _grid([0.495 + 0.5 * i for i in range(8)])) == [0.005]


@pytest.mark.parametrize("grid", [replace(EVEN, confidence=0.0), _grid([]), _grid([1.0])])
def test_without_beats_nothing_moves(grid: BeatGrid) -> None:
    assert _times(_at(0.11, 0.24), grid) == [0.11, 0.24]


def test_nothing_moves_when_nobody_wants_it() -> None:
    assert _times(_at(0.11), quantize=False) == [0.11]


def test_no_hits_are_no_trouble() -> None:
    assert quantize([], EVEN, Grid()).times == ()


def test_an_eighth_is_an_eighth_in_six_eight() -> None:
    grid = _grid([0.6 * i for i in range(16)], numerator=6, denominator=8, downbeats=tuple(range(0, 16, 2)))
    assert _times(_at(0.21, 0.39), grid, step="1/8") == [0.2, 0.4]


def test_a_flam_keeps_its_distance_and_its_main_stroke_is_on_the_beat() -> None:
    assert _times([_hit(0.58, 40), _hit(0.61, 110)], tolerance=0.5) == [0.57, 0.6]


def test_a_drag_moves_as_one() -> None:
    drag = [_hit(0.52, 30), _hit(0.565, 35), _hit(0.61, 110)]
    assert _times(drag, tolerance=0.3) == [0.51, 0.555, 0.6]


def test_only_the_nearest_of_two_strokes_gets_a_line() -> None:
    assert _times(_at(0.54, 0.61), step="1/4") == [0.54, 0.6]


def test_two_drums_may_meet_on_a_line() -> None:
    assert _times([_hit(0.59), _hit(0.61, drum=Drum.KICK, label="kick")]) == [0.6, 0.6]


def test_the_count_of_moved_hits_is_told() -> None:
    assert quantize(_at(0.6, 1.11, 1.66), EVEN, Grid()).moved == 1


# --- swing


def _groove(ratio: float, pair: float, beats: int = 32) -> list[Hit]:
    """Hi-hats on every pair of a 120 bpm song and on its off-beat, which falls at `ratio`."""
    times = [0.1 + 0.5 * pair * (i + part) for i in range(int(beats / pair)) for part in (0.0, ratio)]
    jitter = (0.004, -0.003, 0.0, 0.005, -0.004)
    return [_hit(time + jitter[i % 5], drum=Drum.HIHAT, label="closed_hihat") for i, time in enumerate(times)]


@pytest.mark.parametrize(("ratio", "pair", "unit"), [(0.667, 1.0, "1/8"), (0.6, 0.5, "1/16"), (0.58, 1.0, "1/8")])
def test_swing_is_measured(ratio: float, pair: float, unit: str) -> None:
    swing = quantize(_groove(ratio, pair), EVEN, Grid()).swing
    assert (swing.unit, swing.ratio) == (unit, pytest.approx(ratio, abs=0.01))


@pytest.mark.parametrize("pair", [1.0, 0.5, 0.25])
def test_a_straight_song_stays_straight(pair: float) -> None:
    assert quantize(_groove(0.5, pair), EVEN, Grid()).swing.unit == ""


def test_a_dotted_figure_is_no_swing() -> None:
    assert quantize(_groove(0.75, 1.0), EVEN, Grid()).swing.unit == ""


def test_a_few_late_hits_are_no_swing() -> None:
    assert quantize(_groove(0.5, 1.0)[:40] + _at(0.433, 2.433, 5.433), EVEN, Grid()).swing.unit == ""


def test_swung_hits_land_on_the_swung_line() -> None:
    assert _times(_at(0.425), step="1/8", swing=0.6, tolerance=0.5) == [0.4]


def test_swing_does_not_move_the_beat() -> None:
    assert _times(_at(0.61), step="1/8", swing=0.7) == [0.6]


def test_triplets_do_not_swing() -> None:
    assert quantize(_groove(0.667, 1.0), EVEN, Grid(step="1/8T")).swing.unit == ""


# --- the grid as a whole


def _late(hits: Sequence[Hit], seconds: float) -> list[Hit]:
    return [replace(hit, onset=Seconds(hit.onset + seconds)) for hit in hits]


@pytest.mark.parametrize("late", [-0.02, 0.016, 0.026])
def test_a_late_beat_tracker_is_put_right(late: float) -> None:
    hits = _groove(0.5, 1.0)
    grid = align_grid(hits, _grid([beat + late for beat in EVEN.beats]))
    assert grid.beats[10] == pytest.approx(EVEN.beats[10], abs=0.001)


def test_an_aligned_grid_has_no_lag() -> None:
    hits = _late(_groove(0.5, 1.0), 0.02)
    assert lag(hits, align_grid(hits, EVEN)) == pytest.approx(0.0, abs=1e-9)


def test_few_hits_do_not_move_the_grid() -> None:
    assert align_grid(_at(0.12, 0.62, 1.12), EVEN) == EVEN


def test_a_grid_without_beats_is_left_alone() -> None:
    assert align_grid(_at(0.12), _grid([])) == _grid([])


def test_downbeats_stay_on_their_beats_when_the_first_one_falls_off() -> None:
    grid = align_grid(_late(_groove(0.5, 1.0), 0.39), _grid([0.01 + 0.5 * i for i in range(64)]))
    assert (grid.beats[0], grid.beats[grid.downbeats[0]]) == pytest.approx((0.49, 1.99), abs=0.001)


# --- laws

SETTINGS = st.builds(
    Grid,
    step=st.sampled_from(GRID_STEPS),
    tolerance=st.floats(0, 0.5),
    swing=st.one_of(st.floats(0.5, 0.75), st.just("auto")),
)
GRIDS = st.sampled_from([EVEN, DRIFTING, _grid(EVEN.beats[3:5])])
HITS = st.lists(
    st.builds(_hit, st.floats(0, 40), st.integers(1, 127), st.sampled_from([Drum.SNARE, Drum.TOMS])), max_size=60
)
CLOSE = st.lists(st.builds(_hit, st.floats(0.5, 1.5), st.integers(1, 127)), max_size=60)


def _laws(test: Callable[..., None]) -> Callable[..., None]:
    return given(st.one_of(HITS, CLOSE), GRIDS, SETTINGS)(test)


@_laws
def test_strength_0_is_the_identity(hits: list[Hit], grid: BeatGrid, settings: Grid) -> None:
    times = quantize(hits, grid, settings.model_copy(update={"strength": 0.0})).times
    assert times == tuple(hit.onset for hit in hits)


@given(st.one_of(HITS, CLOSE), GRIDS, SETTINGS, st.floats(0.5, 0.75))
def test_strength_1_is_idempotent(hits: list[Hit], grid: BeatGrid, settings: Grid, swing: float) -> None:
    settings = settings.model_copy(update={"swing": swing})
    once = quantize(hits, grid, settings).times
    again = [replace(hit, onset=time) for hit, time in zip(hits, once, strict=True)]
    assert quantize(again, grid, settings).times == pytest.approx(once, abs=1e-6)


@pytest.mark.parametrize("ratio", [0.5, 0.6, 0.667])
def test_measured_swing_is_measured_again_in_its_own_result(ratio: float) -> None:
    hits = _groove(ratio, 1.0)
    once = quantize(hits, EVEN, Grid())
    again = quantize([replace(h, onset=t) for h, t in zip(hits, once.times, strict=True)], EVEN, Grid())
    assert again.times == pytest.approx(once.times, abs=1e-6)


@_laws
def test_hits_of_a_drum_keep_their_order_and_stay_apart(hits: list[Hit], grid: BeatGrid, settings: Grid) -> None:
    times = quantize(hits, grid, settings).times
    for drum in Drum:
        played = sorted((hit.onset, time) for hit, time in zip(hits, times, strict=True) if hit.drum == drum)
        for (a, moved_a), (b, moved_b) in pairwise(played):
            assert moved_b - moved_a >= min(b - a, 0.001) - 1e-6


@_laws
def test_no_hit_moves_further_than_the_tolerance(hits: list[Hit], grid: BeatGrid, settings: Grid) -> None:
    longest_beat = max(b - a for a, b in pairwise(grid.beats))
    quarters = 4 / int(settings.step[2:].rstrip("T")) * (2 / 3 if settings.step.endswith("T") else 1)
    limit = settings.tolerance * quarters * longest_beat
    times = quantize(hits, grid, settings).times
    assert all(abs(time - hit.onset) <= limit + 1e-6 for hit, time in zip(hits, times, strict=True))
