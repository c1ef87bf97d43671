"""What stands before every route: host names, headers, the access log, and the fence.

Checking the Host header keeps out a web page that points its own name at this machine (DNS
rebinding). Behind a reverse proxy nothing is answered that did not reach the proxy over TLS.
"""

import ipaddress
import logging
import time
import traceback
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.config import ServeSettings

_log = logging.getLogger("qa.api")

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_HSTS = (b"strict-transport-security", b"max-age=31536000")
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_MAX_BODY_BYTES = 1 << 20
_LARGE_BODIES = ("/api/v1/recordings", "/api/v1/uploads")  # they count their bytes themselves

_PAST_PROXY = (
    "This service is reached through its reverse proxy, over TLS. The proxy must send\n"
    "X-Forwarded-Proto: https, and its address must stand in serve.behind_proxy.\n"
    "请通过反向代理以 https 访问本服务。\n"
)

ErrorPage = Callable[[Request, int], Response]


class Headers:
    """Adds the security headers to every answer.

    Static files may be kept and are asked for again (their `ETag` saves the bytes); of the rest
    only what says so itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, adding headers to the start of the answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                headers.extend(_HEADERS)
                if scope["scheme"] == "https":
                    headers.append(_HSTS)
                if not any(name.lower() == b"cache-control" for name, _ in headers):
                    kept = scope["path"].startswith("/static/")
                    headers.append((b"cache-control", b"no-cache" if kept else b"no-store"))
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Fence:
    """Logs each request, and turns a bug into a plain page.

    The log names the route and never the address: ids and queries may hold telephone numbers. Of a
    bug it holds the class and the places, not the message, which may quote a conversation.
    """

    def __init__(self, app: ASGIApp, error_page: ErrorPage) -> None:
        self._app, self._error_page = app, error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, measuring the time and catching what nothing else caught."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:  # the fence around one request (style guide, section 7)
            places = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s in %s\n%s", type(error).__name__, route_of(scope), places.rstrip())
            if not status:
                response = self._error_page(Request(scope), 500)
                await response(scope, receive, send_and_note)
        finally:
            took_ms = (time.monotonic() - started) * 1000
            _log.info("%s %s %d %.0f ms", scope["method"], route_of(scope), status, took_ms)


class SmallBodies:
    """Refuses bodies above a mebibyte before anything reads them, but where recordings come in."""

    def __init__(self, app: ASGIApp, error_page: ErrorPage) -> None:
        self._app, self._error_page = app, error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, counting what arrives; a body of unannounced length is cut off at the limit."""
        if scope["type"] != "http" or str(scope["path"]).startswith(_LARGE_BODIES):
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > _MAX_BODY_BYTES:
            await self._error_page(Request(scope), 413)(scope, receive, send)
            return
        arrived = 0

        async def receive_little() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > _MAX_BODY_BYTES:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_little, send)


class OnlyOverTls:
    """Behind a reverse proxy, refuses whoever came past it, or reached it without TLS."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what a trusted proxy says came over TLS; answer 403 to everything else."""
        if scope["type"] == "http" and scope["scheme"] != "https":
            await Response(_PAST_PROXY, 403, media_type="text/plain")(scope, receive, send)
            return
        await self._app(scope, receive, send)


class KnownHosts:
    """Refuses requests whose Host header names neither loopback nor a name that settings allow.

    Args:
        names: host names or addresses, without ports; those of IPv6 with or without brackets.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str], error_page: ErrorPage) -> None:
        own = {_as_sent(name.strip().lower()) for name in names}
        self._app, self._names, self._error_page = app, _LOCAL_NAMES | own, error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is addressed to us; answer 421 to everything else."""
        if scope["type"] == "http" and not self._is_known(scope):
            await self._error_page(Request(scope), 421)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            return False
        name, _, port = hosts[0].decode("latin-1").lower().rpartition(":")
        if not name or port.endswith("]"):  # without a port
            name, port = hosts[0].decode("latin-1").lower(), "0"
        return name in self._names and port.isdigit()


def guard(app: FastAPI, settings: ServeSettings, error_page: ErrorPage) -> None:
    """Put all guards before an application."""
    # The last one added is the outermost.
    app.add_middleware(SmallBodies, error_page=error_page)
    names = (settings.host, *settings.allowed_hosts)
    app.add_middleware(KnownHosts, names=names, error_page=error_page)
    if settings.behind_proxy and not settings.tls_certificate and not _is_loopback(settings.host):
        app.add_middleware(OnlyOverTls)
    app.add_middleware(Fence, error_page=error_page)
    app.add_middleware(Headers)


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def _as_sent(name: str) -> str:
    """Write a name as browsers send it: IPv6 in brackets, Chinese names in their ASCII form."""
    if ":" in name:
        return name if name.startswith("[") else f"[{name}]"
    return name if name.isascii() else name.encode("idna").decode()


def route_of(scope: MutableMapping[str, Any]) -> str:
    """Name the route of a request, `/calls/{call_id}`; `-` where none matched."""
    route = scope.get("route")
    return getattr(route, "path", None) or ("/static" if _is_static(scope) else "-")


def _is_static(scope: MutableMapping[str, Any]) -> bool:
    return str(scope["path"]).startswith("/static/")
