"""Another bpm than the heard one, from the hits alone."""

from dataclasses import replace

import pytest

from bridge.timebase import Seconds
from daemon.pipeline.records import BeatGrid, Drum, Hit
from daemon.score.retempo import grid_at_bpm

DURATION = Seconds(20.0)


def rock(bpm: float = 120.0, first: float = 0.3, seconds: float = 20.0) -> list[Hit]:
    """Kicks on 1 and 3, snares on 2 and 4."""
    beats = int((seconds - first) * bpm / 60)
    return [
        Hit(
            i,
            Seconds(first + i * 60 / bpm),
            (Drum.KICK, Drum.SNARE)[i % 2],
            ("kick", "snare")[i % 2],
            -6.0,
            100,
            1,
            1,
            0,
        )
        for i in range(beats)
    ]


def heard(bpm: float = 120.0, first: float = 0.3, downbeat: int = 0) -> BeatGrid:
    beats = tuple(Seconds(round(first + i * 60 / bpm, 6)) for i in range(int(19 * bpm / 60)))
    return BeatGrid(beats, tuple(range(downbeat, len(beats), 4)), bpm)


@pytest.mark.parametrize("downbeat", [0, 1, 2, 3])
def test_half_the_tempo_keeps_the_first_downbeat(downbeat: int) -> None:
    whole = heard(downbeat=downbeat)
    grid = grid_at_bpm(whole, 60, rock(), DURATION)
    assert (grid.bpm, set(grid.beats) <= set(whole.beats)) == (60.0, True)
    assert whole.beats[downbeat] in [grid.beats[i] for i in grid.downbeats]


def test_double_the_tempo_splits_every_beat_and_keeps_the_downbeats() -> None:
    whole = heard()
    grid = grid_at_bpm(whole, 240, rock(), DURATION)
    assert set(whole.beats) <= set(grid.beats)
    assert grid.beats[1] == pytest.approx(0.55)
    assert grid.beats[grid.downbeats[1]] == whole.beats[2]


@pytest.mark.parametrize(("bpm", "step"), [(80.0, 0.75), (180.0, 1 / 3), (160.0, 0.375), (90.0, 2 / 3)])
def test_thirds_and_quarters_of_the_tempo_stand_on_the_first_downbeat(bpm: float, step: float) -> None:
    grid = grid_at_bpm(heard(downbeat=1), bpm, rock(), DURATION)
    assert grid.beats[2] - grid.beats[1] == pytest.approx(step, abs=1e-5)
    assert min(abs(beat - 0.8) for beat in grid.beats) < 1e-5


def test_a_bpm_typed_in_few_digits_is_the_heard_ratio() -> None:
    assert grid_at_bpm(heard(133.371), 66.69, rock(133.371), DURATION).bpm == pytest.approx(66.6855)


def test_any_other_bpm_is_laid_in_the_phase_of_the_hits() -> None:
    grid = grid_at_bpm(heard(), 100.0, rock(100.0, 0.45), DURATION)
    assert grid.constant and grid.bpm == 100.0
    assert min(abs(beat - 0.45) for beat in grid.beats) < 0.005
    assert grid.beats[-1] <= DURATION


def test_its_bars_begin_with_kicks() -> None:
    grid = grid_at_bpm(heard(), 100.0, rock(100.0, 0.45), DURATION)
    kicks = [hit.onset for hit in rock(100.0, 0.45) if hit.drum is Drum.KICK]
    assert all(min(abs(grid.beats[i] - kick) for kick in kicks) < 0.005 for i in grid.downbeats[:8])


def test_where_no_beat_was_heard_a_bpm_makes_one() -> None:
    grid = grid_at_bpm(replace(heard(), confidence=0.0), 120.0, rock(), DURATION)
    assert grid.confidence > 0 and min(abs(beat - 0.3) for beat in grid.beats) < 0.005
