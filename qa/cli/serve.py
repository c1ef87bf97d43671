"""`qa serve`: the pages and the API."""

import logging
import sys
from contextlib import AbstractContextManager, nullcontext
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
        str | None, typer.Option("--host", help="Address to listen on (serve.host).")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="Port (serve.port); 0 takes a free one."),
    ] = None,
) -> None:
    """Serve the pages and the API until Ctrl-C.

    People log in; the first administrator is added with "qa users add NAME --role admin". Other
    machines can reach it only with TLS, or through a reverse proxy: see the settings under serve.
    """
    from qa.api.server import any_accounts, bind

    with opened_store() as (store, settings):
        given = {k: v for k, v in {"host": host, "port": port}.items() if v is not None}
        settings = settings.model_copy(
            update={"serve": settings.serve.model_copy(update=given)} if given else None
        )
        listener = bind(settings.serve, has_accounts=any_accounts(store))
        show_pages(store, settings, listener)


def show_pages(store: "Store", settings: "Settings", listener: "socket.socket") -> None:
    """Serve until Ctrl-C, which ends it without complaint."""
    from qa.api.server import FIRST_ADMIN, address_of, any_accounts, serve

    address = address_of(listener, settings.serve)
    has_accounts = any_accounts(store)
    _log_requests()

    def ready() -> None:
        typer.echo(f"The review page is at {address}  (Ctrl-C stops it)")
        if not has_accounts:
            typer.echo(f"There are no accounts yet. Add the first administrator: {FIRST_ADMIN}")
        sys.stdout.flush()

    try:
        with _working_beside(settings):
            serve(store, settings, listener, ready)
    except KeyboardInterrupt:
        typer.echo("\nstopped", err=True)


def _working_beside(settings: "Settings") -> AbstractContextManager[object]:
    """Start what transcribes uploads and does runs, unless the settings leave that to others."""
    from qa.batch.beside import Beside

    return Beside(settings) if settings.serve.process_uploads else nullcontext()


def _log_requests() -> None:
    """Write one line a request to stderr: time, route, status; never an address or its query."""
    log = logging.getLogger("qa.api")
    if not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
        log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
