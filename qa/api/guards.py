"""What stands before every route: host names, headers, the access log, and the fence.

The service has no accounts, so it must answer only the person at this machine. Listening on
loopback keeps other machines out; checking the Host header keeps out a web page that points its own
name at 127.0.0.1 (DNS rebinding).
"""

import logging
import time
import traceback
from collections.abc import Callable, MutableMapping
from typing import Any

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("qa.api")

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
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
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

ErrorPage = Callable[[Request, int], Response]


class Headers:
    """Adds the security headers to every answer; nothing but static files may be kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, adding headers to the start of the answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                headers.extend(_HEADERS)
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
            _log.error("%s in %s\n%s", type(error).__name__, _route(scope), places.rstrip())
            if not status:
                response = self._error_page(Request(scope), 500)
                await response(scope, receive, send_and_note)
        finally:
            took_ms = (time.monotonic() - started) * 1000
            _log.info("%s %s %d %.0f ms", scope["method"], _route(scope), status, took_ms)


class KnownHosts:
    """Refuses requests whose Host header is not a name of this machine's loopback."""

    def __init__(self, app: ASGIApp, host: str, error_page: ErrorPage) -> None:
        own = f"[{host}]" if ":" in host else host
        self._app, self._names, self._error_page = app, _LOCAL_NAMES | {own}, error_page

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


def _route(scope: MutableMapping[str, Any]) -> str:
    """Name the route of a request, `/calls/{call_id}`; `-` where none matched."""
    route = scope.get("route")
    return getattr(route, "path", None) or ("/static" if _is_static(scope) else "-")


def _is_static(scope: MutableMapping[str, Any]) -> bool:
    return str(scope["path"]).startswith("/static/")
