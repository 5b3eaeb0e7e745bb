"""What the kit splitter learns from adds up, and what is exported is what was trained."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from daemon.backends.kit_network import BANDS, CONTEXT, OnnxKitNetwork
from daemon.training.drum_sounds import SampledSound
from daemon.training.effects import compress, equalise
from daemon.training.hydrogen import match_sound
from daemon.training.mix_bus import Rng, add_noise_row, drive_rows, encode_rows, filter_rows, master_rows, separate_rows
from daemon.training.split_export import export_splitter, load_split_average
from daemon.training.split_net import DILATIONS, SplitNet
from daemon.training.split_targets import FRAMES, compute_targets, pan_stems
from daemon.training.split_task import RECIPE, SPLIT_TASK, power_of, remix, tilt_spectrum
from daemon.training.split_validation import correlation, sdr
from daemon.training.training_loop import train_network

SECOND = 44100


def rows() -> np.ndarray:
    """Five stems and the rest, which is empty: noise bursts at different times."""
    rng = np.random.default_rng(3)
    made = np.zeros((6, SECOND), np.float32)
    for row in range(5):
        start = 7000 * row
        made[row, start : start + 9000] = rng.standard_normal(9000) * np.exp(-np.arange(9000) / 2000) * 0.2
    return made


def dice(seed: int = 1) -> Rng:
    return np.random.default_rng(seed)


def write_shares(path: Path) -> None:
    rng = dice()
    features = rng.integers(0, 150, (4, FRAMES, BANDS), dtype=np.uint8)
    np.savez(path, features=features, shares=rng.integers(0, 51, (4, FRAMES, 5, BANDS), dtype=np.uint8))


def test_a_linear_effect_on_the_stems_is_the_effect_on_their_sum() -> None:
    stems = rows()
    after = filter_rows(dice(), stems, lambda own, row: equalise(own, row, 3.0))
    seed = int(dice().integers(2**31))
    assert after.sum(axis=0) == pytest.approx(equalise(dice(seed), stems.sum(axis=0), 3.0), abs=1e-4)


def test_a_compressor_turns_all_stems_down_together() -> None:
    stems = rows()
    assert drive_rows(dice(), stems, compress).sum(axis=0) == pytest.approx(
        compress(dice(), stems.sum(axis=0)), abs=1e-4
    )


def test_noise_belongs_to_no_drum() -> None:
    after = add_noise_row(dice(), rows())
    assert np.array_equal(after[:5], rows()[:5])
    assert after[5].any()


def test_a_separators_residue_belongs_to_no_drum() -> None:
    music = 0.1 * dice().standard_normal(SECOND).astype(np.float32)
    after = separate_rows(dice(), rows(), music)
    assert after[5].any()
    assert (after[:5] ** 2).sum() < (rows()[:5] ** 2).sum()


@pytest.mark.parametrize("seed", range(5))
def test_a_drum_that_is_not_played_stays_silent_on_the_bus(seed: int) -> None:
    stems = rows()
    stems[2] = 0
    assert not master_rows(dice(seed), stems)[2].any()


def test_a_codec_takes_from_every_stem_alike() -> None:
    assert encode_rows(dice(), rows()).shape == rows().shape


def test_shares_are_those_of_whoever_sounds() -> None:
    features, shares = compute_targets(rows())
    assert shares.shape == (len(features), 5, BANDS)
    assert shares[5, 0].mean() > 0.95
    assert shares[5].sum(axis=0) == pytest.approx(np.ones(BANDS), abs=0.02)


def test_a_song_is_placed_in_stereo_with_headroom() -> None:
    song = pan_stems(dice(), rows())
    assert song.shape == (2, 6, SECOND)
    assert np.abs(song.sum(axis=1)).max() < 0.8


def test_remixed_drums_still_share_what_is_heard() -> None:
    torch.manual_seed(0)
    features = 6 * torch.rand(3, 20, BANDS)
    shares = torch.softmax(torch.randn(3, 20, 5, BANDS), dim=2)
    for _ in range(6):
        heard, whose = remix(features, shares)
        played = power_of(heard) > 1e-12
        assert torch.allclose(whose.sum(dim=2)[played], torch.ones(()), atol=1e-2)


def test_silence_has_no_tint() -> None:
    assert not tilt_spectrum(torch.zeros(2, 10, BANDS)).any()


def test_training_resumes_at_the_step_where_it_stopped(tmp_path: Path) -> None:
    write_shares(tmp_path / "00000.npz")
    for steps in (1, 2):
        train_network(SPLIT_TASK, tmp_path, tmp_path / "splitter.pt", replace(RECIPE, steps=steps, batch=2, frames=32))
    assert torch.load(tmp_path / "splitter.pt", weights_only=True)["step"] == 2
    assert load_split_average(tmp_path / "splitter.pt").training is False


@pytest.mark.filterwarnings("ignore:Constant folding", "ignore::DeprecationWarning")
def test_the_exported_file_answers_like_the_net(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = SplitNet().eval()
    torch.nn.init.normal_(net.head.weight)
    export_splitter(net, tmp_path / "kit.onnx")
    power = dice().random((2, BANDS, 50), np.float32)
    assert OnnxKitNetwork(tmp_path / "kit.onnx")(power).sum(axis=0) == pytest.approx(np.ones((BANDS, 50)), abs=1e-4)


def test_the_context_covers_what_the_net_sees() -> None:
    lift, down, up, rise = 1, 3, 3, 1
    assert sum(DILATIONS) + lift + down + up + rise <= CONTEXT


def test_a_perfect_stem_has_a_high_sdr_and_a_silent_one_none() -> None:
    true = rows()[0]
    assert sdr(true, true) > 60
    assert sdr(true, np.zeros_like(true)) == pytest.approx(0.0, abs=1e-3)


def test_few_strokes_have_no_correlation() -> None:
    assert np.isnan(correlation(np.ones((3, 2))))
    assert correlation(np.array([[i, 2 * i + 1] for i in range(9)], float)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("name", "sound"),
    [("Bass Drum 1", SampledSound.KICK), ("Custom Kick", SampledSound.KICK), ("Snare (tom-like)", SampledSound.SNARE)],
)
def test_remarks_and_words_that_contain_tom_make_no_tom(name: str, sound: SampledSound) -> None:
    assert match_sound(name) is sound
