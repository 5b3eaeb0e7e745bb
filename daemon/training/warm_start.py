"""The values of a shipped network, taken back into a trainable one: a further training starts where the last ended."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from daemon.training.dataset import FEATURE_STEPS_PER_UNIT, read_shard
from daemon.training.transcriber_net import TranscriberNet

RENAMED = (("net.", ""), ("front.", "encoder."), ("memory.", "time_layers."), (".look.", ".dilated."))
"""Layers of files exported before their names were changed."""


def read_values(weights: Path) -> tuple[dict[str, Tensor], list[Tensor]]:
    """(values by name, those of the encoder's convolutions in order, which exporting merged with their norms)."""
    named: dict[str, Tensor] = {}
    merged: list[Tensor] = []
    for stored in onnx.load(str(weights)).graph.initializer:
        value = torch.from_numpy(numpy_helper.to_array(stored).copy())
        if stored.name.startswith("onnx::Conv"):
            merged.append(value)
        elif stored.name.startswith("net."):
            name = stored.name
            for old, new in RENAMED:
                name = name.replace(old, new)
            named[name] = value
    return named, merged


def start_net(weights: Path, shard: Path, *, heads_only: bool = False) -> TranscriberNet:
    net = TranscriberNet()
    warm_start(net, weights, shard)
    if heads_only:
        net.freeze_onsets()
    return net


def warm_start(net: TranscriberNet, weights: Path, shard: Path) -> None:
    """Fill `net` from the file; heads that the file lacks keep their random values.

    A convolution that was merged with its norm gets a norm that does nothing on the clips of `shard`, so that training
    goes on from the same function.
    """
    named, merged = read_values(weights)
    net.load_state_dict(named, strict=False)
    features = torch.from_numpy(read_shard(shard).features[:16]).float() / FEATURE_STEPS_PER_UNIT
    for number, layer in enumerate(net.encoder.layers):
        convolution, norm = layer[0], layer[1]
        convolution.weight.data, convolution.bias.data = merged[2 * number], merged[2 * number + 1]
        set_neutral(net, features, convolution, norm)


def set_neutral(net: TranscriberNet, features: Tensor, convolution: nn.Module, norm: nn.BatchNorm2d) -> None:
    """Give `norm` the mean and spread of what `convolution` makes of the features."""
    seen: list[Tensor] = []
    hook = convolution.register_forward_hook(lambda _layer, _inputs, output: seen.append(output))
    with torch.no_grad():
        net.eval()(features)
        hook.remove()
        spread, mean = torch.var_mean(seen[0], dim=(0, 2, 3), unbiased=False)
        norm.running_mean, norm.running_var = mean, spread + np.float32(1e-8)
        norm.weight.data, norm.bias.data = torch.sqrt(norm.running_var + norm.eps), mean.clone()
    net.train()
