"""The weights that ship with sidestick."""

from pathlib import Path

DRUM_TRANSCRIBER_WEIGHTS = Path(__file__).with_name("drum_transcriber.onnx")
BAR_PATTERNS = Path(__file__).with_name("bar_patterns.npz")
NOTE_TRANSCRIBER_WEIGHTS = Path(__file__).with_name("note_transcriber.onnx")
KIT_NETWORK_WEIGHTS = Path(__file__).with_name("kit_network.onnx")
GROOVES = Path(__file__).with_name("grooves.npz")
BASIC_PITCH_FOLDER = Path(__file__).with_name("basic_pitch")
