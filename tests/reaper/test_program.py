"""What REAPER itself does with a script and a project: saving, undo, tabs, running again, scaled screens.

A row in a docstring is something that REAPER does and no list of its functions tells.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests import synth
from tests.reaper.fake import Json, Reaper, audio_item, reopen_tracks
from tests.reaper.one_song import SECONDS, onsets, song
from tests.reaper.scripted_daemon import (
    Results,
    ScriptedDaemon,
    done_event,
    draft_event,
)

ASKED = "P_EXT:sidestick_asked"


# Saving: an .rpp keeps 14 digits of a number


def test_a_project_that_was_saved_keeps_its_midi_item(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    """Row "insertion.same_map": an .rpp keeps 14 digits of the 17 that were compared."""
    first = alone.run("Drums to MIDI", song(results, values={"D_POSITION": 10 / 3}, take={"D_PLAYRATE": 1 / 1.1}))
    tracks = reopen_tracks(first, 0)
    assert tracks[0]["items"][0]["values"]["D_POSITION"] != 10 / 3
    second = alone.run("Drums to MIDI", tracks)
    guids = [outcome["tracks"][1]["items"][0]["strings"]["GUID"] for outcome in (first, second)]
    assert guids[0] == guids[1] and onsets(first) == onsets(second)


def test_what_was_asked_for_is_saved_when_the_project_is_closed(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    """Row "MarkProjectDirty": P_EXT alone does not make REAPER ask whether to save."""
    outcome = alone.run("Drums to MIDI", song(results), events=[{"asked": True, "quit": True}])
    assert outcome["dirty"] is True


# An item that changes while its job runs


@pytest.mark.parametrize("after_draft", [False, True])
def test_an_item_that_is_moved_during_its_job_gets_its_notes_where_it_is(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results, after_draft: bool
) -> None:
    """Row "transcribe": the draft and the final notes are the same: what changes is where they belong."""
    scripted_daemon.play = [draft_event(results.midi("drums", 1.0, draft=True)), 1.0, *scripted_daemon.play]
    moved = {"undone": 1, "later": 2, "move": 2.0} if after_draft else {"asked": True, "later": 1, "move": 2.0}
    outcome = alone.run("Drums to MIDI", song(results), events=[moved])
    assert (onsets(outcome), len(outcome["undone"])) == ([3.0], 1 + after_draft)


def test_an_item_that_plays_another_file_now_is_refused(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    """Row "transcribe": refused with its sentence."""
    relinked = [{"asked": True, "later": 5, "relink": __file__}]
    outcome = alone.run("Drums to MIDI", song(results), events=relinked)
    assert len(outcome["boxes"]) == 1 and "plays another file now" in outcome["boxes"][0]
    assert outcome["undone"] == []


# Tabs: project 0 is the one in front


def test_a_job_that_ends_behind_another_tab_fills_its_own_project(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    """Row "project 0": it is the tab in front."""
    outcome = alone.run("Drums to MIDI", song(results), events=[{"asked": True, "later": 5, "tab": 2}])
    assert (outcome["boxes"], onsets(outcome), outcome["other"]) == ([], [1.0], 0)


def test_an_old_reaper_waits_for_the_tab(alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results) -> None:
    """Row "project 0": without InsertTrackInProject tracks go into the tab in front."""
    tabs = [{"asked": True, "later": 5, "tab": 2}, {"cycle": 120, "tab": 1}]
    outcome = alone.run("Drums to MIDI", song(results), events=tabs, version="6.44/x64")
    assert (outcome["boxes"], onsets(outcome), outcome["other"]) == ([], [1.0], 0)


def test_a_project_that_was_closed_is_told(alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results) -> None:
    outcome = alone.run("Drums to MIDI", song(results), events=[{"asked": True, "later": 5, "close": 1}])
    assert len(outcome["boxes"]) == 1 and "project was closed" in outcome["boxes"][0]


# Undo brings a state back whole, in new items


@pytest.mark.parametrize("steps", [0, 1])
def test_undo_does_not_bring_the_old_question_back(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results, steps: int
) -> None:
    """Row "undo": neither going back to the final notes, from whatever came after, nor to the draft."""
    draft = results.midi("drums", 0.5, draft=True)
    scripted_daemon.play = [draft_event(draft), 1.0, *scripted_daemon.play]
    outcome = alone.run("Drums to MIDI", song(results), afterwards=[{"undo": steps}])
    assert onsets(outcome) == [0.5 if steps else 1.0]
    assert outcome["tracks"][0]["items"][0]["strings"].get(ASKED, "") == ""


def test_a_job_whose_draft_is_inserted_is_still_offered_when_reaper_is_closed(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    draft = results.midi("drums", 0.5, draft=True)
    scripted_daemon.play = [draft_event(draft), 5.0, *scripted_daemon.play]
    outcome = alone.run("Drums to MIDI", song(results), events=[{"undone": 1, "later": 2, "quit": True}])
    assert outcome["tracks"][0]["items"][0]["strings"][ASKED] != ""


def test_stems_leave_no_question_behind(alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results) -> None:
    scripted_daemon.play = [done_event(stems_of(results), results.folder / "x.mid")]
    outcome = alone.run("Separate into stems", song(results), afterwards=[{"undo": 0}])
    assert len(outcome["tracks"]) == 3
    assert outcome["tracks"][0]["items"][0]["strings"].get(ASKED, "") == ""


def test_an_undo_during_the_job_makes_every_item_anew_and_the_job_goes_on(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    """Row "undo": REAPER makes items anew, so that pointers die."""
    outcome = alone.run("Drums to MIDI", song(results), events=[{"asked": True, "later": 5, "undo": 0}])
    assert (outcome["boxes"], onsets(outcome)) == ([], [1.0])


# Running an action: undo points, running it again, toolbars


QUIET = ["Settings", "Review and relabel", "Relabel selected notes as", "Push to virtual port", "Drums to MIDI"]


@pytest.mark.parametrize("action", QUIET)
def test_an_action_that_changes_nothing_leaves_no_undo_point(alone: Reaper, action: str) -> None:
    """Row "defer": an action that ends without it leaves an undo point of REAPER's own."""
    assert alone.run(action)["undone"] == []


@pytest.mark.parametrize("version", ["7.30/x64", "6.44/x64"])
def test_a_toggle_lights_while_its_action_runs(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results, version: str
) -> None:
    """Row "set_action_options, atexit": without them a toggle never lights, or for ever."""
    outcome = alone.run("Drums to MIDI", song(results), version=version)
    assert onsets(outcome) == [1.0]
    assert outcome["toggles"] == ([True, False] if version.startswith("7") else [])


def test_an_action_that_is_run_again_goes_on_with_what_was_asked(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    """Row "set_action_options": the second run is on another item: REAPER asks nothing, and both get their notes."""
    items = [audio_item(results.folder / "Song.wav", SECONDS, strings={"GUID": "{A}"})]
    items += [audio_item(results.folder / "Song.wav", SECONDS, strings={"GUID": "{B}"}, values={"D_POSITION": 9.0})]
    items[1]["selected"] = False
    again = [{"asked": True, "later": 10, "select": 2}, {"again": True}]
    outcome = alone.run("Drums to MIDI", [{"name": "Song", "items": items}], events=again)
    assert outcome["boxes"] == []
    assert sorted(note["time"] for item in outcome["tracks"][1]["items"] for note in item["notes"]) == [1.0, 10.0]


def test_the_review_window_closes_when_its_action_is_run_again(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    """Row "set_action_options": a window is closed by its own action."""
    tracks = reopen_tracks(alone.run("Drums to MIDI", song(results)), 1)
    manifest = results.folder / "Song.sidestick.json"
    known = {"source": {"name": "Song.wav", "duration": SECONDS}, "options": {"grid": {}, "sensitivity": {}}}
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **known}), encoding="utf-8")
    outcome = alone.run("Review and relabel", tracks, events=[{"cycle": 20, "again": True}], cycles=100)
    assert (outcome["boxes"], outcome["cycles"] < 30, outcome["toggles"]) == ([], True, [True, False])
    assert "sidestick/window_review" in outcome["ext"]


# Scaled screens


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.33, 1.5, 2.0])
@pytest.mark.parametrize("counts_pixels", [True, False])
def test_a_new_window_is_as_large_on_a_scaled_screen(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results, scale: float, counts_pixels: bool
) -> None:
    """Row "HiDPI": at 125 and 133 % on Windows and Linux the window opened small."""
    outcome = alone.run("Drums to MIDI", song(results), scale=scale, counts_pixels=counts_pixels)
    assert outcome["size"] == pytest.approx([420 * scale, 70 * scale], abs=1)


# Stems play exactly as their source


def stems_of(results: Results) -> Path:
    (results.folder / "Song.stems").mkdir()
    synth.write(results.folder / "Song.stems" / "drums.wav", synth.silence(1, rate=8000, channels=1), rate=8000)
    return results.manifest("Song.stems/drums.wav")


ITEM = {"D_VOL": 0.5, "C_FADEINSHAPE": 3.0, "C_FADEOUTSHAPE": 5.0, "D_FADEINDIR": 0.4, "D_FADEOUTDIR": -0.2}
ITEM |= {"D_FADEINLEN_AUTO": 0.02, "D_FADEOUTLEN_AUTO": -1.0, "C_BEATATTACHMODE": 0.0}
TAKE = {"I_CHANMODE": 3.0, "D_PANLAW": 0.7, "D_VOL": 0.8, "D_PAN": -0.3, "D_PLAYRATE": 2.0}
VOLUME = "<VOLENV\nEGUID {1}\nACT 1 -1\nVIS 1 1 1\nPT 0 1 0\nPT 1.5 0.25 0\n>"
EFFECT = "<PARMENV\nEGUID {2}\nPT 0 1 0\n>"


def test_stems_have_volume_fades_channels_pan_law_and_envelopes_of_their_source(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    """Row "stems": the time base too."""
    scripted_daemon.play = [done_event(stems_of(results), results.folder / "x.mid")]
    source = song(results, values=ITEM, take=TAKE, envelopes=[VOLUME, EFFECT], fx=1)
    stem = alone.run("Separate into stems", source)["tracks"][2]["items"][0]
    assert {name: stem["values"][name] for name in ITEM} == ITEM
    assert {name: stem["take"][name] for name in TAKE} == TAKE
    assert stem["envelopes"] == [VOLUME.replace("EGUID {1}\n", "")]


def test_the_envelope_of_a_looped_section_goes_on_in_every_round(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    """Row "stems": envelopes count from the start of their item."""
    scripted_daemon.play = [done_event(stems_of(results), results.folder / "x.mid")]
    parent = {"path": str(results.folder / "Song.wav"), "length": SECONDS}
    source = {"section": 1.0, "length": 1.0, "parent": parent}
    values = {"D_LENGTH": 2.0, "B_LOOPSRC": 1.0}
    outcome = alone.run("Separate into stems", song(results, source=source, values=values, envelopes=[VOLUME]))
    points = [item["envelopes"][0].split("\n")[3:5] for item in outcome["tracks"][2]["items"]]
    assert points == [["PT 0 1 0", "PT 1.5 0.25 0"], ["PT -1 1 0", "PT 0.5 0.25 0"]]


# The result as a take of its source


TAKE_SETTING = {"sidestick/place": "take"}


def midi_take(outcome: Json) -> Json:
    [take] = [take for take in outcome["tracks"][0]["items"][0]["takes"] if take["name"] == "Song drums"]
    return dict(take)


def test_the_result_is_a_take_of_its_source_if_the_settings_say_so(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    """Row "new": the audio stays active; asked again after it was moved, the same take follows."""
    source = song(results, values={"D_POSITION": 2.0}, take={"D_PLAYRATE": 2.0})
    first = alone.run("Drums to MIDI", source, ext=TAKE_SETTING)
    assert (first["boxes"], len(first["tracks"])) == ([], 1)
    assert [note["time"] for note in midi_take(first)["notes"]] == [pytest.approx(2.5, abs=0.001)]
    assert first["tracks"][0]["items"][0]["file"] == str(results.folder / "Song.wav")
    tracks = reopen_tracks(first, 0)
    tracks[0]["items"][0]["values"]["D_POSITION"] = 5.0
    second = alone.run("Drums to MIDI", tracks, ext=TAKE_SETTING)
    assert [note["time"] for note in midi_take(second)["notes"]] == [pytest.approx(5.5, abs=0.001)]
    guids = [midi_take(outcome)["take_strings"]["GUID"] for outcome in (first, second)]
    assert guids[0] == guids[1]


def test_two_copies_of_a_result_both_follow_a_correction(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    tracks = reopen_tracks(alone.run("Drums to MIDI", song(results)), 1)
    copied = tracks[1]["items"][0]
    strings = {name: value for name, value in copied["take_strings"].items() if name != "GUID"}
    tracks[1]["items"].append({**copied, "strings": {}, "take_strings": strings, "selected": False})
    tracks[1]["items"][1]["values"] = {**copied["values"], "D_POSITION": 8.0}
    midi, edited = results.midi("drums", 3.0), scripted_daemon._edited()
    edited = replace(edited, manifest=results.folder / "Song.sidestick.json", midi=midi)
    scripted_daemon._edited = lambda: edited  # type: ignore[method-assign]
    outcome = alone.run("Regenerate with REAPER's grid and tempo", tracks)
    assert outcome["boxes"] == []
    assert [[round(n["time"], 2) for n in item["notes"]] for item in outcome["tracks"][1]["items"]] == [[3.0], [11.0]]


# Small things that add up


def test_what_is_to_last_is_written_once_and_not_at_every_ping(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    """Row "ExtState": each write is a write of reaper-extstate.ini."""
    first = alone.run("Drums to MIDI", song(results))
    assert first["writes"]["sidestick/last_sender"] == 1
    known = {"sidestick/last_sender": first["ext"]["sidestick/last_sender"]}
    assert "sidestick/last_sender" not in alone.run("Stop", ext=known)["writes"]


def test_the_display_follows_when_tracks_are_inserted(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    """Row "TrackList_AdjustWindows"."""
    assert alone.run("Drums to MIDI", song(results))["stale"] is False


@pytest.mark.parametrize(("version", "windows"), [("7.30/x64", 0), ("6.44/x64", 1)])
def test_a_menu_opens_a_window_only_where_it_needs_one(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results, version: str, windows: int
) -> None:
    """Row "gfx.init for a menu": only before REAPER 6.82."""
    tracks = reopen_tracks(alone.run("Drums to MIDI", song(results)))
    tracks[1]["items"][0].update(edited=True, events=select_all(tracks[1]["items"][0]["events"]))
    outcome = alone.run("Relabel selected notes as", tracks, version=version)
    assert (len(outcome["menus"]), outcome["windows"]) == (1, windows)


def select_all(events: str) -> str:
    data, out = bytes.fromhex(events), b""
    while data:
        size = int.from_bytes(data[5:9], "little")
        out, data = out + data[:4] + b"\1" + data[5 : 9 + size], data[9 + size :]
    return out.hex()
