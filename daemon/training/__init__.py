"""How the embedded ear was made: kits and grooves in, one ONNX file out (extra `[train]`)."""
