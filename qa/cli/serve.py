"""`qa serve`: the pages and the API."""

import re
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import opened_store

if TYPE_CHECKING:
    import socket

    from qa.config import Settings
    from qa.store.store import Store


_NIGHT_WAITS_MINUTES = 180  # for a run that somebody asked for, and for the upload in hand


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
    nightly: Annotated[
        str | None,
        typer.Option(
            "--nightly", metavar="HH:MM", help="Run `qa nightly` daily then (serve.nightly)."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=0,
            max=64,
            help="Processes that answer requests (serve.workers); 0 is one per processor.",
        ),
    ] = None,
) -> None:
    """Serve the pages and the API until Ctrl-C.

    People log in; the first administrator is added with "qa users add NAME --role admin". Other
    machines can reach it only with TLS, or through a reverse proxy: see the settings under serve.
    """
    from qa.api.server import any_accounts, bind

    if nightly is not None and not _is_time(nightly):
        raise typer.BadParameter(f"'{nightly}' is no time such as 02:00", param_hint="--nightly")
    with opened_store() as (store, settings):
        store.wait_for_others(0.0)  # a page must not wait for a run
        flags = {"host": host, "port": port, "nightly": nightly, "workers": workers}
        given = {name: value for name, value in flags.items() if value is not None}
        settings = settings.model_copy(
            update={"serve": settings.serve.model_copy(update=given)} if given else None
        )
        listener = bind(settings.serve, has_accounts=any_accounts(store))
        show_pages(store, settings, listener)


def show_pages(store: "Store", settings: "Settings", listener: "socket.socket") -> None:
    """Serve until Ctrl-C, which ends it without complaint."""
    from qa.api.server import FIRST_ADMIN, address_of, any_accounts, log_requests, serve
    from qa.api.workers import serve_by_many, worker_count

    address = address_of(listener, settings.serve)
    has_accounts = any_accounts(store)
    log_requests()
    signal.signal(signal.SIGTERM, _interrupt)  # so that what works beside ends in good order

    def ready() -> None:
        typer.echo(f"The review page is at {address}  (Ctrl-C stops it)")
        if not has_accounts:
            typer.echo(f"There are no accounts yet. Add the first administrator: {FIRST_ADMIN}")
        sys.stdout.flush()

    try:
        with _nightly(store, settings), _working_beside(settings):
            count = worker_count(settings.serve.workers)
            if count == 1:
                serve(store, settings, listener, ready)
            else:
                serve_by_many(store, settings, listener, count, ready)
    except KeyboardInterrupt:
        typer.echo("\nstopped", err=True)


def _working_beside(settings: "Settings") -> AbstractContextManager[object]:
    """Start what transcribes uploads and does runs, unless the settings leave that to others."""
    from qa.batch.beside import Beside

    return Beside(settings) if settings.serve.process_uploads else nullcontext()


def _nightly(store: "Store", settings: "Settings") -> AbstractContextManager[object]:
    """Start what runs the nights, where the settings name a time."""
    if settings.serve.nightly is None:
        return nullcontext()
    from datetime import time

    from qa.api.schedule import Nightly, Plan

    begin = "from qa.cli.app import main; main()"
    waits = ("--wait", str(_NIGHT_WAITS_MINUTES))
    command = (sys.executable, "-c", begin, "nightly", *waits)
    return Nightly(store, Plan(time.fromisoformat(settings.serve.nightly), store.zone, command))


def _is_time(text: str) -> bool:
    return re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text) is not None


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
