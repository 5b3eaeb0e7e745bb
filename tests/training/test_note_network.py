"""The note network: its targets, what it sees, and that the exported file answers like it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from daemon.backends.note_transcriber import BINS, CONTEXT, OnnxNoteTranscriber
from daemon.training.note_dataset import FRAME_RATE, FRAMES, build_note_targets
from daemon.training.note_export import export_note_transcriber
from daemon.training.note_instruments import Instrument
from daemon.training.note_music import Compass
from daemon.training.note_net import LAYERS, NoteNet, shift_bins
from daemon.training.note_render import Ensemble, make_note_clip
from daemon.training.note_synthesis import pluck_strings
from daemon.training.note_task import NOTE_TASK, RECIPE

PLUCKS = Ensemble((Instrument("plucks", Compass(40, 76), 1.0, pluck_strings),))


def test_targets_are_where_the_note_is() -> None:
    notes = np.array([[1.0, 0.5, 60, 0.8]], np.float32)
    found = build_note_targets(notes, np.full(FRAMES, 1 / 3, np.float32), 0, 200)
    start, stop = round(FRAME_RATE), round(1.5 * FRAME_RATE)
    assert found.note[start:stop, 39].all() and not found.note[: start - 1].any() and not found.note[stop + 1 :].any()
    assert found.onset.max(axis=1).argmax() == start
    assert found.offset.max(axis=1).argmax() == pytest.approx(1.5 * FRAME_RATE, abs=1)
    assert found.contour[start + 5].argmax() == 3 * 39 + 1 + 1  # a third of a semitone above the middle of its key
    assert found.velocity[start, 39] == pytest.approx(0.8)


def test_targets_of_an_excerpt_are_those_of_the_whole() -> None:
    notes = np.array([[1.0, 0.5, 60, 0.8], [2.0, 1.0, 64, 0.5]], np.float32)
    bend = np.random.default_rng(1).normal(0, 0.1, FRAMES).astype(np.float32)
    whole, part = build_note_targets(notes, bend, 0, 400), build_note_targets(notes, bend, 100, 200)
    for name in ("note", "onset", "offset", "velocity", "contour"):
        np.testing.assert_allclose(getattr(part, name), getattr(whole, name)[100:300], atol=1e-5)


@pytest.mark.parametrize("harmonic", [0.5, 1, 2, 8])
def test_harmonics_are_stacked_on_their_fundamental(harmonic: float) -> None:
    features = torch.zeros(1, 1, BINS)
    features[0, 0, 1 + 3 * 40 + round(36 * np.log2(harmonic))] = 1
    assert int(shift_bins(features, harmonic)[0, 0].argmax()) == 3 * 40 + 1


def test_the_context_covers_what_the_net_sees() -> None:
    assert 2 * (sum(frames for frames, _ in LAYERS) + 2) + 2 <= CONTEXT


def test_the_same_seed_renders_the_same_clip() -> None:
    first, second = (make_note_clip(np.random.default_rng(5), PLUCKS) for _ in range(2))
    np.testing.assert_array_equal(first.audio, second.audio)
    assert first.notes == second.notes


def test_a_few_steps_lower_the_loss(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    notes = np.array([[clip, 1 + clip, 0.5, 50 + clip, 0.7] for clip in range(4)], np.float32)
    features = rng.integers(0, 99, (4, FRAMES, 2 * BINS), dtype=np.uint8)
    np.savez(tmp_path / "00000.npz", features=features, notes=notes, bends=np.zeros((4, FRAMES), np.float32))
    torch.manual_seed(0)
    net, batches = NOTE_TASK.make_net(), NOTE_TASK.batches([tmp_path / "00000.npz"], RECIPE, rng)
    optimiser, losses = torch.optim.AdamW(net.parameters(), lr=3e-3), []
    for _ in range(6):
        loss = NOTE_TASK.loss(net, next(batches))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.filterwarnings("ignore:Constant folding", "ignore::DeprecationWarning")
def test_the_exported_file_hears_the_same_whatever_the_blocks(tmp_path: Path) -> None:
    torch.manual_seed(0)
    export_note_transcriber(NoteNet().eval(), tmp_path / "notes.onnx")
    transcriber = OnnxNoteTranscriber(tmp_path / "notes.onnx")
    sound = np.random.default_rng(1).normal(0, 0.1, 22050 * 30).astype(np.float32)
    whole, pieces = (transcriber.transcribe(each, 22050) for each in ([sound], np.array_split(sound, 17)))
    assert whole.note.shape == (-(-len(sound) // 256), 88)
    assert whole.contour.shape[1] == 264
    np.testing.assert_allclose(whole.note, pieces.note, atol=2e-3)
    np.testing.assert_allclose(whole.onset, pieces.onset, atol=2e-3)
