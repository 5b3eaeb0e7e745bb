"""A hit at second t of the file sounds where the audio plays it, however REAPER plays the file."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reaper.fake import LUAS, Json, Reaper, audio_item
from tests.reaper.playback import PPQ, TakePlayback, item_of, plays, quarters, tempo_maps, tick_time

WITHIN = 0.001  # seconds

INSERT = """
local fake, json = require("fake_reaper"), require("json")
local scene = json.decode(io.open(arg[1], "rb"):read("a"))
local record = require("takes").read(fake.selected[1])
local notes = {}
for index, onset in ipairs(scene.onsets) do
  notes[index] = { onset = onset, stop = onset + 0.01, pitch = index % 100 + 1, velocity = 90, channel = 9 }
end
require("insertion").insert(record, { { job = "j", part = "drums", notes = notes } }, "test")
"""


@pytest.mark.parametrize("lua", LUAS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(play=plays, tempo=tempo_maps(), parts=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=30, unique=True))
def test_every_hit_lands_within_a_millisecond_of_its_sound(
    lua: str, tmp_path: Path, play: TakePlayback, tempo: list[Json], parts: list[float]
) -> None:
    every = [play.position + part * play.length for part in sorted(parts)]
    times = [time for time in every if play.second(time) >= play.shift]  # nothing sounds before the file starts
    onsets = [play.second(time) for time in times]
    reaper = Reaper(lua, tmp_path, tmp_path)
    outcome = reaper.lines(INSERT, tempo=tempo, onsets=onsets, tracks=[{"items": [item_of(play)]}])
    found = outcome["tracks"][1]["items"][0]["notes"]
    landed = [tick_time(tempo, play.position, note["first"]) for note in found]
    assert len(landed) == len(times)
    assert all(abs(a - b) <= WITHIN for a, b in zip(sorted(landed), times, strict=True))


@pytest.mark.parametrize("lua", LUAS)
def test_what_the_item_does_not_play_makes_no_note(lua: str, tmp_path: Path) -> None:
    item = item_of(TakePlayback(position=10, length=2, rate=2, start=3, shift=0))
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
    assert tick_time(steady, 1.0, PPQ) == pytest.approx(1.5)
