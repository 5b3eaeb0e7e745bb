"""Correct the beat, Tap: when and where keys and clicks count as taps, and what the project has of them."""

from pathlib import Path
from typing import Any

import pytest

from daemon.core import Tapped
from daemon.errors import Rejected
from tests.reaper.conftest import SECONDS
from tests.reaper.fake import Json, Reaper, audio_item, notes, reopen_tracks
from tests.reaper.test_beat_correction import ACTION, TAP, heard, loop
from tests.reaper.test_review import click, place
from tests.reaper.test_review_asks import RecordingDaemon, scripted_daemon, tracks

__all__ = ["heard", "loop", "scripted_daemon", "tracks"]

ESCAPE, SPACE, T = 27, 32, ord("t")
OPEN = {"frame": 2, "text": "Press T"}


def keys(*pressed: tuple[int, int]) -> list[Json]:
    return [{"frame": frame, "key": key} for frame, key in pressed]


def tap(reaper: Reaper, tracks: list[Json], *events: Json, **more: Any) -> Json:
    """The project after the window was open for these events, by frame, and closed 30 frames later."""
    end = {"frame": events[-1]["frame"] + 30, "key": ESCAPE}
    return reaper.run(ACTION, tracks, choices=[TAP], wait=OPEN, input=[*events, end], **more)


def tapped(scripted_daemon: RecordingDaemon) -> list[float | None]:
    return [given["seconds"] for verb, given in scripted_daemon.asked if verb == "tap"]


def test_taps_while_nothing_plays_are_timed_by_sidestick(
    alone: Reaper, heard: RecordingDaemon, tracks: list[Json]
) -> None:
    tap(alone, tracks, *keys((5, T), (20, T)))
    assert tapped(heard) == [None, None]


def test_taps_while_the_item_plays_are_where_the_song_is_heard(
    alone: Reaper, heard: RecordingDaemon, tracks: list[Json]
) -> None:
    outcome = tap(alone, tracks, *keys((5, SPACE), (20, T), (35, T)), cursor=1.0)
    assert tapped(heard) == pytest.approx([1.5, 2.0])
    assert outcome["actions"] == [40044]


def test_an_item_that_was_moved_is_tapped_where_it_plays_now(
    alone: Reaper, heard: RecordingDaemon, tracks: list[Json]
) -> None:
    for track in tracks:
        track["items"][0]["values"]["D_POSITION"] += 10.0
    tap(alone, tracks, *keys((5, SPACE), (20, T)), cursor=11.0)
    assert tapped(heard) == pytest.approx([1.5])


def test_taps_outside_the_item_are_in_a_time_of_their_own(
    alone: Reaper, heard: RecordingDaemon, tracks: list[Json]
) -> None:
    tap(alone, tracks, *keys((5, SPACE), (20, T)), cursor=8.0)
    assert tapped(heard) == [None]


def test_a_click_on_the_button_is_a_tap(alone: Reaper, heard: RecordingDaemon, tracks: list[Json]) -> None:
    shown = tap(alone, tracks, *keys((5, 0)))
    tap(alone, tracks, *click(*place(shown, "Tap"), 5))
    assert tapped(heard) == [None]


def test_keys_that_come_within_one_frame_all_count(alone: Reaper, heard: RecordingDaemon, tracks: list[Json]) -> None:
    tap(alone, tracks, *keys((5, T), (5, T)))
    assert tapped(heard) == [None, None]


def answer(heard: RecordingDaemon, *answers: Tapped | Rejected) -> None:
    """One after the other to the taps that come."""
    left = list(answers)

    def next_answer(job: str, seconds: float | None) -> Tapped:
        given = left.pop(0)
        if isinstance(given, Rejected):
            raise given
        return given

    heard.tap = next_answer  # type: ignore[method-assign]


ANSWERS = [
    ([Tapped(1, 0.0, 3)], "1 tap", 0),
    ([Tapped(1, 0.0, 3), Tapped(2, 119.5, 3)], "2 taps, 119.5 bpm", 0),
    ([Tapped(3, 120.0, 3), Tapped(4, 120.0, 4)], "4 taps, 120 bpm", 1),
    ([Tapped(4, 120.0, 4)], "4 taps, 120 bpm", 1),
    ([Tapped(5, 120.0, 4), Tapped(6, 120.0, 4)], "6 taps, 120 bpm", 1),
    ([Rejected("bad_tap", "These taps are 600 bpm.")], "These taps are 600 bpm.", 0),
]


@pytest.mark.parametrize(("answers", "text", "told"), ANSWERS)
def test_the_window_says_what_the_taps_are_and_a_box_the_beat_once_they_set_it(
    alone: Reaper, heard: RecordingDaemon, tracks: list[Json], answers: list[Tapped | Rejected], text: str, told: int
) -> None:
    answer(heard, *answers)
    outcome = tap(alone, tracks, *keys(*((5 + 10 * i, T) for i in range(len(answers)))))
    assert text in {shown["text"] for shown in outcome["texts"]}
    assert [box.split(" in ")[0] for box in outcome["boxes"]] == ["The beat is now 67.5 bpm"] * told


def test_a_refusal_that_no_tap_can_mend_closes_the_window_and_is_said_once(
    alone: Reaper, heard: RecordingDaemon, tracks: list[Json]
) -> None:
    answer(heard, *[Rejected("unknown_job", "There is no such job.")] * 3)
    assert tap(alone, tracks, *keys((5, T), (6, T), (7, T)))["boxes"] == ["There is no such job."]


def test_taps_after_the_midi_item_was_deleted_are_answered_with_a_sentence(
    alone: Reaper, heard: RecordingDaemon, tracks: list[Json]
) -> None:
    outcome = tap(alone, tracks, *keys((40, T)), events=[{"cycle": 20, "delete_midi": True}])
    assert outcome["boxes"] == ["The MIDI item is gone; run Drums to MIDI again."]
    assert tapped(heard) == []


def test_no_text_of_the_window_is_cut(alone: Reaper, heard: RecordingDaemon, tracks: list[Json]) -> None:
    for scale in (1, 1.25, 2):
        shown = tap(alone, tracks, *keys((5, T)), scale=scale)
        assert not [text["text"] for text in shown["texts"] if text["text"].endswith("…")]


@pytest.mark.parametrize("start", [0.25, 0.75])
def test_taps_on_every_other_beat_set_the_tempo_and_which_beats_hold_and_leave_the_notes(
    reaper: Reaper, loop: Path, start: float
) -> None:
    first = reaper.run("Drums to MIDI", [{"name": "Loop", "items": [audio_item(loop, SECONDS)]}])
    beats = [(20 + 30 * number, T) for number in range(4)]
    corrected = tap(reaper, reopen_tracks(first, 1), *keys((5, SPACE), *beats), cursor=start, cycles=1500)
    assert corrected["boxes"][0].startswith("The beat is now 60 bpm")
    assert corrected["undone"][-1] == "sidestick: tap the beat"
    after = reaper.run("Set project tempo from the item", reopen_tracks(corrected, 1))
    (line,) = (marker for marker in after["tempo"] if marker["time"] > 0)
    assert line["bpm"] == pytest.approx(60.0, abs=0.1)
    assert (line["time"] - start) % 1.0 == pytest.approx(0.5, abs=0.01)
    times = [[note["time"] for note in notes(outcome)] for outcome in (first, after)]
    assert times[1] == pytest.approx(times[0], abs=0.002)
