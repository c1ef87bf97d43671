"""Listening: on loopback, or elsewhere once there are accounts and TLS."""

import errno
import gc
import ipaddress
import logging
import re
import socket
import ssl
from collections.abc import Callable
from typing import Any

from qa.api.app import create_app
from qa.api.warming import Warming
from qa.config import ServeSettings, Settings
from qa.errors import ConfigError
from qa.logs import HidingFormatter
from qa.store.accounts import has_users
from qa.store.store import Store

_GRACE_S = 1
_NEW_OBJECTS = 10_000
"""So many are made between two looks for garbage; Python's own 700 is for small programs."""
_PRIVILEGED = 1024
_HOST_NAME = re.compile(r"[\w-]+(\.[\w-]+)*|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?")
FIRST_ADMIN = "qa users add NAME --role admin"


def listening_address(settings: ServeSettings, *, has_accounts: bool) -> str:
    """Check that it is safe to listen where the settings say.

    Args:
        has_accounts: whether anybody can log in.

    Returns:
        The address to listen on.

    Raises:
        ConfigError: the host is no address, or not loopback although there are no accounts, no
            TLS and no reverse proxy, or no names to be reached under.
    """
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise ConfigError(
            f"serve.host is '{settings.host}', which is no IP address: write the address to listen "
            "on, 127.0.0.1 for this machine only, 0.0.0.0 for all; names under which people open "
            "the service belong in serve.allowed_hosts."
        ) from error
    _check_tls(settings)
    _check_proxies(settings)
    _check_names(settings)
    if not address.is_loopback:
        _check_open(settings, address.is_unspecified, has_accounts)
    return str(address)


def bind(settings: ServeSettings, *, has_accounts: bool = False) -> socket.socket:
    """Take the port, so that a taken one is told before anything else.

    Raises:
        ConfigError: it is not safe to listen there (`listening_address`), or the port cannot be
            had.
    """
    address = listening_address(settings, has_accounts=has_accounts)
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


def address_of(listener: socket.socket, settings: ServeSettings | None = None) -> str:
    """Write the address to open in a browser."""
    host, port = listener.getsockname()[:2]
    scheme = "https" if settings is not None and settings.tls_certificate else "http"
    if settings is not None and settings.allowed_hosts:
        host = settings.allowed_hosts[0]
        if settings.behind_proxy and not settings.tls_certificate:
            return f"https://{host}/"
    return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"


def any_accounts(store: Store) -> bool:
    """Whether anybody can log in."""
    with store.reading() as session:
        return has_users(session)


def serve(
    store: Store,
    settings: Settings,
    listener: socket.socket,
    on_ready: Callable[[], None],
    *,
    looks_after: bool = True,
) -> None:
    """Serve the pages and the API until interrupted; closes the listener.

    Args:
        on_ready: called once, when requests are about to be answered.
        looks_after: whether this process does what passes with time; another one may.
    """
    import uvicorn

    app = create_app(store, settings, looks_after=looks_after)
    # The server's own access log would write addresses with their queries: see `guards`.
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        **_transport(settings.serve),
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)  # cut streams at the end
    _spare_the_collector()
    warming = Warming(app, _spare_the_collector)
    with listener:
        on_ready()
        warming.start()
        try:
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            warming.close()


def log_requests() -> None:
    """Write a line for each request to stderr: time, route, status; never an address or query."""
    for name in ("qa.api", "qa.nightly"):
        log = logging.getLogger(name)
        if not log.handlers:
            handler = logging.StreamHandler()
            handler.setFormatter(HidingFormatter("%(asctime)s %(message)s", "%H:%M:%S"))
            log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False


def _spare_the_collector() -> None:
    """Have Python look for garbage less often, and never among what is loaded for good.

    A request makes tens of thousands of short-lived objects, and a look at the program itself stops
    every request for a fifth of a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)


def _transport(settings: ServeSettings) -> dict[str, Any]:
    """Choose TLS, and whose word is taken for where a request came from: by default nobody's."""
    chosen: dict[str, Any] = {"proxy_headers": bool(settings.behind_proxy)}
    if settings.behind_proxy:
        chosen["forwarded_allow_ips"] = list(settings.behind_proxy)
    if settings.tls_certificate and settings.tls_key:
        chosen["ssl_certfile"] = str(settings.tls_certificate)
        chosen["ssl_keyfile"] = str(settings.tls_key)
    return chosen


def _check_open(settings: ServeSettings, is_everywhere: bool, has_accounts: bool) -> None:
    """Check what is needed before other machines can reach the service."""
    where = f"serve.host is '{settings.host}', which other machines can reach"
    if not has_accounts:
        raise ConfigError(
            f"{where}, but there are no accounts yet. Add the first administrator: {FIRST_ADMIN}. "
            "Until then the service listens on this machine only: 127.0.0.1, ::1 or localhost."
        )
    if not settings.tls_certificate and not settings.behind_proxy:
        raise ConfigError(
            f"{where}, but passwords and calls would cross the network in clear. Give a "
            "certificate (serve.tls_certificate and serve.tls_key), or name the reverse proxy in "
            "front (serve.behind_proxy). Without either, listen on 127.0.0.1 and reach it "
            "through an SSH tunnel: ssh -L 8787:127.0.0.1:8787 HOST"
        )
    if is_everywhere and not settings.allowed_hosts:
        raise ConfigError(
            f"{where} under any name. Name the names that people open it under: "
            'serve.allowed_hosts = ["qa.example.com"]'
        )


def _check_tls(settings: ServeSettings) -> None:
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        raise ConfigError("serve.tls_certificate and serve.tls_key belong together: give both")
    if not settings.tls_certificate or not settings.tls_key:
        return
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # An encrypted key would wait for somebody to type.
        context.load_cert_chain(settings.tls_certificate, settings.tls_key, password="")
    except (OSError, ssl.SSLError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigError(
            "serve.tls_certificate and serve.tls_key cannot be used: "
            f"{reason}. Both are PEM files, the key without a passphrase and of this certificate."
        ) from error


def _check_proxies(settings: ServeSettings) -> None:
    for name in settings.behind_proxy:
        try:
            network = ipaddress.ip_network(name)
        except ValueError as error:
            raise ConfigError(
                f"serve.behind_proxy holds '{name}', which is no IP address or network"
            ) from error
        if network.prefixlen == 0:
            raise ConfigError(
                f"serve.behind_proxy holds '{name}', which is everybody: name the proxy's address"
            )


def _check_names(settings: ServeSettings) -> None:
    for name in settings.allowed_hosts:
        if not _HOST_NAME.fullmatch(name.strip()):
            raise ConfigError(
                f"serve.allowed_hosts holds '{name}': write names as qa.example.com, without "
                "https://, port, path or *"
            )


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
