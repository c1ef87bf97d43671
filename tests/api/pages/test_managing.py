"""The pages of events and of the ledger: one step to file, a trace to the clip, exact sheets."""

import html
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
from qa.reports.assessment import sheet_workbook, year_workbook
from qa.review.schedule import Terms
from qa.review.sheets import Sheet, SheetLine, Work
from qa.review.years import MonthState, YearMonth, months_of, year_of
from qa.store.reviews import decide_flag, release_call, review_of
from tests.support.people import log_in, person
from tests.support.review_store import Review, review_store

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
        assert year.text.count("入职前") == 10 and "10.00" in year.text
        assert year.text.count("缺考核表，未关账") == 1, "the month after their last call"
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


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/events", {"kind": "EV06"}),
        ("/ledger/charges", {"item": "private_call", "start": "1", "end": "2"}),
        ("/archive/deletions", {"reason": "客户书面要求删除这通录音"}),
    ],
)
def test_a_call_number_that_was_mistyped_costs_no_text(
    booked: tuple[Review, Any], path: str, typed: dict[str, str]
) -> None:
    review, head = booked
    with client(review, head) as (browser, token):
        form = {"text": "写了很久的事情经过", "csrf_token": token, "call_id": "nope"} | typed
        answer = browser.post(path, data=form)
        assert answer.status_code == 404 and "没有这通电话" in answer.text
        assert form.get("reason", form["text"]) in answer.text


def test_the_joint_person_takes_no_fine_back_on_any_way(booked: tuple[Review, Any]) -> None:
    review, head = booked
    payer = person(review.store, UserRole.HEAD)
    ledger = LedgerSettings(dry_run=True, joint_person=payer.login, joint_covers="all")
    settings = review.settings.model_copy(update={"ledger": ledger})
    with review.store.reading() as session:
        number = review_of(session, Scope(everything=True), "critical", OLD).current_id
    about = {"rule_id": "FP01", "action": "reject", "reason": "听过"}
    with TestClient(create_app(review.store, settings), base_url="https://localhost") as browser:
        for user, page_status, api_status in ((payer, 403, 403), (head, 303, 201)):
            token = log_in(browser, review.store, user).csrf_token
            form = {"csrf_token": token, "call_id": "critical", "scorecard_id": str(number)}
            answer = browser.post("/review/decide", data=form | about, follow_redirects=False)
            assert answer.status_code == page_status
            answer = browser.post(
                "/api/v1/calls/critical/decisions",
                json=about | {"scorecard_id": number},
                headers={"x-csrf-token": token},
            )
            assert answer.status_code == api_status, answer.text
            assert answer.json().get("reason") == ("about_oneself" if user is payer else "听过")
        token = log_in(browser, review.store, payer).csrf_token
        form = {"csrf_token": token, "ruleset_hash": "f" * 64, "action": "withdraw", "reason": "因"}
        assert browser.post("/ledger/rulesets", data=form).status_code == 403


def test_a_yearly_workbook_adds_up_and_holds_no_formula(tmp_path: Path) -> None:
    agent, number = "=cmd()|'x'!A1", 2025
    sheets = {
        month: Sheet(month, agent, "+team", Work(calls=2, points=180), True, 1, False, lines, "{}")
        for month, lines in (
            ("2025-03", (SheetLine(1, "fine", "serious", 1000, 1, "2025-03-01", "confirmed"),)),
            ("2025-04", (SheetLine(2, "reversal", "serious", -400, 1, "2025-04-01", "rejected"),)),
        )
    }
    months = {
        month: YearMonth(month, MonthState.CLOSED, sheets[month], "f" * 64)
        if month in sheets
        else YearMonth(month, MonthState.BEFORE if month < "2025-03" else MonthState.NOTHING)
        for month in months_of(str(number))
    }
    year = year_of(str(number), agent, months)
    for lang, whole in (("zh", "全年合计"), ("en", "The whole year")):
        pages = rows_of_workbook(year_workbook([year, year], {agent: "@name"}, lang))
        assert len(pages) == 2
        by_name = {row[0]: row for row in pages[0] if row}
        march = by_name["2025-03"]
        assert (march[2], march[5], march[8], march[9]) == ("2", "10", "10", "f" * 64)
        total = by_name[whole]
        assert (total[2], total[5], total[6], total[8]) == ("4", "10", "4", "6")
        assert any("=cmd()" in cell and cell.startswith("'") for row in pages[0] for cell in row)
        assert not [c for row in pages[0] for c in row if c[:1] in ("=", "+", "@")]
    assert year.is_final


def rows_of_workbook(content: bytes) -> list[list[list[str]]]:
    """Read each page's rows as texts, `-` signs kept; a formula anywhere fails."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = sorted(name for name in book.namelist() if "worksheets/sheet" in name)
        strings = re.findall(r"<si>(.*?)</si>", book.read("xl/sharedStrings.xml").decode(), re.S)
        texts = [html.unescape(re.sub(r"<[^>]+>", "", one)) for one in strings]
        pages = []
        for name in names:
            found = book.read(name).decode()
            assert "<f>" not in found and "hyperlink" not in found
            rows = []
            for row in re.findall(r"<row[^>]*>(.*?)</row>", found, re.S):
                cells = [""] * 12
                pattern = r'<c r="([A-L])\d+"([^>]*?)(?:/>|>(?:<v>(.*?)</v>)?</c>)'
                for column, kind, value in re.findall(pattern, row):
                    is_text = 't="s"' in kind
                    cells["ABCDEFGHIJKL".index(column)] = texts[int(value)] if is_text else value
                rows.append(cells)
            pages.append(rows)
    return pages


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
