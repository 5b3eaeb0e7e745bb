"""Tables of figures as markdown, the machine they were measured on, and their place in a file."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is that of its place in a file; `note` is a sentence under it. Without rows only the note is told."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def markdown(self) -> str:
        lines = [_line(self.head), _line(["---"] * len(self.head)), *map(_line, self.rows)]
        return "\n".join(lines if self.rows else []) + ("\n\n" if self.rows and self.note else "") + self.note


@dataclass(frozen=True, slots=True)
class Setting:
    """What a benchmark may use. `evaluation` is a folder with annotated recordings; `long` allows an hour of work."""

    weights: Path
    evaluation: Path | None = None
    long: bool = False


def machine() -> str:
    """Processor, cores, memory, system and how busy it is: figures mean nothing without them."""
    memory = round(psutil.virtual_memory().total / 1e9)
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{_processor()}, {cores()} cores, {memory} GB, {system}{load}"


def business() -> str:
    """How much else went on while a table was measured, as its note."""
    if not hasattr(os, "getloadavg"):
        return ""
    return f"Measured while {os.getloadavg()[0]:.0f} programs at a time wanted the {cores()} cores."


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def replace_tables(text: str, tables: Iterable[Table]) -> str:
    """`text` with every table between its marks, <!-- bench:NAME --> and <!-- /bench -->. Others stay as they are."""
    for table in tables:
        marks = re.compile(rf"(<!-- bench:{re.escape(table.name)} -->\n).*?(<!-- /bench -->)", re.DOTALL)
        text = marks.sub(partial(_fill, table.markdown()), text)
    return text


def _fill(body: str, marks: re.Match[str]) -> str:
    return f"{marks[1]}{body}\n{marks[2]}"


def number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _processor() -> str:
    if Path("/proc/cpuinfo").exists():
        named = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        if named:
            return named[1]
    return platform.processor() or platform.machine()
