from pathlib import Path

import pytest

from tests.fake_drop_folder import FakeDropFolder


@pytest.fixture
def drop(tmp_path: Path) -> FakeDropFolder:
    return FakeDropFolder(tmp_path / "Drop")
