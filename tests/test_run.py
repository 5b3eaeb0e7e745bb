"""One sidestick for one state folder."""

import os

import pytest

from daemon.errors import ConfigError
from daemon.run import lock_instance


def test_a_second_one_is_refused_and_told_who_has_it(tmp_path):
    with lock_instance(tmp_path), pytest.raises(ConfigError, match=f"process {os.getpid()}"), lock_instance(tmp_path):
        pass


def test_after_a_clean_end_the_folder_is_free(tmp_path):
    for _ in range(2):
        with lock_instance(tmp_path):
            assert (tmp_path / "sidestick.pid").read_text() == f"{os.getpid()}\n"
    assert not (tmp_path / "sidestick.pid").exists()


def test_a_pid_left_by_a_killed_one_is_no_obstacle(tmp_path):
    (tmp_path / "sidestick.pid").write_text("999999\n")
    with lock_instance(tmp_path):
        assert (tmp_path / "sidestick.pid").read_text() == f"{os.getpid()}\n"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be used"), lock_instance(tmp_path / "file"):
        pass
