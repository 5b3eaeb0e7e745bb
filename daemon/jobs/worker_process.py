"""What runs inside a worker process: takes tasks from the connection, reports their progress, sends their results."""

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from daemon import allocator
from daemon.errors import Cancelled, NoMemory, Rejected, WorkFailed
from daemon.files import describe_os_error
from daemon.jobs.worker import Connection, Failure, Outcome, Task, TaskProgress, TaskResult, TaskStopped

NICE = 10  # so that OSC and MIDI of the daemon stay in time
REPORTS_PER_SECOND = 5

ReportProgress = Callable[[TaskProgress], None]
RunTask = Callable[[Task, ReportProgress], TaskResult]


def serve(connection: Connection, open_runner: Callable[[], RunTask]) -> None:
    """Run tasks until the other end of the connection is gone. `open_runner` loads the tools, once."""
    _lower_priority()
    allocator.keep_freed_memory()
    channel = _TaskChannel(connection)
    run_task = open_runner()
    while True:
        task = channel.next_task()
        channel.send(_outcome(run_task, task, channel))
        allocator.return_freed_memory()


class _TaskChannel:
    """The connection to the daemon. A thread of its own reads it, so that a cancellation is heard during the work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._next = 0.0
        self._stage = ""
        threading.Thread(target=self._read, name="line", daemon=True).start()

    def next_task(self) -> Task:
        self._next = 0.0
        return self._tasks.get()

    def report_progress(self, progress: TaskProgress) -> None:
        """Sends each new stage, and REPORTS_PER_SECOND at most within one. Raises Cancelled once that is asked for."""
        if self._stop.is_set():
            raise Cancelled("The job was cancelled.")
        now = time.monotonic()
        if now >= self._next or progress.stage != self._stage:
            self._stage = progress.stage
            self._next = now + 1 / REPORTS_PER_SECOND
            self.send(progress)

    def send(self, message: TaskProgress | Outcome) -> None:
        try:
            self._connection.send(message)
        except OSError:
            _exit_process()

    def _read(self) -> None:
        """A task, or None to stop it. The daemon's death closes the line; without it this process is of no use."""
        try:
            while True:
                message = self._connection.recv()
                if message is None:
                    self._stop.set()
                else:
                    self._stop.clear()
                    self._tasks.put(message)
        finally:
            _exit_process()


def _outcome(run_task: RunTask, task: Task, channel: _TaskChannel) -> Outcome:
    """A guard: whatever goes wrong fails this job, with the reason, and the worker goes on."""
    try:
        return run_task(task, channel.report_progress)
    except Cancelled:
        return TaskStopped()
    except Rejected as error:
        return Failure(error.code, error.reason)
    except (NoMemory, MemoryError) as error:
        return Failure("out_of_memory", str(error) or "Memory ran out. Close other programs.", memory=True)
    except WorkFailed as error:
        return Failure(error.code, error.reason)
    except OSError as error:
        place = f"{error.filename}: " if isinstance(error.filename, str) else ""
        return Failure("disk", f"{Path(task.source).name} could not be done: {place}{describe_os_error(error)}.")
    except Exception as error:  # noqa: BLE001
        return Failure("internal", f"Something broke ({type(error).__name__}: {error}). Please report it.")


def _lower_priority() -> None:
    """Others first: for the CPU, and when memory runs out. The daemon alone decides when a worker ends."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    _set_niceness()
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500")


def _set_niceness() -> None:
    if sys.platform == "win32":
        import psutil

        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(NICE)


def _exit_process() -> None:
    """Nobody is left to tell. What is half done is swept away later."""
    os._exit(1)
