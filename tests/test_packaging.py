"""The wheel, installed elsewhere: both packages, their data, and the console script."""

import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest

from daemon import __version__

ROOT = Path(__file__).parents[1]


def run_command(*command, **variables):
    clean = {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "SIDESTICK_"))}
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, cwd=Path(sys.prefix), env={**clean, **variables}
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory):
    """The folder of programs of a fresh environment with the wheel; what sidestick needs comes from this one."""
    folder = tmp_path_factory.mktemp("elsewhere") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    bin_ = folder / ("Scripts" if os.name == "nt" else "bin")
    install = ["install", "-q", "--no-deps", "--disable-pip-version-check", wheel]
    done = run_command(sys.executable, "-m", "pip", "--python", bin_ / "python", *install)
    assert done.returncode == 0, done.stderr
    (site,) = folder.rglob("site-packages")
    (site / "needed.pth").write_text(sysconfig.get_path("purelib"))
    return bin_


def test_the_wheel_holds_code_weights_and_their_catalogue_and_nothing_of_the_workshop(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"daemon/weights/drum_transcriber.onnx", "daemon/weights/kit_network.onnx"} <= names
    assert {"daemon/backends/catalogue.toml", "bridge/launch.py"} <= names
    assert not [name for name in names if name.startswith("daemon/training")]
    assert {"daemon/web/index.html", "daemon/web/js/main.js"} <= names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"daemon", "bridge", f"sidestick-{__version__}.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any("__pycache__" in name for name in names)


def test_both_packages_are_imported_from_where_they_were_installed(programs):
    done = run_command(
        programs / "python", "-c", "import daemon, bridge; print(daemon.__file__); print(bridge.__file__)"
    )
    assert all(Path(line).is_relative_to(programs.parent) for line in done.stdout.splitlines())
    assert len(done.stdout.splitlines()) == 2


def test_the_console_script_runs(programs):
    done = run_command(programs / "sidestick", "--version")
    assert (done.returncode, done.stdout) == (0, f"sidestick {__version__}\n"), done.stderr


def test_the_packaged_weights_work_from_there(programs, tmp_path):
    places = {f"SIDESTICK_FOLDERS__{name}": str(tmp_path / name) for name in ("CONFIG", "STATE", "CACHE", "MODELS")}
    done = run_command(programs / "sidestick", "doctor", **places)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "drum transcriber" in done.stdout


def test_another_package_called_daemon_in_front_is_told_in_one_sentence(programs, tmp_path):
    (tmp_path / "daemon").mkdir()
    (tmp_path / "daemon" / "__init__.py").write_text("from daemon.daemon import DaemonContext\n")
    done = run_command(programs / "sidestick", "--version", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert str(tmp_path / "daemon") in done.stderr and "virtual environment of its own" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_version_stands_in_one_place():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "version" not in project and project["dynamic"] == ["version"]
    holders = [path for package in ("daemon", "bridge") for path in (ROOT / package).rglob("*.py")]
    assert [path for path in holders if f'"{__version__}"' in path.read_text("utf-8")] == [ROOT / "daemon/__init__.py"]


def test_tensorflow_is_never_asked_for():
    assert not any("tensorflow" in need for need in requires("sidestick") or [])


def test_librosa_and_what_it_brings_are_not_in_the_default_install():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needs = project["dependencies"]
    assert any(need.startswith("librosa") for need in project["optional-dependencies"]["classic"])
    assert not [need for need in needs if need.startswith(("librosa", "numba", "scikit", "pretty", "basic"))]
