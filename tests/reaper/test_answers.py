"""What REAPER makes of a sidestick of another age, taken names, paths and parts that do not fit, full disks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bridge.osc.addresses import PROTOCOL
from bridge.osc.calls import reply
from bridge.osc.wire import Message
from daemon.core import About
from daemon.inlets.dispatch import Handlers
from daemon.jobs.listings import Listings
from daemon.outlets.notify import Requester
from tests.fake_core import JOB
from tests.reaper.fake import Json, Reaper, audio_item, notes, reopen_tracks
from tests.reaper.one_song import SECONDS
from tests.reaper.scripted_daemon import (
    Results,
    ScriptedDaemon,
    ScriptedHandlers,
    done_event,
    draft_event,
    failed_event,
    remark_event,
    serve_script,
)
from tests.reaper.test_wires import run_lines


@pytest.fixture
def scripted_daemon(alone: Reaper) -> Iterator[ScriptedDaemon]:
    with serve_script(ScriptedDaemon(), alone.state) as running:
        yield running


def song(path: Path) -> list[Json]:
    return [{"name": "Song", "items": [audio_item(path, SECONDS)]}]


@dataclass
class OtherProtocol(ScriptedDaemon):
    protocol: int = PROTOCOL

    def about(self) -> About:
        return replace(super().about(), protocol=self.protocol)


@pytest.mark.parametrize(("protocol", "words"), [(PROTOCOL - 1, "is too old for"), (PROTOCOL + 1, "is newer than")])
@pytest.mark.parametrize("action", ["Drums to MIDI", "Start the daemon", "Stop"])
def test_a_sidestick_of_another_age_is_told(
    alone: Reaper, results: Results, protocol: int, words: str, action: str
) -> None:
    with serve_script(OtherProtocol(protocol=protocol), alone.state) as other:
        outcome = alone.run(action, song(results.folder / "Song.wav"))
    assert len(outcome["boxes"]) == 1 and f"sidestick 0.1.0 {words} these scripts" in outcome["boxes"][0]
    assert (other.verbs(), outcome["undone"], outcome["deferred"]) == ([], [], 0)


def test_a_draft_whose_name_was_taken_is_found_by_its_number(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    draft = results.midi("drums", 1.0).rename(results.folder / "Song.drums-2.mid")
    final = results.midi("drums", 1.0, 2.0)
    scripted_daemon.play = [draft_event(draft), 1.5, done_event(results.manifest(final.name), final)]
    outcome = alone.run("Drums to MIDI", song(results.folder / "Song.wav"))
    assert outcome["undone"] == ["sidestick: drums to MIDI (draft)", "sidestick: drums to MIDI"]


@pytest.mark.parametrize("name", ["Loop.drums", "Loop.drums-2"])
def test_the_midi_of_the_whole_song_is_no_draft_of_its_drums(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results, name: str
) -> None:
    source = (results.folder / "Song.wav").rename(results.folder / f"{name}.wav")
    whole = results.midi("drums", 1.0, 1.5).rename(results.folder / f"{name}.mid")
    scripted_daemon.play = [draft_event(whole), 1.0, failed_event("The song is silent.")]
    outcome = alone.run("Drums to MIDI", song(source))
    assert (outcome["undone"], len(outcome["tracks"])) == ([], 1)


def test_a_path_that_is_too_long_for_the_wire_is_told(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    scripted_daemon.play = [done_event(Path(), Path())]
    scripted_daemon.play = [replace(scripted_daemon.play[0], manifest="", midi="")]  # type: ignore[type-var]
    outcome = alone.run("Drums to MIDI", song(results.folder / "Song.wav"))
    assert len(outcome["boxes"]) == 1 and "Move the song to a shorter folder" in outcome["boxes"][0]


@dataclass
class LostListing(ScriptedDaemon):
    """What it answers with is gone when it is read."""

    def handlers(self, listings: Listings) -> Handlers:
        class Lost(ScriptedHandlers):
            def notes(self, asker: Requester, job: str) -> Message:
                return reply("/sidestick/notes.reply", id=asker.id, job=job, path_to_json="/nowhere/notes.json")

        return Lost(self, self.notifier, listings)  # type: ignore[arg-type]


def test_a_list_of_notes_that_cannot_be_read_is_told(alone: Reaper, results: Results) -> None:
    final = results.midi("drums", 1.0)
    with serve_script(LostListing(play=[done_event(results.manifest(final.name), final)]), alone.state):
        outcome = alone.run("Drums to MIDI", song(results.folder / "Song.wav"))
    assert outcome["boxes"] == ["Song: sidestick's list of notes cannot be read. Try again."]
    assert outcome["undone"] == []


WITHOUT = "htdemucs was not used because its weights are not here; signal processing did it, with more bleed."


@pytest.mark.parametrize(("wished", "boxes"), [("auto", [WITHOUT]), ("embedded", [])])
def test_a_song_taken_apart_with_more_bleed_is_told_once(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results, wished: str, boxes: list[str]
) -> None:
    final = results.midi("drums", 1.0)
    manifest = results.manifest(final.name)
    stages = [{"stage": "decode", "model": "soxr"}, {"stage": "separate", "model": "embedded"}]
    more = {"stages": stages, "options": {"separator": wished}, "remarks": [WITHOUT]}
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | more))
    scripted_daemon.play = [done_event(manifest, final)]
    items = [audio_item(results.folder / "Song.wav", SECONDS, values={"D_POSITION": at}) for at in (0.0, 9.0)]
    outcome = alone.run("Drums to MIDI", [{"items": items}])
    assert [len(track["items"]) for track in outcome["tracks"]] == [2, 2]
    assert outcome["boxes"] == boxes


def test_remarks_stand_on_the_console_each_one_once(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    final = results.midi("drums", 1.0)
    told = [
        remark_event("channels", "Song.wav has 8 channels; the first two were used."),
        remark_event("no_beat", "No beat was found."),
        remark_event("tempo_map", "A tempo map leads the bars."),
    ]
    scripted_daemon.play = [*told, done_event(results.manifest(final.name), final)]
    outcome = alone.run("Drums to MIDI", song(results.folder / "Song.wav"))
    assert outcome["console"] == [
        "sidestick: Song.wav has 8 channels; the first two were used.\n",
        "sidestick: Song: No beat was found.\n",
    ]
    assert outcome["boxes"] == []


def both_parts(alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results) -> list[Json]:
    """A project with drums, on the second track, and bass, on the third."""
    names = [results.midi(part, 1.0).name for part in ("drums", "bass")]
    scripted_daemon.play = [done_event(results.manifest(*names), results.folder / names[0])]
    return reopen_tracks(alone.run("Everything to MIDI", song(results.folder / "Song.wav")), 2)


def test_notes_of_a_bass_have_no_drums_to_be_relabelled_as(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    tracks = both_parts(alone, scripted_daemon, results)
    tracks[2]["items"][0]["edited"] = True
    outcome = alone.run("Relabel selected notes as", tracks, choices=[3])
    assert outcome["boxes"] == ["These notes are the bass; only drums have labels."]
    assert "relabel" not in scripted_daemon.verbs()


def test_push_plays_the_selected_part_and_from_the_audio_all(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    tracks = both_parts(alone, scripted_daemon, results)
    alone.run("Push to virtual port", tracks, cycles=60)
    tracks[0]["items"][0]["selected"], tracks[2]["items"][0]["selected"] = True, False
    alone.run("Push to virtual port", tracks, cycles=60)
    pushed = [given["options_json"] for verb, given in scripted_daemon.asked if verb == "push"]
    assert pushed == [{"when": "now", "parts": ["bass"]}, {"when": "now"}]
    assert {given["job"] for verb, given in scripted_daemon.asked if verb == "push"} == {JOB}


def test_a_resolution_of_the_users_own_moves_no_note(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    final = results.midi("drums", 1.0, 2.5)
    scripted_daemon.play = [done_event(results.manifest(final.name), final)]
    outcome = alone.run("Drums to MIDI", song(results.folder / "Song.wav"), ppq=480)
    assert [note["time"] for note in notes(outcome)] == pytest.approx([1.0, 2.5], abs=0.001)


FULL = """
local files = require("files")
local written, problem = files.write(given .. "/request", "a request")
result = { written == nil, problem, reaper.file_exists(given .. "/request") }
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk can be full here")
def test_a_full_disk_leaves_no_half_file(alone: Reaper, tmp_path: Path) -> None:
    (tmp_path / "request").symlink_to("/dev/full")
    assert run_lines(alone, FULL, given=str(tmp_path)) == [True, "No space left on device", False]


UNSENT = """
require("files").write = function() return nil, "No space left on device" end
local now, Client = 0, require("client")
local client = Client.open({ spool = given, osc_port = 9 }, function() now = now + 0.5 return now end)
client:request("/sidestick/stop", {}, function(message) result = message.args[4] end)
while client:is_busy() do client:step() end
"""


def test_a_request_that_cannot_be_written_says_why(alone: Reaper, tmp_path: Path) -> None:
    expected = "sidestick cannot be asked: No space left on device. Is the disk full?"
    assert run_lines(alone, UNSENT, given=str(tmp_path)) == expected
