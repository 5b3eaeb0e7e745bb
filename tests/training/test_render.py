"""Rendered clips: repeatable, and labelled where the sound is."""

from dataclasses import replace

import numpy as np
import pytest

from daemon.training.drum_sounds import CLASSES, HATS, STEMS, SampledSound, Strike
from daemon.training.grooves import Groove
from daemon.training.kit_selection import select_kit
from daemon.training.kits import RATE, SampledKit, Shot, attack_sample, envelope, trim_audio
from daemon.training.patterns import generate_groove
from daemon.training.render import PREROLL, SECONDS, Library, OnsetLabel, keep_audible, make_clip, render_stems
from daemon.training.resonance import rattle_wires
from daemon.training.synth import synthesise_sounds
from daemon.training.variation import drop_sounds, replace_sounds, vary_strikes


def synth_kit(seed: int) -> SampledKit:
    sounds = {}
    for sound, audio in synthesise_sounds(np.random.default_rng(seed)).items():
        shot = trim_audio(audio)
        assert shot is not None
        sounds[sound] = (Shot(shot, attack_sample(shot)),)
    return SampledKit(f"synth-{seed}", sounds)


@pytest.fixture(scope="module")
def library() -> Library:
    return Library((synth_kit(1), synth_kit(2)), (), ())


def rng(seed: int = 4) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_same_seed_renders_the_same_clip(library: Library) -> None:
    first, second = make_clip(rng(), library), make_clip(rng(), library)
    np.testing.assert_array_equal(first.audio, second.audio)
    assert first.labels == second.labels


def test_another_seed_renders_another_clip(library: Library) -> None:
    assert make_clip(rng(1), library).labels != make_clip(rng(2), library).labels


def test_a_label_lies_where_the_energy_rises(library: Library) -> None:
    strikes = [Strike(1.0 + number, SampledSound.SNARE, 110) for number in range(5)]
    stems, labels = render_stems(rng(), strikes, select_kit(rng(), library.kits))
    snare = envelope(stems[STEMS.index("snare")])
    for label, _ in labels:
        at = round((label.time + PREROLL) * RATE)
        before, after = snare[at - 882 : at - 441].max(), snare[at : at + 441].max()
        assert after > 10 * before + 1e-12


def test_every_hit_is_in_its_own_stem_only(library: Library) -> None:
    stems, _ = render_stems(rng(), [Strike(1.0, SampledSound.KICK, 100)], select_kit(rng(), library.kits))
    heard = [name for name, stem in zip((*STEMS, "other"), stems, strict=True) if stem.any()]
    assert heard == ["kick"]


def test_a_louder_strike_is_louder(library: Library) -> None:
    strikes = [Strike(1.0, SampledSound.TOM1, 40), Strike(5.0, SampledSound.TOM1, 120)]
    stems, _ = render_stems(rng(), strikes, select_kit(rng(), library.kits))
    middle = int((3.0 + PREROLL) * RATE)
    assert np.abs(stems[2, :middle]).max() < 0.8 * np.abs(stems[2, middle:]).max()


def test_a_clip_is_as_long_as_promised(library: Library) -> None:
    clip = make_clip(rng(), library)
    assert clip.audio.shape == (int(SECONDS * RATE),)
    assert clip.stems.shape == (len(STEMS), int(SECONDS * RATE))


def test_inaudible_and_doubled_hits_have_no_label() -> None:
    kick = OnsetLabel(1.0, CLASSES.index("kick"), 0.9)
    twin, whisper = replace(kick, time=1.01, velocity=0.5), replace(kick, time=2.0)
    assert keep_audible([(kick, 0.0), (twin, -6.0), (whisper, -60.0)]) == (kick,)


def test_hats_can_be_taken_out() -> None:
    strikes = (Strike(0.0, SampledSound.CLOSED, 90), Strike(0.5, SampledSound.KICK, 90))
    assert drop_sounds(*HATS)(rng(), strikes) == strikes[1:]


def test_a_side_stick_can_stand_in_for_the_snare() -> None:
    changed = replace_sounds((SampledSound.SNARE,), SampledSound.STICK)(rng(), (Strike(0.0, SampledSound.SNARE, 90),))
    assert changed[0].sound is SampledSound.STICK


def test_invented_grooves_stay_in_time_and_velocity_bounds() -> None:
    for seed in range(20):
        groove: Groove = generate_groove(rng(seed), 10.0)
        assert all(0 <= hit.time < 10.5 and 1 <= hit.velocity <= 127 for hit in groove.strikes)


def test_a_kit_without_a_voice_borrows_it_from_another() -> None:
    bare = synth_kit(1)
    headless = SampledKit("headless", {SampledSound.KICK: bare.sounds[SampledSound.KICK]})
    assert SampledSound.SNARE in select_kit(rng(), (headless, synth_kit(2)))


def test_a_half_open_hat_on_a_kit_that_has_none_is_labelled_as_it_sounds() -> None:
    (label, _), *_rest = render_stems(
        rng(), [Strike(1.0, SampledSound.HALF6, 100)], select_kit(rng(), (synth_kit(1),))
    )[1]
    assert (label.sound, label.detail) == (SampledSound.OPEN, 1.0)


def test_wires_rattle_far_under_the_snare_and_only_when_something_shakes_them() -> None:
    kick = np.zeros(RATE, np.float32)
    kick[22050:22100] = 1.0
    wires = rattle_wires(rng(), kick, 1.0)
    assert np.abs(wires).max() <= 10 ** (-14 / 20) + 1e-6
    assert np.abs(wires[:21900]).max() < 1e-6 < np.abs(wires[22050:]).max()


def test_every_edit_keeps_times_and_velocities_in_bounds() -> None:
    for seed in range(40):
        groove = generate_groove(rng(seed), 10.0)
        for hit in vary_strikes(rng(seed), groove.strikes):
            assert hit.time >= 0
            assert 1 <= hit.velocity <= 127


def test_a_choked_crash_is_silent_afterwards(library: Library) -> None:
    strikes = [Strike(1.0, SampledSound.CRASH, 110, length=0.2)]
    stems, _ = render_stems(rng(), strikes, select_kit(rng(), library.kits))
    crash, late = stems[STEMS.index("cymbals")], int((1.0 + 0.3 + PREROLL) * RATE)
    assert np.abs(crash).max() > 0
    assert not crash[late:].any()
