"""The README's line of install in an empty home: the command, its extras, torch without CUDA, a first song."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import mido
import pytest

from daemon import __version__
from daemon.extras import EXTRAS
from tests import synth

ROOT = Path(__file__).parents[2]
PROJECT = ("pyproject.toml", "README.md", "LICENSE", "daemon", "bridge")
WHEELS = os.environ.get("UV_FIND_LINKS") or os.environ.get("PIP_FIND_LINKS")
PASSED_ON = ("SYSTEMROOT", "HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE")
NOT_ONLINE = re.compile("error sending request|dns error|Could not connect")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="HOME is for macOS and Linux")]


def readme_line() -> list[str]:
    """Its words. A folder with wheels stands in for torch's own index, and holds them for this Python."""
    (line,) = re.findall(r"^    (uv tool install .+)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    if not WHEELS:
        return shlex.split(line)
    assert " --torch-backend auto " in line
    kept = line.replace(" --torch-backend auto", "")
    return shlex.split(re.sub(r"--python \S+", f"--python {shlex.quote(sys.executable)}", kept))


def uv_program() -> str:
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.exists() else shutil.which("uv") or pytest.skip("needs uv, which is not installed")


class BareMachine:
    """An empty home, the project as it is downloaded, and the wheels that were fetched before."""

    def __init__(self, folder: Path) -> None:
        self.home, self.checkout = folder / "home", folder / "sidestick"
        self.home.mkdir()
        self.checkout.mkdir()
        for name in PROJECT:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, self.checkout / name)
        self.uv = uv_program()
        cache = subprocess.run([self.uv, "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
        passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        wheels = {"UV_FIND_LINKS": WHEELS} if WHEELS else {}
        path = os.pathsep.join([str(self.home / ".local" / "bin"), "/usr/bin", "/bin"])
        self.environ = {**passed_on, **wheels, "HOME": str(self.home), "PATH": path, "UV_CACHE_DIR": cache}

    def run(self, *command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        program = shutil.which(command[0], path=self.environ["PATH"]) or command[0]
        here, offline = folder or self.home, {"SIDESTICK_OFFLINE": "true"}
        return subprocess.run(
            [program, *command[1:]], cwd=here, env=self.environ | offline, capture_output=True, text=True, check=False
        )

    def install(self) -> None:
        done = self.run(self.uv, *readme_line()[1:], folder=self.checkout)
        if NOT_ONLINE.search(done.stderr) and not os.environ.get("CI"):
            pytest.skip("needs a package index, which does not answer")
        assert done.returncode == 0, done.stderr

    def forget(self) -> None:
        """What uv would keep of this very build."""
        self.run(self.uv, "cache", "clean", "sidestick")


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    machine = BareMachine(tmp_path_factory.mktemp("bare"))
    machine.install()
    yield machine
    machine.forget()


def said(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_command_is_there_and_says_its_version(bare):
    assert said(bare.run("sidestick", "--version")) == f"sidestick {__version__}\n"


def test_no_package_of_cuda_is_installed(bare):
    (site,) = (bare.home / ".local/share/uv/tools/sidestick").rglob("site-packages")
    packages = [path.name for path in site.iterdir()]
    assert "torch" in packages and [name for name in packages if name.startswith(("nvidia", "triton"))] == []


def test_doctor_finds_every_extra_of_a_musician(bare):
    report = said(bare.run("sidestick", "doctor"))
    (line,) = re.findall(r"ok +extras +(.+)", report)
    assert set(line.split(", ")) == {extra.name for extra in EXTRAS}


def test_after_three_answers_a_first_song_becomes_midi(bare):
    drop = bare.home / "Music" / "Drop"
    said(bare.run("sidestick", "setup", "--drop", str(drop), "--daw", "live", "--no-service"))
    synth.write(bare.home / "Song.wav", synth.play(synth.rock_beat(2), 5.0))
    said(bare.run("sidestick", "transcribe", "Song.wav"))
    written = [message.note for message in mido.MidiFile(bare.home / "Song.drums.mid") if message.type == "note_on"]
    assert drop.is_dir() and {36, 38, 42} <= set(written)
