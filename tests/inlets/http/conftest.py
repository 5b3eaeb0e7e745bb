from collections.abc import Iterator

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


@pytest.fixture(autouse=True)
def no_bin(monkeypatch):
    """What tests delete is not kept in the bin of whoever runs them."""
    monkeypatch.setattr(system_bin, "has_bin", lambda: False)
