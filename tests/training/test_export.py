"""What is exported is what was trained, and a checkpoint resumes where it stopped."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from daemon.backends.drum_transcriber import BANDS, CONTEXT, RATE, WINDOWS, OnnxDrumTranscriber
from daemon.training.dataset import EVENT_COLUMNS, FRAMES, SOUNDS, read_shard
from daemon.training.drum_sounds import ARTICULATIONS, CLASSES, SampledSound
from daemon.training.export import ModelMetadata, export_transcriber, load_average
from daemon.training.training_loop import learning_rate_at, train_network
from daemon.training.transcriber_net import DILATIONS, TranscriberNet
from daemon.training.transcriber_task import RECIPE, TRANSCRIBER_TASK
from daemon.training.warm_start import start_net

ROW = (0.5,) * len(CLASSES)


def write_shard(path: Path) -> None:
    rng = np.random.default_rng(1)
    features = rng.integers(0, 99, (6, FRAMES, len(WINDOWS) * BANDS), dtype=np.uint8)
    snare = SOUNDS.index(SampledSound.SNARE)
    events = np.array([[clip, 1.0 + clip, clip, 0.7, snare, -1] for clip in range(6)], np.float32)
    np.savez(path, features=features, events=events)


@pytest.mark.filterwarnings("ignore:Constant folding", "ignore::DeprecationWarning")
def test_the_exported_file_answers_like_the_net_and_carries_its_notes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    export_transcriber(
        TranscriberNet().eval(), tmp_path / "ear.onnx", ModelMetadata(ROW, (0.4,) * 7, (0.001,) * 7, (0.6, *(2.0,) * 7))
    )
    heard = OnnxDrumTranscriber(tmp_path / "ear.onnx").transcribe([np.zeros(RATE, np.float32)], RATE)
    assert heard.thresholds == ROW
    assert heard.lateness == (0.001,) * 7
    assert json.dumps(heard.classes) == json.dumps(CLASSES)
    assert {name: curve.shape for name, curve in heard.articulations.items()} == {ARTICULATIONS[0]: (100,)}


def test_the_context_covers_what_the_net_sees() -> None:
    front, head, difference = 3, 3, 1
    assert sum(DILATIONS) + front + head + difference <= CONTEXT


def test_training_resumes_at_the_step_where_it_stopped(tmp_path: Path) -> None:
    write_shard(tmp_path / "00000.npz")
    checkpoint = tmp_path / "ear.pt"
    for steps in (1, 2):
        train_network(TRANSCRIBER_TASK, tmp_path, checkpoint, replace(RECIPE, steps=steps, batch=2, frames=60))
    assert torch.load(checkpoint, weights_only=True)["step"] == 2
    assert load_average(checkpoint).training is False


def test_the_rate_warms_up_and_falls_to_zero() -> None:
    recipe = replace(RECIPE, steps=1000, rate=1e-3)
    assert learning_rate_at(recipe, 0) < learning_rate_at(recipe, 199) > learning_rate_at(recipe, 900)
    assert learning_rate_at(recipe, 1000) == pytest.approx(0.0, abs=1e-12)


def test_a_shard_keeps_its_events(tmp_path: Path) -> None:
    write_shard(tmp_path / "s.npz")
    assert read_shard(tmp_path / "s.npz").events.shape == (6, EVENT_COLUMNS)


@pytest.mark.filterwarnings("ignore:Constant folding", "ignore::DeprecationWarning")
def test_a_further_training_starts_from_the_function_of_the_exported_file(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first = TranscriberNet().eval()
    export_transcriber(first, tmp_path / "ear.onnx", ModelMetadata(ROW, ROW, ROW))
    write_shard(tmp_path / "00000.npz")
    again = start_net(tmp_path / "ear.onnx", tmp_path / "00000.npz").eval()
    features = 4 * torch.rand(1, 150, len(WINDOWS) * BANDS)
    for old, new in zip(first(features), again(features), strict=True):
        assert torch.allclose(old, new, atol=1e-4)


def make_frozen() -> TranscriberNet:
    torch.manual_seed(0)
    net = TranscriberNet()
    net.freeze_onsets()
    return net


def test_onsets_that_are_frozen_do_not_learn(tmp_path: Path) -> None:
    write_shard(tmp_path / "00000.npz")
    task = replace(TRANSCRIBER_TASK, make_net=make_frozen)
    train_network(task, tmp_path, tmp_path / "ear.pt", replace(RECIPE, steps=2, batch=2, frames=400))
    before, after = make_frozen().state_dict(), torch.load(tmp_path / "ear.pt", weights_only=True)["net"]
    moved = {name.split(".")[0] for name, value in after.items() if not torch.equal(value, before[name])}
    assert moved == {"articulation", "opening"}
