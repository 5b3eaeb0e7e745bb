"""What runs inside a worker process: takes tasks from the line, tells how far they are, sends what came of them."""

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from daemon.errors import Cancelled, NoMemory, Rejected, StageFailed
from daemon.jobs.worker import Broken, Finished, Outcome, Stopped, Task, Told

NICE = 10  # so that OSC and MIDI of the daemon stay in time
PER_SECOND = 5

Tell = Callable[[Told], None]
Work = Callable[[Task, Tell], Finished]


def serve(line: Connection, open_work: Callable[[], Work]) -> None:
    """Work until the other end of the line is gone. `open_work` gets the tools ready, once."""
    _step_back()
    desk = _Desk(line)
    work = open_work()
    while True:
        task = desk.take()
        desk.send(_outcome(work, task, desk))


class _Desk:
    """A thread of its own reads the line, so that a cancellation is heard in the middle of the work."""

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._next = 0.0
        self._stage = ""
        threading.Thread(target=self._read, name="line", daemon=True).start()

    def take(self) -> Task:
        self._next = 0.0
        return self._tasks.get()

    def tell(self, told: Told) -> None:
        """Sends at most PER_SECOND a second. Raises Cancelled once that is asked for."""
        if self._stop.is_set():
            raise Cancelled("The job was cancelled.")
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 1 / PER_SECOND
            self.send(told)

    def send(self, message: Told | Outcome) -> None:
        try:
            self._line.send(message)
        except OSError:
            _leave()

    def _read(self) -> None:
        """A task, or None to stop it. The daemon's death closes the line."""
        while True:
            try:
                message = self._line.recv()
            except (EOFError, OSError):
                _leave()
            if message is None:
                self._stop.set()
            else:
                self._stop.clear()
                self._tasks.put(message)


def _outcome(work: Work, task: Task, desk: _Desk) -> Outcome:
    """One of the four guards: whatever goes wrong fails this job, with the reason, and the worker goes on."""
    try:
        return work(task, desk.tell)
    except Cancelled:
        return Stopped()
    except Rejected as error:
        return Broken(error.code, error.reason)
    except (NoMemory, MemoryError) as error:
        return Broken("out_of_memory", str(error) or "Memory ran out. Close other programs.", memory=True)
    except StageFailed as error:
        return Broken("stage_failed", error.reason)
    except OSError as error:
        return Broken("disk", f"{Path(task.source).name} could not be done: {error.strerror or error}.")
    except Exception as error:  # noqa: BLE001
        return Broken("internal", f"Something broke ({type(error).__name__}: {error}). Please report it.")


def _step_back() -> None:
    """Others first: for the CPU, and when memory runs out. The daemon alone decides when a worker ends."""
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    _be_nice()
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500")


def _be_nice() -> None:
    if sys.platform == "win32":
        import psutil

        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(NICE)


def _leave() -> None:
    """Nobody is left to tell. What is half done is swept away later."""
    os._exit(1)
