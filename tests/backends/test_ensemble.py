"""Several separators together."""

from pathlib import Path

import numpy as np
import pytest

from daemon.backends.checkpoints import Checkpoints
from daemon.backends.ensemble import ensemble_members, known_parts, open_separator
from daemon.errors import NoWeights, Rejected
from daemon.pipeline.records import Audio, Part
from tests import synth
from tests.backends import small_networks

FOUR = (Part.DRUMS, Part.BASS, Part.VOCALS, Part.OTHER)


@pytest.fixture
def weights(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "models", offline=True, custom={"mine": small_networks.write(tmp_path / "mine.th")})


@pytest.fixture
def mix(tmp_path: Path) -> Audio:
    samples = synth.play(synth.rock_beat(1), 1.0)
    return Audio(synth.write(tmp_path / "mix.wav", samples), samples.shape[1])


def quiet(fraction: float) -> None:
    pass


def stems_of(name: str, weights: Checkpoints, mix: Audio, folder: Path) -> dict[Part, np.ndarray]:
    stems = open_separator(name, weights, "cpu", quiet).separate(mix, FOUR, folder, quiet)
    return {part: stem.read() for part, stem in stems.parts.items()}


def test_stems_are_the_means_of_those_of_each(tmp_path: Path, weights: Checkpoints, mix: Audio):
    alone = [stems_of(name, weights, mix, tmp_path / name) for name in ("mine", "embedded")]
    both = stems_of("mine+embedded", weights, mix, tmp_path / "both")
    for part in FOUR:
        assert both[part] == pytest.approx((alone[0][part] + alone[1][part]) / 2, abs=1e-6)


def test_a_weight_says_how_much_one_counts(tmp_path: Path, weights: Checkpoints, mix: Audio):
    alone = [stems_of(name, weights, mix, tmp_path / name)[Part.DRUMS] for name in ("mine", "embedded")]
    both = stems_of("mine*3+embedded", weights, mix, tmp_path / "both")[Part.DRUMS]
    assert both == pytest.approx(0.75 * alone[0] + 0.25 * alone[1], abs=1e-6)


def test_what_each_made_is_removed(tmp_path: Path, weights: Checkpoints, mix: Audio):
    stems_of("mine+embedded", weights, mix, tmp_path / "both")
    assert {path.name for path in (tmp_path / "both").iterdir()} == {f"{part}.wav" for part in FOUR}


def test_progress_goes_forward_to_its_end(tmp_path: Path, weights: Checkpoints, mix: Audio):
    told: list[float] = []
    open_separator("mine+embedded", weights, "cpu", quiet).separate(mix, FOUR, tmp_path / "both", told.append)
    assert told == sorted(told) and told[-1] == 1.0


def test_other_weights_are_another_model_to_the_cache(weights: Checkpoints):
    names = ("mine+embedded", "mine*2+embedded", "embedded+mine")
    assert len({open_separator(name, weights, "cpu", quiet).weights for name in names}) == 3


def test_it_knows_the_parts_that_all_of_its_members_know(weights: Checkpoints):
    assert set(known_parts("htdemucs_6s+htdemucs", weights)) == set(FOUR)
    assert Part.GUITAR in known_parts("htdemucs_6s", weights)


def test_a_member_whose_weights_are_not_here_is_told(weights: Checkpoints):
    with pytest.raises(NoWeights, match="htdemucs_ft"):
        open_separator("embedded+htdemucs_ft", weights, "cpu", quiet)


@pytest.mark.parametrize("name", ["mine*0+embedded", "mine*x+embedded", "mine+", "+", "mine*-1+embedded", "mine*nan+a"])
def test_a_weight_or_a_name_that_is_none_is_refused_with_an_example(name: str):
    with pytest.raises(Rejected, match=r"htdemucs\*2\+embedded"):
        ensemble_members(name)


def test_one_that_is_named_twice_is_refused():
    with pytest.raises(Rejected, match="twice"):
        ensemble_members("mine+mine")


def test_names_without_a_plus_are_what_they_were(weights: Checkpoints):
    assert open_separator("embedded", weights, "cpu", quiet).weights.name == "embedded"
