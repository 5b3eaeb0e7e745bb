"""How the C library hands out memory, for processes that run networks.

glibc gives every block of more than 128 KB back to the system and asks for it again. A layer's tensor of 66 MB is
16,000 pages then, at some 1.5 us a page on a virtual machine: a sixth of a separation. Elsewhere nothing is to be done.
"""

import ctypes
import platform
from contextlib import suppress

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


def _c_library() -> ctypes.CDLL:
    """The one this process runs on. AttributeError where it knows no such function: macOS, musl, Windows."""
    if platform.system() != "Linux":
        raise AttributeError(platform.system())
    return ctypes.CDLL(None)
