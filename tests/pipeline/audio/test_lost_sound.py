"""All of the sound, or a remark that names seconds: cut files, joined ones, and lengths that nobody knows."""

import struct
from pathlib import Path

import pytest
import soundfile

from daemon.errors import Rejected
from daemon.pipeline.audio.decode import decode
from daemon.pipeline.audio.probe import Limits, probe
from daemon.pipeline.records import Source
from tests import synth
from tests.pipeline.audio.media import bare_mp3, encode, marks

NOISE = synth.noise(8.0, level=-20.0)


def decode_file(path: Path, **limits: float) -> Source:
    return decode(path, path.parent / "decoded.wav", Limits(**limits), lambda _: None)  # type: ignore[arg-type]


def halve(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


@pytest.mark.parametrize(
    ("name", "kind", "subtype"),
    [
        ("a.wav", "WAV", "PCM_16"),
        ("a.wav", "WAV", "PCM_24"),
        ("a.wav", "WAVEX", "FLOAT"),
        ("a.wav", "WAV", "IMA_ADPCM"),
        ("a.rf64", "RF64", "PCM_16"),
        ("a.w64", "W64", "PCM_24"),
        ("a.caf", "CAF", "PCM_16"),
        ("a.caf", "CAF", "ALAC_16"),
        ("a.aiff", "AIFF", "PCM_24"),
        ("a.au", "AU", "PCM_16"),
        ("a.flac", "FLAC", "PCM_16"),
    ],
)
def test_a_cut_file_says_where_it_ends(tmp_path: Path, name: str, kind: str, subtype: str) -> None:
    path = tmp_path / name
    soundfile.write(path, NOISE.T, synth.RATE, subtype, format=kind)
    source = decode_file(halve(path))
    assert source.audio.duration == pytest.approx(4.0, abs=0.15)
    assert any("promises 0:08.0 but ends at 0:0" in remark for remark in source.remarks)


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_a_cut_ogg_says_that_its_end_is_missing(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "a.ogg"
    soundfile.write(path, synth.noise(8.0, rate=48000).T, 48000, subtype, format="OGG")
    source = decode_file(halve(path))
    assert 2.0 < source.audio.duration < 5.0
    assert any("it ends at 0:0" in remark for remark in source.remarks)


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".webm", ".mka"])
def test_nothing_is_said_of_a_whole_file(tmp_path: Path, suffix: str) -> None:
    source = decode_file(synth.write(tmp_path / f"a{suffix}", synth.noise(3.0, rate=48000), rate=48000))
    assert source.remarks == () and source.audio.duration == pytest.approx(3.0, abs=0.001)


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [
        (".ogg", "VORBIS"),
        (".opus", "OPUS"),
        (".flac", None),
        (".wav", None),
        (".aiff", "PCM_16"),
        (".caf", "PCM_16"),
        (".au", "PCM_16"),
    ],
)
@pytest.mark.parametrize("count", [2, 5])
def test_files_one_behind_the_other_are_all_used(tmp_path: Path, suffix: str, subtype: str | None, count: int) -> None:
    one = synth.write(tmp_path / f"one{suffix}", marks(rate=48000), rate=48000, subtype=subtype).read_bytes()
    path = tmp_path / f"all{suffix}"
    path.write_bytes(count * one)
    source = decode_file(path)
    assert probe(path, Limits()).seconds == pytest.approx(2.0 * count, abs=0.01)
    assert source.audio.duration == pytest.approx(2.0 * count, abs=0.01)
    last = source.audio.read(round(2.0 * (count - 1) * 44100))
    assert synth.first_sound(last) == pytest.approx(0.5, abs=0.012)


def test_a_chain_of_other_rates_and_channels_is_all_used(tmp_path: Path) -> None:
    first = synth.write(tmp_path / "a.ogg", marks()).read_bytes()
    mono = synth.clicks([0.5], 2.0, rate=22050, channels=1)
    second = synth.write(tmp_path / "b.ogg", mono, rate=22050).read_bytes()
    (tmp_path / "all.ogg").write_bytes(first + second)
    source = decode_file(tmp_path / "all.ogg")
    assert source.audio.duration == pytest.approx(4.0, abs=0.01)
    assert synth.first_sound(source.audio.read(2 * 44100)) == pytest.approx(0.5, abs=0.003)


def test_a_chain_whose_last_link_is_cut_says_so(tmp_path: Path) -> None:
    one = synth.write(tmp_path / "one.ogg", NOISE).read_bytes()
    (tmp_path / "all.ogg").write_bytes(one + one[: len(one) // 2])
    source = decode_file(tmp_path / "all.ogg")
    assert source.audio.duration > 10.0 and any("lacks its end" in remark for remark in source.remarks)


@pytest.mark.parametrize("between", [b"", b"LIST\x04\0\0\0INFO"])
def test_a_second_data_chunk_of_a_wav_is_sound_too(tmp_path: Path, between: bytes) -> None:
    path = synth.write(tmp_path / "a.wav", marks(), subtype="PCM_16")
    data = path.read_bytes()
    sound = data[data.index(b"data") + 8 :]
    path.write_bytes(data + between + b"data" + struct.pack("<I", len(sound)) + sound)
    source = decode_file(path)
    assert source.audio.duration == pytest.approx(4.0, abs=0.001)
    assert synth.first_sound(source.audio.read(2 * 44100)) == pytest.approx(0.5, abs=0.001)


@pytest.mark.parametrize("header", [True, False])
def test_joined_mp3s_are_all_used(tmp_path: Path, header: bool) -> None:
    if header:
        parts = [encode(tmp_path / f"{n}.mp3", "libmp3lame", marks()).read_bytes() for n in range(3)]
    else:
        parts = [bare_mp3(tmp_path / "part.mp3", marks(), kbits) for kbits in (64, 192, 128)]
    (tmp_path / "all.mp3").write_bytes(b"".join(parts))
    source = decode_file(tmp_path / "all.mp3")
    assert source.audio.duration == pytest.approx(6.0, abs=0.2)
    assert not any("damaged" in remark or "promises" in remark for remark in source.remarks)


@pytest.mark.parametrize(("rate", "kbits"), [(48000, 128), (22050, 64)])
def test_an_mp3_of_another_rate_that_is_joined_is_used(tmp_path: Path, rate: int, kbits: int) -> None:
    parts = [bare_mp3(tmp_path / "part.mp3", marks(4.0), 128)]
    parts += [bare_mp3(tmp_path / "part.mp3", marks(4.0, rate), kbits, rate=rate)]
    (tmp_path / "all.mp3").write_bytes(b"".join(parts))
    assert probe(tmp_path / "all.mp3", Limits()).seconds == pytest.approx(8.1, abs=0.1)
    source = decode_file(tmp_path / "all.mp3")
    assert source.audio.duration == pytest.approx(8.1, abs=0.1)
    assert not any("damaged" in remark for remark in source.remarks)
    later = source.audio.read(4 * 44100)
    assert synth.first_sound(later) == pytest.approx(0.575, abs=0.05)  # and the delay of both encoders


@pytest.mark.parametrize("at", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("kbits", [128, 320])
def test_one_wrong_byte_within_a_frame_of_an_mp3_is_told(tmp_path: Path, at: float, kbits: int) -> None:
    path = encode(tmp_path / "a.mp3", "libmp3lame", NOISE, bit_rate=1000 * kbits)
    data = bytearray(path.read_bytes())
    assert not decode_file(path).remarks
    frame = data.find(b"\xff\xfb", 1000 + int(at * (len(data) - 4000)))
    data[frame + 200] ^= 0x55
    path.write_bytes(data)
    assert decode_file(path).remarks == (
        "a.mp3 is not as its encoder wrote it: it was damaged somewhere, or another program changed its level.",
    )


@pytest.mark.parametrize(("quiet", "loud"), [(32, 320), (320, 32), (96, 192)])
def test_the_length_of_a_variable_mp3_comes_from_its_frames(tmp_path: Path, quiet: int, loud: int) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(bare_mp3(path, 0.05 * NOISE, quiet) + bare_mp3(path, NOISE, loud))
    source = decode_file(path, max_seconds=20.0)
    assert probe(path, Limits()).seconds == pytest.approx(16.1, abs=0.1)
    assert source.audio.duration == pytest.approx(16.1, abs=0.1)
    assert not any("promises" in remark for remark in source.remarks)


def test_an_mp3_that_is_too_long_is_refused_with_its_real_length(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(bare_mp3(path, NOISE, 32) * 4)
    with pytest.raises(Rejected, match="is 0:32"):
        probe(path, Limits(max_seconds=20.0))


def test_tags_around_an_mp3_are_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    sound = encode(path, "libmp3lame", marks()).read_bytes()
    cover = b"ID3\x04\0\0" + bytes((0, 6, 0x1A, 0x20)) + bytes(6 * 16384 + 0x1A * 128 + 0x20)
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0) + bytes(8)
    path.write_bytes(cover + sound + ape + b"TAG" + bytes(125))
    source = decode_file(path)
    assert source.remarks == () and source.audio.duration == pytest.approx(2.0, abs=0.001)


def test_libraries_print_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.mp3"
    data = bytearray(encode(path, "libmp3lame", NOISE).read_bytes())
    data[len(data) // 2 : len(data) // 2 + 900] = bytes(900)
    for content in (data, data[: len(data) // 2], data + data, b"ID3\x04\0\xff\0\0\0\x10" + bytes(9) + data):
        path.write_bytes(content)
        decode_file(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("size", [1, 300, 20_000])
def test_an_ogg_damaged_in_the_middle_says_so_and_keeps_its_times(tmp_path: Path, subtype: str, size: int) -> None:
    path = tmp_path / "a.ogg"
    sound = synth.noise(8.0, level=-20.0, rate=48000) + synth.clicks([7.5], 8.0, rate=48000)
    soundfile.write(path, sound.T, 48000, subtype, format="OGG")
    data = bytearray(path.read_bytes())
    middle = len(data) * 2 // 5
    data[middle : middle + size] = bytes(byte ^ 0x55 for byte in data[middle : middle + size])
    path.write_bytes(data)
    source = decode_file(path)
    assert any("ms of it could not be decoded" in remark for remark in source.remarks)
    assert abs(source.audio.read(round(7.4 * 44100))).max(axis=0).argmax() / 44100 == pytest.approx(0.1, abs=0.02)


def test_a_damaged_link_of_a_chain_is_told(tmp_path: Path) -> None:
    one = synth.write(tmp_path / "one.ogg", NOISE).read_bytes()
    damaged = bytearray(one)
    damaged[len(one) // 2] ^= 0x55
    (tmp_path / "all.ogg").write_bytes(one + damaged)
    assert any("what follows 0:08.0" in remark for remark in decode_file(tmp_path / "all.ogg").remarks)


def test_a_flac_with_one_wrong_bit_is_told(tmp_path: Path) -> None:
    path = synth.write(tmp_path / "a.flac", NOISE)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)
    assert any("is damaged" in remark for remark in decode_file(path).remarks)


@pytest.mark.parametrize("lost", [0.05, 0.3])
def test_an_mp3_that_lacks_a_piece_says_where(tmp_path: Path, lost: float) -> None:
    path = encode(tmp_path / "a.mp3", "libmp3lame", NOISE)
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + data[middle + round(lost * len(data)) :])
    assert any("damaged at 0:0" in remark and "may be early" in remark for remark in decode_file(path).remarks)


def test_what_no_header_of_a_wav_names_is_told(tmp_path: Path) -> None:
    path = synth.write(tmp_path / "a.wav", NOISE, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"data") + 4, len(data) // 2)
    path.write_bytes(data)
    assert decode_file(path).remarks == (
        "a.wav goes on after 0:04.0, where its header ends; what follows was left out.",
    )


@pytest.mark.parametrize("behind", [b"ID3\x04" + bytes(200_000), bytes(200_000), b"TAG" + b"a" * 125])
def test_a_tag_behind_a_wav_is_no_lost_sound(tmp_path: Path, behind: bytes) -> None:
    path = synth.write(tmp_path / "a.wav", NOISE, subtype="PCM_16")
    path.write_bytes(path.read_bytes() + behind)
    assert decode_file(path).remarks == ()


def test_a_second_mp4_behind_the_first_is_told(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.m4a", "aac", marks(), container="mp4")
    path.write_bytes(2 * path.read_bytes())
    assert any("goes on after 0:02.0" in remark for remark in decode_file(path).remarks)


def test_a_cut_avi_says_that_its_end_is_missing_and_a_whole_one_nothing(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.avi", "pcm_s16le", NOISE, container="avi")
    assert decode_file(path).remarks == ()
    assert any("it ends at 0:0" in remark for remark in decode_file(halve(path)).remarks)


def test_an_mp3_in_a_wav_is_not_called_cut(tmp_path: Path) -> None:
    sound = encode(tmp_path / "a.mp3", "libmp3lame", NOISE, bit_rate=192000).read_bytes()
    form = struct.pack("<HHIIHHHHIHHH", 0x55, 2, 44100, 24000, 1, 0, 12, 1, 2, 576, 1, 1393)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(sound)) + sound
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", len(chunks)) + chunks)
    assert decode_file(tmp_path / "a.wav").remarks == ()


def test_a_free_format_mp3_is_refused_with_its_reason(tmp_path: Path) -> None:
    data = bytearray(bare_mp3(tmp_path / "a.mp3", marks(), 128))
    for start in range(len(data) - 3):
        if data[start] == 0xFF and data[start + 1] == 0xFB:
            data[start + 2] &= 0x0F
    (tmp_path / "a.mp3").write_bytes(data)
    with pytest.raises(Rejected, match="free format"):
        decode_file(tmp_path / "a.mp3")
