"""What test workers do in their process, by the name of the source they are given."""

import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from daemon.errors import NoMemory, Rejected, StageFailed
from daemon.jobs.worker import Finished, Task, Told
from daemon.jobs.worker_process import Tell, serve


def labour(line: Connection) -> None:
    serve(line, lambda: work)


def start_fails(line: Connection) -> None:
    os._exit(3)


def work(task: Task, tell: Tell) -> Finished:
    tell(Told("begin", 0.0, 9.0))
    deeds[Path(task.source).stem](tell)
    return Finished(task.source, str(os.getpid()))


def _reject(tell: Tell) -> None:
    raise Rejected("not_audio", "That is no song.")


def _fail(tell: Tell) -> None:
    raise StageFailed("kit", "The kit fell over.")


def _no_memory(tell: Tell) -> None:
    raise NoMemory("separate", "Too little memory.")


def _bug(tell: Tell) -> None:
    raise ZeroDivisionError("oops")


def _killed(tell: Tell) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _crash(tell: Tell) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _polite(tell: Tell) -> None:
    """Tells all the time, so it can be stopped by what that raises."""
    while True:
        tell(Told("polite", 0.5, 1.0))
        time.sleep(0.01)


def _deaf(tell: Tell) -> None:
    """Never tells, as a long computation does not."""
    time.sleep(600)


def _chatty(tell: Tell) -> None:
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        tell(Told("chatty", 0.5, 1.0))


def _nothing(tell: Tell) -> None:
    pass


def _nice(tell: Tell) -> None:
    raise StageFailed("nice", str(os.nice(0)))


deeds: dict[str, Callable[[Tell], None]] = {
    "reject": _reject, "fail": _fail, "memory": _no_memory, "bug": _bug, "killed": _killed, "crash": _crash,
    "polite": _polite, "deaf": _deaf, "chatty": _chatty, "song": _nothing, "nice": _nice,
}  # fmt: skip
