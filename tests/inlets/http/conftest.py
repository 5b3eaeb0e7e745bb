from collections.abc import Iterator

import pytest

from tests.inlets.http.server import HttpServer


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[HttpServer]:
    opened = HttpServer(tmp_path_factory.mktemp("site"))
    yield opened
    opened.close()


@pytest.fixture
def client(server):
    return server.client
