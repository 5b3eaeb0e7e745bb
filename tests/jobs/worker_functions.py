"""Worker functions for tests: what is done in the worker process, by the name of the source they are given."""

import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from daemon.errors import NoMemory, Rejected, StageFailed
from daemon.jobs.worker import Task, TaskProgress, TaskResult
from daemon.jobs.worker_process import ReportProgress, serve


def run_worker_process(line: Connection) -> None:
    serve(line, lambda: run_behaviour)


def fail_to_start(line: Connection) -> None:
    os._exit(3)


def run_behaviour(task: Task, tell: ReportProgress) -> TaskResult:
    tell(TaskProgress("begin", 0.0, 9.0))
    behaviours[Path(task.source).stem](tell)
    return TaskResult(task.source, str(os.getpid()))


def _reject(tell: ReportProgress) -> None:
    raise Rejected("not_audio", "That is no song.")


def _fail(tell: ReportProgress) -> None:
    raise StageFailed("kit", "The kit fell over.")


def _no_memory(tell: ReportProgress) -> None:
    raise NoMemory("separate", "Too little memory.")


def _raise_bug(tell: ReportProgress) -> None:
    raise ZeroDivisionError("oops")


def _kill_itself(tell: ReportProgress) -> None:
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def _crash(tell: ReportProgress) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _report_forever(tell: ReportProgress) -> None:
    """Tells all the time, so it can be stopped by what that raises."""
    while True:
        tell(TaskProgress("polite", 0.5, 1.0))
        time.sleep(0.01)


def _sleep_silently(tell: ReportProgress) -> None:
    """Never tells, as a long computation does not."""
    time.sleep(600)


def _report_often(tell: ReportProgress) -> None:
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        tell(TaskProgress("chatty", 0.5, 1.0))


def _do_nothing(tell: ReportProgress) -> None:
    pass


def _fail_with_niceness(tell: ReportProgress) -> None:
    raise StageFailed("nice", str(os.nice(0) if hasattr(os, "nice") else 0))


behaviours: dict[str, Callable[[ReportProgress], None]] = {
    "reject": _reject, "fail": _fail, "memory": _no_memory, "bug": _raise_bug, "killed": _kill_itself, "crash": _crash,
    "polite": _report_forever, "deaf": _sleep_silently, "chatty": _report_often, "song": _do_nothing,
    "nice": _fail_with_niceness,
}  # fmt: skip
