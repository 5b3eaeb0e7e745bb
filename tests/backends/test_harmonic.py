from pathlib import Path

import numpy as np
import pytest

from daemon.backends import harmonic
from daemon.errors import Cancelled
from daemon.pipeline.records import Audio, Part
from tests import synth


def energy(samples: harmonic.Samples) -> float:
    return float(np.square(samples).sum())


def test_the_stems_add_up_to_the_mix() -> None:
    mix = synth.play(synth.rock_beat(1), 2) + synth.tone(440, 2)
    np.testing.assert_allclose(sum(harmonic.split(mix).values()), mix, atol=1e-6)


def test_a_click_is_drums_and_a_steady_tone_is_not() -> None:
    beat, tone = synth.clicks([0.5, 1.0, 1.5], 2), synth.tone(880, 2)
    assert energy(harmonic.split(beat)[Part.DRUMS]) > 0.8 * energy(beat)
    assert energy(harmonic.split(tone)[Part.DRUMS]) < 0.05 * energy(tone)


def test_a_low_tone_is_bass() -> None:
    tone = synth.tone(60, 2)
    assert energy(harmonic.split(tone)[Part.BASS]) > 0.9 * energy(tone)


def test_what_is_on_one_side_is_no_voice() -> None:
    side = synth.tone(880, 2) * np.array([[1], [0.1]], np.float32)
    stems = harmonic.split(side)
    assert energy(stems[Part.OTHER]) > 10 * energy(stems[Part.VOCALS])


def test_a_long_file_in_blocks_is_what_it_is_at_once(tmp_path: Path) -> None:
    mix = synth.play(synth.rock_beat(4), 8) + synth.tone(330, 8)
    audio = Audio(synth.write(tmp_path / "mix.wav", mix), mix.shape[1])
    blocks = np.concatenate(list(harmonic.separate(audio, (Part.DRUMS,), lambda _: None)), axis=-1)
    np.testing.assert_allclose(blocks[0], harmonic.split(audio.read())[Part.DRUMS], atol=1e-5)


def test_what_the_report_raises_stops_it(tmp_path: Path) -> None:
    def stop(fraction: float) -> None:
        raise Cancelled

    audio = Audio(synth.write(tmp_path / "mix.wav", synth.tone(100, 1)), 44100)
    with pytest.raises(Cancelled):
        list(harmonic.separate(audio, (Part.BASS,), stop))
