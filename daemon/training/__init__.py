"""How the embedded drum transcriber was made: kits and grooves in, one ONNX file out (extra `[train]`)."""
