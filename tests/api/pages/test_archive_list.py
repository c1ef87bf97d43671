"""The list of the archive's recordings: filters, pages by cursor, whose calls."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from qa.api.app import create_app
from qa.api.pages import archive_list as the_page
from qa.records import Scope, UserRole
from qa.store.archive_list import ArchiveFilter, ArchiveLine, ArchivePlace, Found, archive_page
from qa.store.store import Store
from qa.store.tables import AgentRow, CallRow, RecordingRow
from qa.store.tables_archive import ArchiveCheckRow
from tests.api.conftest import BASE
from tests.support.call_folders import open_store, settings_for
from tests.support.people import log_in, person

NOON = datetime(2025, 11, 18, 4, tzinfo=UTC)
STATES = ("ok", "missing", "changed", "ok", "damaged", None, "locked")
CALLS = 40
EVERYTHING = Scope(everything=True)


@pytest.fixture(scope="module")
def store(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Forty calls of three agents; every fifth at one same time, every eighth of unknown time."""
    folder = tmp_path_factory.mktemp("archive")
    with open_store(settings_for(folder)) as made:
        with made.writing() as session:
            for agent_id, team in (("101", "一组"), ("102", "一组"), ("103", "二组")):
                session.execute(insert(AgentRow).values(agent_id=agent_id, team=team, name="王芳"))
            for number in range(CALLS):
                _add(session, number)
        yield made


def _add(session: object, number: int) -> None:
    recording, state = f"{number:064x}", STATES[number % len(STATES)]
    at = NOON + timedelta(hours=0 if number % 5 == 0 else number)
    rows = [
        insert(RecordingRow).values(
            recording_id=recording, size_bytes=1 << 20, first_seen_at=NOON, duration_ms=60_000
        ),
        insert(CallRow).values(
            call_id=f"c{number:02}",
            recording_id=recording,
            has_metadata=True,
            started_at=None if number % 8 == 0 else at,
            agent_id=str(101 + number % 3),
            context="",
        ),
    ]
    if state is not None:
        rows.append(
            insert(ArchiveCheckRow).values(
                recording_id=recording, checked_at=NOON, state=state, since=NOON
            )
        )
    for row in rows:
        session.execute(row)  # type: ignore[attr-defined]


def everything(store: Store, wanted: ArchiveFilter, limit: int) -> list[ArchiveLine]:
    lines: list[ArchiveLine] = []
    with store.reading() as session:
        while found := archive_page(
            session,
            EVERYTHING,
            wanted,
            after=ArchivePlace.parse(lines[-1].place.text()) if lines else None,
            limit=limit,
        ):
            lines += found
            assert len(lines) <= CALLS
    return lines


@pytest.mark.parametrize("limit", [1, 3, 50])
@pytest.mark.parametrize("state", [None, *Found])
@pytest.mark.parametrize("few", [True, False])
def test_pages_hold_each_recording_once_in_order(
    store: Store, limit: int, state: Found | None, few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qa.store import archive_list as module

    monkeypatch.setattr(module, "_FEW", CALLS if few else 1)
    for agent_id in (None, "102"):
        for since in (None, NOON + timedelta(hours=7)):
            found = everything(store, ArchiveFilter(state, agent_id, since), limit)
            assert [one.call_id for one in found] == expected(state, agent_id, since)


def expected(state: Found | None, agent_id: str | None, since: datetime | None) -> list[str]:
    bad = {"missing", "changed", "damaged", "locked"}
    found = []
    for number in range(CALLS):
        own = STATES[number % len(STATES)]
        at = None if number % 8 == 0 else NOON + timedelta(hours=number if number % 5 else 0)
        fits = state is None or own == state or (state is Found.BAD and own in bad)
        if since is not None and (at is None or at < since):
            continue
        if fits and agent_id in (None, str(101 + number % 3)):
            found.append((at is not None, at or NOON, f"c{number:02}"))
    return [one[2] for one in sorted(found, reverse=True)]


@pytest.fixture
def client(store: Store, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(store, settings_for(tmp_path)), base_url=BASE) as made:
        log_in(made, store, person(store, UserRole.HEAD))
        yield made


def test_the_page_leads_through_all_recordings(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(the_page, "PAGE_SIZE", 7)
    address, seen = "/archive/recordings", []
    while address:
        html = client.get(address).text
        seen += re.findall(r'href="/calls/(c\d\d)"', html)
        more = re.search(r'id="next" href="([^"]*)"', html)
        address = more[1].replace("&amp;", "&") if more else ""
    assert seen == expected(None, None, None)


def test_the_page_filters_by_state_day_and_agent(client: TestClient) -> None:
    html = client.get("/archive/recordings?state=changed").text
    assert set(re.findall(r"/calls/(c\d\d)", html)) == set(expected(Found.CHANGED, None, None))
    assert "文件内容被改动" in html
    day = f"{NOON.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}"
    found = client.get(f"/archive/recordings?agent=102&since={day}&until={day}").text
    assert 0 < len(re.findall(r'href="/calls/c', found)) < CALLS // 3
    assert "没有符合条件" in client.get("/archive/recordings?since=2031-01-01").text
    assert "as it should be" in client.get("/archive/recordings?lang=en&state=ok").text


@pytest.mark.parametrize(
    "query", ["since=2025-02-30", "after=x", "after=99999999999999999999~c", "until=0001-01-01"]
)
def test_what_is_damaged_in_an_address_is_said(client: TestClient, query: str) -> None:
    assert client.get(f"/archive/recordings?{query}").status_code == 400


def test_a_lead_sees_the_recordings_of_their_teams(store: Store, client: TestClient) -> None:
    log_in(client, store, person(store, UserRole.LEAD, teams=("二组",)))
    html = client.get("/archive/recordings").text
    seen = re.findall(r'href="/calls/(c\d\d)"', html)
    assert seen == expected(None, "103", None)
    assert "没有符合条件" in client.get("/archive/recordings?agent=101").text


def test_programs_are_told_the_same_page_by_page(client: TestClient) -> None:
    asked: dict[str, str] = {"limit": "7"}
    seen: list[str] = []
    for _ in range(CALLS):
        told = client.get("/api/v1/archive/recordings", params=asked).json()
        seen += [one["call_id"] for one in told["items"]]
        if told["next"] is None:
            break
        asked["after"] = told["next"]
    assert seen == expected(None, None, None)
    day = f"{NOON.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}"
    for wanted in ({"agent": "102", "since": day, "until": day}, {"state": "changed"}):
        html = client.get("/archive/recordings", params=wanted).text
        items = client.get("/api/v1/archive/recordings", params=wanted).json()["items"]
        told_of = [one["call_id"] for one in items]
        assert told_of and told_of == re.findall(r'href="/calls/(c\d\d)"', html)


@pytest.mark.parametrize(
    "query", ["after=x", "after=WyJ4Il0", "after=WyI5OTk5OTk5OTk5OTk5OTk5OTk5OX5jIl0"]
)
def test_programs_are_told_of_a_damaged_place(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/v1/archive/recordings?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")
    assert client.get("/api/v1/archive/recordings?state=rotten").status_code == 422
