"""The embedded kit network through its packaged weights: what sounds like a kick is given to the kick."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from daemon.backends.kit_network import BANDS, COMPRESSION, CONTEXT, OnnxKitNetwork, features_of
from daemon.backends.separators import EmbeddedKitNetwork
from daemon.pipeline.audio.bands import bands
from daemon.pipeline.audio.stft import WINDOW, stft
from daemon.pipeline.drums import kit_splitter as kit
from daemon.pipeline.records import Audio, Drum
from daemon.weights import DRUM_TRANSCRIBER_WEIGHTS, KIT_NETWORK_WEIGHTS
from tests import synth

MOST = 12e6  # bytes in the package for both networks


def power_of(sound):
    return np.stack([bands().power(channel) for channel in stft(sound)])


def given(sound):
    """How much of the energy of `sound` each drum is given, 0..1."""
    power = power_of(sound)
    energy = ((power.mean(axis=0) * bands().weight)[None] * OnnxKitNetwork()(power)).sum(axis=(1, 2))
    return dict(zip(Drum, energy / energy.sum(), strict=True))


def struck(drum):
    return synth.play([synth.Stroke(0.5 * i, drum) for i in range(8)], 4.0)


def test_the_model_card_names_these_very_weights():
    card = (KIT_NETWORK_WEIGHTS.parent / "MODEL_CARD.md").read_text("utf-8")
    assert hashlib.sha256(KIT_NETWORK_WEIGHTS.read_bytes()).hexdigest() in card
    assert EmbeddedKitNetwork().weights.sha256 in card


def test_both_networks_together_are_small():
    assert DRUM_TRANSCRIBER_WEIGHTS.stat().st_size + KIT_NETWORK_WEIGHTS.stat().st_size < MOST


def test_the_shares_add_up_to_one_in_every_band():
    shares = OnnxKitNetwork()(power_of(struck("snare")))
    assert shares.shape == (5, BANDS, stft(struck("snare")).shape[2])
    assert shares.sum(axis=0) == pytest.approx(np.ones(shares.shape[1:]), abs=1e-4)
    assert shares.min() >= 0


@pytest.mark.parametrize("drum", ["kick", "snare"])
def test_a_drum_played_alone_is_mostly_its_own(drum):
    found = given(struck(drum))
    assert max(found, key=found.get) == drum
    assert found[Drum(drum)] > 0.6


def test_a_single_frame_is_enough():
    assert OnnxKitNetwork()(np.zeros((1, BANDS, 1), np.float32)).shape == (5, BANDS, 1)


def test_the_bands_are_those_that_the_network_was_trained_on():
    assert len(bands().centres) == BANDS


def test_both_channels_count_alike():
    left = np.random.default_rng(1).random((2, BANDS, 3), np.float32)
    assert features_of(left) == pytest.approx(features_of(left[::-1]))


def test_a_full_scale_tone_has_the_level_that_training_knew():
    power = power_of(synth.tone(1000, 1.0, level=0.0))
    assert features_of(power)[40].max() == pytest.approx(np.log1p(COMPRESSION), abs=1.5)
    assert power.max() < WINDOW**2


def test_the_pipeline_shows_it_all_that_it_can_use():
    assert kit.NETWORK_CONTEXT // kit.HOP >= CONTEXT


def test_with_the_packaged_network_the_stems_add_up(tmp_path: Path):
    sound, folder = synth.play(synth.rock_beat(2), 4.0), tmp_path
    audio = Audio(synth.write(folder / "drums.wav", sound), sound.shape[1])
    onsets = {Drum.KICK: synth.onsets_of(synth.rock_beat(2), "kick"), Drum.SNARE: [0.5, 1.5]}
    network = EmbeddedKitNetwork()
    parts = kit.split(audio, onsets, network.weights, folder, lambda _: None, network)
    assert sum(stem.read() for stem in parts.drums.values()) == pytest.approx(sound, abs=1e-6)
    assert parts.model.sha256 == network.weights.sha256
