"""Stems, backing track and picture: what is written for which wish."""

import errno
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from bridge.midi.file_reader import read
from daemon.errors import DiskFailed
from daemon.outlets.delivery import DeliverySettings, correct, deliver
from daemon.outlets.manifest import Manifest
from daemon.outlets.media import Media
from daemon.pipeline.chain import transcribe
from daemon.pipeline.options import Options
from tests import synth
from tests.pipeline.test_chain import build_tools
from tests.scripted_transcriber import ScriptedTranscriber

BEAT = synth.rock_beat(2)


@pytest.fixture
def song(tmp_path):
    return synth.write(tmp_path / "Song.wav", synth.play(BEAT, 4.0))


def deliver_song(song, **wishes):
    options = Options(**wishes)
    result = transcribe(song, options, build_tools(song.parent, ScriptedTranscriber(BEAT)), lambda *_: None)
    done = deliver(result, options, DeliverySettings(song.parent / "locks"))
    return result, done, {kind: path.relative_to(song.parent).as_posix() for kind, path in done.written.items()}


@pytest.mark.parametrize(
    ("wishes", "extra"),
    [
        ({}, set()),
        ({"stems": "wav"}, {"Song.stems/drums.wav", "Song.stems/other.wav"}),
        ({"backing": True}, {"Song.backing.wav"}),
        ({"backing": True, "stems": "flac"}, {"Song.backing.flac", "Song.stems/drums.flac", "Song.stems/other.flac"}),
        ({"plot": True}, {"Song.sidestick.svg"}),
    ],
)
def test_what_is_asked_for_is_written(song, wishes, extra):
    _, _, written = deliver_song(song, **wishes)
    assert set(written.values()) == {"Song.drums.mid", *extra}
    assert all((song.parent / path).stat().st_size > 0 for path in written.values())


def test_the_stems_of_the_kit_come_with_the_others(song):
    _, _, written = deliver_song(song, stems="wav", kit_stems=True)
    assert {f"Song.stems/{drum}.wav" for drum in ("kick", "snare", "toms", "hihat", "cymbals")} <= set(written.values())


def test_drums_and_backing_add_up_to_the_mix_to_the_sample(song):
    result, _, _ = deliver_song(song, stems="wav", backing=True)
    drums = soundfile.read(song.parent / "Song.stems" / "drums.wav", dtype="float32", always_2d=True)[0]
    rest = soundfile.read(song.parent / "Song.backing.wav", dtype="float32", always_2d=True)[0]
    mix = result.source.audio.read().T
    assert len(drums) == len(rest) == len(mix)
    assert np.abs(drums + rest - mix).max() <= 2**-23


def test_a_drum_stem_has_no_stems_and_that_is_said(song):
    _, done, written = deliver_song(song, input="drums", stems="wav", backing=True)
    assert set(written.values()) == {"Song.drums.mid"}
    assert done.remarks == ("Song.wav is a drum stem already, so no stems and no backing track came of it.",)


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_without_room_for_stems_gets_the_midi_and_says_so(song, monkeypatch, reason):
    written = []

    def encode(sound, target, *_):
        target.write_bytes(b"RIFF")
        written.append(target)
        if len(written) > 1:
            raise OSError(reason, "full")

    monkeypatch.setattr("daemon.outlets.stems._encode", encode)
    _, done, files = deliver_song(song, stems="wav", backing=True)
    assert list(files.values()) == ["Song.drums.mid"]
    assert [output.path for output in Manifest.load(done.manifest).outputs] == ["Song.drums.mid"]
    assert done.remarks == ("The disk had no room for the stems and the backing track. Make some and ask again.",)
    assert sorted(path.name for path in song.parent.glob("Song*")) == [
        "Song.drums.mid",
        "Song.sidestick.json",
        "Song.wav",
    ]


def test_a_disk_that_refuses_stems_for_another_reason_ends_the_delivery(song, monkeypatch):
    def encode(*_):
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr("daemon.outlets.stems._encode", encode)
    with pytest.raises(DiskFailed, match="input/output error"):
        deliver_song(song, stems="wav")
    assert not list(song.parent.glob("Song.*.mid"))


def test_without_wishes_no_sound_is_read(song):
    result, _, _ = deliver_song(song)
    assert Media(result, Options()).sounds() == {}


def test_what_starts_with_a_bar_is_padded_alike_and_says_so(tmp_path):
    beat = [replace(stroke, onset=stroke.onset + 0.3) for stroke in synth.rock_beat(6)]
    song = synth.write(tmp_path / "Song.wav", synth.play(beat, 12.5))
    options = Options(stems="wav", backing=True, start="bars")
    result = transcribe(song, options, build_tools(tmp_path, ScriptedTranscriber(beat)), lambda *_: None)
    done = deliver(result, options, DeliverySettings(tmp_path / "locks"))
    names = {path.name for path in done.written.values()}
    assert names == {"Song.drums.bar1.mid", "drums.bar1.wav", "other.bar1.wav", "Song.backing.bar1.wav"}
    padding = Manifest.load(done.manifest).padding
    assert padding > 0 and any(f"{padding:.3f} s" in remark for remark in done.remarks)
    drums = soundfile.read(tmp_path / "Song.stems" / "drums.bar1.wav", dtype="float32", always_2d=True)[0]
    frames = round(padding * 44100)
    assert len(drums) == result.source.audio.frames + frames and not drums[:frames].any()
    notes = read(done.midi).tracks[0].notes
    assert notes[0].onset == pytest.approx(padding + result.drums.hits[0].onset, abs=0.02)


def test_stems_alone_come_without_midi_and_without_listening(song):
    result, done, written = deliver_song(song, parts=(), stems="wav")
    assert set(written.values()) == {"Song.stems/drums.wav", "Song.stems/other.wav"}
    assert done.midi is None and done.manifest.exists()
    assert [stage.name for stage in result.stages] == ["decode", "separate"]


def test_one_stem_alone_is_separated_and_written_alone(song):
    result, _, written = deliver_song(song, parts=(), stems="flac", stem_names=("other",))
    assert set(written.values()) == {"Song.stems/other.flac"}
    assert set(result.stems.parts) == {"other"}


def test_the_drums_are_heard_although_another_stem_is_written(song):
    _, _, written = deliver_song(song, stems="wav", stem_names=("other",))
    assert set(written.values()) == {"Song.drums.mid", "Song.stems/other.wav"}


def test_a_backing_track_alone_needs_no_notes(song):
    _, _, written = deliver_song(song, parts=(), backing=True)
    assert set(written.values()) == {"Song.backing.wav"}


@pytest.mark.parametrize(
    ("rate", "subtype", "form", "expected"),
    [
        (48000, "PCM_16", "wav", "PCM_16"),
        (96000, "PCM_24", "wav", "PCM_24"),
        (48000, "FLOAT", "wav", "FLOAT"),
        (22050, "PCM_16", "flac", "PCM_16"),
        (48000, "PCM_24", "mp3", "MPEG_LAYER_III"),
    ],
)
def test_stems_have_the_rate_and_depth_of_the_file(tmp_path, rate, subtype, form, expected):
    song = tmp_path / "Song.wav"
    soundfile.write(song, synth.play(BEAT, 4.0, rate=rate).T, rate, subtype)
    deliver_song(song, parts=(), stems=form, stems_as_source=True)
    found = soundfile.info(song.parent / "Song.stems" / f"drums.{form}")
    assert (found.samplerate, found.subtype) == (rate, expected)
    assert found.frames == soundfile.info(song).frames


def test_an_mp3_of_a_file_with_too_high_a_rate_keeps_the_usual_one(tmp_path):
    song = tmp_path / "Song.wav"
    soundfile.write(song, synth.play(BEAT, 4.0, rate=96000).T, 96000, "PCM_24")
    deliver_song(song, parts=(), stems="mp3", stems_as_source=True)
    assert soundfile.info(song.parent / "Song.stems" / "drums.mp3").samplerate == 44100


def test_a_stem_at_the_rate_of_the_file_sounds_the_same(tmp_path):
    song = tmp_path / "Song.wav"
    soundfile.write(song, synth.tone(440, 2.0, rate=48000).T, 48000, "FLOAT")
    deliver_song(song, parts=(), stems="wav", stems_as_source=True)
    mix = soundfile.read(song, always_2d=True)[0]
    stem = soundfile.read(song.parent / "Song.stems" / "drums.wav", always_2d=True)[0]
    middle = slice(5000, -5000)
    assert np.abs(stem[middle] - 0.5 * mix[middle]).max() < 0.01


def test_quantized_and_as_played_come_in_one_go_and_follow_a_correction(song):
    late = [replace(hit, onset=hit.onset + 0.02 * (at % 2)) for at, hit in enumerate(BEAT)]
    options = Options(as_played=True, input="drums", grid={"tolerance": 0.5})
    result = transcribe(song, options, build_tools(song.parent, ScriptedTranscriber(late)), lambda *_: None)
    settings = DeliverySettings(song.parent / "locks")
    done = deliver(result, options, settings)
    names = {path.name for path in done.midis}
    assert names == {"Song.drums.mid", "Song.drums.played.mid"} and done.midi.name == "Song.drums.mid"
    pitches = [[note.pitch for note in read(path).tracks[0].notes] for path in done.midis]
    assert sorted(pitches[0]) == sorted(pitches[1])
    assert read(done.midis[0]).tracks[0].notes != read(done.midis[1]).tracks[0].notes
    again = correct(done.manifest, {"delete_hits": [0]}, settings)
    assert {len(read(path).tracks[0].notes) for path in again.midis} == {len(pitches[0]) - 1}
