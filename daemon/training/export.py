"""The trained net as one ONNX file that carries its classes and thresholds, checked for parity."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from daemon.backends.drum_transcriber import BANDS, WINDOWS
from daemon.training.drum_sounds import ARTICULATIONS, CLASSES
from daemon.training.transcriber_net import TranscriberNet

OPSET = 17
TOLERANCE = 2e-3
OUTPUTS = ("strength", "velocity", "articulation", "opening")


class ProbabilityNet(nn.Module):
    """Logits become 0..1."""

    def __init__(self, net: TranscriberNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, features: Tensor) -> tuple[Tensor, ...]:
        return tuple(torch.sigmoid(logits) for logits in self.net(features))


def load_average(checkpoint: Path) -> TranscriberNet:
    net = TranscriberNet()
    net.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    return net.eval()


@dataclass(frozen=True, slots=True)
class ModelMetadata:
    """What the file says about itself, one value per class; chosen on rendered validation clips."""

    thresholds: tuple[float, ...]
    mix_thresholds: tuple[float, ...]
    lateness: tuple[float, ...]
    articulation_thresholds: tuple[float, ...] = (2.0,) * len(ARTICULATIONS)


def export_transcriber(net: TranscriberNet, target: Path, metadata: ModelMetadata) -> None:
    """Write `target`; raises ArithmeticError if onnxruntime disagrees with torch."""
    example = torch.rand(1, 300, len(WINDOWS) * BANDS)
    torch.onnx.export(
        ProbabilityNet(net).eval(),
        (example,),
        str(target),
        input_names=["features"],
        output_names=list(OUTPUTS),
        dynamic_axes={name: {1: "frames"} for name in ("features", *OUTPUTS)},
        opset_version=OPSET,
        dynamo=False,
    )
    values = {"classes": CLASSES, "articulations": ARTICULATIONS, **asdict(metadata)}
    annotate(target, {name: json.dumps(list(row)) for name, row in values.items()})
    check_parity(net, target)


def annotate(target: Path, metadata: dict[str, str]) -> None:
    graph = onnx.load(str(target))
    onnx.helper.set_model_props(graph, metadata)
    onnx.save(graph, str(target))


def check_parity(net: TranscriberNet, target: Path) -> None:
    """Compare at a length that was not traced."""
    compare_runtimes(ProbabilityNet(net), target, 4 * torch.rand(1, 777, len(WINDOWS) * BANDS))


def compare_runtimes(net: nn.Module, target: Path, features: torch.Tensor) -> None:
    """Raises ArithmeticError unless onnxruntime gives for `target` what torch gives for `net`."""
    session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    ours = session.run(None, {"features": features.numpy()})
    with torch.no_grad():
        theirs = net.eval()(features)
    worst = max(float(np.abs(mine - other.numpy()).max()) for mine, other in zip(ours, theirs, strict=True))
    if worst > TOLERANCE:
        raise ArithmeticError(f"{target.name}: onnxruntime differs from torch by {worst:.2g}")
