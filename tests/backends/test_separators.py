"""Which backend answers to a name of the options."""

from dataclasses import replace
from pathlib import Path

import pytest

from daemon.backends import demucs
from daemon.backends.checkpoints import Checkpoints
from daemon.backends.separators import SHORT_OF_MEMORY, kit_splitter, separator
from daemon.errors import NoWeights
from daemon.pipeline.records import Audio, Part
from tests import synth
from tests.backends import small_networks


@pytest.fixture
def weights(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "models", offline=True, custom={"mine": small_networks.write(tmp_path / "mine.th")})


def quiet(fraction: float) -> None:
    pass


def test_auto_without_weights_is_embedded_and_says_why_in_the_stems(tmp_path: Path, weights: Checkpoints) -> None:
    samples = synth.play(synth.rock_beat(1), 1.0)
    mix = Audio(synth.write(tmp_path / "mix.wav", samples), samples.shape[1])
    found = separator("auto", weights, "auto", quiet)
    stems = found.separate(mix, (Part.DRUMS,), tmp_path / "stems", quiet)
    assert stems.model.name == "embedded"
    assert stems.remarks[0].startswith("htdemucs was not used because its weights are not here")


def test_a_separator_that_was_asked_for_by_name_has_no_stand_in(weights: Checkpoints) -> None:
    with pytest.raises(NoWeights, match="htdemucs_ft"):
        separator("htdemucs_ft", weights, "auto", quiet)


def test_a_checkpoint_of_the_users_own_answers_to_its_name(weights: Checkpoints) -> None:
    found = separator("mine", weights, "cpu", quiet)
    assert (found.weights.name, found.weights.sha256) == ("mine", weights.sha256("mine"))
    assert set(found.parts()) == {Part.DRUMS, Part.BASS, Part.VOCALS, Part.OTHER}


def test_auto_takes_the_kit_splitter_of_the_pipeline_when_drumsep_is_not_here(weights: Checkpoints) -> None:
    assert kit_splitter("auto", weights, "cpu") is None
    assert kit_splitter("embedded", weights, "cpu") is None


def test_drumsep_without_weights_names_the_command_that_gets_them(weights: Checkpoints) -> None:
    with pytest.raises(NoWeights, match="Fetch the network drumsep6"):
        kit_splitter("drumsep6", weights, "cpu")


def test_a_thrifty_separation_takes_short_segments_one_at_a_time_and_says_so(tmp_path: Path, weights, monkeypatch):
    samples = synth.play(synth.rock_beat(1), 1.0)
    mix = Audio(synth.write(tmp_path / "mix.wav", samples), samples.shape[1])
    crews, crew = [], demucs._plan_threads
    monkeypatch.setattr(demucs, "_plan_threads", lambda device: crews.append(crew(device)) or crews[-1])
    found = replace(separator("mine", weights, "cpu", quiet), short_segments=True)
    stems = found.separate(mix, (Part.DRUMS,), tmp_path / "stems", quiet)
    assert [workers for workers, _ in crews] == [1]
    assert stems.remarks == (SHORT_OF_MEMORY,)


def test_fast_results_are_kept_apart_from_full_ones(weights: Checkpoints) -> None:
    full, fast = (separator("mine", weights, "cpu", quiet, fast=each) for each in (False, True))
    assert full.weights != fast.weights
