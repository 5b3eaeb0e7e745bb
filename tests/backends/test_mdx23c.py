"""The DrumSep network: its published layout at full size without the memory, its behaviour at a reduced width."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from daemon.backends import mdx23c
from daemon.backends.device import Device, DeviceKind
from daemon.backends.mdx23c import Mdx23c, chunk_frames, consistent_stems, fidelity, loudest_excerpt
from daemon.backends.tfc_tdf import Layout, TfcTdf, build, read_state
from daemon.errors import Cancelled, NoWeights, StageFailed
from daemon.pipeline.audio.wav import WavWriter
from daemon.pipeline.records import Audio, Drum
from tests import synth

SMALL = Layout(5, channels=4, growth=2, scales=2, blocks=1)
FIVE, SIX = mdx23c.NAMES[5], mdx23c.NAMES[6]


class ToOne(nn.Module):  # type: ignore[misc]
    """Says that all it hears is stem `index`."""

    def __init__(self, stems: int, index: int = 0) -> None:
        super().__init__()
        self.stems, self.index = stems, index
        self.heard = 0

    def forward(self, spectrum: Tensor) -> Tensor:
        self.heard += 1
        out = torch.zeros(1, self.stems, *spectrum.shape[1:])
        out[:, self.index] = spectrum
        return out


def quiet(_: float) -> None:
    """A report that nobody reads."""


def stored(folder: Path, samples: synth.Samples) -> Audio:
    with WavWriter(folder / "drums.wav", stage="test") as wav:
        wav.write(samples)
    return wav.audio


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small networks lose more to a second thread than they gain."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def full_size(stems: int) -> dict[str, Tensor]:
    with torch.device("meta"):
        return dict(TfcTdf(Layout(stems)).state_dict())


def small(layout: Layout = SMALL) -> TfcTdf:
    torch.manual_seed(0)
    return TfcTdf(layout)


def separator(network: nn.Module, names: tuple[str, ...] = FIVE, steps: int = 32) -> Mdx23c:
    return Mdx23c(network, names, steps=steps, device=Device())


@pytest.mark.parametrize("stems", [5, 6])
def test_the_full_network_has_the_layout_of_the_published_checkpoints(stems: int) -> None:
    state = full_size(stems)
    extra = (stems - 5) * 16 * 128
    assert len(state) == 319
    assert sum(tensor.numel() for tensor in state.values()) == 109_376_576 + extra
    assert state["first_conv.weight"].shape == (128, 16, 1, 1)
    assert state["final_conv.2.weight"].shape == (stems * 16, 128, 1, 1)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("encoder_blocks.0.tfc_tdf.blocks.0.tfc1.0.weight", (128,)),
        ("encoder_blocks.0.tfc_tdf.blocks.1.tdf.2.weight", (64, 256)),
        ("encoder_blocks.4.downscale.conv.2.weight", (768, 640, 2, 2)),
        ("bottleneck_block.blocks.0.tdf.5.weight", (8, 2)),
        ("bottleneck_block.blocks.1.shortcut.weight", (768, 768, 1, 1)),
        ("decoder_blocks.0.upscale.conv.2.weight", (768, 640, 2, 2)),
        ("decoder_blocks.4.tfc_tdf.blocks.0.tfc1.2.weight", (128, 256, 3, 3)),
        ("decoder_blocks.4.tfc_tdf.blocks.0.tfc2.0.bias", (128,)),
        ("final_conv.0.weight", (128, 144, 1, 1)),
    ],
)
def test_names_and_shapes_are_those_of_the_checkpoints(name: str, shape: tuple[int, ...]) -> None:
    assert full_size(5)[name].shape == shape


def test_the_network_answers_with_one_spectrogram_for_each_stem() -> None:
    assert small()(torch.randn(1, 4, 1024, 8)).shape == (1, 5, 4, 1024, 8)


def test_the_network_treats_time_and_frequency_as_its_layout_says() -> None:
    network = small()
    linear = network.encoder_blocks[0]["tfc_tdf"].blocks[0].tdf[2]
    assert (linear.in_features, linear.out_features) == (256, 64)


@pytest.mark.parametrize("wrap", [lambda state: state, lambda state: {"state_dict": state, "epoch": 3}])
def test_a_checkpoint_comes_back_exactly(tmp_path: Path, wrap: type) -> None:
    state = small().state_dict()
    torch.save(wrap(state), tmp_path / "a.ckpt")
    loaded = build(SMALL, read_state(tmp_path / "a.ckpt"), "a.ckpt").state_dict()
    assert all(torch.equal(loaded[name], state[name]) for name in state)


def test_the_loaded_network_sounds_like_the_saved_one(tmp_path: Path) -> None:
    network, sound = small(), torch.randn(1, 4, 1024, 8)
    torch.save(network.state_dict(), tmp_path / "a.ckpt")
    again = build(SMALL, read_state(tmp_path / "a.ckpt"), "a.ckpt")
    assert torch.equal(again(sound), network(sound))


def test_a_checkpoint_of_another_network_is_refused_by_name(tmp_path: Path) -> None:
    torch.save(small().state_dict(), tmp_path / "six.ckpt")
    with pytest.raises(NoWeights, match=r"six.ckpt is not this DrumSep network"):
        Mdx23c.load(tmp_path / "six.ckpt", 6)


def test_a_damaged_checkpoint_is_refused_by_name(tmp_path: Path) -> None:
    for content in (b"", b"not a checkpoint", b"PK\x03\x04" + bytes(99)):
        (tmp_path / "a.ckpt").write_bytes(content)
        with pytest.raises(NoWeights, match=r"a.ckpt is damaged"):
            read_state(tmp_path / "a.ckpt")


def test_code_in_a_checkpoint_is_never_run(tmp_path: Path) -> None:
    torch.save({"state_dict": {"a": Path("anything")}}, tmp_path / "a.ckpt")
    with pytest.raises(NoWeights, match="damaged or no checkpoint"):
        read_state(tmp_path / "a.ckpt")


@settings(max_examples=12, deadline=None)
@given(frames=st.integers(1, 60_000), overlap=st.sampled_from([0.0, 0.1, 0.25, 0.5]))
def test_chunks_of_any_length_join_without_a_trace(
    tmp_path_factory: pytest.TempPathFactory, frames: int, overlap: float
) -> None:
    folder = tmp_path_factory.mktemp("chunks")
    samples = synth.noise(1.4)[:, :frames]
    parts = separator(ToOne(5)).separate_kit(stored(folder, samples), folder, quiet, overlap=overlap)
    assert np.abs(parts.kit[Drum.KICK].read() - samples).max() < 1e-5
    assert np.abs(parts.kit[Drum.SNARE].read()).max() < 1e-5


def test_stems_of_any_network_add_up_to_the_drums(tmp_path: Path) -> None:
    samples = synth.play(synth.rock_beat(1), 1.3)
    parts = separator(small()).separate_kit(stored(tmp_path, samples), tmp_path, quiet)
    assert set(parts.kit) == set(Drum)
    assert np.abs(sum(stem.read() for stem in parts.kit.values()) - samples).max() < 1e-5


def test_ride_and_crash_make_the_cymbals_and_stay_reachable(tmp_path: Path) -> None:
    samples = synth.noise(1.0)
    parts = separator(small(replace(SMALL, stems=6)), SIX).separate_kit(stored(tmp_path, samples), tmp_path, quiet)
    both = parts.cymbals["ride"].read() + parts.cymbals["crash"].read()
    assert np.array_equal(parts.kit[Drum.CYMBALS].read(), both)
    assert np.abs(sum(stem.read() for stem in parts.kit.values()) - samples).max() < 1e-5


def test_what_the_network_leaves_over_goes_where_the_sound_is() -> None:
    sound = torch.from_numpy(synth.tone(1000, 1.0)[:, : 512 * 80])
    stems = consistent_stems(sound, lambda mix: torch.stack([0.6 * mix[0], 0.2 * mix[0], 0 * mix[0]]))
    assert fidelity(0.75 * sound, stems[0]) > 60
    assert fidelity(0.25 * sound, stems[1]) > 60


def test_a_chunk_is_as_trained_or_shorter_and_always_in_whole_multiples() -> None:
    assert chunk_frames(10_000_000, 1024, 32) == 523_776
    assert chunk_frames(10_000_000, 256, 32) == 130_560
    for frames in (1, 5000, 100_000):
        length = chunk_frames(frames, 1024, 32)
        assert length >= frames and (length // 512 + 1) % 32 == 0


def test_a_short_loop_costs_one_short_chunk(tmp_path: Path) -> None:
    network = ToOne(5)
    separator(network, steps=1024).separate_kit(stored(tmp_path, synth.noise(2.0)), tmp_path, quiet)
    assert network.heard == 1


def test_report_follows_the_layers_and_ends_at_one(tmp_path: Path) -> None:
    heard: list[float] = []
    separator(small()).separate_kit(stored(tmp_path, synth.noise(1.0)), tmp_path, heard.append)
    assert heard == sorted(heard) and (heard[0], heard[-1]) == (0.0, 1.0)
    assert len(set(heard)) > 50


@pytest.mark.parametrize("error", [Cancelled("stop"), KeyboardInterrupt()])
def test_what_report_raises_stops_within_a_chunk_and_leaves_no_file(tmp_path: Path, error: BaseException) -> None:
    def stop(fraction: float) -> None:
        if fraction > 0.1:
            raise error

    drums = stored(tmp_path, synth.noise(1.0))
    with pytest.raises(type(error)):
        separator(small()).separate_kit(drums, tmp_path, stop)
    assert list(tmp_path.iterdir()) == [drums.path]


def test_a_network_can_be_used_again_after_it_was_stopped(tmp_path: Path) -> None:
    drums, network = stored(tmp_path, synth.noise(0.5)), small()
    calm = separator(network)
    with pytest.raises(Cancelled):
        calm.separate_kit(drums, tmp_path, lambda _: (_ for _ in ()).throw(Cancelled("stop")))
    calm.separate_kit(drums, tmp_path, quiet)
    assert not any(layer._forward_hooks for layer in network.modules())


class Tight(ToOne):
    """Runs out of memory until the chunks are short."""

    def forward(self, spectrum: Tensor) -> Tensor:
        if spectrum.shape[-1] > 256:
            raise torch.OutOfMemoryError("too much")
        return super().forward(spectrum)


def test_a_gpu_without_memory_is_given_shorter_chunks_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nn.Module, "to", lambda module, *_: module)
    tight = Mdx23c(Tight(5), FIVE, steps=1024, device=Device(DeviceKind.CUDA))
    parts = tight.separate_kit(stored(tmp_path, synth.noise(13.0)), tmp_path, quiet)
    assert "shorter segments" in parts.remarks[0]


def test_no_memory_at_all_fails_the_stage_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(StageFailed, match="kit=embedded"):
        separator(Tight(5), steps=1024).separate_kit(stored(tmp_path, synth.noise(13.0)), tmp_path, quiet)


@pytest.mark.parametrize(
    ("slow", "fast", "limit", "expected"),
    [
        (2.0, 1.0, -100.0, "bfloat16"),  # faster and good enough
        (1.0, 2.0, -100.0, "float32"),  # slower
        (2.0, 1.0, 200.0, "float32"),  # not good enough
    ],
)
def test_half_precision_is_used_only_where_it_is_faster_and_as_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: float, fast: float, limit: float, expected: str
) -> None:
    ticks = iter([0.0, slow, 0.0, fast])
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks))
    monkeypatch.setattr(mdx23c, "FAITHFUL", limit)
    parts = separator(small()).separate_kit(stored(tmp_path, synth.noise(0.5)), tmp_path, quiet)
    assert parts.precision == expected


def test_the_loudest_excerpt_is_found(tmp_path: Path) -> None:
    samples = np.concatenate([synth.silence(3.0), synth.noise(1.0), synth.silence(3.0)], axis=1)
    assert np.abs(loudest_excerpt(stored(tmp_path, samples), 22050)).max() > 0.1
