"""Node runs the scripts of the device; acorn, which checks their syntax, comes from npm."""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def node() -> str:
    """Node's program, with the packages that the tests need."""
    program = shutil.which("node")
    assert program, "The tests of the Max for Live device need Node 20 or newer. Install it and try again."
    assert (HERE / "node_modules" / "acorn").is_dir(), f"Run `npm ci` in {HERE.relative_to(HERE.parents[1])} first."
    return program


@pytest.fixture
def run_node(node):
    def run(*args: str, timeout: float = 240) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([node, *args], cwd=HERE, capture_output=True, text=True, timeout=timeout, check=False)

    return run
