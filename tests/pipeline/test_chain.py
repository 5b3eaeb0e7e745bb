"""The pipeline as a whole, with a transcriber that knows what was played and no separation network."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.timebase import Seconds
from daemon.backends.basic_pitch import BasicPitch
from daemon.errors import Cancelled, Rejected
from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.cache import StageCache
from daemon.pipeline.chain import draft, is_whole_song, transcribe
from daemon.pipeline.options import Grid, Options
from daemon.pipeline.pitched.part_settings import ClassicNoteSettings, audible_notes
from daemon.pipeline.pitched.polyphonic import PartNote
from daemon.pipeline.records import Drum, Part, Stems, Weights
from daemon.pipeline.tools import Tools
from tests import synth
from tests.pipeline.pitched.test_transcribe_part import pluck
from tests.scripted_transcriber import ScriptedTranscriber
from tests.synth import write

BEAT = synth.rock_beat(2)
DRUMS = Options(input="drums")


class HalfAndHalf:
    """A separator that gives every part the mix at half its level."""

    weights = Weights("half")

    def parts(self):
        return (Part.DRUMS, Part.OTHER)

    def separate(self, mix, parts, folder, report):
        from daemon.pipeline.records import Audio

        report(0.5)
        sound = mix.read() * 0.5
        return Stems({p: Audio(synth.write(folder / f"{p}.wav", sound), mix.frames) for p in parts}, self.weights)


def build_tools(folder: Path, listener: ScriptedTranscriber | None = None) -> Tools:
    return Tools(
        cache=StageCache(folder / "cache"),
        limits=Limits(),
        drum_transcriber=listener or ScriptedTranscriber(BEAT),
        separator=lambda name, report: HalfAndHalf(),
        kit_splitter=lambda name: None,
        note_transcriber=lambda network: BasicPitch(),
    )


def quiet(stage, fraction):
    pass


@pytest.fixture
def song(tmp_path):
    return synth.write(tmp_path / "Song.wav", synth.play(BEAT, 4.0))


def test_a_drum_stem_becomes_hits_on_a_grid(tmp_path, song):
    result = transcribe(song, DRUMS, build_tools(tmp_path), quiet)
    assert len(result.drums.hits) == len(BEAT)
    assert result.grid.bpm == pytest.approx(120.0, rel=1e-3)
    assert result.stems is None


def test_a_mix_is_separated_first(tmp_path, song):
    result = transcribe(song, Options(), build_tools(tmp_path), quiet)
    assert set(result.stems.parts) == {Part.DRUMS}
    assert [stage.name for stage in result.stages] == ["decode", "separate", "listen", "kit", "hits", "beats"]


def test_all_parts_are_separated_when_stems_are_asked_for(tmp_path, song):
    result = transcribe(song, Options(stems="wav"), build_tools(tmp_path), quiet)
    assert set(result.stems.parts) == {Part.DRUMS, Part.OTHER}


def test_stems_that_are_there_already_are_used_again(tmp_path, song):
    transcribe(song, Options(stems="wav"), build_tools(tmp_path), quiet)
    result = transcribe(song, Options(), build_tools(tmp_path), quiet)
    assert next(stage for stage in result.stages if stage.name == "separate").cached


def test_the_second_run_comes_from_the_cache(tmp_path, song):
    listener = ScriptedTranscriber(BEAT)
    first = transcribe(song, DRUMS, build_tools(tmp_path, listener), quiet)
    second = transcribe(
        song, DRUMS.model_copy(update={"grid": Grid(step="1/8")}), build_tools(tmp_path, listener), quiet
    )
    assert listener.calls == 1
    assert all(stage.cached for stage in second.stages)
    assert (second.drums, second.grid) == (first.drums, first.grid)


def damage_files(folder: Path, pattern: str, how: str) -> None:
    """Every file of the cache that the pattern names."""
    paths = list(folder.glob(pattern))
    assert paths
    for path in paths:
        data = bytearray(path.read_bytes())
        if how == "flipped":
            data[len(data) // 2] ^= 0x10
        elif how == "cut":
            del data[len(data) // 2 :]
        path.write_bytes(b"" if how == "empty" else data)
        if how == "folder":
            path.unlink()
            path.mkdir()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """What was heard in the song, and the cache that has it."""
    home = tmp_path_factory.mktemp("kept")
    song = synth.write(home / "Song.wav", synth.play(BEAT, 4.0))
    return transcribe(song, DRUMS, build_tools(home), quiet), home / "cache"


@pytest.mark.parametrize("how", ["flipped", "cut", "empty", "folder"])
@pytest.mark.parametrize(
    "pattern", ["decode/*/audio.flac", "*/*/record.json", "kit/*/*.flac", "listen/*/*.npy", "*/*/sums.json"]
)
def test_a_damaged_result_is_made_again(tmp_path, song, kept, pattern, how):
    first, cache = kept
    shutil.copytree(cache, tmp_path / "cache")
    damage_files(tmp_path / "cache", pattern, how)
    again = transcribe(song, DRUMS, build_tools(tmp_path), quiet)
    assert again.drums == first.drums and not all(stage.cached for stage in again.stages)
    assert all(stage.cached for stage in transcribe(song, DRUMS, build_tools(tmp_path), quiet).stages)


def test_a_deleted_file_of_a_result_is_made_again(tmp_path, song):
    first = transcribe(song, DRUMS, build_tools(tmp_path), quiet)
    next((tmp_path / "cache").glob("decode/*/audio.flac")).unlink()
    assert transcribe(song, DRUMS, build_tools(tmp_path), quiet).drums == first.drums


def test_the_cache_knows_a_song_by_its_content_not_its_name(tmp_path, song):
    transcribe(song, DRUMS, build_tools(tmp_path), quiet)
    other = shutil.copy(song, tmp_path / "Other.wav")
    result = transcribe(Path(other), DRUMS, build_tools(tmp_path), quiet)
    assert all(stage.cached for stage in result.stages)
    assert result.source.path.name == "Other.wav"


def test_the_cache_may_move(tmp_path, song):
    transcribe(song, DRUMS, build_tools(tmp_path), quiet)
    (tmp_path / "cache").rename(tmp_path / "moved")
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    (tmp_path / "moved").rename(moved / "cache")
    result = transcribe(song, DRUMS, build_tools(moved), quiet)
    assert result.kit.drums[Drum.KICK].read(0, 10).shape == (2, 10)
    assert all(stage.cached for stage in result.stages)


def test_another_tempo_redoes_only_the_beats(tmp_path, song):
    transcribe(song, DRUMS, build_tools(tmp_path), quiet)
    result = transcribe(song, DRUMS.model_copy(update={"bpm": 60.0}), build_tools(tmp_path), quiet)
    assert [stage.name for stage in result.stages if not stage.cached] == ["beats"]


def test_progress_names_each_stage_and_ends_at_one(tmp_path, song):
    told = []
    transcribe(song, Options(), build_tools(tmp_path), lambda stage, fraction: told.append((stage, fraction)))
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert stages == ["decode", "separate", "listen", "kit", "hits", "beats"]
    assert all(dict(told)[stage] == 1.0 for stage in stages)


@pytest.mark.parametrize("stage", ["decode", "separate", "listen", "kit", "hits", "beats"])
def test_stopping_in_any_stage_leaves_nothing_unfinished(tmp_path, song, stage):
    def stop(now, fraction):
        if now == stage:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        transcribe(song, Options(), build_tools(tmp_path), stop)
    assert not list((tmp_path / "cache").glob(f"{stage}/*/record.json"))
    assert not list((tmp_path / "cache").glob(".making/*/*"))


def test_a_bass_stem_becomes_notes_without_the_drum_stages(tmp_path):
    line = write(tmp_path / "Bass.wav", pluck([(33, 0.3, 0.5), (40, 0.9, 0.5)]))
    result = transcribe(line, Options(input="bass"), build_tools(tmp_path), quiet)
    assert [note.pitch for note in audible_notes(result.notes[Part.BASS].notes)] == [33, 40]
    assert [stage.name for stage in result.stages] == ["decode", "listen", "beats", "bass", "harmony"]
    assert result.drums.hits == ()


def test_without_drums_among_the_parts_they_only_tell_the_beat(tmp_path, song):
    result = transcribe(song, Options(parts=["other"]), build_tools(tmp_path), quiet)
    stages = [stage.name for stage in result.stages]
    assert stages == ["decode", "separate", "listen", "hits", "beats", "other", "harmony"]
    assert result.grid.bpm == pytest.approx(120.0, rel=1e-2)
    assert (result.drums.hits, result.kit) == ((), None)


def test_a_part_that_the_separator_does_not_know_is_refused(tmp_path, song):
    with pytest.raises(Rejected, match="no bass stem"):
        transcribe(song, Options(parts=["bass"]), build_tools(tmp_path), quiet)


class PublishedRecipe:
    """Notes by the book: one, where it was told to look."""

    weights = Weights("published", "cd" * 32)

    def __init__(self):
        self.asked = []

    def transcribe(self, wave, settings, report):
        assert wave.is_file()
        self.asked.append(settings)
        report(1.0)
        return (PartNote(0, 33, Seconds(0.5), Seconds(0.4), 80, -6.0, 0.6),)


def test_the_classic_recipe_is_asked_with_its_published_options_and_only_once(tmp_path):
    line, recipe = synth.write(tmp_path / "Line.wav", synth.tone(55, 2.0)), PublishedRecipe()
    tools = replace(build_tools(tmp_path), classic_notes=recipe)
    options = Options.read({"input": "bass", "note_recipe": "classic", "notes": {"bass": {"shortest_ms": 58}}})
    for _ in range(2):
        result = transcribe(line, options, tools, quiet)
        assert [note.pitch for note in result.notes[Part.BASS].notes] == [33]
    assert recipe.asked == [ClassicNoteSettings(shortest=0.058)]
    assert "published" in {stage.weights.name for stage in result.stages}


def test_other_settings_of_a_part_do_not_ask_the_network_again(tmp_path):
    line = write(tmp_path / "Bass.wav", pluck([(33, 0.3, 0.5)]))
    transcribe(line, Options(input="bass"), build_tools(tmp_path), quiet)
    kept = list((tmp_path / "cache" / "keys").iterdir())
    again = Options(input="bass", notes={"bass": {"lowest": 40}})
    result = transcribe(line, again, build_tools(tmp_path), quiet)
    assert [stage.name for stage in result.stages if not stage.cached] == ["bass"]
    assert list((tmp_path / "cache" / "keys").iterdir()) == kept


def test_a_draft_needs_neither_separation_nor_kit(tmp_path, song):
    result = draft(song, Options(), build_tools(tmp_path), quiet)
    assert [stage.name for stage in result.stages] == ["decode", "listen", "hits", "beats"]
    assert (result.stems, result.kit) == (None, None)
    assert len(result.drums.hits) == len(BEAT)


@pytest.mark.parametrize(
    ("model", "parts", "all_of_it"),
    [
        ("htdemucs", ("bass", "vocals", "other"), True),
        ("htdemucs", ("bass",), False),
        ("htdemucs_6s", ("bass", "vocals", "other"), False),
        ("htdemucs_6s", ("bass", "vocals", "other", "guitar", "piano"), True),
    ],
)
def test_chords_are_heard_in_stems_only_if_none_is_missing(model, parts, all_of_it):
    assert is_whole_song(model, [Part(part) for part in parts]) is all_of_it
