import ctypes
import gc
import subprocess
import sys

import pytest

from daemon import allocator

GLIBC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallopt")
FREED = """
import sys
import psutil
from daemon import allocator

keep = sys.argv[1] == "keep"
if keep:
    allocator.keep_freed_memory()
process, block = psutil.Process(), bytearray(200_000_000)
del block
held = process.memory_info().rss
allocator.return_freed_memory()
print(held > 200_000_000, process.memory_info().rss < 150_000_000)
"""


def run(how: str) -> str:
    return subprocess.run([sys.executable, "-c", FREED, how], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.skipif(not GLIBC, reason="only glibc has these settings")
def test_a_large_block_is_kept_when_freed_and_given_back_between_tasks() -> None:
    assert run("keep") == "True True"


@pytest.mark.skipif(not GLIBC, reason="only glibc has these settings")
def test_without_the_setting_a_large_block_goes_back_at_once() -> None:
    assert run("no") == "False True"


@pytest.mark.parametrize("system", ["Darwin", "Windows"])
def test_elsewhere_nothing_happens(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr(ctypes, "CDLL", None)
    allocator.keep_freed_memory()
    allocator.return_freed_memory()


def test_a_c_library_without_these_functions_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    allocator.keep_freed_memory()
    allocator.return_freed_memory()


def test_the_collector_of_garbage_rests_until_the_last_one_is_done():
    seen = []
    with allocator.pause_collection():
        with allocator.pause_collection():
            pass
        seen.append(gc.isenabled())
    assert (*seen, gc.isenabled()) == (False, True)
