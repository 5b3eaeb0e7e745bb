"""`stemd run`: the daemon in the foreground, until Ctrl-C or SIGTERM."""

import logging
import sys

from daemon.config import load


def run() -> int:
    """Status 0 after a clean stop. Raises ConfigError when it cannot start."""
    from daemon import run as daemon

    settings = load().settings
    logging.basicConfig(level=settings.daemon.log_level.upper(), stream=sys.stderr, format="%(message)s")
    daemon.run(settings, logging.getLogger("stemd").info)
    return 0
