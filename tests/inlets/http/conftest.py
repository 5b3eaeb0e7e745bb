from collections.abc import Iterator

import pytest

from tests.inlets.http.site import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    opened = Site(tmp_path_factory.mktemp("site"))
    yield opened
    opened.close()


@pytest.fixture
def client(site):
    return site.client
