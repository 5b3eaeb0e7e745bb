"""One channel of two keeps what a listener hears from either loudspeaker."""

from pathlib import Path

import numpy as np
import pytest

from daemon.pipeline.audio.mono import mono_mix
from daemon.pipeline.audio.superflux import novelty
from daemon.pipeline.records import Audio
from tests import synth

BEAT = synth.play(synth.rock_beat(4), 8.0, channels=1)[0]


def audio(path: Path, left: synth.Samples, right: synth.Samples) -> Audio:
    return Audio(synth.write(path, np.stack([left, right]).astype(np.float32)), len(left))


def level(sound: synth.Samples) -> float:
    return float(10 * np.log10(np.square(sound).mean() + 1e-20))


def mixed(sound: Audio) -> synth.Samples:
    return np.concatenate(list(mono_mix(sound).blocks()))


def test_ordinary_stereo_is_the_mean_to_the_bit(tmp_path: Path) -> None:
    sound = audio(tmp_path / "a.wav", BEAT + synth.noise(8.0)[0], 0.6 * BEAT + synth.noise(8.0)[1])
    assert np.array_equal(mixed(sound), sound.read().mean(axis=0))


def test_what_is_panned_hard_stays_the_mean(tmp_path: Path) -> None:
    sound = audio(tmp_path / "a.wav", BEAT, np.zeros_like(BEAT))
    assert np.array_equal(mixed(sound), sound.read().mean(axis=0))


@pytest.mark.parametrize("turned", [-1.0, -0.7, -1.3])
def test_a_channel_turned_over_is_heard(tmp_path: Path, turned: float) -> None:
    found = mixed(audio(tmp_path / "a.wav", BEAT, turned * BEAT))
    assert level(found) == pytest.approx(level(BEAT * (1 - turned) / 2), abs=0.5)


@pytest.mark.parametrize("later", [10, 22, 44])
@pytest.mark.parametrize("turned", [1, -1])
def test_a_channel_that_is_the_other_a_little_later_leaves_no_holes(tmp_path: Path, turned: int, later: int) -> None:
    found = mixed(audio(tmp_path / "a.wav", BEAT, turned * np.roll(BEAT, later)))
    heard, played = (np.abs(np.fft.rfft(sound)) ** 2 for sound in (found, BEAT))
    bands = np.arange(50, len(played), 4000)  # 500 Hz each
    lost = np.add.reduceat(heard, bands) / np.add.reduceat(played, bands)
    assert lost.min() > 0.7


def test_two_channels_of_a_room_stay_the_mean(tmp_path: Path) -> None:
    room = synth.noise(8.0, level=-20.0)
    sound = audio(tmp_path / "a.wav", BEAT * 0.3 + room[0], BEAT * 0.3 + room[1])
    assert np.array_equal(mixed(sound), sound.read().mean(axis=0))


def test_only_the_hats_turned_over_leaves_both_hats_and_kick(tmp_path: Path) -> None:
    strokes = synth.rock_beat(4)
    hats = synth.play([s for s in strokes if s.drum == "hihat"], 8.0, channels=1)[0]
    rest = synth.play([s for s in strokes if s.drum != "hihat"], 8.0, channels=1)[0]
    found = mixed(audio(tmp_path / "a.wav", rest + hats, rest - hats))
    high = np.abs(np.fft.rfft(found))[-len(found) // 4 :]
    assert np.square(high).sum() > 0.5 * np.square(np.abs(np.fft.rfft(hats))[-len(found) // 4 :]).sum()
    assert level(found) == pytest.approx(level(rest + hats), abs=1.0)


def test_a_second_half_that_is_turned_over_is_heard(tmp_path: Path) -> None:
    right = np.where(np.arange(len(BEAT)) < len(BEAT) // 2, BEAT, -BEAT)
    found = mixed(audio(tmp_path / "a.wav", BEAT, right))
    half = len(BEAT) // 2
    assert level(found[half:]) == pytest.approx(level(BEAT[half:]), abs=1.0)


def test_attacks_stay_where_they_are(tmp_path: Path) -> None:
    plain = novelty(audio(tmp_path / "a.wav", BEAT, BEAT)).values
    turned = novelty(audio(tmp_path / "b.wav", BEAT, -BEAT)).values
    assert np.abs(plain - turned).max() < 0.02 * plain.max()


def test_any_piece_is_the_same_as_that_piece_of_the_whole(tmp_path: Path) -> None:
    mono = mono_mix(audio(tmp_path / "a.wav", BEAT, -BEAT))
    whole = np.concatenate(list(mono.blocks(50_000)))
    assert np.abs(mono.read(123_457, 9999) - whole[123_457 : 123_457 + 9999]).max() < 1e-4
    assert mono.read(len(BEAT) - 10, 100).shape == (10,)
