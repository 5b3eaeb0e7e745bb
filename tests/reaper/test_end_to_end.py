"""The actions against a real `sidestick run`: an item over a real file, a real job, notes in the project."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests import synth
from tests.reaper.conftest import BEAT, SECONDS, Daemon
from tests.reaper.fake import Json, Reaper, audio_item, notes, reopen_tracks
from tests.reaper.playback import quarters

KICK, SNARE = 36, 38


@pytest.fixture
def loop(beat: Path, tmp_path: Path) -> Path:
    """A copy of the loop of its own, so that no test sees another's corrections."""
    folder = tmp_path / beat.parent.name
    folder.mkdir()
    return Path(shutil.copy(beat, folder))


def project(path: Path, position: float = 0.0, **item: Any) -> list[Json]:
    return [{"name": "Loop", "items": [audio_item(path, SECONDS, values={"D_POSITION": position}, **item)]}]


def transcribed(reaper: Reaper, path: Path, position: float = 0.0, **scene: Any) -> Json:
    outcome = reaper.run("Drums to MIDI", project(path, position), **scene)
    assert outcome["boxes"] == []
    return outcome


def times(outcome: Json, pitch: int) -> list[float]:
    return [note["time"] for note in notes(outcome) if note["pitch"] == pitch]


def test_drums_to_midi_puts_every_kick_where_the_audio_has_it(reaper: Reaper, loop: Path) -> None:
    outcome = transcribed(reaper, loop, 3.5)
    kicks = [3.5 + onset for onset in synth.onsets_of(BEAT, "kick")]
    assert times(outcome, KICK) == pytest.approx(kicks, abs=0.01)
    assert outcome["undone"] == ["sidestick: drums to MIDI"]


def test_the_track_lies_below_its_source_and_names_the_drums(reaper: Reaper, loop: Path) -> None:
    track = transcribed(reaper, loop)["tracks"][1]
    assert track["name"] == "Loop Drums"
    assert (track["rows"]["36"], track["rows"]["42"]) == ("Kick", "Closed Hi-Hat")
    assert track["items"][0]["take_strings"]["P_EXT:sidestick_job"] != ""


def test_a_second_run_replaces_the_notes_in_place(reaper: Reaper, loop: Path) -> None:
    first = transcribed(reaper, loop)
    second = reaper.run("Drums to MIDI", reopen_tracks(first, 0))
    assert [len(track["items"]) for track in second["tracks"]] == [1, 1]
    assert notes(second) == notes(first)


def test_a_source_that_was_moved_gets_its_notes_at_the_new_place(reaper: Reaper, loop: Path) -> None:
    tracks = reopen_tracks(transcribed(reaper, loop), 0)
    tracks[0]["items"][0]["values"]["D_POSITION"] = 2.0
    second = reaper.run("Drums to MIDI", tracks)
    assert times(second, KICK)[0] == pytest.approx(2.25, abs=0.01)
    assert len(second["tracks"][1]["items"]) == 1


def test_selected_notes_are_relabelled_in_a_project_opened_again(reaper: Reaper, loop: Path) -> None:
    first = transcribed(reaper, loop)
    tracks = with_selected(reopen_tracks(first), SNARE)
    outcome = reaper.run("Relabel selected notes as", tracks, choices=[3])
    assert outcome["boxes"] == []
    assert times(outcome, 37) == times(first, SNARE)
    assert times(outcome, KICK) == times(first, KICK)


def with_selected(tracks: list[Json], pitch: int) -> list[Json]:
    """The MIDI item in the editor, with all notes of a pitch selected: flag 1 of their events."""
    item = tracks[1]["items"][0]
    data, out = bytes.fromhex(item["events"]), b""
    while data:
        size = int.from_bytes(data[5:9], "little")
        flag = bytes([data[9] >> 4 in (8, 9) and data[10] == pitch])
        out, data = out + data[:4] + flag + data[5 : 9 + size], data[9 + size :]
    item.update(events=out.hex(), edited=True)
    return tracks


def test_a_midi_item_that_was_moved_stays_where_it_is(reaper: Reaper, loop: Path) -> None:
    first = transcribed(reaper, loop)
    tracks = with_selected(reopen_tracks(first), SNARE)
    tracks[1]["items"][0]["values"]["D_POSITION"] += 8.0
    outcome = reaper.run("Relabel selected notes as", tracks, choices=[3])
    assert times(outcome, 37) == pytest.approx([time + 8 for time in times(first, SNARE)])


def test_regenerate_moves_the_notes_to_the_lines_of_reapers_grid(reaper: Reaper, loop: Path) -> None:
    tracks = reopen_tracks(transcribed(reaper, loop, 0.06), 1)
    outcome = reaper.run("Regenerate with REAPER's grid and tempo", tracks, grid=[0.125, 0, 0.0])
    assert outcome["boxes"] == []
    assert all(abs(note["time"] / 0.25 - round(note["time"] / 0.25)) < 0.002 for note in notes(outcome))


RAMP = [
    {"time": 0.0, "bpm": 95.0, "linear": True, "numerator": 3, "denominator": 4},
    {"time": 60.0, "bpm": 240.0, "linear": False, "numerator": 4, "denominator": 4},
]


def test_a_long_ramp_reaches_sidestick_and_the_notes_lie_on_its_lines(reaper: Reaper, loop: Path) -> None:
    item = {"values": {"D_POSITION": 20.0, "D_LENGTH": 24.0}, "take": {"D_PLAYRATE": 0.25}}
    project = [{"name": "Loop", "items": [audio_item(loop, SECONDS, **item)]}]
    scene = {"tempo": RAMP}
    tracks = reopen_tracks(reaper.run("Drums to MIDI", project, **scene), 1)
    outcome = reaper.run("Regenerate with REAPER's grid and tempo", tracks, grid=[0.125, 0, 0.0], **scene)
    assert outcome["boxes"] == []
    lines = [quarters(RAMP, 20.0) % 0.5 + note["first"] / 960 for note in notes(outcome)]
    on_line = [line for line in lines if abs(line / 0.5 - round(line / 0.5)) < 0.003]
    assert len(on_line) > 0.5 * len(lines) > 5


def test_a_grid_that_sidestick_does_not_know_is_refused(reaper: Reaper, loop: Path) -> None:
    tracks = reopen_tracks(transcribed(reaper, loop), 1)
    for grid, words in (([0.2, 0, 0.0], "Set it to 1/4"), ([0.125, 1, -0.5], "swing early")):
        outcome = reaper.run("Regenerate with REAPER's grid and tempo", tracks, grid=grid)
        assert len(outcome["boxes"]) == 1 and words in outcome["boxes"][0]
        assert outcome["undone"] == []


def test_push_says_why_there_is_nothing_to_play_on(reaper: Reaper, loop: Path) -> None:
    outcome = reaper.run("Push to virtual port", reopen_tracks(transcribed(reaper, loop), 1))
    assert outcome["boxes"] == [] or "port" in outcome["boxes"][0]


def test_stop_is_answered(reaper: Reaper) -> None:
    assert reaper.run("Stop")["boxes"] == []


def test_cancel_says_that_nothing_is_going_on(reaper: Reaper) -> None:
    assert reaper.run("Cancel jobs")["boxes"] == ["sidestick has nothing to do, so there is nothing to cancel."]


@pytest.mark.parametrize(("answer", "left"), [("yes", 0), ("no", 1)])
def test_cancel_asks_and_then_cancels(lua: str, tmp_path: Path, answer: str, left: int) -> None:
    """Two jobs on a sidestick of their own, so that nobody else's are cancelled."""
    own = Daemon(tmp_path / "own")
    own.start()
    reaper = Reaper(lua, tmp_path, own.state)
    noise = synth.write(tmp_path / "Noise.wav", synth.noise(50.0, seed=3))
    gone = [{"asked": True, "later": 15, "quit": True}]
    reaper.run("Everything to MIDI", [{"items": [audio_item(noise, 50.0)]}], events=gone)
    outcome = reaper.run("Cancel jobs", answers=[answer])
    assert outcome["boxes"][0] == "Cancel Noise.wav?"
    active = reaper.run("Cancel jobs", answers=["no"])["boxes"]
    assert active == (
        ["Cancel Noise.wav?"] if left else ["sidestick has nothing to do, so there is nothing to cancel."]
    )
    own.kill()


def test_start_the_daemon_says_what_runs(reaper: Reaper) -> None:
    assert reaper.run("Start the daemon")["boxes"] == ["sidestick 0.1.0 runs."]


def test_a_song_over_the_limit_is_refused_in_the_daemons_words(reaper: Reaper, tmp_path: Path) -> None:
    path = synth.write(tmp_path / "drums long.wav", synth.silence(61, rate=8000, channels=1), rate=8000)
    outcome = reaper.run("Drums to MIDI", [{"items": [audio_item(path, 61.0)]}])
    assert len(outcome["boxes"]) == 1 and "limit is 1:00" in outcome["boxes"][0]
    assert len(outcome["tracks"]) == 1 and outcome["tracks"][0]["items"][0]["strings"]["P_EXT:sidestick_asked"] == ""


def test_a_result_that_was_not_fetched_is_offered_the_next_time(reaper: Reaper, loop: Path) -> None:
    closed = reaper.run("Drums to MIDI", project(loop), events=[{"asked": True, "quit": True}])
    assert len(closed["tracks"]) == 1
    outcome = reaper.run("Drums to MIDI", reopen_tracks(closed), answers=["yes"])
    assert "was asked for" in outcome["boxes"][-1]
    assert times(outcome, KICK) != []


def test_an_item_that_is_being_worked_on_is_left_alone(reaper: Reaper, loop: Path) -> None:
    tracks = project(loop, strings={"GUID": "{X}"})
    busy = {"sidestick_live/{X}": "0.0"}
    assert reaper.run("Drums to MIDI", tracks, ext=busy)["undone"] == []
