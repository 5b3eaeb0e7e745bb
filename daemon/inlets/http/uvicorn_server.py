"""The uvicorn server for a daemon: it does not wake while nothing happens, and half requests cannot stop it.

Whoever opens connections and never ends a request would take all file descriptors, and with them those of drop folders
and workers. So connections are counted, the oldest that waits for a request makes room, and a header has its time.
"""

import asyncio
import errno
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 10.0  # from the first byte of a request, or from the start of a connection, to the end of its header
BODY_SECONDS = 60.0  # without a byte of a body that has begun

_MOST_CONNECTIONS = 1000
_FEWEST_CONNECTIONS = 16
_QUIET_SECONDS = 60.0
_REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

_log = logging.getLogger("sidestick.http")


class TicklessServer(uvicorn.Server):
    """Without its tick, which would wake ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leaving = asyncio.Event()

    async def main_loop(self) -> None:
        await self.leaving.wait()


class LoopErrors:
    """What the event loop says of errors: that no file descriptor is left once a minute, for it tries again itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._quiet_until = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in (errno.EMFILE, errno.ENFILE):
            loop.default_exception_handler(context)
        elif self._clock() >= self._quiet_until:
            self._quiet_until = self._clock() + _QUIET_SECONDS
            _log.warning("Too many files and connections are open; some requests over HTTP have to wait.")


class LimitedProtocol(H11Protocol):
    """One connection. `most_connections` is the limit for all of them together."""

    most_connections = _MOST_CONNECTIONS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._timer: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        if len(self.connections) > self.most_connections and not self._make_room():
            transport.write(_REFUSAL)
            transport.close()
            return
        self._start_timer(HEADER_SECONDS)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.get_protocol() is not self or self.transport.is_closing():
            self._stop_timer()
        elif self.is_idle:
            if self._timer is None:
                self._start_timer(HEADER_SECONDS)
        elif self.conn.their_state is h11.SEND_BODY:
            self._start_timer(BODY_SECONDS)
        else:
            self._stop_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._stop_timer()
        super().handle_websocket_upgrade(event)

    @property
    def is_idle(self) -> bool:
        """Whether no request has come whole up to its body."""
        return self.conn.their_state is h11.IDLE

    def drop(self) -> None:
        """Hang up at once."""
        self._stop_timer()
        self.connections.discard(self)
        self.transport.abort()

    def _make_room(self) -> bool:
        """Drop the oldest connection that waits for a request; False if all of them are at work."""
        idle = (each for each in self.connections if isinstance(each, LimitedProtocol) and each is not self)
        oldest = min((each for each in idle if each.is_idle), key=lambda each: each.began, default=None)
        if oldest is not None:
            oldest.drop()
        return oldest is not None

    def _start_timer(self, seconds: float) -> None:
        self._stop_timer()
        self.began = self.loop.time()
        self._timer = self.loop.call_later(seconds, self.drop)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def uvicorn_config(app: Any, grace: int) -> uvicorn.Config:
    """No access log, no signals, no names and dates in the headers."""
    LimitedProtocol.most_connections = most = connection_limit(_descriptor_limit())
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=LimitedProtocol,
        ws="websockets-sansio",
        ws_max_size=1 << 16,
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        lifespan="off",
        backlog=max(4, most // 4),  # so many are accepted before the first of them is looked at
        timeout_keep_alive=30,
        timeout_graceful_shutdown=grace,
    )


def connection_limit(descriptors: int) -> int:
    """Half of the file descriptors are for HTTP; macOS gives a process 256."""
    return max(_FEWEST_CONNECTIONS, min(_MOST_CONNECTIONS, descriptors // 2))


def _descriptor_limit() -> int:
    limit = 2 * _MOST_CONNECTIONS
    if sys.platform != "win32":
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        limit = limit if soft == resource.RLIM_INFINITY else soft
    return limit
