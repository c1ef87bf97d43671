"""What the pages ask stays quick in a large archive: no read touches more rows than it shows.

The work of a request is counted inside the database: SQLite's own steps, and on PostgreSQL the rows
that its plan touches. A list that sorts or counts all calls shows at some thousand calls already.
The plans are those of a million: PostgreSQL is given the statistics of such an archive, carried on
from two smaller ones, and SQLite, which has none, plans alike for any size.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy
from benchlib.database_work import counted
from benchlib.large_statistics import measure, pretend
from benchlib.service_archive import FIRST, SPAN_S, build
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api.app import create_app
from qa.api.upkeep import Upkeep
from qa.config import Settings
from qa.records import User, UserRole
from qa.store import queue_counts, queue_filter
from qa.store.store import Store
from tests.support.call_folders import open_store, rows_of
from tests.support.databases import Databases
from tests.support.people import log_in, person

CALLS, SEEDS = 8_000, 24
MANY = 1_000_000
"""Calls for which the database plans."""
STEPS, ROWS = 40_000, 3_000
"""What a page may cost: a scan of the archive takes several times as much."""
DAY = f"{FIRST + timedelta(seconds=SPAN_S / 2):%Y-%m-%d}"

PAGES = (
    "/",
    "/?show=flagged",
    "/?show=all",
    "/?agent=150",
    "/?team=班组3",
    "/?rule=IP01",
    "/?severity=fine",
    f"/?since={DAY}",
    f"/?since={DAY}&until={DAY}",
    "/?state=open",
    "/calls/bench-00000007",
    "/calls/bench-00004321",
    "/calls/bench-00007999",
    "/appeals",
    "/checks",
    "/messages",
    "/agents/150",
    "/teams",
    "/events",
    "/reports",
    "/ledger",
    "/labels",
    "/runs",
    "/api/v1/agents/150",
    "/api/v1/appeals",
    "/api/v1/runs",
    "/api/v1/calls",
    "/api/v1/calls?agent_id=150",
    "/api/v1/calls/bench-00004321",
)


@dataclass(frozen=True)
class Archive:
    store: Store
    app: FastAPI
    client: TestClient
    people: dict[str, User]

    @property
    def limit(self) -> int:
        return STEPS if self.store._engine.dialect.name == "sqlite" else ROWS


def build_as_if_large(databases: Databases, store: Store, settings: Settings) -> None:
    measured = []
    for calls in (CALLS // 2, CALLS):
        build(store, settings, calls, lambda _: None, seeds=SEEDS)
        measured.append(measure(store, calls))
    pretend(store, *measured, calls=MANY, data=databases.cluster.data)


@pytest.fixture(scope="module")
def archive(
    backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("plans"), batch={"workers": 1})
    with open_store(settings) as store, pytest.MonkeyPatch.context() as quiet:
        if backend == "postgres":
            build_as_if_large(request.getfixturevalue("postgres"), store, settings)
        else:
            build(store, settings, CALLS, lambda _: None, seeds=SEEDS)
        people = {
            "head": person(store, UserRole.HEAD),
            "lead": person(store, UserRole.LEAD, teams=("班组1", "班组2")),
            "agent": person(store, UserRole.AGENT, agent_id="150"),
        }
        app = create_app(store, settings)
        # What the service does by the clock would be counted as the page's work.
        quiet.setattr(Upkeep, "start", lambda _self: None)
        with TestClient(app, base_url="http://127.0.0.1:8787") as client:
            yield Archive(store, app, client, people)


@pytest.mark.parametrize("role", ["head", "lead", "agent"])
@pytest.mark.parametrize("path", PAGES)
def test_a_read_costs_what_it_shows(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, role: str, path: str
) -> None:
    # Where counts stop, and what is few, made as small as this archive is.
    monkeypatch.setattr(queue_counts, "COUNT_CAP", 200)
    monkeypatch.setattr(queue_counts, "FEW_CAP", 200)
    monkeypatch.setattr(queue_counts, "_LEAST", 50)
    monkeypatch.setattr(queue_filter, "_FEW", 100)
    log_in(archive.client, archive.store, archive.people[role])
    with counted(archive.store) as work:
        answer = archive.client.get(path, follow_redirects=False)
    assert answer.status_code in (200, 303, 403, 404)
    assert work.total <= archive.limit, work.told()


def test_a_scan_would_be_seen(archive: Archive) -> None:
    """The measure itself: sorting all calls by a column without an index exceeds the limit."""
    with counted(archive.store) as work, archive.store.reading() as session:
        everything = "SELECT call_id FROM call_status ORDER BY score + machine DESC LIMIT 5"
        session.execute(sqlalchemy.text(everything)).all()
    assert work.total > archive.limit


def test_the_database_plans_for_a_million_calls(archive: Archive) -> None:
    """On SQLite: a table that was never counted is taken for one of a million rows."""
    if archive.store._engine.dialect.name == "sqlite":
        assert (
            rows_of(archive.store, "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'") == []
        )
        return
    tables = ("calls", "call_status", "recordings", "scorecards", "transcripts")
    for table in tables:
        ((plan,),) = rows_of(archive.store, f"EXPLAIN (FORMAT JSON) SELECT * FROM {table}")
        assert plan[0]["Plan"]["Plan Rows"] == pytest.approx(MANY, rel=0.05), table
    ((plan,),) = rows_of(archive.store, "EXPLAIN (FORMAT JSON) SELECT * FROM agents")
    assert plan[0]["Plan"]["Plan Rows"] < 1_000
    one = "SELECT * FROM verdicts WHERE scorecard_id = 7"
    ((plan,),) = rows_of(archive.store, f"EXPLAIN (FORMAT JSON) {one}")
    assert plan[0]["Plan"]["Plan Rows"] < 100, "the verdicts of one card stay few"
