"""Admission of jobs: what becomes a job, what is done already, what is refused."""

import os
import shutil
from dataclasses import replace

import pytest

from daemon.errors import Rejected
from daemon.events import Done, EventBus, Queued
from daemon.jobs.admission import Admission, AdmissionSettings, merge_options
from daemon.jobs.job import Priority, State
from daemon.jobs.store import JobStore
from daemon.outlets.naming import digest_of
from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.options import Options
from tests import synth


def no_mdx(options: Options) -> None:
    if options.separator == "mdx":
        raise Rejected("bad_option", "There is no separator 'mdx'.")


class AdmissionSetup:
    """An admission and all that it touches."""

    def __init__(self, folder) -> None:
        self.folder, self.bus, self.events = folder, EventBus(), []
        self.bus.subscribe(self.events.append)
        self.store = JobStore(folder / "jobs.db", clock=lambda: 9e9)
        self.settings = AdmissionSettings(
            folder / "cache", Limits(max_seconds=10.0), Options(bpm=99.0), draft=True, check=no_mdx
        )

    def song(self, name="Song.wav", seconds=1.0):
        return synth.write(self.folder / name, synth.tone(440.0, seconds))

    def admit(self, path, given=None, **values):
        return Admission(self.settings, self.store, self.bus).admit(path, given or {}, **values)

    def expect_refusal(self, path, given=None) -> Rejected:
        with pytest.raises(Rejected) as caught:
            self.admit(path, given)
        assert self.store.list_latest(10) == []
        return caught.value

    def finish(self, job, named="Song"):
        """What a worker would leave behind."""
        manifest, midi = self.folder / f"{named}.sidestick.json", self.folder / f"{named}.drums.mid"
        manifest.touch()
        midi.touch()
        running = self.store.move(job, State.RUNNING)
        done = {"manifest": str(manifest), "midi": str(midi), "digest": digest_of(job.path)}
        return self.store.move(running, State.DONE, draft=False, **done)


@pytest.fixture
def admissions(tmp_path):
    made = AdmissionSetup(tmp_path)
    yield made
    made.store.close()


def test_a_song_becomes_a_queued_job_and_it_is_announced(admissions):
    song = admissions.song()
    job = admissions.admit(str(song))
    assert admissions.store.get(job.id).state is State.QUEUED
    assert admissions.events == [Queued(job.id, str(song))]


def test_what_is_given_goes_over_the_settings(admissions):
    job = admissions.admit(admissions.song(), {"grid": {"step": "1/8"}, "input": "drums"})
    assert (job.options.bpm, job.options.grid.step, job.options.grid.quantize) == (99.0, "1/8", True)


def test_a_tempo_that_is_asked_for_takes_the_place_of_the_usual_one():
    usual = Options(bpm=99.0, meter="3/4").model_dump()
    asked = Options.read(merge_options(usual, {"tempo_map": [[0, 120]]}))
    assert (asked.bpm, asked.meter, asked.tempo_map) == (None, None, ((0.0, 120.0, 4, 4),))


def test_a_full_mix_gets_a_draft_and_a_drum_stem_none(admissions):
    assert admissions.admit(admissions.song()).draft
    assert not admissions.admit(admissions.song(), {"input": "drums"}).draft


def test_the_setting_and_the_option_turn_drafts_off(admissions):
    assert not admissions.admit(admissions.song(), {"draft": False}).draft
    admissions.settings = replace(admissions.settings, draft=False)
    assert not admissions.admit(admissions.song("Other.wav")).draft


def test_a_draft_never_replaces_what_lies_there_from_before(admissions):
    song = admissions.song()
    song.with_name("Song.sidestick.json").touch()
    assert not admissions.admit(song).draft


def test_the_same_request_while_it_is_worked_on_is_the_same_job(admissions):
    song = admissions.song()
    assert admissions.admit(song).id == admissions.admit(song).id
    assert len(admissions.events) == 1


def test_a_person_who_asks_for_a_dropped_song_moves_it_up(admissions):
    song = admissions.song()
    admissions.admit(song, priority=Priority.DROPPED)
    job = admissions.admit(song, priority=Priority.WAITING)
    assert admissions.store.get(job.id).priority is Priority.WAITING


def test_what_is_done_and_still_there_is_answered_at_once(admissions):
    song = admissions.song()
    before = admissions.finish(admissions.admit(song))
    again = admissions.admit(song)
    assert (again.id != before.id, again.state, again.midi) == (True, State.DONE, before.midi)
    assert admissions.events[-1] == Done(again.id, 0, before.manifest, before.midi)


def test_what_is_done_but_gone_is_done_again(admissions, tmp_path):
    song = admissions.song()
    admissions.finish(admissions.admit(song))
    (tmp_path / "Song.drums.mid").unlink()
    assert admissions.admit(song).state is State.QUEUED


def test_results_that_something_else_has_replaced_are_made_again(admissions):
    song = admissions.song()
    done = admissions.finish(admissions.admit(song))
    os.utime(done.manifest, (9.9e9, 9.9e9))
    assert admissions.admit(song).state is State.QUEUED


def test_a_changed_song_is_another_job(admissions):
    first = admissions.admit(admissions.song())
    assert admissions.admit(admissions.song(seconds=2.0)).id != first.id


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"bpm": "fast"}, "bad_option", "bpm"),
        ({"surprise": 1}, "bad_option", "surprise"),
        ({"grid": {"step": "1/7"}}, "bad_option", "1/7"),
        ({"grid": 7}, "bad_option", "grid"),
        ({"separator": "mdx"}, "bad_option", "mdx"),
        ({"parts": ["kazoo"]}, "bad_option", "kazoo"),
    ],
)
def test_options_that_do_not_work_are_refused_in_words(admissions, given, code, words):
    error = admissions.expect_refusal(admissions.song(), given)
    assert (error.code, words in error.reason) == (code, True)


@pytest.mark.parametrize("path", ["Song.wav", "./Song.wav", "../Song.wav", "", "~/Song.wav"])
def test_a_path_must_be_absolute(admissions, path):
    assert admissions.expect_refusal(path).code == "relative_path"


def test_a_name_that_is_not_utf8_is_refused(admissions, tmp_path):
    assert admissions.expect_refusal(tmp_path / os.fsdecode(b"S\xf6ng.wav")).code == "bad_name"


def test_a_file_that_is_not_there_is_refused(admissions, tmp_path):
    assert admissions.expect_refusal(tmp_path / "none.wav").code == "missing"


def test_a_folder_is_refused(admissions, tmp_path):
    assert admissions.expect_refusal(tmp_path).code == "folder"


def test_what_is_no_sound_is_refused(admissions, tmp_path):
    (tmp_path / "Song.wav").write_text("Once upon a time")
    assert admissions.expect_refusal(tmp_path / "Song.wav").code == "not_audio"


def test_a_song_over_the_limit_is_refused(admissions):
    assert admissions.expect_refusal(admissions.song(seconds=11.0)).code == "too_long"


def test_a_disk_without_room_is_told_before_the_work_begins(admissions, monkeypatch):
    usage = shutil.disk_usage(admissions.folder)
    monkeypatch.setattr("shutil.disk_usage", lambda place: usage._replace(free=50_000_000))
    error = admissions.expect_refusal(admissions.song())
    assert (error.code, "50 MB are free" in error.reason) == ("disk_full", True)


def replace_take(song, samples):
    """Another take in its place, of the same size and with the same time of change."""
    about = song.stat()
    synth.write(song, samples)
    os.utime(song, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert (song.stat().st_size, song.stat().st_mtime_ns) == (about.st_size, about.st_mtime_ns)


def test_another_take_of_the_same_size_and_time_is_another_song(admissions):
    song = admissions.song()
    admissions.finish(admissions.admit(song))
    replace_take(song, synth.tone(330.0, 1.0))
    assert admissions.admit(song).state is State.QUEUED


def test_a_take_that_is_replaced_while_its_job_runs_gets_a_job_of_its_own(admissions):
    song = admissions.song()
    job = admissions.store.move(admissions.admit(song), State.RUNNING)
    admissions.store.update(job, digest=digest_of(song))
    assert admissions.admit(song).id == job.id
    replace_take(song, synth.tone(330.0, 1.0))
    assert admissions.admit(song).id != job.id


def test_a_take_that_is_replaced_while_its_job_waits_is_what_that_job_will_read(admissions):
    song = admissions.song()
    job = admissions.admit(song)
    replace_take(song, synth.tone(330.0, 1.0))
    assert admissions.admit(song).id == job.id
