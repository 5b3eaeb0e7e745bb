"""Make the virtual environment that sidestick runs in: `python examples/setup.py .venv`. Plain Python, any platform.

On Linux torch comes with gigabytes of CUDA by default, so a machine without an NVIDIA GPU gets the CPU build where one
is offered: from UV_FIND_LINKS if that is set, else from torch's own index.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def main() -> int:
    if not (3, 11) <= sys.version_info < (3, 13):
        print_line(
            f"sidestick needs Python 3.11 or 3.12, and this is {sys.version.split()[0]}. Take one from python.org."
        )
        return 1
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".venv")
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    uv = programs / "uv"
    print_line(f"Setting up sidestick in {folder} with Python {sys.version.split()[0]} (once; some minutes) ...")
    run(sys.executable, "-m", "venv", "--clear", folder)
    run(programs / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "uv")
    install = [uv, "pip", "install", "-q", "--python", programs / "python", "-e", ".[dev]"]
    if wants_cpu_torch() and run(*install, "--torch-backend", "cpu", check=False):
        return 0
    run(*install)
    return 0


def wants_cpu_torch() -> bool:
    """Linux without an NVIDIA GPU, and nobody named another place for torch."""
    named = os.environ.get("UV_FIND_LINKS") or os.environ.get("UV_TORCH_BACKEND")
    return sys.platform == "linux" and not shutil.which("nvidia-smi") and not named


def run(*command: object, check: bool = True) -> bool:
    done = subprocess.run([str(part) for part in command], check=False, stderr=None if check else subprocess.DEVNULL)
    if check and done.returncode:
        print_line("That did not work; the lines above say why. Is this machine online?")
        raise SystemExit(done.returncode)
    return done.returncode == 0


def print_line(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
