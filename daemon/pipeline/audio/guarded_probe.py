"""`probe` for the daemon: in a helper process with a limit on time and memory, because a file may be anything."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from daemon.errors import Rejected
from daemon.pipeline.audio.probe import Limits, Probe

SECONDS = 10.0  # for one file; a sound one takes milliseconds, a long MP3 on a slow disk some seconds
MOST_HELPERS = 3  # so that one file that takes long holds up nobody
START_SECONDS = 60.0  # a busy machine needs a while for the imports

# Paths and settings that make Python or the loader run other code do not reach the helper.
KEPT = frozenset(
    ("PATH", "HOME", "USERPROFILE", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "WINDIR")
)
_HERE = Path(__file__).resolve()
_ROOT = _HERE.parents[3]
COMMAND = (
    "import sys; sys.path.append(sys.argv[1]); from daemon.pipeline.audio.probe_process import main; "
    "print('ready', flush=True); main()"
)


def helper_command() -> list[str]:
    """`-P` leaves the current folder out of the path of modules."""
    return [sys.executable, "-P", "-c", COMMAND, str(_ROOT)]


class _HelperGone(Exception):
    """The helper ended or did not answer in time."""


class _Helper:
    """One warm process. Its answers are read by a thread, so that waiting for them can end."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_HERE.parent,
            env={name: value for name, value in os.environ.items() if name.upper() in KEPT},
            text=True,
            encoding="utf-8",
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read_lines, name="probe answers", daemon=True).start()
        try:
            self._receive(START_SECONDS)
        except _HelperGone:
            self.end()
            raise OSError("it ended at once") from None

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise _HelperGone from error
        answer: dict[str, Any] = json.loads(self._receive(seconds))
        return answer

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe:
                    pipe.close()

    def _receive(self, seconds: float) -> str:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise _HelperGone("late") from None
        if not line:
            raise _HelperGone("ended")
        return line

    def _read_lines(self) -> None:
        assert self._process.stdout is not None
        with suppress(OSError, ValueError):
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put("")


class GuardedProbe:
    """Called like `probe`, from any thread. Helpers start with the first file and stay; `close` ends them."""

    def __init__(self, seconds: float = SECONDS, command: Callable[[], list[str]] = helper_command) -> None:
        self._seconds = seconds
        self._command = command
        self._slots = threading.BoundedSemaphore(MOST_HELPERS)
        self._lock = threading.Lock()
        self._idle: list[_Helper] = []
        self._busy: set[_Helper] = set()
        self._closed = False

    def __call__(self, path: Path, limits: Limits) -> Probe:
        """Raises Rejected as `probe` does; damaged too where a decoder crashed or did not come to an end."""
        with self._slots:
            try:
                answer = self._ask({"path": str(path), "limits": asdict(limits)})
            except _HelperGone as gone:
                raise _damage_error(path, gone, self._seconds) from None
            except OSError as error:
                reason = f"{path.name} could not be looked into: its helper process did not start ({error}). Try again."
                raise Rejected("no_helper", reason) from None
        if "rejected" in answer:
            raise Rejected(*answer["rejected"])
        return TypeAdapter(Probe).validate_python({**answer["found"], "path": path})

    def close(self) -> None:
        with self._lock:
            self._closed = True
            helpers, self._idle = [*self._idle, *self._busy], []
        for helper in helpers:
            helper.end()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        helper = self._take()
        try:
            answer = helper.ask(request, self._seconds)
        except BaseException:
            self._put_back(helper, usable=False)
            raise
        self._put_back(helper, usable=True)
        return answer

    def _take(self) -> _Helper:
        with self._lock:
            while self._idle:
                helper = self._idle.pop()
                if helper.is_alive():
                    self._busy.add(helper)
                    return helper
                helper.end()
        helper = _Helper(self._command())
        with self._lock:
            self._busy.add(helper)
        return helper

    def _put_back(self, helper: _Helper, *, usable: bool) -> None:
        with self._lock:
            self._busy.discard(helper)
            keep = usable and not self._closed
            if keep:
                self._idle.append(helper)
        if not keep:
            helper.end()


def _damage_error(path: Path, gone: _HelperGone, seconds: float) -> Rejected:
    what = f"could not be understood within {seconds:.0f} s" if str(gone) == "late" else "made its decoder break off"
    return Rejected("damaged", f"{path.name} {what}; it is damaged. Export or copy it again.")
