"""The drum stem taken apart with a network's opinion beside the song's own."""

import numpy as np
import pytest

from daemon.pipeline.audio.bands import bands
from daemon.pipeline.audio.stft import HOP, WINDOW
from daemon.pipeline.drums import kit_splitter as kit
from daemon.pipeline.drums.velocity import envelope
from daemon.pipeline.records import EMBEDDED_KIT, RATE, Audio, Drum
from tests import synth

BEAT = synth.rock_beat(2)
ONSETS = {drum: synth.onsets_of(BEAT, drum) for drum in (Drum.KICK, Drum.SNARE, Drum.HIHAT)}


def by_pitch(power):
    """A network that gives all below 300 Hz to the kick and the rest to the hats."""
    low = (bands().centres < 300)[:, None] * np.ones(power.shape[2])
    shares = np.zeros((5, *low.shape), np.float32)
    shares[0], shares[3] = low, 1 - low
    return shares


def by_loudness(power):
    """A network that gives moments with a loud band to the kick and the others to the hats."""
    loud = np.ones(power.shape[1])[:, None] * (power.max(axis=(0, 1)) > 0.01 * 0.5**2 * WINDOW**2 / 16)
    shares = np.zeros((5, *loud.shape), np.float32)
    shares[0], shares[3] = loud, 1 - loud
    return shares


def split(folder, samples, onsets, network):
    audio = Audio(synth.write(folder / "drums.wav", samples), samples.shape[1])
    return kit.split(audio, onsets, EMBEDDED_KIT, folder, lambda _: None, network)


def test_the_stems_still_add_up(tmp_path):
    sound = synth.play(BEAT, 4.0)
    found = split(tmp_path, sound, ONSETS, by_pitch)
    assert sum(stem.read() for stem in found.drums.values()) == pytest.approx(sound, abs=1e-6)


def test_without_any_onset_the_network_decides_alone(tmp_path):
    found = split(tmp_path, synth.tone(100, 2.0), {}, by_pitch)
    level = {drum: float((stem.read() ** 2).sum()) for drum, stem in found.drums.items()}
    assert level[Drum.KICK] > 0.99 * sum(level.values())


def evenly(*shares):
    return np.array(shares, np.float32)[:, None, None] * np.ones((len(shares), 4, 3), np.float32)


def masks(**shares):
    return {Drum(drum): np.full((8, 3), share, np.float32) for drum, share in shares.items()}


def test_a_network_without_an_opinion_leaves_the_song_its_own():
    found = kit.blend_masks(evenly(0.2, 0.2, 0.2, 0.2, 0.2), masks(kick=0.9, snare=0.1))
    assert (found[Drum.KICK] > found[Drum.SNARE]).all()
    assert sum(found.values()) == pytest.approx(np.ones((8, 3)), abs=1e-4)


def test_where_the_song_is_in_doubt_the_network_tips_the_scale():
    found = kit.blend_masks(evenly(0.9, 0.1, 0, 0, 0), masks(kick=0.5, snare=0.5))
    assert (found[Drum.KICK] > found[Drum.SNARE]).all()


def test_a_drum_that_the_song_rules_out_stays_silent_whatever_the_network_says():
    found = kit.blend_masks(evenly(0.05, 0.05, 0.8, 0.05, 0.05), masks(kick=0.7, snare=0.3, toms=0.0))
    assert not found[Drum.TOMS].any()
    assert set(found) == {Drum.KICK, Drum.SNARE, Drum.TOMS}


def test_a_drum_without_onsets_is_silent_with_a_network_too(tmp_path):
    found = split(tmp_path, synth.play(BEAT, 4.0), {Drum.KICK: ONSETS[Drum.KICK]}, by_pitch)
    assert not found.drums[Drum.HIHAT].read().any()


@pytest.mark.parametrize("frames", [1, 300, HOP, 4410])
def test_a_very_short_sound_is_split_too(tmp_path, frames):
    sound = np.full((2, frames), 0.1, np.float32)
    found = split(tmp_path, sound, {Drum.KICK: [0.0]}, by_pitch)
    assert sum(stem.read() for stem in found.drums.values()) == pytest.approx(sound, abs=1e-6)


def test_silence_stays_silent(tmp_path):
    found = split(tmp_path, np.zeros((2, 44100), np.float32), ONSETS, by_pitch)
    assert not any(stem.read().any() for stem in found.drums.values())


@pytest.mark.parametrize("edge", [20, 64, 200])
def test_what_the_network_hears_lies_where_the_block_is(tmp_path, monkeypatch, edge):
    """What is loud is given to the kick where it is loud, in whichever block of the song that is."""
    monkeypatch.setattr(kit, "BLOCK", 64 * HOP)
    sound = synth.tone(400, 300 * HOP / RATE)
    sound[:, : edge * HOP] *= 0.01
    kick = split(tmp_path, sound, {}, by_loudness).drums[Drum.KICK].read()
    assert np.abs(kick[:, : (edge - 3) * HOP]).max() < 1e-4
    after = slice((edge + 3) * HOP, 295 * HOP)
    assert kick[:, after] == pytest.approx(sound[:, after], abs=1e-3)


def test_blocks_do_not_show_with_a_network_either(tmp_path, monkeypatch):
    whole = split(tmp_path, synth.play(BEAT, 4.0), ONSETS, by_pitch).drums[Drum.KICK].read()
    monkeypatch.setattr(kit, "BLOCK", 64 * HOP)
    (tmp_path / "again").mkdir()
    parts = split(tmp_path / "again", synth.play(BEAT, 4.0), ONSETS, by_pitch).drums[Drum.KICK].read()
    assert parts == pytest.approx(whole, abs=1e-4)


def test_how_loud_a_hit_is_does_not_change_with_the_network(tmp_path):
    """Envelopes are those of the song's own opinion, whatever the stems become."""
    sound = synth.play(BEAT, 4.0)
    for name in ("with", "without"):
        (tmp_path / name).mkdir()
    told = split(tmp_path / "with", sound, ONSETS, by_pitch)
    alone = split(tmp_path / "without", sound, ONSETS, None)
    assert np.load(told.envelopes) == pytest.approx(np.load(alone.envelopes))
    assert told.drums[Drum.SNARE].read() != pytest.approx(alone.drums[Drum.SNARE].read(), abs=1e-3)


def test_without_any_onset_the_envelopes_are_those_of_the_stems(tmp_path):
    found = split(tmp_path, synth.tone(100, 2.0), {}, by_pitch)
    kick = envelope(found.drums[Drum.KICK])
    assert np.load(found.envelopes)[0] == pytest.approx(kick, abs=0.1)
