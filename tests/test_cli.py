"""The console script itself: what it prints where, and with which exit status."""

import io
import subprocess
import sys

import pytest

from bridge import launch
from daemon import __version__, cli
from tests.acceptance.command_line import DRUMS, CommandLine

COMMANDS = ("transcribe", "relabel", "learn", "models", "doctor", "config", "run", "jobs", "send", "ports", "service")


@pytest.fixture
def home(tmp_path):
    return CommandLine(tmp_path)


def test_help_names_every_command(home):
    result = home.sidestick("--help")
    assert result.exit_code == 0
    assert all(command in result.stdout for command in COMMANDS)


def test_the_version_is_that_of_the_package(home):
    assert home.sidestick("--version").stdout == f"sidestick {__version__}\n"


@pytest.mark.parametrize("words", [("sing",), ("models", "sing"), ("transcribe",), ("relabel",), ("learn",)])
def test_a_wrong_call_ends_with_two(home, words):
    result = home.sidestick(*words)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr


def test_names_that_a_terminal_cannot_show_do_not_stop_the_work(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(cli, "app", lambda: print("🥁.wav"))
    cli.main()
    terminal.flush()
    assert terminal.buffer.getvalue().startswith(b"\\U0001f941.wav")


def foreign(folder, text):
    package = folder / "daemon"
    package.mkdir()
    (package / "__init__.py").write_text(text, "utf-8")
    return package / "__init__.py"


@pytest.mark.parametrize("text", ["", '"""Library to implement a well-behaved Unix daemon process."""'])
def test_another_package_called_daemon_is_named_with_a_remedy(tmp_path, monkeypatch, text):
    other = foreign(tmp_path, text)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "daemon"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SystemExit) as ending:
        launch.main()
    assert str(other) in ending.value.code and "virtual environment of its own" in ending.value.code


IMPORTS = """
import sys
from bridge.launch import main
try:
    main()
except SystemExit as end:
    if end.code:
        raise
finally:
    print("loaded", *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""
NETWORKS = {"torch", "onnxruntime", "librosa", "scipy", "pretty_midi", "demucs"}


def _modules_of(home, *words):
    command = [sys.executable, "-c", IMPORTS, *map(str, words)]
    done = subprocess.run(command, env=home.environ, capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split()[1:])


def test_the_version_waits_for_no_other_package(home):
    assert not _modules_of(home, "--version") & {"typer", "pydantic", "numpy", "rich"}


def test_help_waits_for_no_sound_no_numbers_and_no_table_in_colour(home):
    assert not _modules_of(home, "transcribe", "--help") & {"numpy", "rich", "soundfile", "sqlite3", *NETWORKS}


def test_a_song_from_the_cache_waits_for_no_network_and_no_export(home):
    song = home.song()
    assert home.sidestick("transcribe", *DRUMS, song).exit_code == 0
    assert not _modules_of(home, "transcribe", *DRUMS, song) & {"ssl", "xml", "rich", *NETWORKS}
