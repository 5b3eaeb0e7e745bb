"""The weights that ship with stemd."""

from pathlib import Path

EAR = Path(__file__).with_name("ear.onnx")
