"""The refusals a musician meets first, through real files."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from daemon.errors import Rejected
from daemon.pipeline.audio.probe import Decoder, Limits, probe
from tests import synth

SECOND = synth.clicks([0.25], 1.0)


def refusal(path: Path, limits: Limits | None = None) -> Rejected:
    with pytest.raises(Rejected) as caught:
        probe(path, limits or Limits())
    return caught.value


def with_header_field(path: Path, place: int, layout: str, value: int) -> Path:
    data = bytearray(synth.write(path, SECOND, subtype="PCM_16").read_bytes())
    struct.pack_into(layout, data, place, value)
    path.write_bytes(data)
    return path


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A song that this user may not read. Root may read everything, so it becomes nobody meanwhile."""
    path = synth.write(tmp_path / "locked.wav", SECOND)
    path.chmod(0)
    root = os.name == "posix" and os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield path
    if root:
        os.seteuid(0)


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".mp4", ".webm"])
def test_every_format_tells_its_length_rate_and_channels(tmp_path: Path, suffix: str) -> None:
    found = probe(synth.write(tmp_path / f"a{suffix}", synth.clicks([0.25], 1.0, rate=48000), rate=48000), Limits())
    assert (found.rate, found.channels, found.has_video) == (48000, 2, False)
    assert found.seconds == pytest.approx(1.0, abs=0.01)


def test_the_content_decides_and_not_the_name(tmp_path: Path) -> None:
    for name in ("song.txt", "song.raw", "song.mp3", "song"):
        path = synth.write(tmp_path / "song.wav", SECOND).rename(tmp_path / name)
        assert probe(path, Limits()).codec in ("FLOAT", "pcm_f32le")


def test_a_video_with_sound_is_taken(tmp_path: Path) -> None:
    found = probe(synth.write_video(tmp_path / "take.mp4", samples=SECOND), Limits())
    assert found.has_video and found.decoder is Decoder.PYAV and found.codec == "aac"


def test_a_video_without_sound_has_no_audio_track(tmp_path: Path) -> None:
    error = refusal(synth.write_video(tmp_path / "mute.mp4"))
    assert error.code == "no_audio_track" and "mute.mp4" in error.reason


def test_a_missing_file_is_named_with_its_folder(tmp_path: Path) -> None:
    error = refusal(tmp_path / "gone.wav")
    assert error.code == "missing" and str(tmp_path / "gone.wav") in error.reason


def test_a_name_that_no_file_can_have_is_missing() -> None:
    assert refusal(Path("x" * 5000)).code == "missing"


def test_a_folder_is_no_song(tmp_path: Path) -> None:
    assert refusal(tmp_path).code == "folder"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    assert refusal(tmp_path / "pipe.wav").code == "not_a_file"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    assert refusal(tmp_path / "a.wav").code == "empty"


@pytest.mark.skipif(os.name != "posix", reason="permissions work otherwise there")
def test_a_file_without_permission_is_unreadable(locked: Path) -> None:
    error = refusal(locked)
    assert error.code == "unreadable" and "locked.wav" in error.reason


@pytest.mark.parametrize("content", [b"just some words\n" * 99, bytes(9999), b"#EXTM3U\n#EXTINF:1,\nother.aac\n"])
def test_what_is_not_audio_is_refused_under_any_name(tmp_path: Path, content: bytes) -> None:
    for name in ("a.wav", "a.mp3", "a.m4a", "a.vox", "a.txt", "a.m3u8"):
        (tmp_path / name).write_bytes(content)
        assert refusal(tmp_path / name).code == "not_audio"


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".flac", ".ogg", ".mp3", ".m4a", ".webm"])
def test_a_header_cut_short_is_damage(tmp_path: Path, suffix: str) -> None:
    path = synth.write(tmp_path / f"cut{suffix}", synth.clicks([0.25], 1.0, rate=48000), rate=48000)
    path.write_bytes(path.read_bytes()[:30])
    error = refusal(path)
    assert error.code == "damaged" and path.name in error.reason


def test_zero_channels_are_refused(tmp_path: Path) -> None:
    assert refusal(with_header_field(tmp_path / "a.wav", 22, "<H", 0)).code == "no_channels"


def test_a_rate_of_zero_is_damage(tmp_path: Path) -> None:
    assert refusal(with_header_field(tmp_path / "a.wav", 24, "<I", 0)).code == "damaged"


@pytest.mark.parametrize("rate", [4000, 7999, 192001, 384000])
def test_rates_outside_8_to_192_khz_are_refused(tmp_path: Path, rate: int) -> None:
    error = refusal(synth.write(tmp_path / "a.wav", synth.clicks([0.1], 0.5, rate=rate), rate=rate))
    assert error.code == "bad_rate" and f"{rate} Hz" in error.reason


def test_too_long_says_how_long_and_the_limit(tmp_path: Path) -> None:
    error = refusal(synth.write(tmp_path / "a.flac", synth.clicks([1], 95.5)), Limits(max_seconds=60))
    assert error.code == "too_long" and "1:35.5" in error.reason and "1:00.0" in error.reason


def test_too_short_is_refused(tmp_path: Path) -> None:
    assert refusal(synth.write(tmp_path / "a.wav", synth.clicks([0], 0.05))).code == "too_short"


def test_exactly_the_limits_are_taken(tmp_path: Path) -> None:
    path = synth.write(tmp_path / "a.wav", SECOND)
    assert probe(path, Limits(1.0, path.stat().st_size, 1.0)).seconds == 1.0


def test_too_many_bytes_are_refused(tmp_path: Path) -> None:
    path = synth.write(tmp_path / "a.wav", SECOND)
    assert refusal(path, Limits(max_bytes=path.stat().st_size - 1)).code == "too_big"


def test_random_bytes_never_raise_anything_but_a_refusal(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    for start in (
        b"RIFF",
        b"FORM",
        b"fLaC",
        b"OggS",
        b"ID3",
        b"\xff\xfb",
        b"\x1aE\xdf\xa3",
        b"\0\0\0\x20ftyp",
        b"",
    ):
        path = tmp_path / "noise"
        path.write_bytes(start + random.bytes(4000))
        try:
            assert probe(path, Limits()).rate >= 8000
        except Rejected as error:
            assert "noise" in error.reason


def test_a_codec_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    assert refusal(with_header_field(tmp_path / "a.wav", 20, "<H", 0xBEEF)).code == "damaged"
