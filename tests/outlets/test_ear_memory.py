"""Corrected songs teach the personal ear, and its file is kept whole."""

import os
import stat
from dataclasses import replace

import numpy as np
import pytest

from daemon.outlets.delivery import DeliverySettings, correct, deliver, step_history
from daemon.outlets.ear_memory import EarMemory, match_strokes
from daemon.pipeline.cache import StageCache
from daemon.pipeline.chain import transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.records import Drum
from tests import synth
from tests.pipeline.test_chain import build_tools
from tests.scripted_transcriber import ScriptedTranscriber

OPTIONS = Options(input="drums", kit="embedded")
LEVELS = {"kick": 2.0, "snare": 4.0, "hihat": 6.0}
PHANTOMS = (0.8, 1.8, 2.8, 3.8)
PLAYED = synth.rock_beat(2)


class FaultyTranscriber(ScriptedTranscriber):
    """Hears snares at PHANTOMS too; every drum has its spectrum, and the phantoms have their own."""

    def transcribe(self, blocks, in_music=False):
        heard = super().transcribe(blocks, in_music)
        spectrum = np.zeros((len(heard.strength), 40), np.float32)
        for stroke in self.strokes:
            at = round(stroke.onset * 100)
            spectrum[max(0, at - 3) : at + 9] += 9.0 if stroke.onset in PHANTOMS else LEVELS[stroke.drum]
        return replace(heard, spectrum=spectrum)


@pytest.fixture
def memory(tmp_path):
    return EarMemory(tmp_path / "state" / "ear.npz", StageCache(tmp_path / "cache"))


@pytest.fixture
def settings(tmp_path, memory):
    return DeliverySettings(tmp_path / "locks", ear=memory)


def transcribe_song(folder, settings, name="First", level=-12.0):
    """Another name is another file of the same performance, a little softer or louder."""
    path = folder / f"{name}.wav"
    if not path.exists():
        synth.write(path, synth.play(PLAYED, 4.0) * np.float32(10 ** (level / 20)))
    strokes = [*PLAYED, *(synth.Stroke(at, "snare") for at in PHANTOMS)]
    tools = replace(build_tools(folder, FaultyTranscriber(strokes)), personal_ear=settings.ear.personal_ear)
    made = transcribe(path, OPTIONS, tools, lambda *_: None)
    return made, deliver(made, OPTIONS, settings)


def phantoms(hits):
    return [hit.id for hit in hits if hit.drum is Drum.SNARE and min(abs(hit.onset - at) for at in PHANTOMS) < 0.03]


def put_right(delivery, settings):
    return correct(delivery.manifest, {"delete_hits": phantoms(delivery.arrangement.hits)}, settings)


def test_what_was_deleted_in_one_song_is_not_heard_in_the_next(tmp_path, settings):
    _, first = transcribe_song(tmp_path, settings)
    assert len(phantoms(first.arrangement.hits)) == len(PHANTOMS)
    put_right(first, settings)
    made, second = transcribe_song(tmp_path, settings, "Second", -14.0)
    assert phantoms(second.arrangement.hits) == []
    assert len(second.arrangement.hits) == len(PLAYED)
    assert "earlier songs" in made.remarks[0]


def test_the_manifest_names_the_ear_that_was_used(tmp_path, settings, memory):
    _, first = transcribe_song(tmp_path, settings)
    put_right(first, settings)
    _, second = transcribe_song(tmp_path, settings, "Second", -14.0)
    (before,) = (stage for stage in first.content.stages if stage.stage == "hits")
    (after,) = (stage for stage in second.content.stages if stage.stage == "hits")
    assert (before.model, before.sha256) == ("default", "")
    assert (after.model, after.sha256) == ("default, personal ear", memory.personal_ear().digest)


def test_a_song_of_before_is_worked_out_anew_once_the_ear_has_learnt(tmp_path, settings):
    _, first = transcribe_song(tmp_path, settings)
    put_right(first, settings)
    made, _ = transcribe_song(tmp_path, settings)
    assert {stage.name: stage.cached for stage in made.stages}["hits"] is False
    assert {stage.name: stage.cached for stage in made.stages}["listen"] is True


def test_a_correction_that_was_taken_back_teaches_nothing(tmp_path, settings, memory):
    _, first = transcribe_song(tmp_path, settings)
    put_right(first, settings)
    assert [song.corrected[Drum.SNARE] for song in memory.songs()] == [len(PHANTOMS)]
    step_history(first.manifest, True, settings)
    assert memory.personal_ear() is None


def test_a_song_that_is_corrected_again_stands_there_once(tmp_path, settings, memory):
    _, first = transcribe_song(tmp_path, settings)
    one, *rest = phantoms(first.arrangement.hits)
    correct(first.manifest, {"delete_hits": [one]}, settings)
    correct(first.manifest, {"delete_hits": rest}, settings)
    assert [song.corrected[Drum.SNARE] for song in memory.songs()] == [len(PHANTOMS)]


def test_a_setting_teaches_nothing(tmp_path, settings, memory):
    _, first = transcribe_song(tmp_path, settings)
    correct(first.manifest, {"settings": {"grid": {"step": "1/8"}}}, settings)
    assert memory.songs() == ()


def test_without_its_strokes_a_song_is_corrected_all_the_same(tmp_path, settings, memory):
    _, first = transcribe_song(tmp_path, settings)
    StageCache(tmp_path / "cache").forget(tmp_path / "cache" / "hits" / first.content.strokes)
    assert put_right(first, settings).content.history.head == 1
    assert memory.songs() == ()


def test_a_damaged_file_is_begun_anew(tmp_path, settings, memory):
    _, first = transcribe_song(tmp_path, settings)
    memory.path.parent.mkdir()
    memory.path.write_bytes(b"PK\x03\x04 torn")
    assert memory.personal_ear() is None
    put_right(first, settings)
    assert len(memory.songs()) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_file_is_the_users_alone(tmp_path, settings, memory):
    _, first = transcribe_song(tmp_path, settings)
    put_right(first, settings)
    assert stat.S_IMODE(memory.path.stat().st_mode) == 0o600


def test_forgetting_says_how_many_songs_it_was(tmp_path, settings, memory):
    _, first = transcribe_song(tmp_path, settings)
    put_right(first, settings)
    assert memory.forget() == 1
    assert memory.forget() == 0
    assert memory.personal_ear() is None


def test_a_stroke_takes_the_candidate_that_was_a_hit_before_a_nearer_one_that_was_not():
    onsets, strength = np.array([1.0, 1.03, 2.0]), np.array([0.3, 0.9, 0.9], np.float32)
    assert match_strokes(onsets, strength, [1.01]) == [-1, 0, -1]
