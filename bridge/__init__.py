"""The wires to a DAW: light modules that import neither numpy, torch nor daemon."""
