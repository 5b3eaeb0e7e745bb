"""How memory is handed out: by the C library to processes that run networks, and by Python to records in thousands.

glibc gives every block of more than 128 KB back to the system and asks for it again. A layer's tensor of 66 MB is
16,000 pages then, at some 1.5 us a page on a virtual machine: a sixth of a separation. Elsewhere nothing is to be done.
"""

import ctypes
import gc
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8  # of <malloc.h>
MOST = (1 << 31) - 1  # bytes, the most that mallopt takes: never give back on its own


def keep_freed_memory() -> None:
    """Large blocks come out of one heap, which keeps what was freed for the next layer."""
    with suppress(AttributeError, OSError):
        mallopt = _c_library().mallopt
        for parameter, value in ((M_ARENA_MAX, 1), (M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, MOST)):
            mallopt(parameter, value)


def return_freed_memory() -> None:
    """What the heap kept goes back to the system: for a process that waits for its next task."""
    with suppress(AttributeError, OSError):
        _c_library().malloc_trim(0)


_collection_lock = threading.Lock()
_paused: set[object] = set()


@contextmanager
def pause_collection() -> Iterator[None]:
    """No search for circles among objects meanwhile: it looks at every hit of a song, and no hit is in one.

    For any thread; the search goes on when the last one is done.
    """
    mine = object()
    with _collection_lock:
        _paused.add(mine)
        gc.disable()
    try:
        yield
    finally:
        with _collection_lock:
            _paused.discard(mine)
            if not _paused:
                gc.enable()


def _c_library() -> ctypes.CDLL:
    """The one this process runs on. AttributeError where it knows no such function: macOS, musl, Windows."""
    if platform.system() != "Linux":
        raise AttributeError(platform.system())
    return ctypes.CDLL(None)
