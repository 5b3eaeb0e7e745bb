"""Validation of a drum transcriber on clips of unseen kits and drummers; variants are chosen by it alone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from daemon.backends.drum_transcriber import RATE, OnnxDrumTranscriber, Onset
from daemon.training.dataset import CLIPS_PER_SHARD, FEATURE_STEPS_PER_UNIT, Shard, read_shard
from daemon.training.evaluate import Array, EvaluatedClip, agreement, f_measure_table, pair_onsets, pair_outputs
from daemon.training.export import ProbabilityNet
from daemon.training.render import Library, RenderedClip, has_music, make_plain_clip
from daemon.training.transcriber_net import TranscriberNet

BATCH = 10


def run_net(net: TranscriberNet, shard: Shard) -> Iterator[tuple[Array, ...]]:
    """The outputs of the net for each clip, (frames, n)."""
    inference = ProbabilityNet(net).eval()
    for start in range(0, len(shard.features), BATCH):
        features = torch.from_numpy(shard.features[start : start + BATCH]).float() / FEATURE_STEPS_PER_UNIT
        with torch.no_grad():
            outputs = inference(features)
        yield from zip(*(output.numpy() for output in outputs), strict=True)


def evaluate_shards(net: TranscriberNet, folder: Path) -> Iterator[tuple[bool, EvaluatedClip]]:
    """(whether music plays along, take) for every clip of the shards in a folder."""
    for path in sorted(folder.glob("*.npz")):
        shard = read_shard(path)
        for number, clip in enumerate(pair_outputs(shard, list(run_net(net, shard)))):
            yield has_music(np.random.default_rng((int(path.stem), number))), clip


def evaluate_plain_clips(net: TranscriberNet, shards: Path) -> list[EvaluatedClip]:
    """Plain drum tracks, by which thresholds for drums alone are chosen.

    The best threshold of a calibrated net is half of the F that it reaches, so clips that are
    harder than what comes would make the transcriber too eager.
    """
    return [clip for _, clip in evaluate_shards(net, shards / "plain")]


def evaluate_mix_clips(net: TranscriberNet, shards: Path) -> list[EvaluatedClip]:
    return [clip for accompanied, clip in evaluate_shards(net, shards / "validate") if accompanied]


def evaluate_all_clips(net: TranscriberNet, shards: Path) -> list[EvaluatedClip]:
    return [clip for _, clip in evaluate_shards(net, shards / "validate")]


def event_array(clip: RenderedClip) -> Array:
    rows = [(label.time, label.drum, label.velocity) for label in clip.labels]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def transcribe_clips(weights: Path, library: Library, seeds: range) -> Iterator[tuple[Array, list[Onset]]]:
    """True events and onsets of plain drum clips, through the shipped inference path."""
    transcriber = OnnxDrumTranscriber(weights)
    for seed in seeds:
        for number in range(CLIPS_PER_SHARD):
            clip = make_plain_clip(np.random.default_rng((seed, number)), library)
            yield event_array(clip), transcriber.transcribe([clip.audio], RATE).onsets()


def print_report(weights: Path, library: Library, seeds: range) -> None:
    pairs = list(transcribe_clips(weights, library, seeds))
    for name, row in f_measure_table(pairs).items():
        print(f"{name:8}", *(f"{value:.3f}" for value in row), "F at 50, 20, 10 ms")
    for name, value in agreement(pairs).items():
        print(name, value)
    late = [found.time - true[0] for events, onsets in pairs for true, found in pair_onsets(events, onsets)]
    print(f"median onset bias {1000 * float(np.median(late)):.2f} ms")
