"""Correct the beat: what the menu asks sidestick for, and what REAPER's bar lines become of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.reaper.conftest import SECONDS
from tests.reaper.fake import Json, Reaper, audio_item, notes, reopen_tracks
from tests.reaper.test_review_asks import RecordingDaemon, asked, scripted_daemon, tracks

__all__ = ["scripted_daemon", "tracks"]

ACTION = "Correct the beat"
HALF, DOUBLE, TWO_THIRDS, THREE_HALVES, BPM, TAP, METER, BAR = range(1, 9)


@pytest.fixture
def heard(scripted_daemon: RecordingDaemon) -> RecordingDaemon:
    """The result has a beat, so that it can be told."""
    manifest = scripted_daemon.manifest_file
    whole = json.loads(manifest.read_text()) | {"grid": {"bpm": 67.5, "numerator": 4, "denominator": 4}}
    manifest.write_text(json.dumps(whole), encoding="utf-8")
    return scripted_daemon


ASKED: list[tuple[Json, Json]] = [
    ({"choices": [HALF]}, {"bpm": "half"}),
    ({"choices": [DOUBLE]}, {"bpm": "double"}),
    ({"choices": [TWO_THIRDS]}, {"bpm": "two_thirds"}),
    ({"choices": [THREE_HALVES]}, {"bpm": "three_halves"}),
    ({"choices": [BPM], "filled": " 119.875 "}, {"bpm": 119.875}),
    ({"choices": [BPM], "filled": "119,5"}, {"bpm": 119.5}),
    ({"choices": [METER], "filled": "7 / 8"}, {"meter": "7/8"}),
    ({"choices": [BAR], "cursor": 1.25}, {"downbeat": 1.25}),
]


@pytest.mark.parametrize(("scene", "options"), ASKED)
def test_the_menu_asks_for_the_beat_in_sidesticks_words(
    alone: Reaper, heard: RecordingDaemon, tracks: list[Json], scene: Json, options: Json
) -> None:
    outcome = alone.run(ACTION, tracks, **scene)
    assert asked(heard, "regenerate") == [options]
    assert outcome["boxes"] == [
        "The beat is now 67.5 bpm in 4/4. Set project tempo from the item puts it into the project."
    ]


REFUSED = [
    ({"choices": [BPM], "filled": "fast"}, "Type the bpm as a number above 0, as in 119.8."),
    ({"choices": [BPM], "filled": "0"}, "Type the bpm as a number above 0, as in 119.8."),
    ({"choices": [METER], "filled": "waltz"}, "Type the meter as in 3/4, 7/8 or 12/8."),
    (
        {"choices": [BAR], "cursor": 4.5},
        "Put the edit cursor on the first beat of a bar while the item plays, then choose this again.",
    ),
]


@pytest.mark.parametrize(("scene", "sentence"), REFUSED)
def test_what_cannot_be_meant_is_answered_with_a_sentence_and_not_asked(
    alone: Reaper, heard: RecordingDaemon, tracks: list[Json], scene: Json, sentence: str
) -> None:
    assert alone.run(ACTION, tracks, **scene)["boxes"] == [sentence]
    assert asked(heard, "regenerate") == []


@pytest.mark.parametrize("scene", [{}, {"choices": [BPM]}, {"choices": [METER]}])
def test_a_menu_or_form_that_is_closed_does_nothing(
    alone: Reaper, heard: RecordingDaemon, tracks: list[Json], scene: Json
) -> None:
    assert alone.run(ACTION, tracks, **scene)["boxes"] == []
    assert asked(heard, "regenerate") == []


@pytest.fixture
def loop(beat: Path, tmp_path: Path) -> Path:
    """A copy of the loop of its own, so that no test sees another's corrections."""
    folder = tmp_path / beat.parent.name
    folder.mkdir()
    return Path(shutil.copy(beat, folder))


def correct(reaper: Reaper, path: Path, position: float, **scene: Any) -> tuple[Json, Json]:
    """The project after Drums to MIDI, and after a correction by a real sidestick."""
    item = audio_item(path, SECONDS, values={"D_POSITION": position})
    first = reaper.run("Drums to MIDI", [{"name": "Loop", "items": [item]}])
    return first, reaper.run(ACTION, reopen_tracks(first, 1), **scene)


def test_the_project_gets_the_corrected_tempo_and_the_notes_stay(reaper: Reaper, loop: Path) -> None:
    first, corrected = correct(reaper, loop, 3.5, choices=[HALF])
    assert corrected["boxes"][0].startswith("The beat is now 60 bpm")
    after = reaper.run("Set project tempo from the item", reopen_tracks(corrected, 1))
    assert after["boxes"] == []
    assert after["tempo"][-1]["bpm"] == pytest.approx(60.0, abs=0.1)
    times = [[note["time"] for note in notes(outcome)] for outcome in (first, after)]
    assert times[1] == pytest.approx(times[0], abs=0.002)


def test_a_bar_line_lies_where_bar_1_was_put(reaper: Reaper, loop: Path) -> None:
    _, corrected = correct(reaper, loop, 3.5, choices=[BAR], cursor=4.25)
    assert corrected["boxes"][0].startswith("The beat is now 120 bpm in 2/4")
    after = reaper.run("Set project tempo from the item", reopen_tracks(corrected, 1))
    lines = [marker["time"] for marker in after["tempo"] if marker["numerator"] > 0 and marker["time"] > 3.4]
    assert [(line - 4.25 + 0.5) % 1.0 for line in lines] == pytest.approx([0.5] * len(lines), abs=0.01) and lines
