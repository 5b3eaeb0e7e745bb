import pytest

from tests.acceptance.command_line import CommandLine


@pytest.fixture
def home(tmp_path):
    return CommandLine(tmp_path)
