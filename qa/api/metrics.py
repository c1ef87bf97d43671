"""`/metrics`: figures for Prometheus. Labels hold codes, routes and states; nothing of a person.

What the tables say is counted at most twice a minute, however often and by however many it is
asked for.
"""

import ipaddress
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import qa
from qa.api.access import Viewer, maybe_viewer, needs, required
from qa.api.guards import route_of
from qa.api.problems import METRICS, Refused
from qa.api.service import Service, running_service
from qa.api.workers import METRICS_FOLDER
from qa.records import Right
from qa.store.metrics import Counts, read_counts
from qa.store.runs import Run, RunState
from qa.store.store import Store

router = APIRouter()
_KEPT_S = 30.0
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-proto", "x-real-ip", "via")
_RIGHTS = (Right.RUN_JOBS, Right.READ_AUDIT)


def _took_s(run: Run) -> float | None:
    return (run.finished_at - run.started_at).total_seconds() if run.finished_at else None


_ABOUT_RUNS: tuple[tuple[str, str, Callable[[Run], float | None]], ...] = (
    ("started_timestamp_seconds", "When it began, Unix time.", lambda r: r.started_at.timestamp()),
    (
        "finished_timestamp_seconds",
        "When it ended by itself, Unix time.",
        lambda r: r.finished_at.timestamp() if r.finished_at else None,
    ),
    ("duration_seconds", "How long it took, where it ended by itself.", _took_s),
    ("transcribed", "Recordings that it transcribed.", lambda r: r.transcribed),
    ("failed", "Recordings that failed in it.", lambda r: r.failed),
    ("judged", "Calls that it judged.", lambda r: r.scored),
    ("audio_seconds", "Length of what it transcribed.", lambda r: r.audio_ms / 1000),
    ("stage_total", "Pieces of work of its last stage.", lambda r: r.progress.total),
    ("stage_done", "Of these, how many are done.", lambda r: r.progress.done),
)


class Metrics:
    """The figures of one application."""

    def __init__(self, store: Store) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._tables = CollectorRegistry(auto_describe=False)
        self.requests = Counter(
            "tingjian_http_requests",
            "Requests by method, route template and class of status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "tingjian_http_request_seconds",
            "Seconds until an answer begins, by route template.",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._tables.register(_Tables(store))

    def text(self) -> bytes:
        """Write all figures in Prometheus' text format; requests of all processes that serve."""
        requests, folder = self.registry, os.environ.get(METRICS_FOLDER)
        if folder:
            requests = CollectorRegistry(auto_describe=False)
            MultiProcessCollector(requests, path=folder)  # type: ignore[no-untyped-call]
        return generate_latest(requests) + generate_latest(self._tables)


class Measured:
    """Counts each request and how long its answer took to begin; streams go on for minutes."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, noting when the answer begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, took_s = time.monotonic(), 0, 0.0

        async def send_and_note(message: Message) -> None:
            nonlocal status, took_s
            if message["type"] == "http.response.start":
                status, took_s = message["status"], time.monotonic() - started
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            # Methods and addresses are the asker's to choose: unknown ones share one label.
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = route_of(scope)
            of_class = f"{status // 100}xx" if status else "none"
            self._metrics.requests.labels(method, route, of_class).inc()
            if status:
                self._metrics.seconds.labels(route).observe(took_s)


async def may_scrape(
    request: Request,
    service: Annotated[Service, Depends(running_service)],
    viewer: Annotated[Viewer | None, Depends(maybe_viewer)],
) -> None:
    """Let pass whom `serve.metrics` allows.

    Raises:
        HTTPException: 404, there are no metrics.
        Refused: 401 without a token, 403 where the rights are missing.
    """
    allowed = service.settings.serve.metrics
    if allowed == "off":
        raise HTTPException(404)
    if allowed == "loopback" and _is_local(request):
        return
    person = required(request, viewer)
    if not person.rights.intersection(_RIGHTS):
        raise Refused("not_allowed")
    await needs()(request, person)


@router.get(METRICS, include_in_schema=False, dependencies=[Depends(may_scrape)])
def show_metrics(request: Request) -> Response:
    """Give the figures in Prometheus' text format."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _is_local(request: Request) -> bool:
    """Whether somebody on this machine asks, and no proxy for somebody else."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False


class _Tables(Collector):
    """What the tables say, counted anew every half minute at most."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._counts: Counts | None = None
        self._counted_at = 0.0

    def collect(self) -> Iterable[Metric]:
        """Give all figures of the tables."""
        counts = self._read()
        yield InfoMetricFamily("tingjian", "The program.", {"version": qa.__version__})
        yield _family("calls", "Calls by state.", "state", counts.calls)
        standing = counts.standing
        kinds = {"transcribed": standing.transcribed, "waiting": standing.waiting}
        kinds["failed"] = sum(standing.failed.values())
        yield _family("recordings", "Recordings of calls by what became of them.", "state", kinds)
        about = "Recordings that could not be transcribed, by reason code."
        yield _family("recordings_failed", about, "reason", standing.failed)
        about = "Length of all recordings that were transcribed."
        yield GaugeMetricFamily("tingjian_audio_seconds", about, counts.audio_ms / 1000)
        about = "Uploads that are not done yet."
        yield GaugeMetricFamily("tingjian_uploads_waiting", about, counts.uploads)
        about = "Recordings by how they were found when last read; all but ok are alarms."
        yield _family("archive_recordings", about, "state", counts.archive)
        yield from _of_runs(counts.runs)
        # Not of the last run: one that hangs, or is killed every night, must not silence the alarm.
        about = "When a run last ended with its work done, Unix time."
        ended = {kind: at.timestamp() for kind, at in counts.done.items()}
        yield _family("last_done_timestamp_seconds", about, "kind", ended)

    def _read(self) -> Counts:
        with self._lock:
            if self._counts is None or time.monotonic() - self._counted_at >= _KEPT_S:
                with self._store.reading() as session:
                    self._counts = read_counts(session)
                self._counted_at = time.monotonic()
            return self._counts


def _family(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"tingjian_{name}", about, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _of_runs(runs: Iterable[Run]) -> Iterable[Metric]:
    """Tell of the last run of each kind when it was, how it ended, and what it did."""
    given = list(runs)
    for name, about, value_of in _ABOUT_RUNS:
        family = GaugeMetricFamily(f"tingjian_last_run_{name}", about, labels=["kind"])
        for run in given:
            value = value_of(run)
            if value is not None:
                family.add_metric([run.kind], value)
        yield family
    state = GaugeMetricFamily(
        "tingjian_last_run_state", "1 for the state of the last run.", labels=["kind", "state"]
    )
    for run in given:
        for one in RunState:
            state.add_metric([run.kind, one.value], int(run.state is one))
    yield state
