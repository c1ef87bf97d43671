"""The application: pages and the API behind guards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

import qa
from qa.api import access, audio, failures
from qa.api.failures import error_response
from qa.api.guards import guard
from qa.api.metrics import Measured, Metrics
from qa.api.metrics import router as metrics_router
from qa.api.pages import page_routers
from qa.api.recordings import Recordings
from qa.api.rendering import STATIC
from qa.api.report_watch import ReportWatch
from qa.api.service import Service
from qa.api.upkeep import Upkeep
from qa.api.v1 import openapi, routes
from qa.config import Settings
from qa.store.store import Store

_AT_ONCE = 10
"""Requests that one process works on at once; more would only take turns, and all be late."""


def create_app(store: Store, settings: Settings, *, looks_after: bool = True) -> FastAPI:
    """Build the application on an open store; it ends its decoder when it shuts down.

    Args:
        looks_after: whether this process sees to what comes with time (`Upkeep`); where several
            serve the same database, another one does.
    """
    recordings = Recordings(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = _AT_ONCE
        watches = (Upkeep(store, settings), ReportWatch(store, settings)) if looks_after else ()
        for one in watches:
            one.start()
        yield
        for one in watches:
            one.close()
        recordings.close()

    app = FastAPI(
        title="Tingjian",
        version=qa.__version__,
        openapi_url=None,  # described by the API itself, for those who are logged in
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.service = Service(store, recordings, settings)
    app.state.metrics = Metrics(store)
    failures.install(app)
    access.install(app)
    for router in (*page_routers(), audio.router, routes.router, metrics_router):
        app.include_router(router)
    openapi.install(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    guard(app, settings.serve, error_response)
    app.add_middleware(Measured, metrics=app.state.metrics)
    return app
