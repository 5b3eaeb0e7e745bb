"""The uvicorn server without its tick, which would wake ten times a second for a daemon that mostly waits."""

import asyncio
from typing import Any

import uvicorn


class TicklessServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leaving = asyncio.Event()

    async def main_loop(self) -> None:
        await self.leaving.wait()


def uvicorn_config(app: Any, grace: int) -> uvicorn.Config:
    """No access log, no signals, no names and dates in the headers."""
    return uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="websockets-sansio",
        ws_max_size=1 << 16,
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=grace,
    )
