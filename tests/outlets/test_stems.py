from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from daemon.errors import DiskFailed, StageFailed
from daemon.outlets.stems import StemSound, backing_track, common_gain, gain_remark, write_sound
from daemon.pipeline.records import Audio
from tests import synth


def audio(path: Path, samples: synth.Samples, subtype: str = "FLOAT") -> Audio:
    return Audio(synth.write(path, samples, subtype=subtype), samples.shape[1], samples.shape[0])


@pytest.fixture
def mix(tmp_path: Path) -> Audio:
    return audio(tmp_path / "mix.wav", synth.play(synth.rock_beat(1), 2) + synth.tone(300, 2, level=-20.0), "PCM_24")


@pytest.fixture
def drums(tmp_path: Path) -> Audio:
    return audio(tmp_path / "drums.wav", synth.noise(2, level=-15.0))


@pytest.mark.parametrize("fmt", ["wav", "flac"])
def test_the_drums_and_the_backing_track_add_up_to_the_mix_to_the_sample(
    tmp_path: Path, mix: Audio, drums: Audio, fmt: str
) -> None:
    stem = write_sound(StemSound(drums), tmp_path / f"out.drums.{fmt}", fmt)
    rest = write_sound(backing_track(mix, drums), tmp_path / f"out.backing.{fmt}", fmt)
    parts = [soundfile.read(each, dtype="float32", always_2d=True)[0] for each in (stem, rest)]
    np.testing.assert_array_equal((parts[0] + parts[1]).T, mix.read())


@pytest.mark.parametrize(("fmt", "subtype"), [("wav", "FLOAT"), ("flac", "PCM_24"), ("mp3", "MPEG_LAYER_III")])
def test_a_stem_is_as_long_as_the_song_in_every_format(tmp_path: Path, drums: Audio, fmt: str, subtype: str) -> None:
    found = soundfile.info(write_sound(StemSound(drums), tmp_path / f"a.{fmt}", fmt))
    assert (found.subtype, found.samplerate, found.channels) == (subtype, 44100, 2)
    assert found.frames == drums.frames


def test_a_file_longer_than_a_block_is_written_whole(tmp_path: Path) -> None:
    long = audio(tmp_path / "long.wav", synth.tone(100, 7))
    found, _ = soundfile.read(write_sound(StemSound(long), tmp_path / "out.wav", "wav"), dtype="float32")
    np.testing.assert_allclose(found.T, long.read(), atol=2**-23)


def test_a_loud_set_is_turned_down_together_and_says_by_how_much(tmp_path: Path) -> None:
    loud = audio(tmp_path / "loud.wav", np.full((2, 1000), 2.0, np.float32))
    soft = audio(tmp_path / "soft.wav", np.full((2, 1000), 0.5, np.float32))
    gain = common_gain([loud, soft], "flac")
    written = [
        soundfile.read(write_sound(StemSound(each), tmp_path / "out.flac", "flac", gain))[0].max()
        for each in (loud, soft)
    ]
    assert written == pytest.approx([1.0, 0.25], abs=1e-6)
    assert "6.0 dB" in gain_remark(gain, "flac")


def test_a_backing_track_louder_than_the_mix_counts(tmp_path: Path) -> None:
    mix = audio(tmp_path / "mix.wav", np.full((2, 100), 0.8, np.float32))
    drums = audio(tmp_path / "drums.wav", np.full((2, 100), -0.8, np.float32))
    assert common_gain([mix, backing_track(mix, drums)], "flac") == pytest.approx(1 / 1.6, rel=1e-6)


def test_a_wav_keeps_its_level_above_full_scale(tmp_path: Path) -> None:
    loud = audio(tmp_path / "loud.wav", np.full((2, 100), 1.5, np.float32))
    assert common_gain([loud], "wav") == 1
    assert soundfile.read(write_sound(StemSound(loud), tmp_path / "out.wav", "wav"))[0].max() == 1.5


def test_drums_of_another_length_are_refused(tmp_path: Path, mix: Audio) -> None:
    short = audio(tmp_path / "short.wav", synth.tone(100, 1))
    with pytest.raises(StageFailed, match=r"short\.wav is not as long as mix\.wav"):
        write_sound(backing_track(mix, short), tmp_path / "out.wav", "wav")


def test_an_unknown_format_is_refused(tmp_path: Path, drums: Audio) -> None:
    with pytest.raises(StageFailed, match="'ogg' is not a format for stems"):
        write_sound(StemSound(drums), tmp_path / "out.ogg", "ogg")


def test_a_folder_that_is_not_there_is_named_and_nothing_is_left(tmp_path: Path, drums: Audio) -> None:
    with pytest.raises(DiskFailed, match=r"gone.out\.wav could not be written"):
        write_sound(StemSound(drums), tmp_path / "gone" / "out.wav", "wav")
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(("free", "reason"), [(1000, "the disk is full"), (1 << 30, "system error")])
def test_a_full_disk_is_told_although_libsndfile_calls_it_a_system_error(
    tmp_path: Path, drums: Audio, monkeypatch: pytest.MonkeyPatch, free: int, reason: str
) -> None:
    def refuse(*_: object) -> None:
        raise soundfile.LibsndfileError(2)  # "System error."

    monkeypatch.setattr("daemon.outlets.stems._encode", refuse)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    with pytest.raises(DiskFailed, match=reason):
        write_sound(StemSound(drums), tmp_path / "out.wav", "wav")
