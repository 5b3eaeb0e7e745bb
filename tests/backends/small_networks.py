"""Demucs networks small enough for a test, with random weights that are the same each time."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from demucs.demucs import Demucs
from demucs.hdemucs import HDemucs
from demucs.htdemucs import HTDemucs

SOURCES = ["drums", "bass", "other", "vocals"]
OPTIONS: dict[type, dict[str, Any]] = {
    HTDemucs: {"channels": 8, "dconv_comp": 4, "t_layers": 1, "t_heads": 2, "segment": Fraction(1, 2)},
    HDemucs: {"channels": 8, "dconv_comp": 4, "segment": 1},
    Demucs: {"channels": 8, "depth": 2, "dconv_comp": 4, "segment": 1},
}


def package(kind: type = HTDemucs) -> dict[str, Any]:
    """What the Demucs package stores of a network."""
    options = {"sources": SOURCES, **OPTIONS[kind]}
    torch.manual_seed(0)
    return {"klass": kind, "args": [], "kwargs": options, "state": kind(**options).state_dict()}


def write(path: Path, kind: type = HTDemucs) -> Path:
    """A .th file."""
    torch.save(package(kind), path)
    return path
