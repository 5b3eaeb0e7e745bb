"""Helper processes: each runs one module of ours, imports nothing from where it starts, ends with the daemon.

Python looks in the current folder, or that of the script, first: a `zlib.py` that was downloaded would run.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

SAFE_PATH = "PYTHONSAFEPATH"
SECRETS = frozenset(("SIDESTICK_DAEMON__HTTP_KEY",))


def module_command(module: str) -> tuple[str, ...]:
    """The command that runs a module of ours, wherever it is started."""
    return (sys.executable, "-P", "-m", module)


def protect_imports() -> None:
    """In this process and all that it starts, multiprocessing's too, nothing is imported from the current folder."""
    os.environ[SAFE_PATH] = "1"
    if not sys.flags.safe_path and sys.path:
        del sys.path[0]
        root = str(Path(__file__).parents[1])
        if root not in sys.path:  # a checkout that was never installed
            sys.path.append(root)


def withhold_secrets() -> dict[str, str]:
    """The environment as it was. From then on this process hands no key to those that it starts."""
    before = dict(os.environ)
    for name in [name for name in before if name.upper() in SECRETS]:
        del os.environ[name]
    return before


def read_request() -> bytes:
    """In a helper: the line that its daemon sends. From then on the process ends once stdin is closed.

    The system closes it when the daemon is gone, however that ended.
    """
    line = b""
    while not line.endswith(b"\n") and (more := os.read(0, 1 << 16)):
        line += more
    threading.Thread(target=_exit_with_stdin, name="parent watch", daemon=True).start()
    return line


def _exit_with_stdin() -> None:
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    os._exit(1)


class ChildProcesses:
    """The helper processes that are at work. Any thread runs one and waits for it; close() ends them all."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def run(self, command: Sequence[str], line: bytes, timeout: float, folder: Path) -> tuple[int, str]:
        """Exit status and last line of stderr of `command`, which starts in `folder` and reads `line` from stdin.

        Its stdin stays open until it ends. Raises subprocess.TimeoutExpired, with the process ended.
        """
        pipe = subprocess.PIPE
        with self._lock:
            if self._closed:
                return 1, "sidestick stops"
            process = subprocess.Popen(command, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe, cwd=folder)
            self._running.add(process)
        try:
            return self._talk(process, line, timeout)
        finally:
            self._end(process)

    @property
    def count(self) -> int:
        return len(self._running)

    def close(self) -> None:
        """Ends all; whoever waits for one is told that it failed."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for process in running:
            process.kill()

    def _talk(self, process: "subprocess.Popen[bytes]", line: bytes, timeout: float) -> tuple[int, str]:
        assert process.stdin is not None and process.stderr is not None
        said: list[bytes] = []
        reader = threading.Thread(target=_collect, args=(process.stderr, said), name="helper says", daemon=True)
        reader.start()
        with suppress(OSError):
            process.stdin.write(line + b"\n")
            process.stdin.flush()
        status = process.wait(timeout)
        reader.join(1.0)
        lines = b"".join(said).decode(errors="replace").strip().splitlines()
        return status, lines[-1] if lines else ""

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        with self._lock:
            self._running.discard(process)
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stderr):
            with suppress(OSError):
                if stream is not None:
                    stream.close()


def _collect(stream: IO[bytes], said: list[bytes]) -> None:
    """The last that is said, so that a talkative helper is never kept waiting."""
    with suppress(OSError, ValueError):
        for line in stream:
            said[:] = [*said[-20:], line[:2000]]
