"""From a transcription to the files beside the song, and from a correction to the same files."""

import json
from dataclasses import replace

import pytest

from bridge.midi.file_reader import read
from daemon import __version__
from daemon.errors import DiskFailed, Rejected
from daemon.outlets import delivery
from daemon.outlets.delivery import DeliverySettings, arrange, correct, deliver, drum_map, step_history
from daemon.outlets.manifest import Manifest, SourceFile
from daemon.outlets.manifest_tables import HitTable
from daemon.pipeline.chain import transcribe
from daemon.pipeline.options import Options
from tests import synth
from tests.pipeline.test_chain import build_tools
from tests.scripted_transcriber import ScriptedTranscriber
from tests.songs import save_manifest
from tests.songs_with_sections import songs_with_form

BEAT = synth.rock_beat(2)
SNARE, CLAP = 38, 39


@pytest.fixture
def song(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    return synth.write(folder / "Song.wav", synth.play(BEAT, 4.0))


@pytest.fixture
def delivery_settings(tmp_path):
    return DeliverySettings(tmp_path / "locks")


def transcribe_song(song, **wishes):
    options = Options(input="drums", **wishes)
    return transcribe(song, options, build_tools(song.parents[1], ScriptedTranscriber(BEAT)), lambda *_: None), options


def pitches(midi):
    return {note.pitch for note in read(midi).tracks[0].notes}


def snares(manifest):
    return str(next(cluster.id for cluster in manifest.clusters if cluster.label == "snare"))


def test_every_hit_is_in_the_midi(song, delivery_settings):
    done = deliver(*transcribe_song(song), delivery_settings)
    assert len(read(done.midi).tracks[0].notes) == len(BEAT)
    assert done.remarks == ()


def test_the_manifest_names_what_was_written_and_who_wrote_it(song, delivery_settings):
    done = deliver(*transcribe_song(song), delivery_settings)
    manifest = Manifest.load(done.manifest)
    assert [output.path for output in manifest.outputs] == ["Song.drums.mid"]
    assert manifest.sidestick == __version__
    assert [stage.stage for stage in manifest.stages] == ["decode", "listen", "kit", "hits", "beats"]


def test_the_same_again_gives_the_same_midi(song, delivery_settings):
    first = deliver(*transcribe_song(song), delivery_settings).midi.read_bytes()
    again = deliver(*transcribe_song(song), delivery_settings)
    assert again.midi.read_bytes() == first
    assert again.remarks == ()


def test_a_correction_regenerates_the_midi_and_undo_brings_it_back(song, delivery_settings):
    done = deliver(*transcribe_song(song), delivery_settings)
    before = done.midi.read_bytes()
    changed = correct(done.manifest, {"clusters": {snares(done.content): "clap"}}, delivery_settings)
    assert CLAP in pitches(changed.midi) and SNARE not in pitches(changed.midi)
    assert step_history(done.manifest, back=True, settings=delivery_settings).midi.read_bytes() == before


def test_a_tempo_map_of_the_daw_is_that_of_the_midi_until_it_is_undone(song, delivery_settings):
    done = deliver(*transcribe_song(song), delivery_settings)
    told = correct(done.manifest, {"settings": {"tempo_map": [[0, 97.5, 3, 4]]}}, delivery_settings)
    tempo = read(told.midi).tempo_map
    assert [round(point.bpm, 3) for point in tempo.points] == [97.5]
    assert [(meter.numerator, meter.denominator) for meter in tempo.meters] == [(3, 4)]
    assert read(step_history(done.manifest, back=True, settings=delivery_settings).midi).tempo_map != tempo


def test_a_tempo_map_sent_with_the_song_holds_from_the_start_and_null_gives_the_heard_beats_back(
    song, delivery_settings
):
    plain = deliver(*transcribe_song(song), delivery_settings).midi.read_bytes()
    done = deliver(*transcribe_song(song, tempo_map=[[-0.25, 90.0]]), delivery_settings)
    assert arrange(done.content).grid.beats[0] == pytest.approx(60 / 90 - 0.25)
    assert correct(done.manifest, {"settings": {"tempo_map": None}}, delivery_settings).midi.read_bytes() == plain


@pytest.mark.parametrize("meter", ["3/4", "6/8", "5/8", "2/2"])
def test_a_meter_told_with_the_song_is_that_of_the_midi(song, delivery_settings, meter):
    score = deliver(*transcribe_song(song, meter=meter), delivery_settings).arrangement
    assert f"{score.grid.numerator}/{score.grid.denominator}" == meter


def test_a_told_grid_is_not_moved_to_the_hits(song, delivery_settings):
    done = deliver(*transcribe_song(song), delivery_settings)
    beats = [0.02 + 0.5 * i for i in range(8)]
    told = correct(done.manifest, {"settings": {"beats": beats}}, delivery_settings)
    score = arrange(told.content)
    assert score.grid.beats == tuple(beats)
    assert {round(time % 0.125, 6) for time in score.times} == {0.02}


def test_corrections_outlive_another_run_that_hears_the_same(song, delivery_settings):
    done = deliver(*transcribe_song(song), delivery_settings)
    correct(done.manifest, {"clusters": {snares(done.content): "clap"}}, delivery_settings)
    again = deliver(*transcribe_song(song, bpm=60.0), delivery_settings)
    assert CLAP in pitches(again.midi) and SNARE not in pitches(again.midi)


def test_corrections_that_do_not_fit_any_more_are_kept_beside_the_new_result(song, delivery_settings):
    done = deliver(*transcribe_song(song), delivery_settings)
    correct(done.manifest, {"clusters": {snares(done.content): "clap"}}, delivery_settings)
    synth.write(song, synth.play(BEAT[:6], 4.0))
    options = Options(input="drums")
    other = transcribe(
        song, options, build_tools(song.parents[1] / "new", ScriptedTranscriber(BEAT[:6])), lambda *_: None
    )
    again = deliver(other, options, delivery_settings)
    assert again.manifest.name == "Song-2.sidestick.json"
    assert len(Manifest.load(done.manifest).history.revisions) == 1


def test_nothing_is_left_of_a_delivery_whose_manifest_cannot_be_written(song, delivery_settings, monkeypatch):
    def full(self):
        raise DiskFailed("the disk is full")

    monkeypatch.setattr(Manifest, "encode", full)
    with pytest.raises(DiskFailed):
        deliver(*transcribe_song(song, plot=True), delivery_settings)
    assert [path.name for path in song.parent.iterdir()] == ["Song.wav"]


def test_a_correction_that_does_not_fit_changes_nothing(song, delivery_settings):
    done = deliver(*transcribe_song(song), delivery_settings)
    before = done.manifest.read_bytes(), done.midi.read_bytes()
    with pytest.raises(Rejected, match="no cluster 99"):
        correct(done.manifest, {"clusters": {"99": "snare"}}, delivery_settings)
    assert (done.manifest.read_bytes(), done.midi.read_bytes()) == before


def test_a_drum_map_of_ones_own_is_used(song, tmp_path):
    delivery_settings = DeliverySettings(
        tmp_path / "locks", tmp_path / "out", {"pads": {"kick": 1, "snare": 2, "closed_hihat": 3}}
    )
    done = deliver(*transcribe_song(song, drum_map="pads"), delivery_settings)
    assert pitches(done.midi) == {1, 2, 3}
    assert done.midi.parent == tmp_path / "out"


def test_what_a_drum_map_lacks_is_said_with_what_plays_it(tmp_path):
    at, settings = save_manifest(tmp_path), DeliverySettings(tmp_path / "locks")
    made = correct(at, {"settings": {"drum_map": "ableton"}, "clusters": {"1": "china"}}, settings)
    assert "Ableton Drum Rack lacks some drums of this song; it plays crash for china." in made.remarks
    assert "lacks" not in "".join(
        correct(at, {"settings": {"drum_map": "gm"}}, DeliverySettings(tmp_path / "locks")).remarks
    )


def test_an_unknown_drum_map_is_refused():
    with pytest.raises(Rejected, match="drum map"):
        drum_map("kazoo", {})


def test_results_elsewhere_still_know_where_the_song_lay(song, tmp_path):
    done = deliver(*transcribe_song(song), DeliverySettings(tmp_path / "locks", tmp_path / "out"))
    source = json.loads(done.manifest.read_text())["source"]
    assert source["folder"] == str(song.parent.resolve())


def test_without_quantizing_every_note_stays_where_it_was_played(song, delivery_settings):
    done = deliver(*transcribe_song(song, grid={"quantize": False}), delivery_settings)
    score = delivery.arrange(done.content)
    assert list(score.times) == [hit.onset for hit in score.hits]


def test_what_is_asked_for_now_beats_an_older_correction(song, delivery_settings):
    first = deliver(*transcribe_song(song), delivery_settings)
    words = {"settings": {"drum_map": "logic", "tempo_map": [[0.3, 60]]}}
    assert correct(first.manifest, words, delivery_settings).arrangement.options.drum_map == "logic"
    again = deliver(*transcribe_song(song, drum_map="ableton", bpm=120.0), delivery_settings)
    assert again.arrangement.options.drum_map == "ableton"
    assert read(again.midi).tempo_map.points[0].bpm == pytest.approx(120.0, abs=0.01)
    assert not any("Older corrections" in remark for remark in again.remarks)
    undone = step_history(again.manifest, True, delivery_settings)
    assert undone.arrangement.options.drum_map == "logic"


def test_an_older_correction_that_holds_is_told(song, delivery_settings):
    asked = transcribe_song(song, drum_map="ableton")
    correct(deliver(*asked, delivery_settings).manifest, {"settings": {"drum_map": "logic"}}, delivery_settings)
    again = deliver(*asked, delivery_settings)
    assert again.arrangement.options.drum_map == "logic"
    assert "Older corrections still hold for drum_map. Undo takes them back." in again.remarks


def test_a_bpm_is_corrected_without_the_audio_and_keeps_the_labels(song, delivery_settings):
    done = deliver(*transcribe_song(song), delivery_settings)
    correct(done.manifest, {"hits": {"0": "clap"}}, delivery_settings)
    made = correct(done.manifest, {"settings": {"bpm": done.arrangement.grid.bpm / 2}}, delivery_settings)
    assert made.arrangement.grid.bpm == pytest.approx(done.arrangement.grid.bpm / 2, rel=1e-3)
    assert CLAP in pitches(made.midi)


def test_the_manifest_tells_a_beat_that_was_given_from_the_start(song, delivery_settings):
    given = [[0.02, 120, 3, 4]]
    told = deliver(*transcribe_song(song, tempo_map=given), delivery_settings)
    found = Manifest.load(told.manifest)
    assert found.corrected_grid == told.arrangement.grid and found.corrected_grid.numerator == 3


def test_the_manifest_tells_the_corrected_beat_until_it_is_undone(song, delivery_settings):
    done = deliver(*transcribe_song(song), delivery_settings)
    heard = done.content.grid.bpm
    told = correct(done.manifest, {"settings": {"bpm": "half"}}, delivery_settings)
    assert Manifest.load(told.manifest).corrected_grid.bpm == pytest.approx(heard / 2)
    undone = step_history(done.manifest, back=True, settings=delivery_settings)
    assert Manifest.load(undone.manifest).corrected_grid == done.arrangement.grid


def test_the_sections_lie_on_the_bars_of_the_corrected_beat(tmp_path, delivery_settings):
    played = next(songs_with_form(["rock", "sixteenths", "half time", "quarters", "punk"], 1, 1000))
    hits = HitTable.of([replace(hit, cluster=-1) for hit in played.hits])
    source = SourceFile(name="Song.wav", sha256="ab" * 32, duration=played.duration)
    heard = Manifest(sidestick=__version__, source=source, options=Options(), grid=played.grid, hits=hits)
    heard.save(path := tmp_path / "Song.sidestick.json")
    moved = correct(path, {"settings": {"downbeat": played.grid.beats[1]}}, delivery_settings).manifest
    undone = step_history(moved, back=True, settings=delivery_settings)
    for told in (Manifest.load(moved), undone.content):
        grid = told.corrected_grid or told.grid
        lines = {grid.beats[beat] for beat in grid.downbeats}
        assert len(told.sections) > 1
        assert all(min(abs(each.start - line) for line in lines) < 0.02 for each in told.sections)
