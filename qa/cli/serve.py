"""`qa serve`: the review page on this machine."""

import logging
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import opened_store

if TYPE_CHECKING:
    import socket

    from qa.config import Settings
    from qa.store.store import Store


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("serve")(serve)


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="Loopback address to listen on (serve.host).")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="Port (serve.port); 0 takes a free one."),
    ] = None,
) -> None:
    """Show calls, scorecards and recordings in the browser until Ctrl-C.

    The page changes nothing and can be reached from this machine only. Press Ctrl-C to stop it.
    """
    from qa.api.server import bind

    with opened_store() as (store, settings):
        given = {k: v for k, v in {"host": host, "port": port}.items() if v is not None}
        settings = settings.model_copy(
            update={"serve": settings.serve.model_copy(update=given)} if given else None
        )
        show_pages(store, settings, bind(settings.serve))


def show_pages(store: "Store", settings: "Settings", listener: "socket.socket") -> None:
    """Serve until Ctrl-C, which ends it without complaint."""
    from qa.api.server import address_of, serve

    address = address_of(listener)
    _log_requests()

    def ready() -> None:
        typer.echo(f"The review page is at {address}  (Ctrl-C stops it)")
        sys.stdout.flush()

    try:
        serve(store, settings, listener, ready)
    except KeyboardInterrupt:
        typer.echo("\nstopped", err=True)


def _log_requests() -> None:
    """Write one line a request to stderr: time, route, status; never an address or its query."""
    log = logging.getLogger("qa.api")
    if not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
        log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
