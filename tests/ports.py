"""Ports for a daemon that is about to start."""

import os
import random
import socket

_FROM, _TO = 20000, 32000  # below those that the system gives to anybody who asks, who might take one meanwhile


def free_port() -> int:
    """A port of this machine that nobody listens on, by UDP or TCP."""
    chance = random.Random(os.urandom(8))
    while True:
        port = chance.randrange(_FROM, _TO)
        if _free(port, socket.SOCK_DGRAM) and _free(port, socket.SOCK_STREAM):
            return port


def _free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
