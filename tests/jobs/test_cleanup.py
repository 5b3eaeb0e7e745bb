"""Cleanup: leftovers go, results that are needed stay."""

import os

import pytest

from daemon.jobs.cleanup import CHECK_SECONDS, CacheLimits, Cleanup
from daemon.pipeline.cache import StageCache
from tests.fakes import FakeClock

HOUR = 3600.0


@pytest.fixture
def clock():
    return FakeClock(1e9)


@pytest.fixture
def workspace(tmp_path, clock):
    return StageCache(tmp_path / "cache", clock.now)


def upkeep(workspace, tmp_path, clock, max_bytes=0):
    return Cleanup(workspace, CacheLimits(30 * 24 * HOUR, max_bytes), tmp_path / "locks", clock.now)


def result(workspace, key):
    with workspace.make("decode", key) as folder:
        (folder / "sound").write_bytes(bytes(100))


def test_half_written_files_of_a_dead_worker_are_removed(workspace, tmp_path, clock):
    (tmp_path / "Song.stems").mkdir()
    left = [tmp_path / ".sidestick-ab12.mid", tmp_path / "Song.stems" / ".sidestick-cd34.wav"]
    kept = [tmp_path / "Song.wav", tmp_path / "Song.drums.mid", tmp_path / ".stem"]
    for path in left + kept:
        path.touch()
    upkeep(workspace, tmp_path, clock).remove_leftovers(tmp_path / "Song.wav")
    assert [path.exists() for path in left + kept] == [False, False, True, True, True]


def test_a_folder_that_has_gone_is_no_trouble(workspace, tmp_path, clock):
    upkeep(workspace, tmp_path, clock).remove_leftovers(tmp_path / "gone" / "Song.wav")
    assert not (tmp_path / "gone").exists()


def test_what_running_jobs_have_used_stays_and_the_rest_goes(workspace, tmp_path, clock):
    result(workspace, "old")
    clock.advance(HOUR)
    began = clock.now()
    result(workspace, "used")
    clock.advance(HOUR)
    upkeep(workspace, tmp_path, clock).trim_cache(began)
    assert workspace.recall("decode", "old") is None
    assert workspace.recall("decode", "used") is not None


def test_the_cache_is_looked_through_once_in_a_while_only(workspace, tmp_path, clock):
    keeper = upkeep(workspace, tmp_path, clock)
    keeper.trim_cache(clock.now())
    result(workspace, "old")
    os.utime(tmp_path / "cache" / "decode" / "old", (1.0, 1.0))
    keeper.trim_cache(clock.now())
    assert workspace.recall("decode", "old") is not None
    os.utime(tmp_path / "cache" / "decode" / "old", (1.0, 1.0))
    clock.advance(CHECK_SECONDS)
    keeper.trim_cache(clock.now())
    assert workspace.recall("decode", "old") is None
