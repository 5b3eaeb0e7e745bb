"""The drum stem taken apart."""

import numpy as np
import pytest

from daemon.errors import Cancelled
from daemon.pipeline.drums import kit_splitter as kit
from daemon.pipeline.drums.velocity import envelope
from daemon.pipeline.records import EMBEDDED_KIT, Audio, Drum
from tests import synth

BEAT = synth.rock_beat(2)
ONSETS = {drum: synth.onsets_of(BEAT, drum) for drum in (Drum.KICK, Drum.SNARE, Drum.HIHAT)}


def drums(folder, samples):
    path = synth.write(folder / "drums.wav", samples)
    return Audio(path, samples.shape[1])


def alone(drum):
    return synth.play([stroke for stroke in BEAT if stroke.drum == drum], 4.0)


def sdr(true, found):
    return 10 * np.log10((true**2).sum() / ((true - found) ** 2).sum())


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kit")
    return kit.split(drums(folder, synth.play(BEAT, 4.0)), ONSETS, EMBEDDED_KIT, folder, lambda _: None)


def test_the_stems_add_up_to_the_drums(parts):
    total = sum(stem.read() for stem in parts.drums.values())
    assert total == pytest.approx(synth.play(BEAT, 4.0), abs=1e-6)


@pytest.mark.parametrize(("drum", "least"), [("kick", 15.0), ("snare", 8.0), ("hihat", 3.0)])
def test_each_drum_comes_out_mostly_alone(parts, drum, least):
    assert sdr(alone(drum), parts.drums[Drum(drum)].read()) > least


def test_a_drum_that_is_not_played_is_silent(parts):
    assert np.abs(parts.drums[Drum.TOMS].read()).max() == 0


def test_without_any_hit_all_goes_to_the_cymbals(tmp_path):
    sound = synth.noise(1.0)
    found = kit.split(drums(tmp_path, sound), {}, EMBEDDED_KIT, tmp_path, lambda _: None)
    assert found.drums[Drum.CYMBALS].read() == pytest.approx(sound, abs=1e-6)


def test_blocks_do_not_show(tmp_path, monkeypatch):
    monkeypatch.setattr(kit, "BLOCK", 64 * kit.HOP)
    sound = synth.play(BEAT, 4.0)
    found = kit.split(drums(tmp_path, sound), ONSETS, EMBEDDED_KIT, tmp_path, lambda _: None)
    assert sdr(alone("kick"), found.drums[Drum.KICK].read()) > 14.0


def test_cancelling_leaves_no_file(tmp_path):
    def cancel(fraction):
        raise Cancelled("asked to stop")

    audio = drums(tmp_path, synth.play(BEAT, 4.0))
    with pytest.raises(Cancelled):
        kit.split(audio, ONSETS, EMBEDDED_KIT, tmp_path, cancel)
    assert [path.name for path in tmp_path.iterdir()] == ["drums.wav"]


def test_the_short_time_spectrum_can_be_undone():
    sound = synth.noise(0.5)
    assert kit.istft(kit.stft(sound), sound.shape[1]) == pytest.approx(sound, abs=1e-5)


def test_the_envelopes_are_those_of_the_stems(parts):
    for row, drum in zip(np.load(parts.envelopes), Drum, strict=True):
        assert row == pytest.approx(envelope(parts.drums[drum]), abs=0.1)
