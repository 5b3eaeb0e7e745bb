"""What is deleted on the page goes to the system's bin where there is one, and is gone elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from daemon.inlets.http import system_bin

DISCARD = """
import sys
from pathlib import Path
from daemon.inlets.http import system_bin
print(system_bin.discard(Path(sys.argv[1])))
"""


def discard_in(home: Path, path: Path) -> str:
    """What a process whose user's data lies in `home` says."""
    environ = {**os.environ, "XDG_DATA_HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", DISCARD, str(path)], env=environ, capture_output=True, text=True)
    return done.stdout.strip() or done.stderr


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "Song.wav"
    path.write_bytes(b"sound")
    return path


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="tries the freedesktop bin")
def test_a_file_goes_to_the_bin_of_the_desktop_and_is_whole_there(tmp_path: Path, song: Path) -> None:
    pytest.importorskip("send2trash")
    (tmp_path / "data" / "Trash").mkdir(parents=True)
    assert discard_in(tmp_path / "data", song) == "True"
    assert not song.exists()
    assert (tmp_path / "data" / "Trash" / "files" / "Song.wav").read_bytes() == b"sound"
    assert f"Path={song}" in (tmp_path / "data" / "Trash" / "info" / "Song.wav.trashinfo").read_text()


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="these always have a bin")
def test_where_there_is_no_bin_none_is_made_and_the_file_is_gone(tmp_path: Path, song: Path) -> None:
    assert discard_in(tmp_path / "data", song) == "False"
    assert not song.exists() and not (tmp_path / "data").exists()


def test_a_bin_that_does_not_take_a_file_loses_nothing_but_it(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise RuntimeError("no bin on this disk")

    monkeypatch.setattr(system_bin, "has_bin", lambda: True)
    monkeypatch.setattr(system_bin, "_load_library", lambda: refuse)
    assert system_bin.discard(song) is False
    assert not song.exists()


def test_an_upload_in_the_bin_is_told_before_it_goes_there(client, server, tmp_path, monkeypatch) -> None:
    binned: list[str] = []

    def move(path: str) -> None:
        binned.append(path)
        Path(path).unlink()

    monkeypatch.setattr(system_bin, "has_bin", lambda: True)
    monkeypatch.setattr(system_bin, "_load_library", lambda: move)
    from tests import synth

    data = synth.write(tmp_path / "Binned.wav", synth.tone(300.0, 1.0)).read_bytes()
    made = client.post("/api/jobs", files={"file": ("Binned.wav", data, "audio/wav")}).json()
    client.post(f"{made['links']['self']}/cancel")
    told = client.get(f"{made['links']['self']}/files").json()
    assert told["bin"] and client.delete(made["links"]["self"], params={"files": "true"}).status_code == 204
    assert set(told["removable"]) <= set(binned)
