"""The networks that are being fetched because somebody asked for one on the page."""

import subprocess
import threading
from pathlib import Path

from daemon.child_process import ChildProcesses, module_command

_LONGEST = 6 * 3600.0  # seconds for one network


def fetch_command(name: str) -> tuple[str, ...]:
    """The command that fetches a network and says on stderr why it cannot."""
    return (*module_command("daemon"), "models", "fetch", name)


class ModelDownloads:
    """The networks that are being fetched, each by a process of its own, and why others could not be."""

    def __init__(self) -> None:
        self._processes = ChildProcesses()
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._problems: dict[str, str] = {}

    def begin(self, name: str) -> bool:
        """Whether `name` is to be fetched now; False while it is being fetched."""
        with self._lock:
            if name in self._running:
                return False
            self._running.add(name)
            self._problems.pop(name, None)
            return True

    def run(self, name: str, folder: Path) -> None:
        """Fetch `name`, after `begin`, by a process that starts in `folder`; what goes wrong is kept to be told."""
        command = fetch_command(name)
        try:
            status, reason = self._processes.run(command, b"\n", _LONGEST, folder)
        except (OSError, subprocess.TimeoutExpired) as error:
            status, reason = 1, f"It could not be fetched: {error}."
        with self._lock:
            self._running.discard(name)
            if status:
                self._problems[name] = reason or "It could not be fetched. Try again."

    def is_running(self, name: str) -> bool:
        return name in self._running

    def problem(self, name: str) -> str:
        return self._problems.get(name, "")

    def close(self) -> None:
        self._processes.close()
