"""`sidestick review`: the page of the running sidestick in the browser."""

import sys
import threading
import webbrowser
from urllib.parse import quote

from bridge.discovery import RunningDaemon, is_alive, read_running
from daemon.config import Settings, http_address, load

POLL_SECONDS = 0.1  # seconds between two looks for a sidestick that starts
MAX_POLLS = 600  # looks


def run(start: bool) -> int:
    """Status 1 if none runs; `start` runs one here, until Ctrl-C, and shows its page."""
    settings = load().settings
    running = read_running(settings.folders.state)
    if running is not None and is_alive(running):
        return _open_page(running, settings)
    if not start:
        print(
            "sidestick does not run. Start it with `sidestick run`, or here with `sidestick review --run`.",
            file=sys.stderr,
        )
        return 1
    from daemon import run as daemon

    over = threading.Event()
    threading.Thread(target=_open_page_when_ready, args=(settings, over), name="review", daemon=True).start()
    try:
        daemon.run(settings)
    finally:
        over.set()
    return 0


def page_url(running: RunningDaemon, settings: Settings) -> str:
    """Of the page; the key goes along where there is one, and the page takes it out of sight."""
    key = settings.daemon.http_key
    end = f"?key={quote(key.get_secret_value())}" if key else ""
    return f"{http_address(settings.daemon.http_host, running.http_port)}/{end}"


def _open_page(running: RunningDaemon, settings: Settings) -> int:
    if not running.http_port:
        print("This sidestick has no page: daemon.http_port is 0, or another program has that port.", file=sys.stderr)
        return 1
    opened = webbrowser.open(page_url(running, settings))
    address = http_address(settings.daemon.http_host, running.http_port)
    print(f"{'Opened' if opened else 'Open this in a browser:'} {address}/")
    return 0


def _open_page_when_ready(settings: Settings, over: threading.Event) -> None:
    for _ in range(MAX_POLLS):
        running = read_running(settings.folders.state)
        if running is not None and is_alive(running):
            _open_page(running, settings)
            return
        if over.wait(POLL_SECONDS):
            return
