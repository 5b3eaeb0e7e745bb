"""The review window on a real job: what it shows at 100 and 200 %, and what mouse and keys do to the notes."""

import shutil
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.reaper.conftest import SECONDS
from tests.reaper.fake import Json, Reaper, audio_item, notes, reopen_tracks

READY = 25  # the frame in which the clusters are there at last
THERE = {"frame": READY - 2, "text": "hits? in "}
WIDE, HIGH = 760, 584
CARD = 1  # the first column's title is above, the kick's slider below


@pytest.fixture
def tracks(reaper: Reaper, beat: Path, tmp_path: Path) -> list[Json]:
    """A project with a transcribed loop, its audio item selected."""
    (tmp_path / "song").mkdir()
    loop = Path(shutil.copy(beat, tmp_path / "song"))
    made = reaper.run("Drums to MIDI", [{"name": "Loop", "items": [audio_item(loop, SECONDS)]}])
    return reopen_tracks(made, 0)


def review(reaper: Reaper, tracks: list[Json], *events: Json, frames: int = 600, edits: int = 1, **more: Any) -> Json:
    """The project some cycles after the last of `edits`, or after `frames`."""
    end = {"undone": edits, "later": 20, "quit": True}
    scene = {"w": WIDE, "h": HIGH, "cycles": READY + frames, "input": [*events], "events": [end], "wait": THERE, **more}
    return reaper.run("Review and relabel", tracks, **scene)


def key(letter: str, frame: int = READY) -> Json:
    return {"frame": frame, "key": ord(letter)}


def click(x: float, y: float, frame: int = READY) -> list[Json]:
    return [{"frame": frame, "x": x, "y": y, "down": True}, {"frame": frame + 2, "down": False}]


def place(outcome: Json, text: str, which: int = 0) -> tuple[float, float]:
    """The middle of one of the texts that read so, in points."""
    found = [t for t in outcome["texts"] if t["text"] == text][which]
    return found["x"] + found["w"] / 2, found["y"] + found["h"] / 2


def pitches(outcome: Json) -> list[int]:
    return [note["pitch"] for note in notes(outcome)]


def test_every_text_stands_free_in_the_window_at_any_scaling(reaper: Reaper, tracks: list[Json]) -> None:
    for scale, wide, high in ((1, WIDE, HIGH), (2, WIDE, HIGH), (1, 620, 430), (1, 1400, 900)):
        texts = review(reaper, tracks, frames=10, scale=scale, w=wide, h=high)["texts"]
        assert {"Kick", "Snare", "Hi-Hat", "Quantize", "Undo"} <= {text["text"] for text in texts}
        assert all(t["x"] >= 0 and t["x"] + t["w"] <= wide * scale for t in texts)
        assert not [pair for pair in combinations(texts, 2) if overlap(*pair)]


def overlap(a: Json, b: Json) -> bool:
    return all(abs(2 * (a[p] - b[p]) + a[s] - b[s]) < a[s] + b[s] - 2 for p, s in (("x", "w"), ("y", "h")))


def test_a_letter_relabels_the_marked_cluster_and_the_notes_follow(reaper: Reaper, tracks: list[Json]) -> None:
    outcome = review(reaper, tracks, key("w"))
    assert 36 not in pitches(outcome) and 56 in pitches(outcome)
    assert outcome["undone"] == ["sidestick: relabel as Cowbell"]
    assert "Cowbell" in {text["text"] for text in outcome["texts"]}


def test_undo_takes_a_relabel_back_and_redo_makes_it_again(reaper: Reaper, tracks: list[Json]) -> None:
    outcome = review(reaper, tracks, key("w"), {"frame": 60, "key": 26}, edits=2)
    assert 36 in pitches(outcome) and 56 not in pitches(outcome)
    outcome = review(reaper, tracks, {"frame": READY, "key": 25})
    assert 56 in pitches(outcome)


def test_the_arrows_choose_and_delete_removes(reaper: Reaper, tracks: list[Json]) -> None:
    keys = [{"frame": READY, "key": 1685026670}, {"frame": READY + 2, "key": 6579564}]
    outcome = review(reaper, tracks, *keys)
    assert 38 not in pitches(outcome) and 36 in pitches(outcome)


def test_the_menu_of_a_row_relabels_it(reaper: Reaper, tracks: list[Json]) -> None:
    x, y = place(review(reaper, tracks, frames=5), "Snare")
    outcome = review(reaper, tracks, *click(x, y), choices=[3])
    assert 38 not in pitches(outcome) and 37 in pitches(outcome)
    assert outcome["menus"][0].count("|") == 20


def test_the_slider_of_a_drum_makes_fewer_hits(reaper: Reaper, tracks: list[Json]) -> None:
    x, y = place(review(reaper, tracks, frames=5), "Hits", CARD)
    outcome = review(reaper, tracks, *click(x - 8, y + 17))
    assert 36 not in pitches(outcome) and 38 in pitches(outcome)


def test_the_velocity_slider_makes_a_drum_softer(reaper: Reaper, tracks: list[Json]) -> None:
    shown = review(reaper, tracks, frames=5)
    x, y = place(shown, "Velocity", CARD)
    outcome = review(reaper, tracks, *click(x + 20, y + 17))
    assert loudest(outcome, 36) < loudest(shown, 36) - 20
    assert loudest(outcome, 38) == loudest(shown, 38)


def loudest(outcome: Json, pitch: int) -> int:
    return max(int(note["velocity"]) for note in notes(outcome) if note["pitch"] == pitch)


def test_quantize_moves_the_notes(reaper: Reaper, tracks: list[Json]) -> None:
    shown = review(reaper, tracks, frames=5)
    outcome = review(reaper, tracks, *click(*place(shown, "Quantize")))
    assert [note["first"] for note in notes(outcome)] != [note["first"] for note in notes(shown)]
    assert outcome["undone"] == ["sidestick: grid"]


def test_the_window_closes_with_escape_and_remembers_its_place(reaper: Reaper, tracks: list[Json]) -> None:
    outcome = review(reaper, tracks, {"frame": READY, "key": 27})
    assert outcome["deferred"] == 0
    assert outcome["ext"]["sidestick/window_review"] == f"300 200 {WIDE} {HIGH} 0"


def test_without_an_item_of_sidestick_there_is_a_sentence(alone: Reaper) -> None:
    outcome = alone.run("Review and relabel", [{"name": "empty"}])
    assert outcome["boxes"] == ["Select an item that sidestick has made MIDI of first."]


MANY = """
local ProgressWindow, jobs = require("progress_window"), {}
for index = 1, 20 do
  jobs[index] = { record = { name = "Take " .. index }, doing = "Finding hits", fraction = 0.5, finished = index <= 15 }
end
ProgressWindow.new(jobs):step()
"""


def test_twenty_jobs_fit_into_the_small_window_and_those_that_go_on_come_first(alone: Reaper) -> None:
    shown = [text["text"] for text in alone.lines(MANY)["texts"]]
    takes = [text for text in shown if text.startswith("Take")]
    assert takes == ["Take 16", "Take 17", "Take 18", "Take 19", "Take 20", "Take 1", "Take 2", "Take 3"]
    assert shown[-1] == "and 12 more"


AGAIN = """
local ProgressWindow, heights = require("progress_window"), {}
for index, count in ipairs({ 4, 1, 2 }) do
  local jobs = {}
  for number = 1, count do jobs[number] = { record = { name = "Take" }, doing = "Finding the hits", fraction = 0.5 } end
  local window = ProgressWindow.new(jobs)
  heights[index] = gfx.h
  window:close()
end
require("fake_reaper").result = heights
"""


def test_the_small_window_is_as_high_as_its_jobs_each_time(alone: Reaper) -> None:
    four, one, two = alone.lines(AGAIN)["result"]
    assert one + 3 * (two - one) == pytest.approx(four, abs=3) and one < two < four
