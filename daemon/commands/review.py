"""`sidestick review`: the page of the running sidestick in the browser."""

import sys
import threading
import webbrowser
from urllib.parse import quote

from bridge.discovery import Running, alive, published
from daemon.config import Settings, load

LOOK = 0.1  # seconds between two looks for a sidestick that starts
PATIENCE = 600  # looks


def run(start: bool) -> int:
    """Status 1 if none runs; `start` runs one here, until Ctrl-C, and shows its page."""
    settings = load().settings
    running = published(settings.folders.state)
    if running is not None and alive(running):
        return _shown(running, settings)
    if not start:
        print(
            "sidestick does not run. Start it with `sidestick run`, or here with `sidestick review --run`.",
            file=sys.stderr,
        )
        return 1
    from daemon import run as daemon

    over = threading.Event()
    threading.Thread(target=_shown_once_there, args=(settings, over), name="review", daemon=True).start()
    try:
        daemon.run(settings)
    finally:
        over.set()
    return 0


def address(running: Running, settings: Settings) -> str:
    """Of the page; the key goes along where there is one, and the page takes it out of sight."""
    key = settings.daemon.http_key
    end = f"?key={quote(key.get_secret_value())}" if key else ""
    return f"http://127.0.0.1:{running.http_port}/{end}"


def _shown(running: Running, settings: Settings) -> int:
    if not running.http_port:
        print("This sidestick has no page: daemon.http_port is 0, or another program has that port.", file=sys.stderr)
        return 1
    opened = webbrowser.open(address(running, settings))
    print(f"{'Opened' if opened else 'Open this in a browser:'} http://127.0.0.1:{running.http_port}/")
    return 0


def _shown_once_there(settings: Settings, over: threading.Event) -> None:
    for _ in range(PATIENCE):
        running = published(settings.folders.state)
        if running is not None and alive(running):
            _shown(running, settings)
            return
        if over.wait(LOOK):
            return
