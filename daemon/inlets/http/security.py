"""Who may come in, before anything is looked at: Host, Origin, key, rate and the size of the body.

A web page anywhere can make a browser send requests to this machine. What gives it away is a foreign Origin, a
Sec-Fetch-Site that is not ours, or, where a name was pointed at 127.0.0.1 (DNS rebinding), a foreign Host.
"""

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from daemon.errors import Rejected
from daemon.inlets.http.errors import of

LONGEST_BODY = 8 << 20  # bytes of JSON
WRONG_KEYS = 10  # a minute and address

_LOCAL = ("127.0.0.1", "localhost", "::1")
_REMEMBERED = 4096
_LOCKED = ("/api/", "/metrics")
_METHODS = "GET, POST, PUT, DELETE"
_HEADERS = "Authorization, Content-Type, Last-Event-ID, Range"
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """`outside` says that other machines may come; they, and everybody once there is a `key`, must give it."""

    port: int
    outside: bool = False
    key: str = ""
    origins: frozenset[str] = frozenset()
    rate: float = 0.0


class Bucket:
    """So much a second for each address, and a few seconds' worth at once."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str) -> bool:
        """Whether there was one left."""
        left = self._now(who)
        self._put(who, left - 1 if left >= 1 else left)
        return left >= 1

    def empty(self, who: str) -> bool:
        return self._now(who) < 1

    def _now(self, who: str) -> float:
        left, since = self._left.get(who, (self._burst, self._clock()))
        return min(self._burst, left + self._rate * (self._clock() - since))

    def _put(self, who: str, left: float) -> None:
        self._left[who] = left, self._clock()
        self._left.move_to_end(who)
        while len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)


class Gate:
    """The outermost layer of the application. `answered` hears the status of every answer."""

    def __init__(self, app: ASGIApp, rules: Rules, answered: Callable[[int], None]) -> None:
        self._app, self._rules, self._answered = app, rules, answered
        self._requests = Bucket(rules.rate, max(1.0, 4 * rules.rate))
        self._guesses = Bucket(WRONG_KEYS / 60, WRONG_KEYS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        told = self._telling(send, headers.get("origin"))
        try:
            self._check(scope, headers)
        except Rejected as error:
            await self._turned_away(scope, receive, told, error)
            return
        if scope["type"] == "http" and scope["method"] == "OPTIONS" and "origin" in headers:
            await _preflight(told)
            return
        await self._app(scope, _limited(receive, headers), told)

    def _check(self, scope: Scope, headers: Headers) -> None:
        who = scope["client"][0] if scope.get("client") else ""
        self._check_rate(who)
        self._check_host(headers.get("host", ""))
        self._check_origin(scope, headers)
        if self._rules.key and scope["path"].startswith(_LOCKED) and scope.get("method") != "OPTIONS":
            self._check_key(who, scope, headers)

    def _check_rate(self, who: str) -> None:
        if self._rules.rate and not self._requests.take(who):
            raise Rejected("busy", f"More than {self._rules.rate:g} requests a second. Wait a moment.")

    def _check_host(self, host: str) -> None:
        """From outside any name will do: there is a key, which a rebound page does not have."""
        if not self._rules.outside and not _is_ours(host, self._rules.port):
            text = f"sidestick is called http://127.0.0.1:{self._rules.port}, not {host!r:.80}."
            raise Rejected("foreign_host", text)

    def _check_origin(self, scope: Scope, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin is not None:
            if not self._is_known(origin, headers.get("host", "")):
                text = f"Pages of {origin!r:.80} may not use sidestick. daemon.http_origins lists those that may."
                raise Rejected("foreign_origin", text)
        elif headers.get("sec-fetch-site") in ("cross-site", "same-site") and not _is_visit(scope, headers):
            raise Rejected("foreign_origin", "Another page asked for this, and it may not use sidestick.")

    def _is_known(self, origin: str, host: str) -> bool:
        return origin in self._rules.origins or (bool(host) and origin in (f"http://{host}", f"https://{host}"))

    def _check_key(self, who: str, scope: Scope, headers: Headers) -> None:
        if self._guesses.empty(who):
            raise Rejected("busy", "Too many wrong keys. Wait a minute.")
        given = _key(scope, headers)
        if hmac.compare_digest(given.encode(errors="replace"), self._rules.key.encode()):
            return
        if given:
            self._guesses.take(who)
        raise Rejected("no_key", "This sidestick wants its key: send the header Authorization: Bearer KEY.")

    def _telling(self, send: Send, origin: str | None) -> Send:
        """Adds what every answer carries."""
        shared = origin if origin in self._rules.origins else None

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._answered(message["status"])
                _dress(MutableHeaders(scope=message), shared)
            await send(message)

        return told

    async def _turned_away(self, scope: Scope, receive: Receive, send: Send, error: Rejected) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": error.code})
            return
        response = of(error)
        if error.code == "no_key":
            response.headers["WWW-Authenticate"] = "Bearer"
        if error.code == "busy":
            response.headers["Retry-After"] = "1"
        await response(scope, receive, send)


def _is_ours(host: str, port: int) -> bool:
    try:
        parts = urlsplit(f"//{host}")
        return parts.hostname in _LOCAL and (parts.port or 80) == port and "@" not in host
    except ValueError:
        return False


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """Somebody followed a link to the page, which does nothing by itself."""
    return scope.get("method") == "GET" and headers.get("sec-fetch-mode") == "navigate" and scope["path"] == "/"


def _key(scope: Scope, headers: Headers) -> str:
    """From the header; players and event sources, which cannot set one, put it into the address."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return str(asked.get("key", [""])[0])


def _dress(headers: MutableHeaders, origin: str | None) -> None:
    for name, value in _SAFE.items():
        headers.setdefault(name, value)
    if origin is None:
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    headers["Access-Control-Allow-Origin"] = origin
    headers["Access-Control-Expose-Headers"] = "Content-Disposition, Content-Range, Retry-After"
    headers.add_vary_header("Origin")


async def _preflight(send: Send) -> None:
    said = {"Methods": _METHODS, "Headers": _HEADERS, "Private-Network": "true"}
    headers = [*((f"access-control-allow-{n}".lower(), v) for n, v in said.items()), ("access-control-max-age", "600")]
    raw: Iterable[Any] = [(name.encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": 204, "headers": list(raw)})
    await send({"type": "http.response.body", "body": b""})


def _limited(receive: Receive, headers: Headers) -> Receive:
    """A body of JSON is read into memory, so it may not be long; forms go to disk and have a limit of their own."""
    if headers.get("content-type", "").startswith("multipart/"):
        return receive
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > LONGEST_BODY:
            raise HTTPException(413, f"The body has more than {LONGEST_BODY >> 20} MB.")
        return message

    return counted
