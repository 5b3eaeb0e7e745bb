import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from demucs.demucs import Demucs
from demucs.hdemucs import HDemucs
from demucs.htdemucs import HTDemucs
from safetensors.torch import save_file
from torch import nn

from daemon.backends import cpu_htdemucs, networks
from daemon.backends.cpu_htdemucs import CpuHTDemucs
from daemon.backends.demucs import BagMember, DemucsSeparation, OutOfMemory, Scale
from daemon.backends.device import Device
from daemon.errors import Cancelled
from daemon.pipeline.records import Audio
from tests import synth
from tests.backends import small_networks


class Echo(nn.Module):
    """Says that every stem is the mix, `factor` times."""

    samplerate, segment = 44100, 0.5

    def __init__(self, factor: float = 1.0, fail: str = "") -> None:
        super().__init__()
        self.sources = list(small_networks.SOURCES)
        self.factor, self.fail = factor, fail
        self.encoder = nn.ModuleList([nn.Identity()])

    def forward(self, mix: torch.Tensor) -> torch.Tensor:
        if self.fail:
            raise RuntimeError(self.fail)
        return self.encoder[0](mix)[:, None].repeat(1, 4, 1, 1) * self.factor


@pytest.fixture
def mix(tmp_path: Path) -> Audio:
    path = synth.write(tmp_path / "mix.wav", synth.play(synth.rock_beat(1), 1.7) + np.float32(0.01))
    return Audio(path, round(1.7 * 44100))


def separated(voices: Sequence[BagMember], mix: Audio, stems: Sequence[str] = ("drums",)) -> Any:
    run = DemucsSeparation(voices, stems, device=Device()).run(mix, lambda fraction: None)
    return np.concatenate(list(run), axis=-1)


def test_segments_are_joined_without_gaps_and_at_the_right_level(mix: Audio) -> None:
    np.testing.assert_allclose(separated([BagMember(Echo(), (1,))], mix)[0], mix.read(), atol=1e-6)


def test_a_bag_is_the_weighted_mean_of_its_networks(mix: Audio) -> None:
    found = separated([BagMember(Echo(1.0), (1, 0)), BagMember(Echo(4.0), (2, 1))], mix, ("drums", "bass"))
    scale = Scale.of(mix)
    np.testing.assert_allclose(found[0], (mix.read() - scale.mean) * 3 + scale.mean, atol=1e-5)
    np.testing.assert_allclose(found[1], (mix.read() - scale.mean) * 4 + scale.mean, atol=1e-5)


def test_a_network_without_a_say_is_not_run(mix: Audio) -> None:
    found = separated([BagMember(Echo(), (1,)), BagMember(Echo(fail="must not run"), (0,))], mix)
    assert found.shape == (1, 2, mix.frames)


def test_the_scale_is_that_of_the_whole_mono_mix(mix: Audio) -> None:
    mono = mix.read().mean(axis=0, dtype=np.float64)
    assert Scale.of(mix).mean == pytest.approx(mono.mean())
    assert Scale.of(mix).deviation == pytest.approx(mono.std(ddof=1), rel=1e-6)


def test_progress_rises_to_one(mix: Audio) -> None:
    told: list[float] = []
    list(DemucsSeparation([BagMember(Echo(), (1,))], ["drums"], device=Device()).run(mix, told.append))
    assert told == sorted(told) and told[-1] == 1


def test_what_the_report_raises_ends_the_work(mix: Audio) -> None:
    def stop(fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        list(DemucsSeparation([BagMember(Echo(), (1,))], ["drums"], device=Device()).run(mix, stop))


def test_out_of_memory_has_its_own_name(mix: Audio) -> None:
    with pytest.raises(OutOfMemory):
        separated([BagMember(Echo(fail="CUDA out of memory. Tried to allocate 2 GiB"), (1,))], mix)


def test_another_failure_of_the_network_is_not_taken_for_it(mix: Audio) -> None:
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        separated([BagMember(Echo(fail="shapes do not fit"), (1,))], mix)


@pytest.mark.parametrize("kind", [HTDemucs, HDemucs, Demucs])
def test_one_stem_alone_is_what_it_is_among_all(mix: Audio, tmp_path: Path, kind: type) -> None:
    file = small_networks.write(tmp_path / "a.th", kind)
    every, alone = (networks.load(file, trusted=False) for _ in range(2))
    together = separated([BagMember(every, (1, 1, 1, 1))], mix, small_networks.SOURCES)
    assert together.shape == (4, 2, mix.frames)
    np.testing.assert_allclose(separated([BagMember(alone, (1,))], mix, ["other"])[0], together[2], atol=1e-5)


@pytest.mark.parametrize("kind", [HTDemucs, HDemucs])
def test_short_segments_still_cover_the_song(mix: Audio, tmp_path: Path, kind: type) -> None:
    network = networks.load(small_networks.write(tmp_path / "a.th", kind), trusted=False)
    run = DemucsSeparation([BagMember(network, (1,))], ["drums"], device=Device(short_segments=True)).run(
        mix, lambda _: None
    )
    assert sum(block.shape[-1] for block in run) == mix.frames


def test_a_safetensors_file_gives_the_network_that_was_stored(tmp_path: Path) -> None:
    stored = small_networks.package()
    options = stored["kwargs"] | {"segment": {"_type": "fraction", "numerator": 1, "denominator": 2}}
    about = {"klass": "demucs.htdemucs.HTDemucs", "args": "[]", "kwargs": json.dumps(options)}
    save_file({name: tensor.half() for name, tensor in stored["state"].items()}, tmp_path / "a.safetensors", about)
    network = networks.load(tmp_path / "a.safetensors", trusted=False)
    assert network.segment == 0.5 and network.state_dict().keys() == stored["state"].keys()


def htdemucs(folder: Path) -> Any:
    return networks.load(small_networks.write(folder / "a.th"), trusted=False)


def test_on_a_cpu_a_song_comes_out_as_through_demucs_itself(
    mix: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = separated([BagMember(htdemucs(tmp_path), (1, 1, 1, 1))], mix, small_networks.SOURCES)
    monkeypatch.setattr(cpu_htdemucs, "fits", lambda network: False)
    expected = separated([BagMember(htdemucs(tmp_path), (1, 1, 1, 1))], mix, small_networks.SOURCES)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("seconds", [0.01, 0.3])
def test_a_song_shorter_than_a_segment_is_as_long_when_separated(tmp_path: Path, seconds: float) -> None:
    frames = round(seconds * 44100)
    clip = Audio(synth.write(tmp_path / "clip.wav", synth.play(synth.rock_beat(1), 1.7)[:, :frames]), frames)
    assert separated([BagMember(htdemucs(tmp_path), (1,))], clip).shape == (1, 2, frames)


def test_a_short_song_is_not_padded_to_a_whole_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    forward = CpuHTDemucs.__call__
    monkeypatch.setattr(CpuHTDemucs, "__call__", lambda net, x: heard.append(x.shape[-1]) or forward(net, x))
    monkeypatch.setitem(small_networks.OPTIONS[HTDemucs], "segment", 3)
    clip = Audio(synth.write(tmp_path / "clip.wav", synth.play(synth.rock_beat(1), 1.7)), round(1.7 * 44100))
    separated([BagMember(htdemucs(tmp_path), (1,))], clip)
    assert heard == [clip.frames]


def test_torch_is_left_as_it_was(mix: Audio, tmp_path: Path) -> None:
    before = torch.get_float32_matmul_precision(), torch.backends.mha.get_fastpath_enabled()
    separated([BagMember(htdemucs(tmp_path), (1,))], mix)
    assert (torch.get_float32_matmul_precision(), torch.backends.mha.get_fastpath_enabled()) == before


@pytest.mark.parametrize(("amx", "avx512", "wanted"), [(False, True, True), (True, True, False), (False, False, False)])
def test_products_go_to_onednn_only_where_they_stay_exact(
    amx: bool, avx512: bool, wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_supported", lambda: avx512, raising=False)
    assert cpu_htdemucs.multiplies_faster_in_onednn() == wanted


@pytest.mark.parametrize(("able", "wanted"), [(True, torch.bfloat16), (False, torch.float32)])
def test_fast_rounds_only_on_a_cpu_that_multiplies_bfloat16(
    mix: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, able: bool, wanted: torch.dtype
) -> None:
    asked: list[torch.dtype] = []
    made = CpuHTDemucs.__init__
    monkeypatch.setattr(cpu_htdemucs, "has_bfloat16", lambda: able)
    monkeypatch.setattr(CpuHTDemucs, "__init__", lambda net, of, kind: asked.append(kind) or made(net, of, kind))
    DemucsSeparation([BagMember(htdemucs(tmp_path), (1,))], ["drums"], device=Device(fast=True))
    assert asked == [wanted]


class Harmful:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (Path.touch, (Path("harm-was-done"),))  # type: ignore[return-value]


def test_a_file_that_holds_more_than_weights_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(small_networks.package() | {"extra": Harmful()}, tmp_path / "a.th")
    with pytest.raises(networks.NetworkError, match="more than weights"):
        networks.load(tmp_path / "a.th", trusted=False)
    assert not Path("harm-was-done").exists()


def test_a_safetensors_file_may_name_no_other_class(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors", {"klass": "os.system", "args": "[]", "kwargs": "{}"})
    with pytest.raises(networks.NetworkError, match="does not say which Demucs network"):
        networks.load(tmp_path / "a.safetensors", trusted=True)


@pytest.mark.parametrize("name", ["a.th", "a.safetensors"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"RIFF, not a network")
    with pytest.raises(networks.NetworkError, match=name):
        networks.load(tmp_path / name, trusted=False)


def test_a_network_with_a_tensor_missing_is_refused(tmp_path: Path) -> None:
    stored = small_networks.package()
    stored["state"].popitem()
    torch.save(stored, tmp_path / "a.th")
    with pytest.raises(networks.NetworkError, match="holds no Demucs network"):
        networks.load(tmp_path / "a.th", trusted=False)
