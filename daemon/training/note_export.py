"""The trained note network as one ONNX file of what the transcriber uses, checked for parity."""

from pathlib import Path

import torch
from torch import Tensor, nn

from daemon.backends.note_transcriber import BINS
from daemon.training.export import OPSET, compare_runtimes
from daemon.training.note_net import NoteNet

OUTPUTS = {"note": 0, "onset": 1, "contour": 4}
"""Names in the file, and their places among the outputs of NoteNet; offsets and velocities only help to train."""


class NoteProbabilities(nn.Module):
    """Logits become 0..1."""

    def __init__(self, net: NoteNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, features: Tensor) -> tuple[Tensor, ...]:
        found = self.net(features)
        return tuple(torch.sigmoid(found[place]) for place in OUTPUTS.values())


def load_note_average(checkpoint: Path) -> NoteNet:
    net = NoteNet()
    net.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    return net.eval()


def export_note_transcriber(net: NoteNet, target: Path) -> None:
    """Write `target`; raises ArithmeticError if onnxruntime disagrees with torch."""
    torch.onnx.export(
        NoteProbabilities(net).eval(),
        (torch.rand(1, 300, 2 * BINS),),
        str(target),
        input_names=["features"],
        output_names=list(OUTPUTS),
        dynamic_axes={name: {1: "frames"} for name in ("features", *OUTPUTS)},
        opset_version=OPSET,
        dynamo=False,
    )
    check_note_parity(net, target)


def check_note_parity(net: NoteNet, target: Path) -> None:
    """Compare at a length that was not traced."""
    compare_runtimes(NoteProbabilities(net), target, 4 * torch.rand(1, 778, 2 * BINS))
