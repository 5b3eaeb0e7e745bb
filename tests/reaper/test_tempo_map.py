"""The project's tempo map, read as the daemon reads it: every beat of REAPER lies where the file has it."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bridge.timebase import Seconds
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid
from daemon.score import given_tempo as tempo_marks
from tests.reaper.fake import LUAS, Json, Reaper, audio_item
from tests.reaper.playback import TakePlayback, item_of, plays, quarters

WITHIN = 0.001  # seconds
DURATION = Seconds(400.0)

MARKS = """
local fake = require("fake_reaper")
local record = require("takes").read(fake.selected[1])
fake.result = require("tempo_map").tempo_changes(record.map, 0, function() end)
"""


@dataclass(frozen=True)
class Section:
    """`bars` bars of one meter, the last of them cut short by `short` beats, with a tempo change on its first line."""

    bars: int
    numerator: int
    denominator: int
    short: int
    bpm: float
    linear: bool

    @property
    def quarters(self) -> float:
        return (self.bars * self.numerator - self.short) * 4 / self.denominator


sections = st.lists(
    st.builds(
        Section,
        bars=st.integers(1, 12),
        numerator=st.sampled_from([3, 4, 5]),
        denominator=st.sampled_from([4, 4, 8]),
        short=st.sampled_from([0, 0, 1, 2]),
        bpm=st.floats(60, 200),
        linear=st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def markers_of(parts: list[Section]) -> list[Json]:
    """The project's tempo markers; a ramp is linear in time, so its mean tempo is halfway."""
    time, markers = 0.0, []
    for here, after in zip(parts, [*parts[1:], parts[-1]], strict=True):
        meter = {"numerator": here.numerator, "denominator": here.denominator}
        markers.append({"time": time, "bpm": here.bpm, "linear": here.linear, **meter})
        time += here.quarters * 60 / ((here.bpm + after.bpm) / 2 if here.linear else here.bpm)
    return markers


def lines_of(parts: list[Section]) -> tuple[list[float], list[float]]:
    """Quarter notes of the project: all beats, and the first of each bar."""
    start, beats, bars = 0.0, [], []
    for number, part in enumerate(parts):
        count = part.bars * part.numerator - part.short if number < len(parts) - 1 else 4000
        unit = 4 / part.denominator
        beats += [start + unit * i for i in range(count)]
        bars += [start + unit * i for i in range(0, count, part.numerator)]
        start += part.quarters
    return beats, bars


def time_of(markers: list[Json], quarter: float) -> float:
    low, high = 0.0, 10_000.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if quarters(markers, middle) < quarter else (low, middle)
    return (low + high) / 2


def grid_of(marks: list[Json]) -> BeatGrid:
    grid = tempo_marks.grid_from_settings(Options.read({"tempo_map": marks}), DURATION)
    assert grid is not None
    return grid


def playback_times(lines: list[float], markers: list[Json], play: TakePlayback) -> list[float]:
    """The seconds of the file at which these lines are heard while the item plays."""
    first, last = quarters(markers, play.position), quarters(markers, play.position + play.length)
    times = [time_of(markers, line) for line in lines if first <= line < last]
    return [play.second(time) for time in times]


def far(second: float, found: list[float]) -> float:
    return min(abs(second - other) for other in found)


@pytest.mark.parametrize("lua", LUAS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(play=plays, parts=sections)
def test_every_beat_and_bar_of_the_project_is_where_the_file_has_it(
    lua: str, tmp_path: Path, play: TakePlayback, parts: list[Section]
) -> None:
    markers = markers_of(parts)
    marks = Reaper(lua, tmp_path, tmp_path).lines(MARKS, tempo=markers, tracks=[{"items": [item_of(play)]}])["result"]
    assume(all(10 <= mark[1] <= 1000 for mark in marks))
    grid = grid_of(marks)
    beats, bars = (playback_times(lines, markers, play) for lines in lines_of(parts))
    inside = [beat for beat in beats if 0 <= beat < DURATION]
    assert all(far(beat, [*grid.beats]) < WITHIN for beat in inside)
    downbeats = [grid.beats[i] for i in grid.downbeats]
    assert all(far(bar, downbeats) < WITHIN for bar in bars if 0 <= bar < DURATION)


def marks_of(lua: str, folder: Path, tempo: list[Json], **item: object) -> list[list[float]]:
    tracks = [{"items": [audio_item(Path(__file__), 8.0, **item)]}]
    found: list[list[float]] = Reaper(lua, folder, folder).lines(MARKS, tempo=tempo, tracks=tracks)["result"]
    return found


STEADY = [{"time": 0.0, "bpm": 120, "numerator": 4, "denominator": 4}]


@pytest.mark.parametrize("lua", LUAS)
def test_a_steady_project_is_one_mark_on_a_bar_line(lua: str, tmp_path: Path) -> None:
    marks = marks_of(lua, tmp_path, STEADY, values={"D_POSITION": 3.0}, take={"D_STARTOFFS": 0.5, "D_PLAYRATE": 1.0})
    assert marks == [[-0.5, 120, 4, 4]]


@pytest.mark.parametrize("lua", LUAS)
def test_a_bar_that_is_cut_short_keeps_the_beats_of_its_meter(lua: str, tmp_path: Path) -> None:
    cut = [{"time": 0.0, "bpm": 60, "numerator": 3, "denominator": 8}]
    cut += [{"time": 1.0, "bpm": 60, "numerator": 3, "denominator": 4}]
    assert marks_of(lua, tmp_path, cut) == [[0, 60, 2, 8], [1, 60, 3, 4]]


@pytest.mark.parametrize("lua", LUAS)
def test_a_file_that_is_played_faster_has_a_slower_beat(lua: str, tmp_path: Path) -> None:
    assert marks_of(lua, tmp_path, STEADY, take={"D_PLAYRATE": 2.0}) == [[0, 60, 4, 4]]


@pytest.mark.parametrize("lua", LUAS)
def test_a_loop_has_the_beat_of_its_first_round(lua: str, tmp_path: Path) -> None:
    values = {"D_LENGTH": 20.0, "B_LOOPSRC": 1.0, "D_POSITION": 2.0}
    assert marks_of(lua, tmp_path, STEADY, values=values, take={"D_STARTOFFS": 6.0}) == [[6, 120, 4, 4]]


@pytest.mark.parametrize("lua", LUAS)
def test_stretch_markers_bend_the_beat(lua: str, tmp_path: Path) -> None:
    marks = marks_of(lua, tmp_path, STEADY, markers=[[0, 0, 0], [2, 1, 0], [4, 4, 0]])
    assert [[round(value, 6) for value in mark[:2]] for mark in marks] == [[0, 240], [1, 80], [4, 120]]
