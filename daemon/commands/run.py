"""`sidestick run`: the daemon in the foreground, until Ctrl-C or SIGTERM."""

from daemon.config import load


def run() -> int:
    """Status 0 after a clean stop. Raises ConfigError when it cannot start."""
    settings = load().settings
    from daemon import run as daemon

    daemon.run(settings)
    return 0
