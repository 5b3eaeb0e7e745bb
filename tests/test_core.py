"""What is answered to each request, with real files, a real list of jobs, and a MIDI port that is none."""

import threading
from pathlib import Path

import pytest

from bridge.midi.file_reader import read
from daemon.errors import Rejected
from daemon.events import Done, MidiWritten
from daemon.jobs.job import State
from daemon.outlets.exports.table import EXPORTS
from daemon.outlets.manifest import Manifest, StageRun
from tests import songs, synth
from tests.core_setup import CoreSetup
from tests.jobs.sample_jobs import job


@pytest.fixture
def core_setup(tmp_path):
    opened = CoreSetup(tmp_path)
    yield opened
    opened.close()


def test_a_ping_tells_who_is_there(core_setup):
    assert core_setup.core.about().name == "sidestick"


def test_the_status_counts_jobs(core_setup):
    core_setup.store.add(job())
    assert core_setup.core.status().jobs[State.QUEUED] == 1
    assert core_setup.handle("/sidestick/status", "7")[0].args[1:4] == (0, 1, "cpu")


def test_a_song_is_taken_on(core_setup, tmp_path):
    song = synth.write(tmp_path / "New.wav", synth.tone(440.0, 1.0))
    taken = core_setup.core.process(str(song), {})
    assert core_setup.store.get(taken.id).path == song


def test_a_relabel_writes_the_midi_and_tells_everybody(core_setup, tmp_path):
    [answer] = core_setup.handle("/sidestick/relabel", "7", core_setup.job, '{"clusters": {"0": "cowbell"}}')
    midi = tmp_path / "Song.drums.mid"
    assert answer.args == ("7", core_setup.job, 1, str(tmp_path / "Song.sidestick.json"), str(midi))
    assert midi.read_bytes()[:4] == b"MThd"
    manifest = str(tmp_path / "Song.sidestick.json")
    assert core_setup.events == [MidiWritten(core_setup.job, str(midi)), Done(core_setup.job, 1, manifest, str(midi))]
    assert core_setup.labels() == ["cowbell", "snare", "closed_hihat"]


def test_a_draft_is_corrected_while_the_final_is_worked_on_and_only_the_final_is_done(core_setup, tmp_path):
    manifest, midi = tmp_path / "Song.sidestick.json", tmp_path / "Song.drums.mid"
    at_work = core_setup.store.add(job(str(tmp_path / "Song.wav")))
    core_setup.store.move(at_work, State.RUNNING, manifest=str(manifest))
    [answer] = core_setup.handle("/sidestick/relabel", "7", at_work.id, '{"clusters": {"0": "cowbell"}}')
    assert answer.args == ("7", at_work.id, 1, str(manifest), str(midi))
    assert core_setup.core.regenerate(at_work.id, {"bpm": "half"}).revision == 2
    assert core_setup.core.undo(at_work.id).revision == 1
    assert set(map(type, core_setup.events)) == {MidiWritten} and all(event.draft for event in core_setup.events)
    assert core_setup.store.get(at_work.id).state is State.RUNNING


def test_before_the_draft_there_is_nothing_to_correct(core_setup, tmp_path):
    at_work = core_setup.store.move(core_setup.store.add(job(str(tmp_path / "New.wav"))), State.RUNNING)
    with pytest.raises(Rejected, match="correct it when there is a draft"):
        core_setup.core.relabel(at_work.id, {"clusters": {"0": "cowbell"}})


def test_undo_and_redo_go_back_and_forth(core_setup):
    core_setup.core.relabel(core_setup.job, {"clusters": {"0": "cowbell"}})
    assert core_setup.core.undo(core_setup.job).revision == 0
    assert core_setup.labels()[0] == "kick"
    assert core_setup.core.redo(core_setup.job).revision == 1
    assert core_setup.labels()[0] == "cowbell"


def test_regenerate_changes_settings_without_the_audio(core_setup, tmp_path):
    made = core_setup.core.regenerate(core_setup.job, {"grid": {"quantize": False}, "drum_map": "ableton"})
    assert made.revision == 1
    core_setup.core.regenerate(core_setup.job, {"sensitivity": {"snare": 0.9}})
    assert len(Manifest.load(tmp_path / "Song.sidestick.json").history.revisions) == 2


def test_two_clients_at_once_make_two_revisions(core_setup):
    labels = ["cowbell", "clap", "tambourine", "ride"] * 3
    threads = [
        threading.Thread(target=core_setup.core.relabel, args=(core_setup.job, {"clusters": {"0": label}}))
        for label in labels
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    revisions = [event.revision for event in core_setup.events if isinstance(event, Done)]
    assert sorted(revisions) == list(range(1, 13))


def test_a_midi_file_that_somebody_edited_is_left_alone(core_setup, tmp_path):
    core_setup.core.relabel(core_setup.job, {"clusters": {"0": "cowbell"}})
    (tmp_path / "Song.drums.mid").write_bytes(b"mine")
    made = core_setup.core.undo(core_setup.job)
    assert made.midi == tmp_path / "Song.drums-2.mid"
    assert (tmp_path / "Song.drums.mid").read_bytes() == b"mine"
    assert core_setup.store.get(core_setup.job).midi == str(made.midi)


@pytest.mark.parametrize(
    "verb", ["relabel", "undo", "redo", "regenerate", "push", "score", "cancel", "audition", "tap"]
)
def test_an_unknown_job_is_refused(core_setup, verb):
    given = {"relabel": ({},), "regenerate": ({},), "push": ({},), "audition": (0,)}.get(verb, ())
    with pytest.raises(Rejected, match="no job 'j0'"):
        getattr(core_setup.core, verb)("j0", *given)


def test_a_running_job_is_not_relabelled(core_setup):
    waiting = core_setup.store.add(job("/music/Other.wav"))
    with pytest.raises(Rejected, match=r"Other\.wav is still being worked on"):
        core_setup.core.relabel(waiting.id, {"clusters": {"0": "snare"}})


def test_a_job_that_failed_has_nothing_to_relabel_and_says_why(core_setup):
    failed = core_setup.store.move(
        core_setup.store.move(core_setup.store.add(job()), State.RUNNING), State.FAILED, reason="It broke."
    )
    with pytest.raises(Rejected, match=r"it is failed: It broke\."):
        core_setup.core.relabel(failed.id, {"clusters": {"0": "snare"}})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"clusters": {"0": "kazoo"}}, "unknown_label"),
        ({"clusters": {"77": "snare"}}, "unknown_cluster"),
        ({"hits": {"77": "snare"}}, "unknown_hit"),
        ({}, "bad_change"),
    ],
)
def test_a_change_that_does_not_fit_is_refused_and_writes_nothing(core_setup, tmp_path, changes, code):
    with pytest.raises(Rejected) as caught:
        core_setup.core.relabel(core_setup.job, changes)
    assert caught.value.code == code
    assert not list(tmp_path.glob("*.mid"))


def test_a_manifest_that_has_gone_is_named(core_setup, tmp_path):
    (tmp_path / "Song.sidestick.json").unlink()
    [answer] = core_setup.handle("/sidestick/relabel", "1", core_setup.job, '{"clusters": {"0": "snare"}}')
    assert answer.args[2] == "no_manifest"


def test_a_disk_that_refuses_is_an_answer(core_setup, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    [answer] = core_setup.handle("/sidestick/relabel", "1", core_setup.job, '{"clusters": {"0": "snare"}}')
    assert (answer.args[2], "disk is full" in str(answer.args[3])) == ("disk", True)


def test_a_request_that_breaks_is_answered_and_the_next_one_heard(core_setup, monkeypatch):
    monkeypatch.setattr("daemon.core.correct", lambda *_: 1 / 0)
    [answer] = core_setup.handle("/sidestick/relabel", "1", core_setup.job, '{"clusters": {"0": "snare"}}')
    assert (answer.args[2], "ZeroDivisionError" in str(answer.args[3])) == ("internal", True)
    assert core_setup.handle("/sidestick/ping", "2")[0].address == "/sidestick/pong"


def test_a_push_plays_and_its_asker_hears_how_many_notes(core_setup):
    answers = core_setup.handle("/sidestick/push", "1", core_setup.job, "{}")
    assert [answer.address for answer in answers] == ["/sidestick/ack", "/sidestick/pushed"]
    assert answers[1].args[2] == 9
    assert core_setup.port.comes_true(lambda: core_setup.port.strikes())


def test_a_correction_is_heard_in_what_plays(core_setup):
    core_setup.core.push(core_setup.job, {"loop": True})
    assert core_setup.port.comes_true(lambda: core_setup.port.strikes())
    replaced = []
    core_setup.midi.replace = lambda clip, job: replaced.append(job)  # type: ignore[method-assign]
    core_setup.core.relabel(core_setup.job, {"clusters": {"0": "cowbell"}})
    assert replaced == [core_setup.job]


def test_stop_and_panic_leave_silence(core_setup):
    core_setup.core.push(core_setup.job, {})
    assert core_setup.port.comes_true(lambda: core_setup.port.strikes())
    core_setup.core.stop()
    core_setup.core.panic()
    assert core_setup.port.comes_true(lambda: not core_setup.port.sounding())


def test_an_audition_plays_one_cluster_only(core_setup):
    core_setup.core.audition(core_setup.job, 1)
    assert core_setup.port.comes_true(lambda: core_setup.port.strikes())
    assert {pitch for _, pitch in core_setup.port.strikes()} == {38}


def test_an_audition_of_nothing_is_refused(core_setup):
    with pytest.raises(Rejected, match="no cluster 9"):
        core_setup.core.audition(core_setup.job, 9)


def test_with_learn_a_pad_names_the_cluster_that_was_auditioned(tmp_path):
    core_setup, corrected = CoreSetup(tmp_path, learn=True), threading.Event()
    core_setup.bus.subscribe(lambda event: corrected.set() if isinstance(event, Done) else None)
    core_setup.core.audition(core_setup.job, 1)
    core_setup.input.get(bytes([0x99, 56, 90]))
    assert corrected.wait(10.0)
    assert core_setup.labels()[1] == "cowbell"
    core_setup.close()


def test_an_audition_may_ask_for_the_pad_that_names_the_cluster(core_setup):
    corrected = threading.Event()
    core_setup.bus.subscribe(lambda event: corrected.set() if isinstance(event, Done) else None)
    core_setup.core.audition(core_setup.job, 1, learn=True)
    core_setup.input.get(bytes([0x99, 56, 90]))
    assert corrected.wait(10.0)
    assert core_setup.labels()[1] == "cowbell"


def test_an_audition_may_leave_the_pads_alone(tmp_path):
    core_setup = CoreSetup(tmp_path, learn=True)
    core_setup.core.audition(core_setup.job, 1, learn=False)
    core_setup.input.get(bytes([0x99, 56, 90]))
    assert core_setup.labels()[1] == "snare"
    core_setup.close()


def test_the_device_is_what_this_machine_has_and_then_the_one_a_network_ran_on(tmp_path):
    core_setup = CoreSetup(tmp_path, device="auto")
    assert core_setup.core.status().device == "cpu"
    path = tmp_path / "Song.sidestick.json"
    for device in ("cpu", "cuda"):
        run = StageRun(stage="separate", model="htdemucs", sha256="ab" * 32, device=device)
        songs.manifest().model_copy(update={"stages": (run,)}).save(path)
        assert core_setup.core.status().device == device
    core_setup.close()


def test_every_hit_and_note_is_a_row_of_a_file(core_setup):
    core_setup.core.relabel(core_setup.job, {"clusters": {"0": "cowbell"}})
    rows = core_setup.rows("/sidestick/notes", core_setup.job)["notes"]
    assert len(rows) == 9
    assert rows == sorted(rows, key=lambda row: row["time"])
    first = {"part": "drums", "id": 0, "onset": 0.0, "time": 0.0, "label": "cowbell", "pitch": 56, "velocity": 90}
    assert rows[0] == first


def test_the_tracks_of_a_song_that_starts_with_a_bar_are_told_in_seconds_of_the_source(core_setup):
    made = core_setup.core.regenerate(core_setup.job, {"start": "bars", "downbeat": 0.5, "grid": {"quantize": False}})
    assert made.score.padding > 0
    (track,) = core_setup.rows("/sidestick/notes", core_setup.job)["tracks"]
    assert (track["part"], track["name"], track["messages"]) == ("drums", "Drums", [])
    assert [row[0] for row in track["notes"]["rows"]] == pytest.approx([i / 2 for i in range(9)], abs=0.001)
    assert {row[4] for row in track["notes"]["rows"]} == {10}


def test_the_exports_that_a_song_can_have_are_those_of_the_table(core_setup):
    rows = core_setup.rows("/sidestick/exports", core_setup.job)
    assert [row["name"] for row in rows] == list(EXPORTS)
    assert rows[0] == {
        "name": "csv", "ending": "hits.csv", "caption": "every hit and note, as a table", "objection": "",
    }  # fmt: skip
    assert any("drums" in row["objection"] for row in rows)


def test_an_export_is_written_once_and_again_by_a_correction(core_setup):
    answer = core_setup.handle("/sidestick/export", "1", core_setup.job, "csv")[0]
    path = Path(answer.args[2])
    assert answer.args == ("1", core_setup.job, str(core_setup.folder / "Song.hits.csv"))
    assert "kick" in path.read_text()
    assert core_setup.core.export(core_setup.job, "csv") == path
    assert core_setup.core.manifest(core_setup.job).history.head == 1
    core_setup.core.relabel(core_setup.job, {"clusters": {"0": "cowbell"}})
    assert "cowbell" in path.read_text() and "kick" not in path.read_text()
    path.unlink()
    assert core_setup.core.export(core_setup.job, "csv").exists()


@pytest.mark.parametrize(("name", "code"), [("cvs", "bad_option"), ("drummer", "no_export")])
def test_an_export_that_cannot_be_had_is_refused(core_setup, name, code):
    assert core_setup.handle("/sidestick/export", "1", core_setup.job, name)[0].args[2] == code


def test_the_list_of_jobs_is_a_file(core_setup):
    rows = core_setup.rows("/sidestick/jobs", 10)
    assert [(row["job"], row["state"]) for row in rows] == [(core_setup.job, "done")]


def test_a_cancelled_job_is_answered_with_done(core_setup):
    waiting = core_setup.store.add(job("/music/Other.wav"))
    assert core_setup.handle("/sidestick/cancel", "7", waiting.id)[0].args == ("7", waiting.id)
    assert core_setup.store.get(waiting.id).state is State.CANCELLED


def test_four_even_taps_set_the_beat_and_the_fifth_changes_nothing(core_setup):
    answers = []
    for _ in range(5):
        answers.append(core_setup.core.tap(core_setup.job))
        core_setup.clock.advance(60 / 90)
    assert [made.taps for made in answers] == [1, 2, 3, 4, 5]
    assert [round(made.bpm) for made in answers] == [0, 90, 90, 90, 90]
    assert [made.revision for made in answers] == [0, 0, 0, 1, 1]


def test_taps_at_places_of_the_song_are_its_beats_until_they_are_undone(core_setup, tmp_path):
    for second in (1.1, 1.8, 2.5, 3.2):
        core_setup.core.tap(core_setup.job, second)
    midi = tmp_path / "Song.drums.mid"
    assert [round(60 / point.bpm, 2) for point in read(midi).tempo_map.points][-1] == 0.7
    core_setup.core.undo(core_setup.job)
    assert [round(60 / point.bpm, 2) for point in read(midi).tempo_map.points][-1] == 0.5


def test_a_tap_for_no_job_is_refused(core_setup):
    assert core_setup.handle("/sidestick/tap", "1", "nobody")[0].address == "/sidestick/fail"


def test_a_tap_that_is_sent_twice_counts_once(core_setup):
    first = core_setup.handle("/sidestick/tap", "t1", core_setup.job)[0]
    assert core_setup.handle("/sidestick/tap", "t1", core_setup.job)[0] == first
    assert core_setup.handle("/sidestick/tap", "t2", core_setup.job)[0].args[2] == 2
