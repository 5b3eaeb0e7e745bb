"""What the actions make of a job's news: drafts, failures, a daemon that goes away, items that cannot be used."""

from collections.abc import Iterator

import pytest

from daemon.errors import Rejected
from tests import synth
from tests.reaper.fake import Json, Reaper, notes
from tests.reaper.one_song import SECONDS, song
from tests.reaper.scripted_daemon import (
    Results,
    ScriptedDaemon,
    done_event,
    draft_event,
    failed_event,
    progress_event,
    serve_script,
)


@pytest.fixture
def scripted_daemon(alone: Reaper) -> Iterator[ScriptedDaemon]:
    with serve_script(ScriptedDaemon(), alone.state) as running:
        yield running


def onsets(outcome: Json, track: int = 1) -> list[float]:
    return [round(note["time"], 2) for note in notes(outcome, track)]


def test_the_draft_is_replaced_in_place_by_the_final_notes(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    draft, final = results.midi("drums", 1.0, draft=True), results.midi("drums", 1.0, 2.0)
    news = done_event(results.manifest("Song.drums.mid"), final)
    scripted_daemon.play = [draft_event(draft), progress_event(0.5, 7), 1.0, draft_event(final), news]
    outcome = alone.run("Drums to MIDI", song(results))
    assert outcome["undone"] == ["sidestick: drums to MIDI (draft)", "sidestick: drums to MIDI"]
    assert [len(track["items"]) for track in outcome["tracks"]] == [1, 1]
    assert onsets(outcome) == [1.0, 2.0]


def test_a_draft_that_the_user_moved_meanwhile_keeps_its_place(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    draft, final = results.midi("drums", 1.0, draft=True), results.midi("drums", 1.0, 2.0)
    scripted_daemon.play = [draft_event(draft), 1.5, done_event(results.manifest("Song.drums.mid"), final)]
    outcome = alone.run("Drums to MIDI", song(results), events=[{"undone": 1, "move": 4.0}])
    assert onsets(outcome) == [5.0, 6.0]


def test_everything_makes_a_coloured_track_for_each_part(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    names = [results.midi(part, 1.0).name for part in ("drums", "bass", "vocals")]
    scripted_daemon.play = [done_event(results.manifest(*names), results.folder / names[0])]
    outcome = alone.run("Everything to MIDI", song(results))
    assert {track["name"] for track in outcome["tracks"]} == {"Song", "Song Drums", "Song Bass", "Song Vocals"}
    colours = {track["values"]["I_CUSTOMCOLOR"] for track in outcome["tracks"] if track["name"] != "Song"}
    assert len(colours) == 3 and all(int(colour) & 0x1000000 for colour in colours)


def test_stems_lie_in_a_folder_and_play_as_their_source(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    names = [f"Song.stems/{part}.wav" for part in ("other", "drums", "bass", "vocals")]
    (results.folder / "Song.stems").mkdir()
    for name in names:
        synth.write(results.folder / name, synth.silence(1, rate=8000, channels=1), rate=8000)
    scripted_daemon.play = [done_event(results.manifest(*names), results.folder / "x.mid")]
    tracks = song(results, take={"D_PLAYRATE": 1.5, "D_STARTOFFS": 0.5}, markers=[[0, 0.5, 0.2], [1, 2, 0]])
    outcome = alone.run("Separate into stems", tracks)["tracks"]
    assert [track["name"] for track in outcome] == ["Song", "Song stems", "Drums", "Bass", "Vocals", "Other"]
    assert [track["values"].get("I_FOLDERDEPTH", 0) for track in outcome] == [0, 1, 0, 0, 0, -1]
    stem = outcome[2]["items"][0]
    assert (stem["take"]["D_PLAYRATE"], stem["take"]["D_STARTOFFS"]) == (1.5, 0.5)
    assert stem["markers"] == [[0, 0.5, 0.2], [1, 2, 0]]
    assert outcome[0]["items"][0]["values"]["B_MUTE"] == 1


def test_stems_of_other_names_follow_the_usual_ones_by_name(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    names = [f"Song.stems/{part}.wav" for part in ("strings", "drums", "organ", "other")]
    (results.folder / "Song.stems").mkdir()
    for name in names:
        synth.write(results.folder / name, synth.silence(1, rate=8000, channels=1), rate=8000)
    scripted_daemon.play = [done_event(results.manifest(*names), results.folder / "x.mid")]
    outcome = alone.run("Separate into stems", song(results))["tracks"]
    assert [track["name"] for track in outcome[2:]] == ["Drums", "Other", "Organ", "Strings"]


def test_the_stems_of_a_looped_section_are_an_item_for_each_round(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    (results.folder / "Song.stems").mkdir()
    synth.write(results.folder / "Song.stems" / "drums.wav", synth.silence(1, rate=8000, channels=1), rate=8000)
    scripted_daemon.play = [done_event(results.manifest("Song.stems/drums.wav"), results.folder / "x.mid")]
    parent = {"path": str(results.folder / "Song.wav"), "length": SECONDS}
    section = {"section": 1.0, "length": 2.0, "parent": parent}
    looped = {"D_POSITION": 5.0, "D_LENGTH": 2.0, "B_LOOPSRC": 1.0, "D_FADEINLEN": 0.1, "D_FADEOUTLEN": 0.2}
    take = {"D_STARTOFFS": 0.5, "D_PLAYRATE": 2.0}
    outcome = alone.run("Separate into stems", song(results, source=section, values=looped, take=take))
    items = outcome["tracks"][2]["items"]
    places = [[item["values"]["D_POSITION"], item["values"]["D_LENGTH"]] for item in items]
    assert places == [[5.0, 0.75], [5.75, 1.0], [6.75, 0.25]]
    assert [item["take"]["D_STARTOFFS"] for item in items] == [1.5, 1.0, 1.0]
    fades = [[item["values"]["D_FADEINLEN"], item["values"]["D_FADEOUTLEN"]] for item in items]
    assert fades == [[0.1, 0.0], [0.0, 0.0], [0.0, 0.2]]


def test_a_failed_job_is_told_in_the_daemons_words(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    scripted_daemon.play = [progress_event(0.2), failed_event("There was not enough memory for Song.wav.")]
    assert alone.run("Drums to MIDI", song(results))["boxes"] == ["There was not enough memory for Song.wav."]


def test_a_refusal_is_told_in_the_daemons_words(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    scripted_daemon.refuse = Rejected("bad_part", "Bass cannot be heard yet.")
    assert alone.run("Bass to MIDI", song(results))["boxes"] == ["Song: Bass cannot be heard yet."]


def test_cancel_in_the_small_window_stops_the_job(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    scripted_daemon.play = [progress_event(0.1)]
    click = [{"frame": 30, "x": 350, "y": 30, "down": True}, {"frame": 32, "down": False}]
    outcome = alone.run("Drums to MIDI", song(results), input=click, w=400, h=70)
    assert "cancel" in scripted_daemon.verbs()
    assert (outcome["boxes"], outcome["undone"]) == ([], [])


def test_cancel_before_sidestick_has_named_the_job_is_kept_until_it_does(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    scripted_daemon.play = [1.0, failed_event("nobody stopped it")]
    click = [{"frame": 2, "x": 350, "y": 30, "down": True}, {"frame": 3, "down": False}]
    outcome = alone.run("Drums to MIDI", song(results), input=click, w=400, h=70)
    assert scripted_daemon.verbs() == ["process", "cancel"]
    assert (outcome["boxes"], outcome["undone"]) == ([], [])


def test_closing_the_small_window_stops_nothing(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    final = results.midi("drums", 1.0)
    scripted_daemon.play = [progress_event(0.1), 1.5, done_event(results.manifest("Song.drums.mid"), final)]
    assert onsets(alone.run("Drums to MIDI", song(results), input=[{"frame": 10, "key": 27}])) == [1.0]


def test_two_clicks_in_a_row_are_one_request(alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results) -> None:
    final = results.midi("drums", 1.0)
    scripted_daemon.play = [0.5, done_event(results.manifest("Song.drums.mid"), final)]
    tracks = song(results, strings={"GUID": "{X}"})
    alone.run("Drums to MIDI", tracks)
    alone.run("Drums to MIDI", tracks, ext={"sidestick_live/{X}": "0.0"})
    assert scripted_daemon.verbs().count("process") == 1


def test_a_source_that_was_deleted_meanwhile_is_no_accident(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    final = results.midi("drums", 1.0)
    scripted_daemon.play = [1.0, done_event(results.manifest("Song.drums.mid"), final)]
    outcome = alone.run("Drums to MIDI", song(results), events=[{"cycle": 15, "remove_source": True}])
    assert outcome["boxes"] == ["Song: The audio item is gone, so nothing was inserted."]


def test_a_daemon_that_never_answers_is_offered_to_be_started(alone: Reaper, results: Results) -> None:
    (alone.state / "spool" / "inbox").mkdir(parents=True)
    content = '{"pid": 1, "osc_port": 1, "spool": "%s", "version": "0", "sender": ["/nowhere"]}'
    (alone.state / "daemon.json").write_text(content % (alone.state / "spool"))
    outcome = alone.run("Drums to MIDI", song(results), answers=["no"], hasty=True)
    assert outcome["boxes"] == ["sidestick is not running. Start it now?"]
    assert not [*(alone.state / "spool" / "inbox").iterdir()]


def test_a_daemon_that_goes_away_in_the_middle_is_told(alone: Reaper, results: Results) -> None:
    scripted_daemon = ScriptedDaemon(play=[progress_event(0.3)])
    with serve_script(scripted_daemon, alone.state):
        replaced = f"cd '{alone.state}'; mv spool away; mkdir -p spool/inbox"
        gone = [{"cycle": 40, "shell": replaced, "hasty": True}]
        outcome = alone.run("Drums to MIDI", song(results), events=gone, cycles=2000)
    assert outcome["boxes"] == [
        "Song: sidestick does not answer. Its work is kept: start it again, then run this action once more."
    ]


LONG_SONG = 1800.0  # seconds


@pytest.mark.real_time
def test_five_thousand_notes_hold_reaper_up_for_no_more_than_a_moment(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    final = results.midi("drums", *(0.3 * number for number in range(5000)))
    scripted_daemon.play = [done_event(results.manifest("Song.drums.mid"), final)]
    outcome = alone.run("Drums to MIDI", song(results, values={"D_LENGTH": LONG_SONG}, source={"length": LONG_SONG}))
    assert len(notes(outcome)) == 5000
    slices = outcome["slices"]
    assert slices["median"] < 0.004 and slices["longest"] < 0.05
    assert slices["over"] <= 2  # when Lua tidies its memory


REFUSED = {
    "nothing selected": ({"selected": False}, "Select an audio item first."),
    "empty item": ({"empty": True}, "is empty"),
    "a MIDI item": ({"events": "000000000003000000b07b00"}, "is MIDI already"),
    "no length": ({"values": {"D_LENGTH": 0.0}}, "has no length"),
    "backwards": ({"source": {"section": 0.0, "reversed": True, "parent": {"path": "x"}}}, "plays backwards"),
    "a missing file": ({"source": {"path": "/music/gone.wav"}}, "cannot be found at /music/gone.wav"),
    "a network path": ({"source": {"path": r"\\studio\music\gone.wav"}}, r"cannot be found at \\studio\music"),
    "a subproject": ({"source": {"type": "RPP_PROJECT"}}, "is a subproject"),
    "offline media": ({"source": {"length": 0.0}}, "is offline"),
    "an unsaved recording": ({"source": {"path": ""}}, "has no file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_item_that_cannot_be_used_is_refused(alone: Reaper, results: Results, case: str) -> None:
    given, sentence = REFUSED[case]
    outcome = alone.run("Drums to MIDI", song(results, **dict(given)))
    assert len(outcome["boxes"]) == 1 and sentence in outcome["boxes"][0]
    assert (outcome["undone"], len(outcome["tracks"])) == ([], 1)


def test_take_effects_are_warned_about_and_the_job_runs(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    final = results.midi("drums", 1.0)
    scripted_daemon.play = [done_event(results.manifest("Song.drums.mid"), final)]
    outcome = alone.run("Drums to MIDI", song(results, take={"D_PITCH": 2.0}))
    assert "without the take's pitch and effects" in outcome["boxes"][0]
    assert onsets(outcome) == [1.0]


def test_a_video_is_left_to_the_daemon(alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results) -> None:
    scripted_daemon.refuse = Rejected("no_sound", "Song.wav has no sound.")
    assert alone.run("Drums to MIDI", song(results, source={"type": "VIDEO"}))["boxes"] == ["Song.wav has no sound."]
