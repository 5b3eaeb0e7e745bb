"""What RFC 9110 asks of every address: HEAD wherever GET is, OPTIONS, a whole Allow, and no body for what is known."""

import asyncio
from collections.abc import Callable, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = ("GET", "POST", "PUT", "DELETE")  # those that routes are made for


async def answer_by_rules(
    app: ASGIApp, routes: Iterable[BaseRoute], scope: Scope, receive: Receive, send: Send
) -> None:
    """`app`'s answer to an HTTP request."""
    method, known = scope["method"], Headers(scope=scope).get("if-none-match", "")
    allowed = ", ".join(_methods_at(routes, scope)) if method not in ("GET", "HEAD", "POST") else ""
    if method == "OPTIONS" and allowed:
        await send({"type": "http.response.start", "status": 204, "headers": [(b"allow", allowed.encode())]})
        await send({"type": "http.response.body", "body": b""})
    elif method == "HEAD":
        asked = {**scope, "method": "GET"}
        await _answer_early(app, asked, receive, send, lambda start: _as_unchanged(start, known) or start)
    elif method == "GET" and known:
        await _answer_early(app, scope, receive, send, lambda start: _as_unchanged(start, known))
    else:

        async def send_allowed(message: Message) -> None:
            if message.get("status") == 405:
                MutableHeaders(scope=message)["allow"] = allowed or ", ".join(_methods_at(routes, scope))
            await send(message)

        await app(scope, receive, send_allowed)


def _methods_at(routes: Iterable[BaseRoute], scope: Scope) -> list[str]:
    """Every method that is answered at this address; none where there is nothing."""
    found = {
        method for method in METHODS for route in routes if route.matches({**scope, "method": method})[0] is Match.FULL
    }
    return sorted({*found, "OPTIONS", *(("HEAD",) if "GET" in found else ())}) if found else []


def _as_unchanged(start: Message, known: str) -> Message | None:
    """304 in place of an answer whose entity tag is among those in `known`."""
    headers = Headers(scope=start)
    tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
    if start["status"] != 200 or headers.get("etag", "").removeprefix("W/") not in tags - {""}:
        return None
    kept = [(name, value) for name, value in headers.raw if name not in (b"content-length", b"content-type")]
    return {**start, "status": 304, "headers": kept}


async def _answer_early(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, shorten: Callable[[Message], Message | None]
) -> None:
    """An answer that may end with its headers, with those that `shorten` gives; `app`'s work ends there too."""
    answered = asyncio.Event()

    async def send_headers(message: Message) -> None:
        if answered.is_set():
            return
        short = shorten(message) if message["type"] == "http.response.start" else None
        await send(short or message)
        if short:
            await send({"type": "http.response.body", "body": b""})
            answered.set()

    work = asyncio.ensure_future(app(scope, receive, send_headers))
    waiting = asyncio.ensure_future(answered.wait())
    try:
        await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not answered.is_set():
            await work
    finally:
        for task in (work, waiting):
            task.cancel()
        await asyncio.gather(work, waiting, return_exceptions=True)
