import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.inlets.http import system_bin
from tests.inlets.http.server import HttpServer


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[HttpServer]:
    opened = HttpServer(tmp_path_factory.mktemp("site"))
    yield opened
    opened.close()


@pytest.fixture
def client(server):
    return server.client


@pytest.fixture
def uploads(server) -> Path:
    return server.settings.folders.uploads


@pytest.fixture
def small_server(tmp_path) -> Iterator[HttpServer]:
    """Its uploads have a real disk of 8 MB."""
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", uploads], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no small disk can be mounted here")
    opened = HttpServer(tmp_path)
    yield opened
    opened.close()
    subprocess.run(["umount", "-l", uploads], check=True)


@pytest.fixture(autouse=True)
def no_bin(monkeypatch):
    """What tests delete is not kept in the bin of whoever runs them."""
    monkeypatch.setattr(system_bin, "has_bin", lambda: False)
