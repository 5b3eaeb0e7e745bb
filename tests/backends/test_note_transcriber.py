"""What hears keys, whichever network it is: the same whatever the blocks, and two networks as one."""

from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from daemon.backends.note_transcriber import BINS, HOP, RATE, LogSpectrogram, MeanTranscriber, feature_windows
from daemon.pipeline.pitched.polyphonic import BINS as THIRDS
from daemon.pipeline.pitched.polyphonic import KEYS, Posteriors
from daemon.pipeline.records import Weights


def tone(hertz: float, seconds: float = 1.0) -> np.ndarray:
    return (0.1 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


@pytest.mark.parametrize("key", range(20, 88, 7))
def test_a_tone_is_strongest_in_the_middle_bin_of_its_key(key: int) -> None:
    features = LogSpectrogram().features(tone(27.5 * 2 ** (key / 12)))
    assert features[40, :BINS].argmax() == pytest.approx(THIRDS * key + 1, abs=1 if key < 40 else 0)


def test_silence_is_zero_and_every_started_hop_has_a_frame() -> None:
    features = LogSpectrogram().features(np.zeros(10 * HOP + 1, np.float32))
    assert features.shape == (11, 2 * BINS)
    assert not features.any()


@pytest.mark.parametrize("samples", [0, 1, HOP, 1024 * HOP, 1024 * HOP + 1, 3000 * HOP - 7])
def test_windows_answer_for_every_frame_once(samples: int) -> None:
    pieces = np.array_split(np.ones(samples, np.float32), 7)
    assert sum(window.frames for window in feature_windows(pieces)) == -(-samples // HOP)


class CountingTranscriber:
    """Answers `level` for every `step` blocks, and knows how far it has read."""

    def __init__(self, level: float, step: int) -> None:
        self.level, self.step, self.read = level, step, 0

    @property
    def weights(self) -> Weights:
        return Weights(f"counting {self.step}", str(self.level))

    def passages(self, blocks: Iterable[np.ndarray], rate: int) -> Iterator[Posteriors]:
        for self.read, _ in enumerate(blocks, 1):
            if self.read % self.step == 0:
                keys = np.full((self.step, KEYS), self.level, np.float16)
                yield Posteriors(keys, keys, np.repeat(keys, THIRDS, axis=1))


def test_two_networks_answer_with_their_mean_and_keep_pace() -> None:
    first, second = CountingTranscriber(1.0, 3), CountingTranscriber(0.5, 5)
    apart: list[int] = []

    def blocks() -> Iterator[np.ndarray]:
        for _ in range(30):
            apart.append(abs(first.read - second.read))
            yield np.zeros(1, np.float32)

    heard = MeanTranscriber(first, second).transcribe(blocks(), RATE)
    assert heard.note.shape == (30, KEYS)
    assert (heard.note == 0.75).all() and (heard.contour == 0.75).all()
    assert max(apart) <= 8


def test_the_weights_of_two_networks_name_both_and_change_with_either() -> None:
    assert MeanTranscriber(CountingTranscriber(0.1, 3), CountingTranscriber(0.2, 3)).weights.name.count("counting") == 2
    names = {
        MeanTranscriber(CountingTranscriber(a, 3), CountingTranscriber(b, 3)).weights.sha256
        for a, b in ((0.1, 0.2), (0.1, 0.3), (0.3, 0.2))
    }
    assert len(names) == 3
