"""`sidestick run` and `sidestick service`: the daemon here and now, or from every log-on, and what it says."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from daemon.config import load
from daemon.logs import FILE, tail
from daemon.service import Service, service

_POLL_SECONDS = 0.5  # seconds between two looks at a log that is followed


def run() -> int:
    """In the foreground, until Ctrl-C or SIGTERM. Raises ConfigError when it cannot start."""
    settings = load().settings
    from daemon import run as daemon

    daemon.run(settings)
    return 0


def install() -> int:
    """Start it now and at every log-on."""
    found = _own_service()
    found.install()
    print(f"sidestick runs now, and from every log-on ({found.file}).")
    variables = sorted(name for name in os.environ if name.startswith("SIDESTICK_"))
    if variables:
        kept = "They are not kept: set them for your account" if sys.platform == "win32" else "They are kept in there"
        print(f"{', '.join(variables)} are set here. {kept}.")
    return 0


def uninstall() -> int:
    """Stop it, now and from now on. Songs, results and settings stay."""
    found = _own_service()
    was_there = found.file.exists()
    found.uninstall()
    print("sidestick no longer runs by itself." if was_there else "sidestick was not installed as a service.")
    return 0


def status() -> int:
    """What the system says; status 1 if it is not installed."""
    found = _own_service()
    if not found.file.exists():
        print("sidestick is not installed as a service; `sidestick service install` does that.")
        return 1
    print(found.status())
    return 0


def logs(lines: int, follow: bool) -> int:
    """The last lines of the log, and with `follow` those that come."""
    state = load().settings.folders.state
    if not (state / FILE).exists():
        print(f"There is no {state / FILE} yet; `sidestick run` begins it.", file=sys.stderr)
        return 1
    for line in tail(state, lines):
        print(line)
    if follow:
        _follow(state / FILE, lambda: time.sleep(_POLL_SECONDS))
    return 0


def _follow(path: Path, wait: Callable[[], object]) -> None:
    """Print what is added to `path`, through its rotations, until interrupted."""
    inode, place = path.stat().st_ino, path.stat().st_size
    while True:
        wait()
        if not path.exists():
            continue
        now = path.stat()
        if now.st_ino != inode or now.st_size < place:
            inode, place = now.st_ino, 0
        with path.open("rb") as file:
            file.seek(place)
            added = file.read()
        place += len(added)
        print(added.decode(errors="replace"), end="", flush=True)


def _own_service() -> Service:
    return service(sys.platform, load().settings.folders.state, os.environ)
