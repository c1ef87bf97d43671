"""No route shows what was found of a call to who still labels it blind.

Goes through every row of `authorisation_table.py` that reads, so that a new route is asked too,
and through every one that acts on a call.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api.access import SESSION_COOKIE
from qa.api.app import create_app
from qa.records import Scope, User, UserRole
from qa.review.report_model import Counted, ReportKind, Terms, days_of
from qa.store import sessions
from qa.store.agent_totals import agent_totals
from qa.store.audit import audit
from qa.store.blind import open_scope
from qa.store.label_sets import LabelSet, SetDraft, SetKind, make_set
from qa.store.labels import close_set
from qa.store.messages import MessageKind, tell_user
from qa.store.report_rows import count_report
from qa.store.reports import put_version
from qa.store.runs import RunState, end_run, request_run
from qa.store.tables_review import CallStatusRow
from qa.store.team_figures import Selection, totals, weekly, weeks_until
from tests.api.authorisation_table import ROWS, RouteRow, add_things, filled
from tests.support.people import person
from tests.support.review_store import CALLS, NOW, Review, review_store

CALL, AGENT, MARK = "year/2025/nested", "169", "nested"
CLOSED_OF_OTHERS = ("clean", "critical")
"""Calls of the same set; the mark is the only id that no page says by chance."""
SAYS_NOTHING = {
    # what a route names the call for, without a word of what anybody found of it
    "GET /archive": "requests to delete a recording",
    "GET /archive/recordings": "how each recording is kept",
    "GET /api/v1/archive/recordings": "how each recording is kept",
    "GET /api/v1/archive/deletions": "requests to delete a recording",
}
VARIANTS = {
    "GET /": (
        "?show=all",
        "?show=flagged",
        "?show=all&agent=169",
        "?show=all&ruleset=heating-repair",
    ),
    "GET /agents/{agent_id}": ("?since=2025-11-01&until=2025-11-30",),
    "GET /api/v1/calls": ("?show=all",),
    "GET /checks": ("?view=team", "?view=done"),
    "GET /appeals": ("?view=all",),
    "GET /api/v1/appeals": ("?only_open=false",),
    "GET /ledger": ("?view=cases&month=2025-11", "?view=charges", "?month=2025-11"),
    "GET /audit": ("?kind=call",),
    "GET /promises": ("?since=2025-11-01&until=2025-11-30",),
}
KEYS = ("calls_all", "score_mean", "events_all", "appeals_open", "checks_overdue")


@dataclass(frozen=True)
class House:
    """The application with a person who labels a call blind, and one who does not."""

    app: FastAPI
    client: TestClient
    review: Review
    blind: User
    seeing: User
    labels: LabelSet
    chosen: dict[str, str]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[House]:
    with review_store(tmp_path_factory.mktemp("blind")) as review:
        store = review.store
        blind, seeing = person(store, UserRole.HEAD), person(store, UserRole.HEAD)
        people = {"agent": person(store, UserRole.AGENT, agent_id=AGENT), "head": seeing}
        spare = person(store, UserRole.HEAD)
        with store.writing() as session:
            chosen = add_things(session, people, spare, (CALL, AGENT, "三组", "head"))
            card_id = session.scalar(
                CallStatusRow.__table__.select()
                .with_only_columns(CallStatusRow.scorecard_id)
                .where(CallStatusRow.call_id == CALL)
            )
            for one in (blind, seeing):
                tell_user(session, MessageKind.APPEAL_SUBMITTED, one.user_id, CALL, NOW)
            audit(session, spare, "flag.confirm", "call", CALL, {"rule": "CL01"})
            chosen |= _more(session, seeing)
        with store.writing() as session:
            labels = _drawn(session, seeing, blind)
        chosen |= {"scorecard_id": str(card_id), "month": "2025-11", "year": "2025"}
        app = create_app(store, review.settings)
        with TestClient(
            app, base_url="http://127.0.0.1:8787", raise_server_exceptions=False
        ) as client:
            yield House(app, client, review, blind, seeing, labels, chosen)


def _more(session: Any, seeing: User) -> dict[str, str]:
    """Add a report of the day, and a trial of a ruleset that names the call."""
    days = days_of(ReportKind.DAILY, date(2025, 11, 15))
    wanted = Counted(days, Scope(everything=True), ZoneInfo("Asia/Shanghai"), Terms())
    report_id = put_version(session, count_report(session, wanted), None, now=NOW)
    run, _ = request_run(session, "what_if", {"text": ""}, seeing.user_id, NOW)
    side = {"totals": 1, "points": 1, "fines": 0, "violated": 1, "undecided": 0, "critical": 0}
    change = {"call_id": CALL, "agent_id": AGENT, "before": 90, "after": 80, "rules": []}
    result = {
        **{"before": side, "after": side, "calls": 1, "changed": 1, "without_card": 0},
        **{"outdated": 0, "open_calls": 0, "open_questions": 0, "broken_checks": {}},
        **{"rules": [], "agents": [], "calls_that_change_most": [change]},
        **{"ruleset_id": "heating-repair", "version": "1", "ruleset_hash": "f" * 64},
    }
    end_run(session, run.run_id, RunState.DONE, NOW, result=result)
    return {"report_id": str(report_id), "run_id": str(run.run_id)}


def _drawn(session: Any, seeing: User, blind: User) -> LabelSet:
    people, size = (blind.user_id,), 2000
    draft = SetDraft(
        SetKind.CALIBRATION, "校准", "heating-repair", "f" * 64, ("IP01",), people, size, "s"
    )
    return make_set(session, seeing, draft, datetime.now(UTC))


def ask(house: House, who: User, one: RouteRow, more: str = "", **parts: str) -> httpx.Response:
    """Ask for a route with what belongs to the call."""
    method, _, path = one.route.partition(" ")
    chosen = {
        **{"ruleset_id": "heating-repair", "rule_id": "CL01", "kind": "verdicts", "ending": "csv"},
        **{"set_id": str(house.labels.set_id), "position": "1", "key": "calls_all"},
        **{"form": "html", "user_id": str(house.seeing.user_id), "delivery_id": "1"},
        **{"festival": "春节", "first_day": "2026-02-15", "token_id": "1"},
        **house.chosen,
        **parts,
    }
    with house.review.store.writing() as session:
        made = sessions.start_session(session, who.user_id, now=datetime.now(UTC))
    headers = {"x-csrf-token": made.csrf_token, "cookie": f"{SESSION_COOKIE}={made.secret}"}
    response: httpx.Response = house.client.request(
        method,
        filled(path, chosen) + more,
        headers=headers,
        follow_redirects=False,
        **filled(dict(one.send), chosen),
    )
    return response


def said(response: httpx.Response) -> str:
    """Give all that an answer says, workbooks unpacked."""
    if response.content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(response.content)) as book:
            return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return response.text + response.headers.get("location", "")


READS = [one for one in ROWS if one.route.startswith("GET ") and one.route != "GET /static"]
ASKED = [
    (one, more)
    for one in READS
    if not one.route.endswith(("/events", "/progress"))
    or one.route in ("GET /events", "GET /api/v1/events")
    for more in ("", *VARIANTS.get(one.route, ()))
]


def found_by(house: House, who: User) -> set[str]:
    """List the routes whose answer names the call."""
    found = set()
    for one, more in ASKED:
        variants: list[dict[str, str]] = [{}]
        if "{key}" in one.route:
            variants = [{"key": key} for key in KEYS]
        if "{kind}" in one.route:
            kinds = ("calls", "verdicts", "decisions", "appeals", "checks")
            variants = [{"kind": kind, "ending": e} for kind in kinds for e in ("csv", "jsonl")]
        if "{form}" in one.route:
            variants = [{"form": "html"}, {"form": "xlsx"}]
        for parts in variants:
            response = ask(house, who, one, more, **parts)
            assert response.status_code < 500, (one.route, more, parts)
            if response.status_code < 400 and MARK in said(response):
                found.add(f"{one.route}{more}")
    return found


def test_no_answer_names_a_call_to_who_labels_it_blind(house: House) -> None:
    with house.review.store.reading() as session:
        assert CALL in open_scope(session, house.blind).closed
        assert not open_scope(session, house.seeing).closed
    shown = found_by(house, house.seeing)
    hidden = found_by(house, house.blind)
    assert {one.partition("?")[0] for one in hidden} - set(SAYS_NOTHING) == set()
    assert len(shown) >= 50, "others see the call on every list, so that the test can fail"


def test_figures_of_an_agent_leave_closed_calls_out(house: House) -> None:
    """One agent on one day may have one call: its mean would be that call's score."""
    by_route = {one.route: one for one in ROWS}
    for route, path in (
        ("GET /api/v1/agents/{agent_id}", lambda found: found["calls"]),
        ("GET /api/v1/agents/{agent_id}/series", len),
    ):
        counts = [
            path(ask(house, who, by_route[route]).json()) for who in (house.blind, house.seeing)
        ]
        assert counts[0] == 0 < counts[1]
    days = (datetime(2025, 11, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC))
    with house.review.store.reading() as session:
        for who, calls in ((house.blind, 0), (house.seeing, len(CALLS))):
            scope = open_scope(session, who)
            wanted = Selection(scope, *days)
            assert (totals(session, wanted).mean is not None) == (calls > 0)
            weeks = weeks_until(date(2025, 11, 30), 5, house.review.store.zone)
            assert sum(one.calls for one in weekly(session, wanted, weeks)) == calls
            assert sum(one.calls for one in agent_totals(session, scope=scope)) == calls


def test_nobody_acts_on_a_call_that_they_label_blind(house: House) -> None:
    """No decision, release, check, event, charge or step: each answer would tell something."""
    acts = [
        one
        for one in ROWS
        if not one.route.startswith("GET ")
        and one.scoped
        and "head" in one.who
        and ("archive" not in one.route and "reports" not in one.route)
    ]
    assert len(acts) > 15
    for one in acts:
        response = ask(house, house.blind, one)
        assert response.status_code in (403, 404), (one.route, response.status_code)


def test_the_log_keeps_its_rows_and_does_not_name_the_call(house: House) -> None:
    route = next(one for one in ROWS if one.route == "GET /api/v1/audit")
    seen, hidden = (
        {one["entry_id"]: one for one in ask(house, who, route).json()["items"]}
        for who in (house.seeing, house.blind)
    )
    about = [number for number, one in seen.items() if one["subject"] == CALL]
    assert about and all(hidden[number]["subject"] is None for number in about)
    found = ask(house, house.blind, route, f"?subject={CALL}").json()["items"]
    assert found == [], "nor may it be looked for"


def test_it_is_open_again_once_the_set_is_closed(house: House) -> None:
    route = next(one for one in ROWS if one.route == "GET /api/v1/calls/{call_id}/scorecard")
    answer = ask(house, house.blind, route)
    assert (answer.status_code, answer.json()["reason"]) == (403, "blind")
    assert (
        "正在独立标注" in ask(house, house.blind, next(o for o in ROWS if o.route == "GET /")).text
    )
    with house.review.store.writing() as session:
        close_set(session, house.seeing, house.labels.set_id, datetime.now(UTC))
    assert ask(house, house.blind, route).status_code == 200
    again = ask(house, house.blind, next(o for o in ROWS if o.route == "GET /")).text
    assert "正在独立标注" not in again
