import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray

from daemon.backends.basic_pitch import SHA256, BasicPitch, batches, packaged_weights
from daemon.pipeline.pitched.polyphonic import HOP, RATE
from tests import synth


def tune(seconds: float = 9.0) -> NDArray[np.float32]:
    times = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * 220 * times) * (times % 1 < 0.7)).astype(np.float32)


def test_the_packaged_file_is_the_published_one() -> None:
    assert hashlib.sha256(packaged_weights().read_bytes()).hexdigest() == SHA256


def test_its_licence_travels_with_it() -> None:
    folder = packaged_weights().parent
    assert "Apache License" in (folder / "LICENSE").read_text()
    assert "Spotify" in (folder / "NOTICE").read_text()


def test_the_key_that_sounds_is_heard_when_it_sounds() -> None:
    heard = BasicPitch().transcribe([tune()], RATE)
    frames = (np.array([0.35, 5.35, 8.35]) * heard.frame_rate).astype(int)
    assert (heard.note[frames].argmax(axis=1) == 36).all()
    assert heard.note[(np.array([0.9, 5.9]) * heard.frame_rate).astype(int)].max() < 0.3


def test_every_started_hop_has_a_frame() -> None:
    heard = BasicPitch().transcribe([tune(2.001)], RATE)
    assert len(heard.note) == len(heard.onset) == len(heard.contour) == -(-len(tune(2.001)) // HOP)


def test_block_sizes_do_not_matter() -> None:
    whole, pieces = (BasicPitch().transcribe(blocks, RATE) for blocks in ([tune()], np.array_split(tune(), 37)))
    np.testing.assert_allclose(whole.note.astype(float), pieces.note.astype(float), atol=2e-3)


def test_other_rates_are_resampled() -> None:
    heard = BasicPitch().transcribe([synth.tone(220, 2.0, channels=1)[0]], synth.RATE)
    assert heard.note[80].argmax() == 36


def test_nothing_gives_nothing() -> None:
    assert BasicPitch().transcribe([], RATE).note.shape == (0, 88)


@pytest.mark.parametrize("length", [1, HOP, 50_000, 400_000])
def test_the_batches_count_each_frame_once(length: int) -> None:
    assert sum(batch.frames for batch in batches([np.zeros(length, np.float32)])) == -(-length // HOP)


def test_a_long_file_never_lies_in_memory_whole() -> None:
    blocks = (np.zeros(RATE, np.float32) for _ in range(60))
    assert max(batch.windows.size for batch in batches(blocks)) < 10 * RATE
