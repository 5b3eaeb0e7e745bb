import stat
import sys

import pytest

from bridge.files import replace_file


def test_what_was_there_is_replaced_and_nothing_else_stays(tmp_path):
    for text in ("old and longer", "neu, größer"):
        replace_file(tmp_path / "a.json", text)
    assert (tmp_path / "a.json").read_text("utf-8") == "neu, größer"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such bits")
def test_a_private_file_is_its_owners_alone(tmp_path):
    replace_file(tmp_path / "a.json", "{}", private=True)
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o600
