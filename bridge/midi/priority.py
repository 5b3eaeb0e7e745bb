"""Asks the system to run the calling thread ahead of others. Where that is not allowed, nothing changes."""

import ctypes
import os
import sys
from contextlib import suppress

LINUX_PRIORITY = 10  # real time, below JACK's own threads
MACOS_USER_INTERACTIVE = 0x21
WINDOWS_TIME_CRITICAL = 15


def raise_priority() -> None:
    """On Linux members of the audio group may; on macOS and Windows everybody."""
    with suppress(OSError, AttributeError):
        if sys.platform == "darwin":
            ctypes.CDLL(None).pthread_set_qos_class_self_np(MACOS_USER_INTERACTIVE, 0)
        elif sys.platform == "win32":
            kernel = ctypes.windll.kernel32
            kernel.SetThreadPriority(kernel.GetCurrentThread(), WINDOWS_TIME_CRITICAL)
        else:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(LINUX_PRIORITY))
