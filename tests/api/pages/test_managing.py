"""The pages of events and of the ledger: one step to file, a trace to the clip, exact sheets."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.api.app import create_app
from qa.config import LedgerSettings
from qa.records import FlagAction, Scope, UserRole
from qa.reports.assessment import sheet_workbook
from qa.review.schedule import Terms
from qa.review.sheets import Sheet, SheetLine, Work
from qa.store.reviews import decide_flag, release_call, review_of
from tests.people import log_in, person
from tests.review_store import Review, review_store

OLD = datetime.now(UTC) - timedelta(days=30)


@pytest.fixture(scope="module")
def booked(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[tuple[Review, Any]]:
    """A call with a confirmed fine whose appeal window is over; the ledger books."""
    with review_store(tmp_path_factory.mktemp("managing")) as review:
        head = person(review.store, UserRole.HEAD)
        with review.store.writing() as session:
            number = review_of(session, Scope(everything=True), "fine", OLD).current_id
            for rule in ("IP01", "CL01"):
                decide_flag(session, head, "fine", number, rule, FlagAction.CONFIRM, now=OLD)
            release_call(session, head, "fine", number, now=OLD)
        yield review, head


@contextmanager
def client(review: Review, user: Any, *, dry_run: bool = False) -> Iterator[tuple[TestClient, str]]:
    settings = review.settings.model_copy(update={"ledger": LedgerSettings(dry_run=dry_run)})
    with TestClient(create_app(review.store, settings), base_url="https://localhost") as client:
        made = log_in(client, review.store, user)
        yield client, made.csrf_token


def test_every_yuan_leads_to_its_clip(booked: tuple[Review, Any]) -> None:
    review, head = booked
    with client(review, head) as (browser, token):
        answer = browser.post("/ledger/book", data={"csrf_token": token}, follow_redirects=False)
        assert answer.status_code == 303
        listed = browser.get("/ledger?month=2025-11")
        assert "10.00" in listed.text and "/clips/fine?start_ms=" in listed.text
        entry = browser.get("/ledger/entries/1")
        assert entry.status_code == 200 and "工作中浮现严重违纪行为" in entry.text
        assert "IP01" in entry.text and 'data-src="/clips/fine?start_ms=' in entry.text
        sheet = browser.get("/ledger/sheets/2025-11/136")
        assert sheet.status_code == 200 and "10 + 50" in sheet.text
        year = browser.get("/ledger/years/2025/136")
        assert year.status_code == 200 and "/ledger/sheets/2025-11/136" in year.text
        assert year.text.count("缺考核表，未关账") == 11 and "10.00" in year.text
        told = browser.get("/ledger/years/2025/136?lang=en").text
        assert "Yearly assessment sheet" in told and "missing: no sheet" in told
        assert browser.get("/ledger/years/20x5/136").status_code == 400
        for view in ("cases", "charges", "months"):
            assert browser.get(f"/ledger?view={view}&lang=en").status_code == 200
    stranger = person(review.store, UserRole.AGENT, agent_id="108")
    with client(review, stranger) as (browser, _):
        assert browser.get("/ledger/entries/1").status_code == 404
        assert browser.get("/ledger/sheets/2025-11/136").status_code == 404
        assert browser.get("/ledger/years/2025/136").status_code == 404
        assert "10.00" not in browser.get("/ledger?month=2025-11").text


def test_a_trial_says_so_and_books_nothing(booked: tuple[Review, Any]) -> None:
    review, head = booked
    with client(review, head, dry_run=True) as (browser, token):
        assert "ledger.dry_run" in browser.get("/ledger").text
        assert browser.post("/ledger/book", data={"csrf_token": token}).status_code == 409
        month = {"csrf_token": token, "month": "2025-11"}
        assert browser.post("/ledger/close", data=month).status_code == 409


def test_an_event_is_filed_from_the_page_of_its_call(booked: tuple[Review, Any]) -> None:
    review, _ = booked
    agent = person(review.store, UserRole.AGENT, agent_id="169")
    with client(review, agent) as (browser, token):
        assert 'id="events"' in browser.get("/calls/critical").text
        form = {"csrf_token": token, "kind": "EV06", "call_id": "critical", "back": "call"}
        text = "客户投诉，电话13812345678"
        answer = browser.post("/events", data=form | {"text": text}, follow_redirects=False)
        assert answer.headers["location"] == "/calls/critical#events"
        assert "EV06" in browser.get("/calls/critical").text
        number = re.findall(r"/events/(\d+)", browser.get("/events").text)[0]
        shown = browser.get(f"/events/{number}")
        assert "13812345678" not in shown.text and "跟踪处理" in shown.text
        step = {"csrf_token": token, "action": "close", "text": "完"}
        assert browser.post(f"/events/{number}/steps", data=step).status_code == 403


def test_a_workbook_holds_no_formula(tmp_path: Path) -> None:
    line = SheetLine(1, "fine", "serious", 1000, 1, "2025-11-18", "confirmed", call_id="=1+1")
    sheet = Sheet("2025-11", "=cmd()", "+1", Work(3, 290), False, 0, False, (line,), Terms().text)
    content = sheet_workbook([(sheet, "0" * 64, True)] * 2, {"=cmd()": "@name"}, "zh")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        pages = [name for name in book.namelist() if "worksheets/sheet" in name]
        assert len(pages) == 2
        for name in pages:
            assert b"<f>" not in book.read(name)
        strings = book.read("xl/sharedStrings.xml").decode()
    assert "'=1+1" in strings and "'+1" in strings
    assert sheet.work.mean == "96.7"
