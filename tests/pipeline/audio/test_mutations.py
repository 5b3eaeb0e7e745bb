"""Damage of any kind in any format ends in a refusal with a reason, or in sound: nothing else."""

import random
from pathlib import Path

import pytest
import soundfile

from daemon.errors import Rejected
from daemon.pipeline.audio.decode import decode
from daemon.pipeline.audio.probe import Limits
from tests import synth
from tests.pipeline.audio.media import encode, marks

FORMATS = (
    ".wav",
    ".aiff",
    ".flac",
    ".ogg",
    ".opus",
    ".mp3",
    ".m4a",
    ".webm",
    ".mka",
    ".aac",
    ".w64",
    ".caf",
    ".au",
    ".ts",
)
EXTREMES = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\x01", b"\x01\0\0\0")
MUTANTS = 40  # a format


def original(folder: Path, suffix: str) -> bytes:
    path, sound = folder / f"whole{suffix}", marks(1.2, 48000)
    if suffix == ".ts":
        return encode(path, "aac", sound, container="mpegts", rate=48000).read_bytes()
    if suffix in (".w64", ".caf", ".au"):
        soundfile.write(path, sound.T, 48000, "PCM_16", format=suffix[1:].upper())
        return path.read_bytes()
    return synth.write(path, sound, rate=48000).read_bytes()


def mutate(whole: bytes, chance: random.Random) -> bytes:
    """Bytes changed, cut, lost or doubled, more often in the header than behind it."""
    data = bytearray(whole)
    reach = min(len(data), 400) if chance.random() < 0.6 else len(data)
    at, kind = chance.randrange(reach), chance.randrange(5)
    if kind == 0:
        for _ in range(chance.randint(1, 20)):
            data[chance.randrange(reach)] = chance.randrange(256)
    elif kind == 1:
        del data[chance.randrange(1, len(data)) :]
    elif kind == 2:
        del data[at : at + chance.randint(1, 500)]
    elif kind == 3:
        start = chance.randrange(len(data))
        data[at:at] = data[start : start + chance.randint(1, 2000)]
    else:
        data[at : at + 4] = chance.choice(EXTREMES)
    return bytes(data)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_damaged_file_is_sound_or_refused(tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]) -> None:
    whole, path = original(tmp_path, suffix), tmp_path / f"a{suffix}"
    for seed in range(MUTANTS):
        path.write_bytes(mutate(whole, random.Random(f"{suffix} {seed}")) or b"x")
        try:
            decode(path, tmp_path / "out.wav", Limits(max_seconds=60), lambda _: None)
        except Rejected as error:
            assert path.name in error.reason
    assert capfd.readouterr() == ("", "")
