"""Nothing leaves the machine: strace watches a whole song and a daemon for addresses asked and files opened.

A look-up of a name, too, is a datagram to a resolver, so that it is seen here.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.wire.daemon_process import PATIENCE, DaemonProcess, events_until

CALLS = "connect,sendto,sendmsg,sendmmsg,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2"
STRACE = ("strace", "-D", "-f", "-q", "--seccomp-bpf", "-s", "512", "-e", f"trace={CALLS}", "-e", "signal=none")
WRITES = re.compile(r"O_(WRONLY|RDWR|CREAT)|(mkdir|rename|creat)")
SYSTEM = ("/dev/", "/proc/self/", "/sys/")
EVERYTHING = '{"separator": "embedded", "parts": ["all"], "stems": "wav", "kit_stems": true}'


@pytest.fixture
def home(tmp_path, monkeypatch) -> DaemonProcess:
    """A home without a switch against telemetry, as a user has it."""
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    return DaemonProcess(tmp_path / "ours")


def wait_for_the_end(trace: Path, pid: int) -> None:
    """strace writes on beside the program that it watches, up to this line."""
    deadline = time.monotonic() + PATIENCE
    while not re.search(rf"^{pid} +\+\+\+ ", trace.read_text("utf-8", "replace"), re.MULTILINE):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def addresses_asked(trace: Path) -> set[str]:
    """Every internet address but this machine's."""
    found = re.findall(r'inet_addr\("([^"]+)"|inet_pton\(AF_INET6, "([^"]+)"', trace.read_text("utf-8", "replace"))
    return {four or six for four, six in found} - {"127.0.0.1", "::1"}


def files_outside(trace: Path, ours: Path) -> set[str]:
    """Every path outside `ours` that was opened to be written, made or renamed."""
    found = set()
    for line in trace.read_text("utf-8", "replace").splitlines():
        path = re.search(r'"([^"]+)"', line)
        if path and WRITES.search(line) and " = -1 " not in line and not path[1].startswith((str(ours), *SYSTEM)):
            found.add(path[1])
    return found


def test_a_song_through_every_stage_on_the_command_line(home, tmp_path):
    trace, song = tmp_path / "trace", home.song()
    sidestick = [sys.executable, "-m", "daemon", "transcribe", str(song)]
    options = ["--separator", "embedded", "--parts", "all", "--stems", "mp3", "--kit-stems", "--backing", "--plot"]
    with subprocess.Popen([*STRACE, "-o", trace, *sidestick, *options], env=home.environ, stdout=-3) as process:
        assert process.wait(PATIENCE) == 0
    wait_for_the_end(trace, process.pid)
    assert song.with_name("Song.drums.mid").is_file()
    assert not addresses_asked(trace)
    assert not files_outside(trace, home.folder)


def test_a_daemon_from_its_start_through_a_song_to_its_end(home, tmp_path):
    trace, song = tmp_path / "trace", home.song()
    home.start(*STRACE, "-o", str(trace), sys.executable, "-m", "daemon")
    with home.client() as client:
        ack = client.ask("/sidestick/process", str(song), EVERYTHING)
        heard = events_until(client, str(ack.args[1]))
    assert home.end() == 0 and home.process is not None
    wait_for_the_end(trace, home.process.pid)
    assert heard[-1].address == "/sidestick/done"
    assert not addresses_asked(trace)
    assert not files_outside(trace, home.folder)


def test_the_watch_sees_a_look_up_and_a_file_elsewhere(tmp_path):
    program = "import socket, sys; open(sys.argv[1], 'w'); socket.socket(2, 2).connect(('192.0.2.1', 53))"
    trace, elsewhere = tmp_path / "trace", tmp_path / "elsewhere"
    with subprocess.Popen([*STRACE, "-o", trace, sys.executable, "-c", program, elsewhere]) as process:
        assert process.wait(PATIENCE) == 0
    wait_for_the_end(trace, process.pid)
    assert addresses_asked(trace) == {"192.0.2.1"}
    assert files_outside(trace, tmp_path / "ours") == {str(elsewhere)}
