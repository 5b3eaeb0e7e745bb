"""Which tests talk to programs that are not Python packages, and what happens where one is missing.

On a musician's machine such tests are skipped, and the reason names the program. In CI nothing may be skipped for want
of a tool: there a missing program ends the run.
"""

import logging
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import daemon  # noqa: F401 - first of all: it switches onnxruntime's telemetry off

settings.register_profile("sidestick", deadline=None)  # a machine that is busy breaks no law
settings.load_profile("sidestick")

HERE = Path(__file__).parent
PROGRAMS = {
    "wire/test_recording.py": ("ardour7-lua", "jackd"),
    "wire/test_ardour_import.py": ("ardour7-lua",),
    "wire/test_jack.py": ("jackd",),
    "wire/test_nothing_leaves.py": ("strace",),
    "wire/test_osc_wire.py": ("oscsend", "oscdump"),
    "distributed": ("redis-server",),
    "reaper": ("lua5.3", "lua5.4", "luacheck"),
    "max_for_live/test_end_to_end.py": ("node", "tests/max_for_live/node_modules"),
    "max_for_live/test_scripts.py": ("node", "tests/max_for_live/node_modules"),
    "test_service.py": ("systemd-analyze",),
    "web": ("chromium",),
}


@pytest.fixture
def guard_log() -> Iterator[Callable[[], list[str]]]:
    """What the guards have logged so far, a line each, whoever has set the daemon's logger up before."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("sidestick.guard")
    logger.addHandler(handler)
    yield lambda: list(lines)
    logger.removeHandler(handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A report goes from one process to another as Unicode, which the names that a test has logged need not be."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = {place: [name for name in names if not _here(name)] for place, names in PROGRAMS.items()}
    for item in items:
        place = item.path.relative_to(HERE).as_posix() if item.path.is_relative_to(HERE) else ""
        names = next((absent for start, absent in missing.items() if place.startswith(start)), [])
        if names and os.environ.get("CI"):
            raise pytest.UsageError(f"{place} needs {', '.join(names)}; .ci/run must install it.")
        if names:
            item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(names)}, which is not installed"))


def _here(name: str) -> bool:
    return (HERE.parent / name).is_dir() if "/" in name else shutil.which(name) is not None
