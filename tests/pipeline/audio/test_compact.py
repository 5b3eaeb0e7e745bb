from pathlib import Path

import numpy as np
import pytest
import soundfile

from daemon.pipeline.audio.compact import compact_sounds
from daemon.pipeline.records import Audio, Part, Stems, Weights
from tests import synth

NOISE = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 5000)).astype(np.float32)
ROUNDED = (np.rint(NOISE * 2**23) / 2**23).astype(np.float32)


def stem(folder: Path, samples: np.ndarray, gain: float = 1.0) -> Audio:
    return Audio(synth.write(folder / "drums.wav", samples, subtype="FLOAT"), samples.shape[1], gain=gain)


def compacted(audio: Audio) -> Audio:
    return compact_sounds(Stems({Part.DRUMS: audio}, Weights("x")), audio.path.parent).parts[Part.DRUMS]


def test_a_stem_becomes_flac_of_24_bits(tmp_path: Path) -> None:
    found = compacted(stem(tmp_path, NOISE))
    assert [path.name for path in tmp_path.iterdir()] == ["drums.flac"] and found.path.name == "drums.flac"
    assert np.array_equal(found.read(), ROUNDED)
    assert np.array_equal(found.read(100, 50), ROUNDED[:, 100:150])


def test_a_soft_sound_of_24_bits_becomes_flac_too(tmp_path: Path) -> None:
    samples = (np.rint(NOISE * 2**13) / 2**23).astype(np.float32)
    found = compacted(stem(tmp_path, samples, gain=1000.0))
    assert found.path.suffix == ".flac" and np.array_equal(found.read(), samples)


@pytest.mark.parametrize(("samples", "gain"), [(NOISE * 3, 1.0), (NOISE / 1000, 1000.0)], ids=["loud", "soft"])
def test_what_flac_cannot_hold_stays_as_it_is(tmp_path: Path, samples: np.ndarray, gain: float) -> None:
    found = compacted(stem(tmp_path, samples, gain))
    assert [path.name for path in tmp_path.iterdir()] == ["drums.wav"] and np.array_equal(found.read(), samples)


def test_a_disk_without_room_keeps_the_sound_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    audio = stem(tmp_path, NOISE)
    monkeypatch.setattr(soundfile.SoundFile, "write", refuse)
    assert compacted(audio) == audio
    assert [path.name for path in tmp_path.iterdir()] == ["drums.wav"]


def test_the_sound_of_another_folder_is_left_alone(tmp_path: Path) -> None:
    audio = stem(tmp_path, NOISE)
    assert compact_sounds(audio, tmp_path / "result") == audio
    assert audio.path.exists()
