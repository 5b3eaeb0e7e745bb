"""The HTTP inlet: its port is taken at once, everything else is loaded in a thread, so that OSC need not wait."""

import asyncio
import contextlib
import gc
import logging
import socket
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bridge.guard import Guard

if TYPE_CHECKING:
    import uvicorn

    from daemon.inlets.http.context import HttpContext

BACKLOG = 512
GRACE = 2  # seconds for answers that are under way when sidestick stops
LONGEST_STOP = GRACE + 1.0  # seconds; a request that hangs in a thread must not keep the process alive

_log = logging.getLogger("sidestick.http")

Build = Callable[[int], "tuple[HttpContext, Any]"]


class HttpInlet:
    """`build(port)` makes the context and the application. Without the port there is no page, and sidestick says so."""

    def __init__(self, host: str, port: int, build: Build) -> None:
        self._build = build
        self._socket = _bind(host, port)
        self._server: uvicorn.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context: HttpContext | None = None
        self._ready = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    @property
    def http_port(self) -> int:
        """0 if there is none."""
        return self._socket.getsockname()[1] if self._socket else 0

    def start(self) -> None:
        """Whoever connects from now on is answered, if not at once."""
        if self._socket is not None:
            self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        if self._thread.ident is not None:
            self._ready.wait(LONGEST_STOP)
            self._request_exit()
            self._thread.join(LONGEST_STOP)
        if self._socket is not None:
            self._socket.close()

    def _request_exit(self) -> None:
        if self._server is not None and self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._exit_loop)

    def _exit_loop(self) -> None:
        assert self._server is not None and self._context is not None
        self._context.event_log.close()
        self._context.media_cache.close()
        self._context.downloads.close()
        self._context.model_downloads.close()
        self._server.should_exit = True
        self._server.leaving.set()  # type: ignore[attr-defined]

    def _run(self) -> None:
        with Guard("The review page"):
            try:
                asyncio.run(self._serve())
            finally:
                self._ready.set()

    async def _serve(self) -> None:
        from daemon.inlets.http.uvicorn_server import LoopErrors, TicklessServer, uvicorn_config

        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(LoopErrors())
        self._context, app = self._build(self.http_port)
        self._context.event_log.attach(self._loop)
        gc.freeze()  # the routes and their models stay: no correction has to wait until they were looked through
        self._server = TicklessServer(uvicorn_config(app, GRACE))
        self._ready.set()
        if not self._stopping:
            await self._server.serve([self._socket] if self._socket else None)


def _bind(host: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform == "win32":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        reason = (error.strerror or str(error)).lower()
        text = "There is no review page: port %d of %s cannot be used (%s). Set daemon.http_port to another one."
        _log.warning(text, port, host, reason)
        return None
    return bound
