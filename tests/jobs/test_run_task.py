"""The task runner: the real pipeline and delivery, with a transcriber that knows what was played."""

import os
from dataclasses import replace

import pytest

from daemon.backends.basic_pitch import BasicPitch
from daemon.errors import Cancelled, Rejected
from daemon.files import FileStamp, file_digest
from daemon.jobs.job import Pass
from daemon.jobs.run_task import TaskRunner
from daemon.jobs.timings import Timings
from daemon.jobs.worker import Task
from daemon.outlets.delivery import DeliverySettings, correct, step_history
from daemon.outlets.manifest import Manifest
from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.cache import StageCache
from daemon.pipeline.options import Options
from daemon.pipeline.tools import Tools
from daemon.score.changes import FIRST_DRAFT_ID
from tests import synth
from tests.scripted_transcriber import ScriptedTranscriber

BEAT = synth.rock_beat(2)
DRUMS = Options(input="drums", plot=True)


def task_of(song, which=Pass.FINAL, **values):
    return Task(which, str(song), file_digest(song), DRUMS, **values)


def ignore(told):
    pass


@pytest.fixture
def song(tmp_path):
    return synth.write(tmp_path / "Song.wav", synth.play(BEAT, 4.0))


@pytest.fixture
def runner(tmp_path):
    cache = StageCache(tmp_path / "cache")
    tools = Tools(cache, Limits(), ScriptedTranscriber(BEAT), lambda *_: None, lambda name: None, BasicPitch())
    return TaskRunner((tools,), DeliverySettings(tmp_path / "locks"), Timings(tmp_path / "timings.json"))


def test_a_task_ends_with_files_beside_the_song(runner, song):
    told = []
    made = runner.run(task_of(song), told.append).result
    assert len(Manifest.load(song.with_name("Song.sidestick.json")).hits.rows) == len(BEAT)
    assert (made.midi, made.written) == (str(song.with_name("Song.drums.mid")), (made.midi,))
    fractions = [each.fraction for each in told]
    assert (fractions, told[-1].stage) == (sorted(fractions), "write")


def test_a_draft_is_midi_only_and_the_final_takes_its_place(runner, song):
    draft = runner.run(task_of(song, Pass.DRAFT, has_draft=True), ignore).result
    assert not list(song.parent.glob("*.svg"))
    final = runner.run(task_of(song, has_draft=True), ignore).result
    assert final.midi == draft.midi
    assert list(song.parent.glob("*.svg"))


def test_what_was_corrected_on_the_draft_holds_for_the_final(runner, song):
    draft = runner.run(task_of(song, Pass.DRAFT, has_draft=True), ignore).delivery
    snare = next(cluster for cluster in draft.content.clusters if cluster.label == "snare")
    kick = next(hit for hit in draft.arrangement.hits if hit.label == "kick")
    settings = runner.delivery_settings
    correct(draft.manifest, {"clusters": {str(snare.id): "clap"}, "settings": {"bpm": "half"}}, settings)
    correct(draft.manifest, {"delete_hits": [kick.id]}, settings)
    final = runner.run(task_of(song, has_draft=True), ignore).delivery
    assert (final.manifest, final.content.history.head) == (draft.manifest, 2)
    labels = [hit.label for hit in final.arrangement.hits]
    assert "snare" not in labels and labels.count("clap") == snare.count
    assert len(labels) == len(BEAT) - 1
    assert (kick.onset, "kick") not in {(hit.onset, hit.label) for hit in final.arrangement.hits}
    assert final.arrangement.grid.bpm == pytest.approx(draft.arrangement.grid.bpm / 2, abs=0.01)
    assert max(hit.id for hit in final.arrangement.hits) < FIRST_DRAFT_ID
    first = step_history(final.manifest, True, settings)
    assert len(first.arrangement.hits) == len(BEAT)


def test_a_stop_leaves_nothing_beside_the_song(runner, song):
    def stop(told):
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        runner.run(task_of(song), stop)
    assert not list(song.parent.glob("Song.*.*"))


def test_it_learns_how_long_stages_take(runner, song, tmp_path):
    runner.run(task_of(song), ignore)
    assert "hits" in (tmp_path / "timings.json").read_text()


@pytest.mark.parametrize(("level", "used"), [(0, 0), (1, 1), (2, 2), (3, 2)])
def test_who_had_too_little_memory_gets_tools_that_need_less(runner, song, level, used):
    full, began = runner.tools_by_memory_level[0], []
    tools_by_memory_level = tuple(replace(full, clock=lambda n=n: began.append(n) or 0.0) for n in range(3))
    replace(runner, tools_by_memory_level=tools_by_memory_level).run(task_of(song, memory_level=level), ignore)
    assert set(began) == {used}


def test_a_song_that_is_gone_is_done_from_its_decoded_sound(runner, song):
    task = task_of(song, has_draft=True)
    runner.run(replace(task, which_pass=Pass.DRAFT), ignore)
    song.unlink()
    made = runner.run(task, ignore)
    assert made.transcription.source.digest == task.digest
    assert list(song.parent.glob("*.svg"))


def test_a_song_that_is_gone_and_was_never_decoded_is_missing(runner, song):
    task = task_of(song)
    song.unlink()
    with pytest.raises(Rejected, match="cannot be found") as caught:
        runner.run(task, ignore)
    assert caught.value.code == "missing"


def test_other_bytes_under_the_songs_name_are_not_taken_for_it(runner, song):
    task = task_of(song, stamp=FileStamp.of(song))
    synth.write(song, synth.play(BEAT, 3.0))
    with pytest.raises(Rejected, match=r"Song\.wav was changed") as caught:
        runner.run(task, ignore)
    assert caught.value.code == "changed"
    assert not (song.parent / "cache" / "decode").exists()


def test_a_new_date_alone_is_no_change(runner, song):
    task = task_of(song, stamp=FileStamp.of(song))
    os.utime(song, (1, 1))
    assert runner.run(task, ignore).transcription.source.digest == task.digest


def test_the_command_line_asks_for_a_file_by_its_content(runner, song):
    task = runner.task_of_file(song, DRUMS)
    assert (task.digest, task.source, task.stamp) == (file_digest(song), str(song), FileStamp.of(song))


def test_a_file_of_the_command_line_is_probed_before_it_is_hashed(runner, song, monkeypatch):
    monkeypatch.setattr("daemon.files.file_digest", lambda path: pytest.fail("hashed"))
    song.write_text("no song")
    with pytest.raises(Rejected, match="is not audio"):
        runner.task_of_file(song, DRUMS)
