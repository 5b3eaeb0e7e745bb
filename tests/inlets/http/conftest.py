from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.inlets.http import system_bin
from tests.inlets.http.server import HttpServer
from tests.small_disk import SmallDisk, open_small_disk


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
def small_disk(tmp_path) -> Iterator[SmallDisk]:
    """Where the uploads of `small_server` lie."""
    with open_small_disk(tmp_path / "uploads") as disk:
        yield disk


@pytest.fixture
def small_server(tmp_path, small_disk) -> Iterator[HttpServer]:
    opened = HttpServer(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def no_bin(monkeypatch):
    """What tests delete is not kept in the bin of whoever runs them."""
    monkeypatch.setattr(system_bin, "has_bin", lambda: False)
