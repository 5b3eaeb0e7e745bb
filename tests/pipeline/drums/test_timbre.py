"""The few numbers that tell how a hit sounds."""

import numpy as np
import pytest

from daemon.pipeline.drums.timbre import timbre
from daemon.pipeline.records import RATE, Audio
from tests import synth


@pytest.mark.parametrize("hertz", [81.0, 97.3, 103.0, 161.7])
def test_the_pitch_of_a_tom_is_found_between_the_bins(tmp_path, hertz):
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * hertz * time) * np.exp(-time / 0.2) + 0.5 * np.exp(-time / 0.005) * np.sin(600 * time)
    sound = Audio(synth.write(tmp_path / "tom.wav", np.stack([tone, tone]).astype(np.float32)), RATE)
    assert timbre(sound, [0.0]).pitch[0] == pytest.approx(hertz, rel=0.01)
