"""Set project tempo from the item: REAPER's bars lie on the song's, and no sound moves."""

import json
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from tests import synth
from tests.reaper.fake import Json, Reaper, audio_item, notes, reopen_tracks
from tests.reaper.playback import quarters
from tests.reaper.scripted_daemon import Results, ScriptedDaemon, done_event, serve_script

SECONDS = 20.0
ACTION = "Set project tempo from the item"


def grid_of(intervals: list[float], bar: int = 4, **more: Any) -> Json:
    beats = [*accumulate(intervals, initial=0.4)]
    grid = {"beats": beats, "downbeats": [*range(0, len(beats), bar)], "bpm": 120.0, "numerator": bar}
    return grid | {"denominator": 4, "constant": False, "confidence": 1.0, "quarters": 0.0, **more}


DRIFTING = grid_of([0.5 + 0.002 * number for number in range(28)])
STEADY = grid_of([0.47] * 32, constant=True)
CHORDS = {"chords": [{"onset": 0.4, "duration": 2.0, "name": "Am"}, {"onset": 2.4, "duration": 1.0, "name": "N"}]}


@pytest.fixture
def results(tmp_path: Path) -> Results:
    synth.write(tmp_path / "Song.wav", synth.silence(SECONDS, rate=8000, channels=1), rate=8000)
    return Results(tmp_path)


@pytest.fixture
def scripted_daemon(alone: Reaper, results: Results) -> Iterator[ScriptedDaemon]:
    final = results.midi("drums", 1.0, 5.0)
    with serve_script(ScriptedDaemon(), alone.state) as running:
        running.play = [done_event(results.manifest(final.name), final)]
        yield running


def set_tempo(alone: Reaper, results: Results, grid: Json, position: float = 3.5, **scene: Any) -> tuple[Json, Json]:
    """The project before and after."""
    item = audio_item(results.folder / "Song.wav", SECONDS, values={"D_POSITION": position}, **scene.pop("item", {}))
    more = scene.pop("more", [])
    made = alone.run("Drums to MIDI", [{"name": "Song", "items": [item, *more]}], **scene)
    manifest = results.folder / "Song.sidestick.json"
    more_told = {"harmony": scene.pop("harmony", None), "sections": scene.pop("sections", [])}
    whole = {**json.loads(manifest.read_text()), "grid": grid, **more_told}
    manifest.write_text(json.dumps(whole), encoding="utf-8")
    return made, alone.run(ACTION, reopen_tracks(made, 1), **scene)


def quarter(outcome: Json, time: float) -> float:
    """The quarter note of the project at this time. A marker at 0 is in place of the project's own tempo."""
    markers = [{"linear": False, **marker} for marker in outcome["tempo"]]
    return quarters(markers[1:] if markers[1]["time"] == 0 else markers, time)


def bar_lines(outcome: Json, grid: Json, position: float, rate: float = 1.0) -> list[float]:
    """Where the song's downbeats are in quarter notes of the project, from the first one on."""
    times = [position + grid["beats"][index] / rate for index in grid["downbeats"]]
    found = [quarter(outcome, time) for time in times if time < position + SECONDS]
    return [line - found[0] for line in found]


@pytest.mark.parametrize(("grid", "position"), [(DRIFTING, 3.5), (DRIFTING, 0.0), (STEADY, 3.5), (STEADY, 0.3)])
def test_every_bar_line_is_on_its_downbeat(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results, grid: Json, position: float
) -> None:
    _, after = set_tempo(alone, results, grid, position)
    assert after["boxes"] == []
    assert bar_lines(after, grid, position) == pytest.approx([4.0 * n for n in range(len(grid["downbeats"]))], abs=0.01)
    assert after["undone"] == ["sidestick: set project tempo"]


def test_the_first_bar_comes_after_whole_bars(alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results) -> None:
    _, after = set_tempo(alone, results, STEADY)
    assert quarter(after, 3.5 + STEADY["beats"][0]) == pytest.approx(8.0, abs=0.001)


def test_a_steady_song_is_one_marker_and_a_drifting_one_has_one_a_bar(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    counts = [len(set_tempo(alone, results, grid)[1]["tempo"]) for grid in (STEADY, DRIFTING)]
    assert counts == [
        3,
        1 + len(DRIFTING["downbeats"]),
    ]  # the project's own, the lead-in, and those of all bars but the last


def test_no_sound_moves(alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results) -> None:
    """Row "new": neither the audio, nor items that follow beats, nor the notes; and every time base is what it was."""
    bases = [{"D_POSITION": 30.0, "D_LENGTH": 3.0, "C_BEATATTACHMODE": mode} for mode in (0.0, 1.0, 2.0)]
    others = [audio_item(Path(__file__), 3.0, values=values) for values in bases]
    for other in others:
        other["selected"] = False
    before, after = set_tempo(alone, results, DRIFTING, more=others)
    for old, new in zip(before["tracks"][0]["items"], after["tracks"][0]["items"], strict=True):
        mode = old["values"].get("C_BEATATTACHMODE", -1)
        assert (
            new["values"] == pytest.approx({**old["values"], "C_BEATATTACHMODE": mode}) and new["take"] == old["take"]
        )
    times = [[note["time"] for note in notes(outcome)] for outcome in (before, after)]
    assert times[1] == pytest.approx(times[0], abs=0.001) and times[0] == pytest.approx([4.5, 8.5], abs=0.001)


def test_the_rate_of_the_item_is_in_the_tempo(alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results) -> None:
    _, after = set_tempo(alone, results, STEADY, item={"take": {"D_PLAYRATE": 2.0}})
    lines = bar_lines(after, STEADY, 3.5, 2.0)
    assert lines == pytest.approx([4.0 * n for n in range(len(lines))], abs=0.01)


def test_a_compound_meter_is_written_in_eighths(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    grid = grid_of([0.6] * 16, bar=2, numerator=6, denominator=8)
    _, after = set_tempo(alone, results, grid)
    first = after["tempo"][2]
    assert (first["numerator"], first["denominator"], round(first["bpm"])) == (6, 8, 150)


def test_what_lies_before_and_behind_the_song_keeps_its_tempo(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    own = [{"time": 0.0, "bpm": 90.0, "numerator": 4, "denominator": 4}, {"time": 1.0, "bpm": 70.0}]
    own += [{"time": 10.0, "bpm": 80.0}, {"time": 60.0, "bpm": 140.0, "numerator": 3, "denominator": 4}]
    _, after = set_tempo(alone, results, STEADY, tempo=own)
    kept = [(marker["time"], marker["bpm"]) for marker in after["tempo"]]
    assert kept[:2] == [(0.0, 90.0), (1.0, 70.0)] and kept[-1] == (60.0, 140.0) and (10.0, 80.0) not in kept


def test_undo_brings_the_old_tempo_back(alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results) -> None:
    before, _ = set_tempo(alone, results, DRIFTING)
    after = alone.run(ACTION, reopen_tracks(before, 1), afterwards=[{"undo": 1}])
    assert [marker["bpm"] for marker in after["tempo"]] == [120.0]
    assert [note["first"] for note in notes(after)] == [note["first"] for note in notes(before)]


def test_a_song_without_a_beat_is_told(alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results) -> None:
    _, after = set_tempo(alone, results, {**STEADY, "confidence": 0.0})
    assert len(after["boxes"]) == 1 and "heard no beat" in after["boxes"][0]
    assert after["undone"] == []


def test_chords_are_a_lane_of_named_items_that_is_written_anew(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    _, after = set_tempo(alone, results, STEADY, harmony=CHORDS)
    again = alone.run(ACTION, reopen_tracks(after, 1))
    for outcome in (after, again):
        lane = next(track for track in outcome["tracks"] if track["name"] == "Song Chords")
        found = [(item["strings"]["P_NOTES"], item["values"]["D_POSITION"]) for item in lane["items"]]
        assert found == [("Am", pytest.approx(3.9))]


SECTIONS = [
    {"start": 0.4, "end": 7.92, "label": "A"},
    {"start": 7.92, "end": 11.68, "label": "B"},
    {"start": 11.68, "end": 15.44, "label": "A"},
]


def regions(outcome: Json) -> list[tuple[str, float, float]]:
    return [(each["name"], round(each["time"], 2), round(each["stop"], 2)) for each in outcome["regions"]]


def test_sections_become_regions_on_the_bar_lines(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    _, after = set_tempo(alone, results, STEADY, sections=SECTIONS)
    assert regions(after) == [("Song A", 3.9, 11.42), ("Song B", 11.42, 15.18), ("Song A", 15.18, 18.94)]
    assert after["undone"] == ["sidestick: set project tempo"]


def test_regions_are_written_anew_and_those_of_others_stay(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    _, first = set_tempo(alone, results, STEADY, sections=SECTIONS)
    own = {"is_region": True, "stop": 2.0, "number": 9, "colour": 0}
    others = [{**own, "time": time, "name": name} for time, name in ((0.0, "Song A part"), (1.0, "Other A"))]
    marker = {**others[0], "is_region": False, "time": 1.5, "name": "Song A", "stop": 0.0}
    old = {**own, "time": 1.7, "name": "Song C"}
    before = [*others, marker, old, *first["regions"]]
    again = alone.run(ACTION, reopen_tracks(first, 1), regions=before)
    undone = alone.run(ACTION, reopen_tracks(first, 1), regions=before, afterwards=[{"undo": 1}])
    kept = [("Song A part", 0.0, 2.0), ("Other A", 1.0, 2.0), ("Song A", 1.5, 0.0), ("Song C", 1.7, 2.0)]
    assert regions(again) == [*kept, *regions(first)]
    assert regions(undone) == regions(again)


def test_regions_whose_song_has_no_sections_any_more_go(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    _, first = set_tempo(alone, results, STEADY, sections=SECTIONS)
    renamed = [
        {**each, "name": "Chorus" if number == 1 else each["name"]} for number, each in enumerate(first["regions"])
    ]
    manifest = results.folder / "Song.sidestick.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "sections": []}), encoding="utf-8")
    after = alone.run(ACTION, reopen_tracks(first, 1), regions=renamed)
    assert regions(after) == [("Chorus", 11.42, 15.18)]


def test_a_trimmed_item_has_the_sections_that_it_plays(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    item = {"take": {"D_STARTOFFS": 3.0}}
    _, after = set_tempo(alone, results, STEADY, position=3.0, sections=SECTIONS, item=item)
    assert regions(after)[0] == ("Song A", 4.16, 7.92)
