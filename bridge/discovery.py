"""daemon.json: how a script, a device or a second sidestick finds the one that runs, without being configured."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from bridge.files import expand_home, replace_file

FILE = "daemon.json"


@dataclass(frozen=True, slots=True)
class RunningDaemon:
    """A running sidestick. `sender` is the command line, with an absolute program, that sends one OSC request.

    `http_port` is that of the review page, 0 if there is none.
    """

    pid: int
    osc_port: int
    spool: str
    version: str
    sender: tuple[str, ...]
    http_port: int = 0


def state_folder() -> Path:
    """The user's state folder, or SIDESTICK_STATE_FOLDER. Nothing is created."""
    chosen = os.environ.get("SIDESTICK_STATE_FOLDER")
    if chosen:
        return expand_home(chosen)
    from platformdirs import user_state_path

    return user_state_path("sidestick", appauthor=False)


def publish(running: RunningDaemon, folder: Path) -> Path:
    """Writes daemon.json whole, readable by its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / FILE
    replace_file(path, json.dumps(asdict(running), indent=2) + "\n", private=True)
    return path


def read_running(folder: Path) -> RunningDaemon | None:
    """What daemon.json says, whether or not that sidestick still lives; None if there is nothing to be read."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return RunningDaemon(
            pid=int(found["pid"]),
            osc_port=int(found["osc_port"]),
            spool=str(found["spool"]),
            version=str(found["version"]),
            sender=tuple(map(str, found["sender"])),
            http_port=int(found.get("http_port", 0)),
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def is_alive(running: RunningDaemon) -> bool:
    """Whether a process with that pid exists. Pids are used again, so only a pong is proof."""
    from psutil import pid_exists

    return 0 < running.pid < 1 << 31 and pid_exists(running.pid)


def withdraw(folder: Path, pid: int) -> None:
    """Removes daemon.json if it still speaks of `pid`."""
    running = read_running(folder)
    if running is not None and running.pid == pid:
        (folder / FILE).unlink(missing_ok=True)
