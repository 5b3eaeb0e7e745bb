"""Second t of the file is second t of the workspace, for every format, rate and number of channels."""

import errno
import hashlib
import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.errors import Cancelled, DiskFailed, Rejected
from daemon.pipeline.audio.decode import decode
from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.records import Source
from tests import synth

ONSETS = (0.2, 0.7)
ALL_RATES = (8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
OPUS_RATES = (8000, 16000, 48000)
RATES = {
    ".wav": ALL_RATES,
    ".aiff": ALL_RATES,
    ".flac": ALL_RATES,
    ".mka": ALL_RATES,
    ".ogg": ALL_RATES,
    ".opus": OPUS_RATES,
    ".webm": OPUS_RATES,
    ".mp3": ALL_RATES[:7],
    ".m4a": tuple(rate for rate in ALL_RATES if rate <= 96000),
    ".mp4": (44100, 48000),
}
MATRIX = [
    (suffix, rate, channels)
    for suffix, rates in RATES.items()
    for rate in rates
    for channels in (1, 2, 8)
    if not (suffix == ".mp3" and channels == 8)
]


def quiet(_: float) -> None:
    """A report that nobody reads."""


def decode_file(path: Path, **limits: float) -> Source:
    return decode(path, path.parent / "decoded.wav", Limits(**limits), quiet)  # type: ignore[arg-type]


def refusal(path: Path, **limits: float) -> Rejected:
    with pytest.raises(Rejected) as caught:
        decode_file(path, **limits)
    assert sorted(path.parent.iterdir()) == [path]
    return caught.value


def errors_in_ms(source: Source) -> list[float]:
    """How late each of ONSETS came out, in milliseconds."""
    halves = (source.audio.read(0, 22050), source.audio.read(22050))
    found = (synth.first_sound(halves[0]), 0.5 + synth.first_sound(halves[1]))
    return [1000 * (a - b) for a, b in zip(found, ONSETS, strict=True)]


@pytest.mark.parametrize(("suffix", "rate", "channels"), MATRIX)
def test_length_and_onsets_survive(tmp_path: Path, suffix: str, rate: int, channels: int) -> None:
    samples = synth.clicks(ONSETS, 1.0, rate=rate, channels=channels)
    source = decode_file(synth.write(tmp_path / f"a{suffix}", samples, rate=rate))
    assert abs(source.audio.frames - 44100) <= 1
    assert errors_in_ms(source) == pytest.approx([0, 0], abs=0.2)


def test_44100_hz_comes_out_bit_for_bit(tmp_path: Path) -> None:
    samples = synth.noise(0.5, level=6)
    source = decode_file(synth.write(tmp_path / "a.wav", samples))
    assert np.array_equal(source.audio.read(), samples)


def test_the_result_is_a_float_wav_that_other_programs_open(tmp_path: Path) -> None:
    source = decode_file(synth.write(tmp_path / "a.flac", synth.clicks(ONSETS, 1.0)))
    info = soundfile.info(source.audio.path)
    assert (info.format, info.subtype, info.samplerate, info.frames) == ("WAV", "FLOAT", 44100, 44100)


@settings(max_examples=25, deadline=None)
@given(rate=st.integers(8000, 192000), seconds=st.floats(0.11, 1.5))
def test_any_rate_gives_as_many_seconds_as_it_had(
    tmp_path_factory: pytest.TempPathFactory, rate: int, seconds: float
) -> None:
    path = tmp_path_factory.mktemp("any") / "a.wav"
    samples = synth.noise(seconds, rate=rate, channels=1)
    source = decode_file(synth.write(path, samples, rate=rate))
    assert abs(source.audio.frames - round(samples.shape[1] / rate * 44100)) <= 1


def test_resampling_keeps_a_tone_clean(tmp_path: Path) -> None:
    tone = synth.tone(1000, 1.0, rate=96000)
    source = decode_file(synth.write(tmp_path / "a.wav", tone, rate=96000))
    assert np.abs(source.audio.read() - synth.tone(1000, 1.0)).max() < 1e-4


def test_mono_goes_to_both_sides(tmp_path: Path) -> None:
    left, right = decode_file(synth.write(tmp_path / "a.wav", synth.noise(0.2, channels=1))).audio.read()
    assert np.array_equal(left, right) and left.any()


def test_of_eight_channels_the_first_two_are_used_and_that_is_said(tmp_path: Path) -> None:
    samples = synth.noise(0.2, channels=8)
    source = decode_file(synth.write(tmp_path / "a.wav", samples))
    assert np.array_equal(source.audio.read(), samples[:2])
    assert source.remarks == ("a.wav has 8 channels; the first two were used.",)


def test_the_sound_of_a_video_keeps_its_place(tmp_path: Path) -> None:
    source = decode_file(synth.write_video(tmp_path / "a.mp4", samples=synth.clicks(ONSETS, 1.0)))
    assert errors_in_ms(source) == pytest.approx([0, 0], abs=0.2)


def test_raw_aac_says_that_it_may_be_late(tmp_path: Path) -> None:
    source = decode_file(synth.write(tmp_path / "a.aac", synth.clicks(ONSETS, 1.0)))
    assert "raw AAC" in source.remarks[0]


def test_the_digest_is_the_sha256_of_the_file(tmp_path: Path) -> None:
    path = synth.write(tmp_path / "a.flac", synth.clicks(ONSETS, 1.0))
    assert decode_file(path).digest == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".flac", ".mp3", ".webm", ".mka"])
def test_a_file_cut_in_the_middle_gives_what_is_there_and_says_so(tmp_path: Path, suffix: str) -> None:
    path = synth.write(tmp_path / f"a{suffix}", synth.noise(6.0, rate=48000), rate=48000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = decode_file(path)
    assert source.audio.duration == pytest.approx(3.0, abs=0.3)
    assert any("promises 0:06.0 but ends at 0:0" in remark for remark in source.remarks)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_recording_whose_length_was_never_written_is_read_to_its_end(tmp_path: Path, size: int) -> None:
    path = synth.write(tmp_path / "a.wav", synth.clicks(ONSETS, 1.0), subtype="PCM_16")
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"data") + 4, size)
    path.write_bytes(data)
    source = decode_file(path)
    assert source.audio.frames == 44100 and source.remarks == ()


def damage_file(path: Path) -> Path:
    """Four seconds with a click at 3.5 s and 1500 lost bytes in the middle."""
    samples = synth.noise(4.0, level=-30) + synth.clicks([3.5], 4.0)
    data = bytearray(synth.write(path, samples).read_bytes())
    data[len(data) // 2 : len(data) // 2 + 1500] = bytes(1500)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("suffix", [".flac", ".m4a", ".ogg"])
def test_damage_in_the_middle_does_not_move_what_follows(tmp_path: Path, suffix: str) -> None:
    end = decode_file(damage_file(tmp_path / f"a{suffix}")).audio.read(3 * 44100)
    assert 3 + synth.first_sound(end, part=0.5) == pytest.approx(3.5, abs=0.001)


@pytest.mark.parametrize("suffix", [".flac", ".m4a"])
def test_damage_is_told_in_milliseconds(tmp_path: Path, suffix: str) -> None:
    source = decode_file(damage_file(tmp_path / f"a{suffix}"))
    assert any("is damaged" in remark and " ms of it" in remark for remark in source.remarks)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused_with_their_place(tmp_path: Path, bad: float) -> None:
    samples = synth.noise(3.0)
    samples[1, -5] = bad
    error = refusal(synth.write(tmp_path / "a.wav", samples))
    assert error.code == "not_finite" and "0:0" in error.reason


@pytest.mark.parametrize("level", [-200.0, -90.0])
def test_silence_and_dither_are_refused(tmp_path: Path, level: float) -> None:
    assert refusal(synth.write(tmp_path / "a.wav", synth.noise(1.0, level=level))).code == "silent"


def test_silence_in_the_first_two_of_six_channels_is_said(tmp_path: Path) -> None:
    samples = np.concatenate([synth.silence(1.0), synth.noise(1.0, channels=4)])
    assert "first two channels" in refusal(synth.write(tmp_path / "a.wav", samples)).reason


def test_bytes_that_only_look_like_mp3_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(np.random.default_rng(1).bytes(100_000))
    assert refusal(tmp_path / "a.mp3").code in ("not_audio", "damaged")


def test_a_length_that_the_header_hides_is_found_out(tmp_path: Path) -> None:
    path = synth.write(tmp_path / "a.aac", synth.noise(3.0))
    assert refusal(path, max_seconds=2.0).code == "too_long"
    assert refusal(path, min_seconds=5.0).code == "too_short"


@pytest.mark.parametrize("error", [Cancelled("stop"), KeyboardInterrupt()])
def test_what_report_raises_passes_through_and_leaves_no_file(tmp_path: Path, error: BaseException) -> None:
    path = synth.write(tmp_path / "a.wav", synth.noise(5.0))
    ticks = iter(range(1000))

    def stop(fraction: float) -> None:
        if fraction > 0.3:
            raise error

    with pytest.raises(type(error)):
        decode(path, tmp_path / "out.wav", Limits(), stop, clock=lambda: float(next(ticks)))
    assert list(tmp_path.iterdir()) == [path]


def test_report_rises_to_one_and_is_not_called_more_often_than_ten_times_a_second(tmp_path: Path) -> None:
    path = synth.write(tmp_path / "a.wav", synth.noise(20.0, channels=1))
    heard: list[float] = []
    ticks = iter(np.arange(0, 100, 0.03))
    decode(path, tmp_path / "out.wav", Limits(), heard.append, clock=lambda: float(next(ticks)))
    assert heard == sorted(heard) and (heard[0], heard[-1]) == (0.0, 1.0)
    assert 3 < len(heard) < 9


class FullDisk(io.FileIO):
    """A file on a disk that has room for 100 kB."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > 100_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


def test_a_full_disk_fails_the_stage_with_a_remedy_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = synth.write(tmp_path / "a.wav", synth.noise(5.0))
    usual = Path.open
    monkeypatch.setattr(Path, "open", lambda p, m="r", *a: FullDisk(p, m) if m == "wb" else usual(p, m, *a))
    with pytest.raises(DiskFailed, match="Free some space"):
        decode_file(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_does_not_exist_fails_the_stage(tmp_path: Path) -> None:
    path = synth.write(tmp_path / "a.wav", synth.noise(0.5))
    with pytest.raises(DiskFailed, match="cannot be written to"):
        decode(path, tmp_path / "nowhere" / "out.wav", Limits(), quiet)


def test_a_failed_decode_leaves_the_earlier_result_alone(tmp_path: Path) -> None:
    before = decode_file(synth.write(tmp_path / "a.wav", synth.noise(0.5))).audio.path.read_bytes()
    with pytest.raises(Rejected):
        decode_file(synth.write(tmp_path / "a.wav", synth.silence(0.5)))
    assert (tmp_path / "decoded.wav").read_bytes() == before
