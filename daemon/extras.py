"""The optional packages: which are missing, and the command that adds them to this very installation."""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_APP = "sidestick"
_EXTRA = re.compile(r"""extra == ["'](\w+)["']""")


@dataclass(frozen=True, slots=True)
class Extra:
    """An extra of pyproject.toml: the module that shows that it is here, and what it is good for."""

    name: str
    module: str
    purpose: str


EXTRAS = (
    Extra("jack", "jack", "MIDI exact to the sample through JACK or PipeWire"),
    Extra("link", "link", "playing in time with Ableton Link"),
    Extra("url", "yt_dlp", "songs from web addresses"),
    Extra("score", "verovio", "scores engraved as SVG and PDF"),
)
"""Those that a musician wants; `classic` is for comparing."""


def find_missing() -> tuple[Extra, ...]:
    return tuple(extra for extra in EXTRAS if find_spec(extra.module) is None)


def install_command(names: Iterable[str], prefix: Path | None = None, python: str = "") -> str:
    """The line that adds extras to the installation in `prefix` (this one), whether uv, pipx or pip made it."""
    place, wanted = prefix or Path(sys.prefix), list(names)
    receipt = _read_receipt(place / "uv-receipt.toml")
    if receipt is not None:
        return _uv_tool_command(receipt, wanted)
    packages = " ".join(_quote(package) for name in wanted for package in packages_of(name))
    if (place / "pipx_metadata.json").is_file():
        return f"pipx inject {_APP} {packages}"
    program = python or sys.executable
    if find_spec("pip") is None:
        return f"uv pip install --python {_quote(program)} {packages}"
    return f"{_quote(program)} -m pip install {packages}"


def packages_of(extra: str) -> tuple[str, ...]:
    """The requirements that an extra adds, or the extra itself where sidestick was not installed as a package."""
    try:
        needs = requires(_APP) or []
    except PackageNotFoundError:
        needs = []
    found = (need.partition(";") for need in needs)
    names = tuple(need.strip() for need, _, mark in found if (named := _EXTRA.search(mark)) and named[1] == extra)
    return names or (f"{_APP}[{extra}]",)


def _read_receipt(file: Path) -> dict[str, Any] | None:
    """What `uv tool install` noted down about sidestick; None if it was another that installed it."""
    try:
        tool = tomllib.loads(file.read_text("utf-8"))["tool"]
        found = (each for each in tool["requirements"] if each["name"] == _APP)
        return next(({"python": tool.get("python", ""), **each} for each in found), None)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _uv_tool_command(receipt: dict[str, Any], wanted: list[str]) -> str:
    """The installation again, by the Python it was asked for, with the extras it has and the new ones."""
    extras = ",".join(sorted({*receipt.get("extras", ()), *wanted}))
    python = f"--python {_quote(receipt['python'])} " if receipt["python"] else ""
    folder = receipt.get("directory") or receipt.get("editable")
    source = f"{folder}[{extras}]" if folder else f"{_APP}[{extras}]{' @ '.join(_sources(receipt))}"
    return f"uv tool install {python}--torch-backend auto {_quote(source)}"


def _sources(receipt: dict[str, Any]) -> Iterator[str]:
    """Nothing for a package of an index; else what follows the name."""
    address = receipt.get("url") or (f"git+{receipt['git']}" if receipt.get("git") else None)
    if address:
        yield ""
        yield address


def _quote(word: str) -> str:
    """In double quotes, which every shell of the three systems takes, where there is something to quote."""
    return word if re.fullmatch(r"[\w./:\\=-]+", word) else f'"{word}"'
