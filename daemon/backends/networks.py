"""Demucs networks out of their files: only classes that are known here, only what is asked for, and stoppable."""

import json
import pickle
from collections.abc import Callable, Sequence
from fractions import Fraction
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from torch import nn

from daemon.backends.cpu_htdemucs import CpuHTDemucs


class NetworkError(ValueError):
    """The file holds no network that sidestick can run; the text says why."""


def load(file: Path, *, trusted: bool) -> Any:
    """The network in a .safetensors or .th file, on the CPU in float32, ready to run.

    A .th file is a pickle: it is read with a list of harmless classes, and in full only if `trusted`, which means
    that its hash is one that sidestick pins.
    """
    try:
        package = _read_safetensors(file) if file.suffix == ".safetensors" else _read_pickle(file, trusted)
        return _build(package).eval()
    except NetworkError:
        raise
    except (LookupError, TypeError, ValueError, RuntimeError, AttributeError, OSError, EOFError) as error:
        raise NetworkError(f"{file} holds no Demucs network ({_first_line(error)})") from error


def narrow(network: Any, stems: Sequence[str]) -> None:
    """Make `network` compute only `stems`. Each stem has its own channels in the last layers, so nothing changes."""
    chosen = [network.sources.index(stem) for stem in stems]
    if getattr(network, "cac", False):
        for layers in (network.decoder, getattr(network, "tdecoder", None)):
            if layers:
                _keep_channels(layers[-1].conv_tr, chosen, len(network.sources))
        network.sources = list(stems)


def watch(network: Any, tick: Callable[[str], None]) -> int:
    """Call `tick` with the name of each layer of a forward pass before it; returns how often that is.

    What it raises ends the pass.
    """
    if isinstance(network, CpuHTDemucs):
        return network.watch(tick)
    layers = [(_outer_name(name), layer) for name, layer in network.named_modules() if _is_layer(name)]
    for name, layer in layers:
        layer.register_forward_pre_hook(lambda *_, name=name: tick(name))
    return len(layers)


def layer_names(network: Any) -> tuple[str, ...]:
    """The layers of a network by Demucs' own names: encoder.0, tencoder.0, layers.0 and layers_t.0 of a transformer."""
    if isinstance(network, CpuHTDemucs):
        return network.layer_names
    return tuple(dict.fromkeys(_outer_name(name) for name, _ in network.named_modules() if _is_layer(name)))


def _outer_name(name: str) -> str:
    """Of layers within layers the outer one."""
    first, second, *_ = name.removeprefix("crosstransformer.").split(".")
    return f"{first}.{second}"


def _is_layer(name: str) -> bool:
    *_, above, index = (".." + name).split(".")
    return index.isdigit() and above in ("encoder", "tencoder", "decoder", "tdecoder", "layers_t", "layers")


def _keep_channels(layer: Any, chosen: list[int], stems: int) -> None:
    width = layer.out_channels // stems
    rows = [stem * width + channel for stem in chosen for channel in range(width)]
    layer.weight = nn.Parameter(layer.weight[:, rows].contiguous(), requires_grad=False)
    layer.bias = nn.Parameter(layer.bias[rows].contiguous(), requires_grad=False)
    layer.out_channels = len(rows)


def _classes() -> dict[str, Any]:
    from demucs.demucs import Demucs
    from demucs.hdemucs import HDemucs
    from demucs.htdemucs import HTDemucs

    return {f"{each.__module__}.{each.__name__}": each for each in (Demucs, HDemucs, HTDemucs)}


def _read_safetensors(file: Path) -> dict[str, Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(file), framework="pt") as tensors:
            about = tensors.metadata()
            state = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise NetworkError(f"{file} is not a whole safetensors file") from error
    if not about or about.get("klass") not in _classes():
        raise NetworkError(f"{file} does not say which Demucs network it is")
    plain = {key: _decode_value(json.loads(about[key])) for key in ("args", "kwargs")}
    return {"klass": _classes()[about["klass"]], "state": state, **plain}


def _decode_value(value: Any) -> Any:
    if isinstance(value, dict) and value.get("_type") == "fraction":
        return Fraction(value["numerator"], value["denominator"])
    if isinstance(value, dict):
        return {key: _decode_value(each) for key, each in value.items()}
    return [_decode_value(each) for each in value] if isinstance(value, list) else value


def _read_pickle(file: Path, trusted: bool) -> dict[str, Any]:
    harmless = [*_classes().values(), Fraction]
    try:
        with torch.serialization.safe_globals(harmless):
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if not trusted:
            raise NetworkError(f"{file} holds more than weights, and sidestick does not run it") from error
    return torch.load(file, map_location="cpu", weights_only=False)


def _build(package: dict[str, Any]) -> Any:
    kind = package["klass"]
    if kind not in _classes().values():
        raise TypeError(f"{kind} is not a Demucs network")
    known = signature(kind).parameters
    options = {key: value for key, value in package["kwargs"].items() if key in known}
    state = {name: tensor.float() for name, tensor in package["state"].items()}
    if kind.load_state_dict is nn.Module.load_state_dict:
        with torch.device("meta"):  # random weights would only be thrown away, and take .2 s
            network = kind(*package["args"], **options)
        network.load_state_dict(state, strict=True, assign=True)
    else:
        network = kind(*package["args"], **options)
        network.load_state_dict(state, strict=True)
    return network.requires_grad_(False)


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0][:200] or type(error).__name__
