"""From a transcription to the files beside the song, and from a correction to the same files."""

import json

import pytest

from bridge.midi.file_reader import read
from daemon import __version__
from daemon.errors import Rejected, StageFailed
from daemon.outlets import delivery
from daemon.outlets.delivery import Desk, arrange, correct, deliver, drum_map, step
from daemon.outlets.manifest import Manifest
from daemon.pipeline.chain import transcribe
from daemon.pipeline.options import Options
from tests import synth
from tests.ears import ScriptedListener
from tests.pipeline.test_chain import studio

BEAT = synth.rock_beat(2)
SNARE, CLAP = 38, 39


@pytest.fixture
def song(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    return synth.write(folder / "Song.wav", synth.play(BEAT, 4.0))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "locks")


def heard(song, **wishes):
    options = Options(input="drums", **wishes)
    return transcribe(song, options, studio(song.parents[1], ScriptedListener(BEAT)), lambda *_: None), options


def pitches(midi):
    return {note.pitch for note in read(midi).tracks[0].notes}


def snares(manifest):
    return str(next(cluster.id for cluster in manifest.clusters if cluster.label == "snare"))


def test_every_hit_is_in_the_midi(song, desk):
    done = deliver(*heard(song), desk)
    assert len(read(done.midi).tracks[0].notes) == len(BEAT)
    assert done.remarks == ()


def test_the_manifest_names_what_was_written_and_who_wrote_it(song, desk):
    done = deliver(*heard(song), desk)
    manifest = Manifest.load(done.manifest)
    assert [output.path for output in manifest.outputs] == ["Song.drums.mid"]
    assert manifest.sidestick == __version__
    assert [stage.stage for stage in manifest.stages] == ["decode", "listen", "kit", "hits", "beats"]


def test_the_same_again_gives_the_same_midi(song, desk):
    first = deliver(*heard(song), desk).midi.read_bytes()
    again = deliver(*heard(song), desk)
    assert again.midi.read_bytes() == first
    assert again.remarks == ()


def test_a_correction_regenerates_the_midi_and_undo_brings_it_back(song, desk):
    done = deliver(*heard(song), desk)
    before = done.midi.read_bytes()
    changed = correct(done.manifest, {"clusters": {snares(done.content): "clap"}}, desk)
    assert CLAP in pitches(changed.midi) and SNARE not in pitches(changed.midi)
    assert step(done.manifest, back=True, desk=desk).midi.read_bytes() == before


def test_a_tempo_map_of_the_daw_is_that_of_the_midi_until_it_is_undone(song, desk):
    done = deliver(*heard(song), desk)
    told = correct(done.manifest, {"settings": {"tempo_map": [[0, 97.5, 3, 4]]}}, desk)
    tempo = read(told.midi).tempo_map
    assert [round(point.bpm, 3) for point in tempo.points] == [97.5]
    assert [(meter.numerator, meter.denominator) for meter in tempo.meters] == [(3, 4)]
    assert read(step(done.manifest, back=True, desk=desk).midi).tempo_map != tempo


def test_a_tempo_map_sent_with_the_song_holds_from_the_start_and_null_gives_the_heard_beats_back(song, desk):
    plain = deliver(*heard(song), desk).midi.read_bytes()
    done = deliver(*heard(song, grid={"tempo_map": [[-0.25, 90.0]]}), desk)
    assert arrange(done.content).grid.beats[0] == pytest.approx(60 / 90 - 0.25)
    assert correct(done.manifest, {"settings": {"tempo_map": None}}, desk).midi.read_bytes() == plain


def test_a_told_grid_is_not_moved_to_the_hits(song, desk):
    done = deliver(*heard(song), desk)
    beats = [0.02 + 0.5 * i for i in range(8)]
    told = correct(done.manifest, {"settings": {"grid": {"beats": beats}}}, desk)
    score = arrange(told.content)
    assert score.grid.beats == tuple(beats)
    assert {round(time % 0.125, 6) for time in score.times} == {0.02}


def test_corrections_outlive_another_run_that_hears_the_same(song, desk):
    done = deliver(*heard(song), desk)
    correct(done.manifest, {"clusters": {snares(done.content): "clap"}}, desk)
    again = deliver(*heard(song, bpm=60.0), desk)
    assert CLAP in pitches(again.midi) and SNARE not in pitches(again.midi)


def test_corrections_that_do_not_fit_any_more_are_kept_beside_the_new_result(song, desk):
    done = deliver(*heard(song), desk)
    correct(done.manifest, {"clusters": {snares(done.content): "clap"}}, desk)
    synth.write(song, synth.play(BEAT[:6], 4.0))
    options = Options(input="drums")
    other = transcribe(song, options, studio(song.parents[1] / "new", ScriptedListener(BEAT[:6])), lambda *_: None)
    again = deliver(other, options, desk)
    assert again.manifest.name == "Song-2.sidestick.json"
    assert len(Manifest.load(done.manifest).history.revisions) == 1


def test_nothing_is_left_of_a_delivery_whose_manifest_cannot_be_written(song, desk, monkeypatch):
    def full(self):
        raise StageFailed("write", "the disk is full")

    monkeypatch.setattr(Manifest, "encoded", full)
    with pytest.raises(StageFailed):
        deliver(*heard(song, plot=True), desk)
    assert [path.name for path in song.parent.iterdir()] == ["Song.wav"]


def test_a_correction_that_does_not_fit_changes_nothing(song, desk):
    done = deliver(*heard(song), desk)
    before = done.manifest.read_bytes(), done.midi.read_bytes()
    with pytest.raises(Rejected, match="no cluster 99"):
        correct(done.manifest, {"clusters": {"99": "snare"}}, desk)
    assert (done.manifest.read_bytes(), done.midi.read_bytes()) == before


def test_a_drum_map_of_ones_own_is_used(song, tmp_path):
    desk = Desk(tmp_path / "locks", tmp_path / "out", {"pads": {"kick": 1, "snare": 2, "closed_hihat": 3}})
    done = deliver(*heard(song, drum_map="pads"), desk)
    assert pitches(done.midi) == {1, 2, 3}
    assert done.midi.parent == tmp_path / "out"


def test_an_unknown_drum_map_is_refused():
    with pytest.raises(Rejected, match="drum map"):
        drum_map("kazoo", {})


def test_results_elsewhere_still_know_where_the_song_lay(song, tmp_path):
    done = deliver(*heard(song), Desk(tmp_path / "locks", tmp_path / "out"))
    source = json.loads(done.manifest.read_text())["source"]
    assert source["folder"] == str(song.parent.resolve())


def test_without_quantizing_every_note_stays_where_it_was_played(song, desk):
    done = deliver(*heard(song, grid={"quantize": False}), desk)
    score = delivery.arrange(done.content)
    assert list(score.times) == [hit.onset for hit in score.hits]
