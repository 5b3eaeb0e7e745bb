"""The weights that ship with sidestick."""

from pathlib import Path

EAR = Path(__file__).with_name("ear.onnx")
BARS = Path(__file__).with_name("bars.npz")
KIT = Path(__file__).with_name("kit.onnx")
BASIC_PITCH = Path(__file__).with_name("basic_pitch")
