import pytest

from tests.acceptance.home import Home


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)
