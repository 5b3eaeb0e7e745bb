"""How the daemon is asked to end: by signals, a terminal that closes, on Windows the console and the session."""

import _thread
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGBREAK")
CLOSE_EVENTS = frozenset({2, 5, 6})  # CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT
LONGEST_CLOSE = 4.5  # seconds; Windows ends the process 5 s after the event, or once the handler has returned


@contextmanager
def catch_end() -> Iterator[threading.Event]:
    """An event that is set once anybody asks for the end. Only from the main thread.

    Who asks again changes nothing: notes are ended and files put away first, and then the process ends as it would.

    A SIGHUP that is ignored stays so: that is what `nohup` asks for.
    """
    asked, over = threading.Event(), threading.Event()
    caught: list[int] = []

    def ask(*_: object) -> None:
        _ignore(caught)
        _thread.start_new_thread(asked.set, ())  # the thread that is interrupted may hold the lock of `asked`

    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and not (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):
            signal.signal(number, ask)
            caught.append(number)
    forget = watch_console(asked, over) if sys.platform == "win32" else None
    try:
        yield asked
    finally:
        over.set()
        if forget is not None:
            forget()


def _ignore(numbers: list[int]) -> None:
    """From now on. Blocked first: Python complains of a signal that came just before it was ignored."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


def watch_console(
    asked: threading.Event, over: threading.Event, kernel32: Any = None, longest: float = LONGEST_CLOSE
) -> Callable[[], None]:
    """Have Windows call when the console closes or the session ends; returns what takes that back.

    The handler runs in a thread of its own and returns only when the daemon has ended, for Windows waits no longer.
    """
    import ctypes

    def handle(event: int) -> bool:
        if event not in CLOSE_EVENTS:
            return False
        asked.set()
        over.wait(longest)
        return True

    if kernel32 is None:
        kernel32 = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    make = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)
    handler = make(ctypes.c_int, ctypes.c_uint)(handle)
    kernel32.SetConsoleCtrlHandler(handler, True)

    def forget() -> None:
        kernel32.SetConsoleCtrlHandler(handler, False)

    return forget
