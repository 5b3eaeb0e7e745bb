"""The trained splitter as one ONNX file, checked for parity."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from daemon.backends.kit_network import BANDS
from daemon.training.export import OPSET, TOLERANCE
from daemon.training.split_net import SplitNet


class SoftmaxNet(nn.Module):
    """Logits become shares that add up to one."""

    def __init__(self, net: SplitNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, features: Tensor) -> Tensor:
        return torch.softmax(self.net(features), dim=1)


def load_split_average(checkpoint: Path) -> SplitNet:
    net = SplitNet()
    net.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    return net.eval()


def export_splitter(net: SplitNet, target: Path) -> None:
    """Write `target`; raises ArithmeticError if onnxruntime disagrees with torch."""
    torch.onnx.export(
        SoftmaxNet(net).eval(),
        (torch.rand(1, 300, BANDS),),
        str(target),
        input_names=["features"],
        output_names=["shares"],
        dynamic_axes={"features": {1: "frames"}, "shares": {2: "frames"}},
        opset_version=OPSET,
        dynamo=False,
    )
    check_split_parity(net, target)


def check_split_parity(net: SplitNet, target: Path) -> None:
    """Compare at a length that was not traced."""
    features = 8 * torch.rand(1, 777, BANDS)
    (ours,) = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"]).run(
        None, {"features": features.numpy()}
    )
    with torch.no_grad():
        worst = float(np.abs(ours - SoftmaxNet(net).eval()(features).numpy()).max())
    if worst > TOLERANCE:
        raise ArithmeticError(f"{target.name}: onnxruntime differs from torch by {worst:.2g}")
