"""Listening: on loopback only, until there are accounts."""

import errno
import ipaddress
import logging
import socket
from collections.abc import Callable

from qa.api.app import create_app
from qa.config import ServeSettings, Settings
from qa.errors import ConfigError
from qa.store.store import Store

_GRACE_S = 1
_PRIVILEGED = 1024


def loopback_address(host: str) -> str:
    """Check that a host is this machine itself.

    Returns:
        The address to listen on.

    Raises:
        ConfigError: it is not a loopback address.
    """
    if host == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise ConfigError(
            f"serve.host is '{host}', but the page has no accounts yet: whoever reaches it could "
            "read every call. It listens on this machine only: use 127.0.0.1, ::1 or localhost. "
            "From another machine, reach it through an SSH tunnel: ssh -L 8787:127.0.0.1:8787 HOST"
        )
    return str(address)


def bind(settings: ServeSettings) -> socket.socket:
    """Take the port, so that a taken one is told before anything else.

    Raises:
        ConfigError: the host is not loopback, or the port cannot be had.
    """
    address = loopback_address(settings.host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, settings.port))
        listener.listen(128)  # from here on a second service is told that the port is taken
    except OSError as error:
        listener.close()
        raise ConfigError(_why_not(settings.port, error)) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """Write the address to open in a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def serve(
    store: Store, settings: Settings, listener: socket.socket, on_ready: Callable[[], None]
) -> None:
    """Serve the page until interrupted; closes the listener.

    Args:
        on_ready: called once, when requests are about to be answered.
    """
    import uvicorn

    app = create_app(store, settings)
    # The server's own access log would write addresses with their queries: see `guards`.
    config = uvicorn.Config(
        app, access_log=False, log_config=None, timeout_graceful_shutdown=_GRACE_S
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)  # cut streams at the end
    with listener:
        on_ready()
        uvicorn.Server(config).run(sockets=[listener])


def _why_not(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} is taken, perhaps by another qa serve. Stop that program, or choose "
            f"another port: qa serve --port {port + 1 if port < 65535 else 8787}, or serve.port "
            "in qa.toml; 0 takes any free one."
        )
    if error.errno == errno.EACCES and port < _PRIVILEGED:
        return f"port {port} is only for the administrator; choose one from 1024 on (serve.port)."
    return f"cannot listen on port {port} (serve.port): {error.strerror}"
