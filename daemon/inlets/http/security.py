"""Security, before anything else is looked at: Host, Origin, key, rate and the size of the body.

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

from daemon.config import http_address
from daemon.errors import Rejected
from daemon.inlets.http.errors import error_response

LONGEST_BODY = 8 << 20  # bytes of JSON
WRONG_KEYS = 10  # a minute and address
UPLOAD_PATHS = ("/api/jobs", "/api/batch")

_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
_TOO_LONG = f"The body has more than {LONGEST_BODY >> 20} MB."
_REMEMBERED = 4096
_KEY_PATHS = ("/api/", "/metrics")
_ALLOWED_METHODS = "GET, HEAD, POST, PUT, DELETE"
_ALLOWED_HEADERS = "Authorization, Content-Type, Last-Event-ID, Range"
_SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
}


@dataclass(frozen=True, slots=True)
class SecuritySettings:
    """`outside` says that other machines may come; they, and everybody once there is a `key`, must give it."""

    port: int
    host: str = "127.0.0.1"
    outside: bool = False
    key: str = ""
    origins: frozenset[str] = frozenset()
    rate: float = 0.0


class TokenBucket:
    """A token bucket: so much a second for each address, and a few seconds' worth at once."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> bool:
        """Whether there was one left."""
        left = self._current(client)
        self._store(client, left - 1 if left >= 1 else left)
        return left >= 1

    def _current(self, client: str) -> float:
        left, since = self._tokens.get(client, (self._burst, self._clock()))
        return min(self._burst, left + self._rate * (self._clock() - since))

    def _store(self, client: str, left: float) -> None:
        self._tokens[client] = left, self._clock()
        self._tokens.move_to_end(client)
        while len(self._tokens) > _REMEMBERED:
            self._tokens.popitem(last=False)


class SecurityMiddleware:
    """The outermost layer of the application. `count_answer` gets the status of every answer."""

    def __init__(self, app: ASGIApp, settings: SecuritySettings, count_answer: Callable[[int], None]) -> None:
        self._app, self._settings, self._count_answer = app, settings, count_answer
        self._request_bucket = TokenBucket(settings.rate, max(1.0, 4 * settings.rate))
        self._wrong_key_bucket = TokenBucket(WRONG_KEYS / 60, WRONG_KEYS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope = _read_absolute_form(scope)
        headers = Headers(scope=scope)
        send_answer = self._wrap_send(send, headers.get("origin"))
        try:
            self._check(scope, headers)
            _check_length(scope, headers)
        except Rejected as error:
            await self._refuse(scope, receive, send_answer, error)
            return
        if scope["type"] == "http" and scope["method"] == "OPTIONS" and "origin" in headers:
            await _answer_preflight(send_answer)
            return
        await self._app(scope, receive if _is_upload(scope, headers) else _limit_body(receive), send_answer)

    def _check(self, scope: Scope, headers: Headers) -> None:
        client = scope["client"][0] if scope.get("client") else ""
        self._check_rate(client)
        self._check_host(headers.get("host", ""))
        self._check_origin(scope, headers)
        if self._settings.key and scope["path"].startswith(_KEY_PATHS) and scope.get("method") != "OPTIONS":
            self._check_key(client, scope, headers)

    def _check_rate(self, client: str) -> None:
        if self._settings.rate and not self._request_bucket.take(client):
            raise Rejected("busy", f"More than {self._settings.rate:g} requests a second. Wait a moment.")

    def _check_host(self, host: str) -> None:
        """From outside any name will do: there is a key, which a rebound page does not have."""
        if not self._settings.outside and not _is_local_host(host, self._settings.port):
            text = f"sidestick is called {http_address(self._settings.host, self._settings.port)}, not {host!r:.80}."
            raise Rejected("foreign_host", text)

    def _check_origin(self, scope: Scope, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin is not None:
            if not self._is_known(origin, headers.get("host", "")):
                text = f"Pages of {origin!r:.80} may not use sidestick. daemon.http_origins lists those that may."
                raise Rejected("foreign_origin", text)
        elif headers.get("sec-fetch-site") in ("cross-site", "same-site") and not _is_navigation(scope, headers):
            raise Rejected("foreign_origin", "Another page asked for this, and it may not use sidestick.")

    def _is_known(self, origin: str, host: str) -> bool:
        return origin in self._settings.origins or (bool(host) and origin in (f"http://{host}", f"https://{host}"))

    def _check_key(self, client: str, scope: Scope, headers: Headers) -> None:
        """Who guesses has to wait, and whoever shares the guesser's address and has the key has not."""
        given = _read_key(scope, headers)
        if hmac.compare_digest(given.encode(errors="replace"), self._settings.key.encode()):
            return
        if given and not self._wrong_key_bucket.take(client):
            raise Rejected("busy", "Too many wrong keys. Wait a minute.")
        raise Rejected("no_key", "This sidestick wants its key: send the header Authorization: Bearer KEY.")

    def _wrap_send(self, send: Send, origin: str | None) -> Send:
        """Adds what every answer carries."""
        shared = origin if origin in self._settings.origins else None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._count_answer(message["status"])
                _set_headers(MutableHeaders(scope=message), shared)
            await send(message)

        return send_with_headers

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, error: Rejected) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": error.code})
            return
        response = error_response(error)
        if error.code == "no_key":
            response.headers["WWW-Authenticate"] = "Bearer"
        if error.code == "busy":
            response.headers["Retry-After"] = "1"
        await response(scope, receive, send)


def _read_absolute_form(scope: Scope) -> Scope:
    """A client that takes sidestick for a proxy sends the whole address; RFC 9112 has its host stand for the header."""
    if not scope["path"].startswith(("http://", "https://")):
        return scope
    host, slash, path = scope["path"].partition("://")[2].partition("/")
    others = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {
        **scope,
        "path": slash + path or "/",
        "raw_path": (slash + path or "/").encode(),
        "headers": [(b"host", host.encode()), *others],
    }


def _is_local_host(host: str, port: int) -> bool:
    try:
        parts = urlsplit(f"//{host}")
        return parts.hostname in _LOCAL_HOSTS and (parts.port or 80) == port and "@" not in host
    except ValueError:
        return False


def _is_navigation(scope: Scope, headers: Headers) -> bool:
    """Somebody followed a link to the page, which does nothing by itself."""
    return (
        scope.get("method") in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate" and scope["path"] == "/"
    )


def _read_key(scope: Scope, headers: Headers) -> str:
    """From the header; players and event sources, which cannot set one, put it into the address."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return str(asked.get("key", [""])[0])


def _set_headers(headers: MutableHeaders, origin: str | None) -> None:
    for name, value in _SAFE_HEADERS.items():
        headers.setdefault(name, value)
    if origin is None:
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    headers["Access-Control-Allow-Origin"] = origin
    headers["Access-Control-Expose-Headers"] = "Content-Disposition, Content-Range, Retry-After"
    headers.add_vary_header("Origin")


async def _answer_preflight(send: Send) -> None:
    allowed = {"Methods": _ALLOWED_METHODS, "Headers": _ALLOWED_HEADERS, "Private-Network": "true"}
    headers = [
        *((f"access-control-allow-{n}".lower(), v) for n, v in allowed.items()),
        ("access-control-max-age", "600"),
    ]
    raw: Iterable[Any] = [(name.encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": 204, "headers": list(raw)})
    await send({"type": "http.response.body", "body": b""})


def _is_upload(scope: Scope, headers: Headers) -> bool:
    """A form whose songs go to disk, and have a limit of their own."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_post = (scope["type"], scope.get("method")) == ("http", "POST")
    return is_post and scope["path"] in UPLOAD_PATHS and kind == "multipart/form-data"


def _check_length(scope: Scope, headers: Headers) -> None:
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > LONGEST_BODY and not _is_upload(scope, headers):
        raise Rejected("too_big", _TOO_LONG)


def _limit_body(receive: Receive) -> Receive:
    """Any other body is read into memory, whatever it calls itself, so it may not be long."""
    seen = 0

    async def receive_limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > LONGEST_BODY:
            raise HTTPException(413, _TOO_LONG)
        return message

    return receive_limited
