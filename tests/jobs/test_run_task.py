"""A worker's shift: the real pipeline and delivery, with a transcriber that knows what was played."""

from dataclasses import replace

import pytest

from daemon.backends.basic_pitch import BasicPitch
from daemon.errors import Cancelled
from daemon.jobs.job import Pass
from daemon.jobs.run_task import TaskRunner
from daemon.jobs.timings import Timings
from daemon.jobs.worker import Task
from daemon.outlets.delivery import DeliverySettings
from daemon.outlets.manifest import Manifest
from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.cache import StageCache
from daemon.pipeline.options import Options
from daemon.pipeline.tools import Tools
from tests import synth
from tests.scripted_transcriber import ScriptedTranscriber

BEAT = synth.rock_beat(2)
DRUMS = Options(input="drums", plot=True)


@pytest.fixture
def song(tmp_path):
    return synth.write(tmp_path / "Song.wav", synth.play(BEAT, 4.0))


@pytest.fixture
def shift(tmp_path):
    cache = StageCache(tmp_path / "cache")
    tools = Tools(cache, Limits(), ScriptedTranscriber(BEAT), lambda *_: None, lambda name: None, BasicPitch())
    return TaskRunner((tools,), DeliverySettings(tmp_path / "locks"), Timings(tmp_path / "timings.json"))


def test_a_task_ends_with_files_beside_the_song(shift, song):
    told = []
    made = shift(Task("j1", Pass.FINAL, str(song), "", DRUMS), told.append)
    assert len(Manifest.load(song.with_name("Song.sidestick.json")).hits.rows) == len(BEAT)
    assert (made.midi, made.written) == (str(song.with_name("Song.drums.mid")), (made.midi,))
    fractions = [each.fraction for each in told]
    assert (fractions, told[-1].stage) == (sorted(fractions), "write")


def test_a_draft_is_midi_only_and_the_final_takes_its_place(shift, song):
    draft = shift(Task("j1", Pass.DRAFT, str(song), "", DRUMS, has_draft=True), lambda told: None)
    assert not list(song.parent.glob("*.svg"))
    final = shift(Task("j1", Pass.FINAL, str(song), "", DRUMS, has_draft=True), lambda told: None)
    assert final.midi == draft.midi
    assert list(song.parent.glob("*.svg"))


def test_a_stop_leaves_nothing_beside_the_song(shift, song):
    def stop(told):
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        shift(Task("j1", Pass.FINAL, str(song), "", DRUMS), stop)
    assert not list(song.parent.glob("Song.*.*"))


def test_it_learns_how_long_stages_take(shift, song, tmp_path):
    shift(Task("j1", Pass.FINAL, str(song), "", DRUMS), lambda told: None)
    assert "hits" in (tmp_path / "timings.json").read_text()


@pytest.mark.parametrize(("frugal", "used"), [(0, 0), (1, 1), (2, 2), (3, 2)])
def test_who_had_too_little_memory_gets_a_studio_that_needs_less(shift, song, frugal, used):
    full, began = shift.tools_by_memory_level[0], []
    tools_by_memory_level = tuple(replace(full, clock=lambda n=n: began.append(n) or 0.0) for n in range(3))
    replace(shift, tools_by_memory_level=tools_by_memory_level)(
        Task("j1", Pass.FINAL, str(song), "", DRUMS, memory_level=frugal), lambda told: None
    )
    assert set(began) == {used}
