"""What a killed correction left beside the song goes with the next one."""

import os

from daemon.files import TEMPORARY
from daemon.outlets.delivery import DeliverySettings, correct
from daemon.outlets.staging import STALE
from tests.songs import save_manifest


def test_a_correction_removes_what_a_killed_one_left(tmp_path):
    path, leftover = save_manifest(tmp_path), tmp_path / f"{TEMPORARY}0123.mid"
    leftover.write_bytes(b"half")
    long_ago = path.stat().st_mtime - 2 * STALE
    os.utime(leftover, (long_ago, long_ago))
    correct(path, {"clusters": {"1": "clap"}}, DeliverySettings(tmp_path / "locks"))
    assert not leftover.exists()


def test_what_somebody_writes_in_this_moment_is_left_alone(tmp_path):
    path, pending = save_manifest(tmp_path), tmp_path / f"{TEMPORARY}0123.mid"
    pending.write_bytes(b"half")
    correct(path, {"clusters": {"1": "clap"}}, DeliverySettings(tmp_path / "locks"))
    assert pending.exists()
