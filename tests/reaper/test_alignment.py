"""A hit at second t of the file sounds where the audio plays it, however REAPER plays the file.

The playback here goes forward, from project time to the file, and shares nothing with the scripts, which go back.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reaper.fake import LUAS, Json, Reaper, audio_item

WITHIN = 0.001  # seconds
PPQ = 960

INSERT = """
local fake, json = require("fake_reaper"), require("json")
local scene = json.decode(io.open(arg[1], "rb"):read("a"))
local record = require("takes").read(fake.selected[1])
local notes = {}
for index, onset in ipairs(scene.onsets) do
  notes[index] = { onset = onset, stop = onset + 0.01, pitch = index % 100 + 1, velocity = 90, channel = 9 }
end
require("insertion").insert(record, { job = "j", part = "drums", notes = notes }, "test")
"""


@dataclass(frozen=True)
class Play:
    """How a take plays its file. `markers` are (take time, second of the section, slope)."""

    position: float
    length: float
    rate: float
    start: float
    shift: float
    markers: list[tuple[float, float, float]] = field(default_factory=list)

    def second(self, time: float) -> float:
        """The second of the file that is heard at this project time."""
        at = (time - self.position) * self.rate
        if not self.markers:
            return self.shift + self.start + at
        for (left, a, slope), (right, b, _) in pairwise(self.markers):
            if left <= at < right:
                part = (at - left) / (right - left)
                return self.shift + a + (b - a) * part * (1 - slope + slope * part)
        edge = self.markers[0] if at < self.markers[0][0] else self.markers[-1]
        return self.shift + edge[1] + at - edge[0]


@st.composite
def marker_lists(draw: st.DrawFn) -> list[tuple[float, float, float]]:
    steps = draw(st.lists(st.tuples(st.floats(0.2, 3), st.floats(0.4, 2.2), st.floats(-0.6, 0.6)), max_size=5))
    at, source, markers = draw(st.floats(0, 1)), draw(st.floats(0, 2)), []
    for length, speed, slope in steps:
        markers.append((at, source, slope))
        at, source = at + length, source + length * speed
    return markers if len(markers) > 1 else []


plays = st.builds(
    Play,
    position=st.floats(0, 300),
    length=st.floats(0.5, 20),
    rate=st.floats(0.25, 4),
    start=st.floats(0, 5),
    shift=st.sampled_from([0.0, 0.0, 1.25]),
    markers=marker_lists(),
)


@st.composite
def tempo_maps(draw: st.DrawFn) -> list[Json]:
    time, markers = 0.0, []
    for gap, bpm, linear in draw(st.lists(st.tuples(st.floats(1, 90), st.floats(45, 240), st.booleans()), min_size=1)):
        markers.append({"time": time, "bpm": bpm, "linear": linear, "numerator": 4, "denominator": 4})
        time += gap
    return markers


def quarters(markers: list[Json], time: float) -> float:
    """Quarter notes from the start of the project to `time`: the tempo, summed up."""
    total = 0.0
    for here, after in pairwise([*markers, None]):
        stop = time if after is None else min(time, after["time"])
        if stop <= here["time"]:
            break
        span = stop - here["time"]
        ramp = (after["bpm"] - here["bpm"]) / (after["time"] - here["time"]) if here["linear"] and after else 0.0
        total += span * (here["bpm"] + ramp * span / 2) / 60
    return total


def sounding(markers: list[Json], position: float, tick: int) -> float:
    """The project time of a tick of an item at `position`."""
    wanted = quarters(markers, position) + tick / PPQ
    low, high = position, position + 100.0
    for _ in range(70):
        middle = (low + high) / 2
        low, high = (middle, high) if quarters(markers, middle) < wanted else (low, middle)
    return (low + high) / 2


def item_of(play: Play) -> Json:
    parent = {"path": __file__, "length": 400.0}
    section: dict[str, Any] = {"section": play.shift, "parent": parent} if play.shift else {}
    return audio_item(
        Path(__file__),
        400.0,
        values={"D_POSITION": play.position, "D_LENGTH": play.length},
        take={"D_PLAYRATE": play.rate, "D_STARTOFFS": play.start},
        source=section,
        markers=play.markers,
    )


@pytest.mark.parametrize("lua", LUAS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(play=plays, tempo=tempo_maps(), parts=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=30, unique=True))
def test_every_hit_lands_within_a_millisecond_of_its_sound(
    lua: str, tmp_path: Path, play: Play, tempo: list[Json], parts: list[float]
) -> None:
    every = [play.position + part * play.length for part in sorted(parts)]
    times = [time for time in every if play.second(time) >= play.shift]  # nothing sounds before the file starts
    onsets = [play.second(time) for time in times]
    reaper = Reaper(lua, tmp_path, tmp_path)
    outcome = reaper.lines(INSERT, tempo=tempo, onsets=onsets, tracks=[{"items": [item_of(play)]}])
    found = outcome["tracks"][1]["items"][0]["notes"]
    landed = [sounding(tempo, play.position, note["first"]) for note in found]
    assert len(landed) == len(times)
    assert all(abs(a - b) <= WITHIN for a, b in zip(sorted(landed), times, strict=True))


@pytest.mark.parametrize("lua", LUAS)
def test_what_the_item_does_not_play_makes_no_note(lua: str, tmp_path: Path) -> None:
    item = item_of(Play(position=10, length=2, rate=2, start=3, shift=0))
    outcome = Reaper(lua, tmp_path, tmp_path).lines(INSERT, onsets=[2.9, 3.0, 6.9, 7.1], tracks=[{"items": [item]}])
    assert [round(note["time"], 3) for note in outcome["tracks"][1]["items"][0]["notes"]] == [10.0, 11.95]


@pytest.mark.parametrize("lua", LUAS)
def test_a_looped_source_plays_its_hits_in_every_round(lua: str, tmp_path: Path) -> None:
    item = audio_item(
        Path(__file__), 2.0, values={"D_LENGTH": 5.0, "B_LOOPSRC": 1.0}, take={"D_PLAYRATE": 1.0, "D_STARTOFFS": 1.5}
    )
    outcome = Reaper(lua, tmp_path, tmp_path).lines(INSERT, onsets=[0.25, 1.75], tracks=[{"items": [item]}])
    times = [round(note["time"], 3) for note in outcome["tracks"][1]["items"][0]["notes"]]
    assert times == [0.25, 0.75, 2.25, 2.75, 4.25, 4.75]


def test_the_oracle_itself_counts_a_steady_tempo() -> None:
    steady = [{"time": 0.0, "bpm": 120.0, "linear": False}]
    assert quarters(steady, 3.0) == 6.0
    assert sounding(steady, 1.0, PPQ) == pytest.approx(1.5)
