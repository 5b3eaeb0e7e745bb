"""Second t of the file is second t of the result, whenever its sound starts; else it is said."""

import struct
from pathlib import Path

import pytest

from daemon.pipeline.audio.decode import decode
from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.records import Source
from tests import synth
from tests.pipeline.audio.media import ONSETS, encode, marks

LATE = [
    ("a.mkv", "aac", "matroska", 44100),
    ("a.mkv", "pcm_s16le", "matroska", 44100),
    ("a.mkv", "libmp3lame", "matroska", 44100),
    ("a.webm", "libopus", "matroska", 48000),
    ("a.mp4", "aac", "mp4", 44100),
    ("a.mov", "pcm_s16le", "mov", 44100),
    ("a.ts", "aac", "mpegts", 48000),
]


def decode_file(path: Path) -> Source:
    return decode(path, path.parent / "decoded.wav", Limits(), lambda _: None)


def first_onset(source: Source) -> float:
    return synth.first_sound(source.audio.read())


@pytest.mark.parametrize(("name", "codec", "container", "rate"), LATE)
@pytest.mark.parametrize("delay", [0.05, 0.4, 12.0])
def test_sound_that_starts_later_than_the_picture_stays_late(
    tmp_path: Path, name: str, codec: str, container: str, rate: int, delay: float
) -> None:
    path = tmp_path / name
    source = decode_file(
        encode(path, codec, marks(rate=rate), container=container, rate=rate, picture=True, delay=delay)
    )
    assert first_onset(source) == pytest.approx(ONSETS[0] + delay, abs=0.003)
    assert source.audio.duration == pytest.approx(2.0 + delay, abs=0.1)
    assert source.remarks == ()


@pytest.mark.parametrize(("name", "container"), [("a.mka", "matroska"), ("a.mp4", "mp4")])
def test_a_track_alone_keeps_its_own_time_too(tmp_path: Path, name: str, container: str) -> None:
    source = decode_file(encode(tmp_path / name, "aac", marks(), container=container, delay=0.3))
    assert first_onset(source) == pytest.approx(ONSETS[0] + 0.3, abs=0.003)


def test_an_edit_list_that_leaves_out_the_beginning_is_obeyed(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.m4a", "aac", marks(), container="mp4")
    data = bytearray(path.read_bytes())
    struct.pack_into(">i", data, data.index(b"elst") + 16, 1024 + 11025)
    path.write_bytes(data)
    assert first_onset(decode_file(path)) == pytest.approx(ONSETS[0] - 0.25, abs=0.003)


@pytest.mark.parametrize(
    ("name", "codec", "container", "options"),
    [
        ("a.m4a", "aac", "mp4", {"movflags": "frag_keyframe+empty_moov"}),
        ("a.m4a", "aac", "mp4", {"use_editlist": "0"}),
        ("a.mp3", "libmp3lame", None, {"write_xing": "0"}),
        ("a.avi", "libmp3lame", "avi", {}),
        ("a.flv", "aac", "flv", {}),
        ("a.aac", "aac", "adts", {}),
    ],
)
def test_a_delay_that_the_file_does_not_tell_is_said(
    tmp_path: Path, name: str, codec: str, container: str | None, options: dict[str, str]
) -> None:
    source = decode_file(encode(tmp_path / name, codec, marks(), container=container, options=options))
    late = first_onset(source) - ONSETS[0]
    assert abs(late) < 0.012 or any("late" in remark for remark in source.remarks)


@pytest.mark.parametrize("name", ["a.m4a", "a.mp3", "a.webm", "a.ogg"])
def test_nothing_is_said_where_the_file_tells_it(tmp_path: Path, name: str) -> None:
    source = decode_file(synth.write(tmp_path / name, marks(rate=48000), rate=48000))
    assert first_onset(source) == pytest.approx(ONSETS[0], abs=0.001)
    assert source.remarks == ()


@pytest.mark.parametrize("junk", [100_000, 2_000_000])
def test_an_mp3_behind_junk_says_that_it_may_be_late(tmp_path: Path, junk: int) -> None:
    path = encode(tmp_path / "a.mp3", "libmp3lame", marks())
    path.write_bytes(bytes(junk) + path.read_bytes())
    source = decode_file(path)
    assert abs(first_onset(source) - ONSETS[0]) < 0.012 or any("late" in remark for remark in source.remarks)
