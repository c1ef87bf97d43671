"""The queue: what stands in it and in which order, its filters, its pages, its links."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from qa.api.app import create_app
from qa.api.queue_query import QueueQuery, parse_query, window
from qa.api.queue_views import age_text
from qa.records import ReviewState, UserRole
from qa.store.queue import Severity, Show
from qa.types import Outcome
from tests.api.conftest import BASE
from tests.support.call_folders import open_store, settings_for
from tests.support.people import log_in, person
from tests.support.review_store import PHONE, Review

SERIOUS = ["critical", "fine", "score", "year/2025/nested", "open"]
ZONE = ZoneInfo("Asia/Shanghai")


def listed(html: str) -> list[str]:
    """Call ids of the queue in order."""
    return re.findall(r'<span class="sub id" title="([^"]*)">', html)


def test_queue_shows_what_to_review_most_serious_first(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert listed(page.text) == SERIOUS
    assert "一票否决" in page.text and "−20" in page.text
    assert "孙佳" in page.text and "无效承诺" in page.text


@pytest.mark.parametrize(
    ("change", "back", "seen"),
    [
        (
            "UPDATE agents SET name='林深' WHERE agent_id='136'",
            "UPDATE agents SET name='孙佳' WHERE agent_id='136'",
            "林深",
        ),
        (
            "UPDATE calls SET direction='outbound' WHERE call_id='fine'",
            "UPDATE calls SET direction='inbound' WHERE call_id='fine'",
            "呼出",
        ),
        (
            "UPDATE call_status SET score=61 WHERE call_id='fine'",
            "UPDATE call_status SET score=99 WHERE call_id='fine'",
            ">61<",
        ),
        (
            "UPDATE verdicts SET points=43 WHERE rule_id='IP01' AND scorecard_id="
            "(SELECT scorecard_id FROM call_status WHERE call_id='fine')",
            "UPDATE verdicts SET points=0 WHERE rule_id='IP01' AND scorecard_id="
            "(SELECT scorecard_id FROM call_status WHERE call_id='fine')",
            "−43<",
        ),
    ],
)
def test_what_changes_stands_in_the_row_at_the_next_look(
    client: TestClient, review: Review, change: str, back: str, seen: str
) -> None:
    def row() -> str:
        html = client.get("/?agent=136").text
        found = re.search(r'<tr class="[^"]*" data-href="/calls/fine.*?</tr>', html, re.DOTALL)
        assert found
        return found[0]

    def write(statement: str) -> None:
        with review.store.writing() as session:
            session.execute(text(statement))

    before = row()
    assert row() == before and seen not in before
    write(change)
    try:
        assert seen in row()
    finally:
        write(back)


def test_all_calls_come_newest_first(client: TestClient) -> None:
    found = listed(client.get("/?show=all").text)
    assert found == ["clean", "open", "score", "fine", "critical", "year/2025/nested"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("agent=136", {"score", "fine"}),
        ("team=一组", {"open"}),
        ("rule=IP01", {"fine", "open"}),
        ("rule=IP01&outcome=violated", {"fine"}),
        ("outcome=undecided", {"open"}),
        ("severity=critical", {"critical"}),
        ("severity=fine&show=flagged", {"fine"}),
        ("state=open", set(SERIOUS)),
        ("state=final", set()),
        ("score=0-59", set()),
        ("score=100-100", {"critical", "open"}),
        ("score=90-99", {"score", "year/2025/nested", "fine"}),
        ("since=2025-11-17&until=2025-11-18", {"score", "fine"}),
        ("days=today", set()),
        ("agent=none", set()),
        ("ruleset=heating-repair", set(SERIOUS)),
        ("agent=&rule=&since=&until=&show=flagged", set(SERIOUS)),
        ("since=yesterday&severity=grave&score=5&days=x&outcome=MET", set(SERIOUS)),
    ],
)
def test_filters(client: TestClient, query: str, expected: set[str]) -> None:
    assert set(listed(client.get(f"/?{query}").text)) == expected


def test_counts_are_of_every_severity_whatever_is_chosen(client: TestClient) -> None:
    html = client.get("/?severity=critical").text
    pills = dict(re.findall(r'class="pill sev-(\w+)[^>]*>.*?<b>(\d+)</b>', html))
    assert pills == {"critical": "1", "fine": "1", "score": "2", "hint": "0", "undecided": "1"}
    assert 'aria-current="true" data-key="1"' in html


def test_each_restriction_can_be_taken_away(client: TestClient) -> None:
    html = client.get("/?agent=136&rule=CL01&show=flagged").text
    chips = re.findall(r'<a class="chip" href="([^"]*)" aria-label="去掉：([^"]*)"', html)
    assert [label for _, label in chips] == ["坐席 136 孙佳", "质检项 CL01 结束语"]
    assert chips[0][0] == "/?show=flagged&amp;rule=CL01"
    assert 'id="clear" href="/?show=flagged"' in html


def test_queue_has_pages(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.api.pages.queue.PAGE_SIZE", 2)
    seen, html = [], client.get("/").text
    assert 'rel="prev"' not in html
    for _ in range(2):
        seen += listed(html)
        html = client.get(_link(html, "next")).text
    assert seen + listed(html) == SERIOUS and 'rel="next"' not in html
    assert listed(client.get(_link(html, "prev")).text) == SERIOUS[2:4]
    assert listed(client.get("/?after=damaged").text) == SERIOUS[:2]


def _link(html: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" id="\w+" href="([^"]*)"', html)
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_a_lead_sees_the_own_team_and_an_agent_the_own_calls(app: FastAPI, review: Review) -> None:
    with TestClient(app, base_url=BASE) as own:
        log_in(own, review.store, person(review.store, UserRole.LEAD, teams=("一组",)))
        html = own.get("/?show=all").text
        assert listed(html) == ["clean", "open"]
        assert "136" not in html and "unprocessed" not in html
        assert own.get("/unprocessed").status_code == 403
        log_in(own, review.store, person(review.store, UserRole.AGENT, agent_id="136"))
        html = own.get("/").text
        assert listed(html) == ["score", "fine"], "all calls, the newest first"
        assert "待复核</a>" not in html, "no list of what others review"


def test_problems_stand_apart(client: TestClient) -> None:
    html = client.get("/unprocessed").text
    assert "broken" in html and "文件不完整" in html and ">gone<" in html
    shown = re.sub(r"<[^>]*>", "", html)  # the address of a call must hold its id
    assert "loose-138****1234" in shown and PHONE not in shown
    assert client.get("/unprocessed/count").json() == 3


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with open_store(settings) as store:
        own = TestClient(create_app(store, settings), base_url=BASE)
        log_in(own, store, person(store, UserRole.HEAD))
        assert "还没有通话" in own.get("/").text and "qa run DIR" in own.get("/").text
        assert "没有符合条件的通话" in own.get("/?agent=9").text
        assert own.get("/agents").status_code == 200
        log_in(own, store, person(store, UserRole.AGENT, agent_id="136"))
        assert "qa run" not in own.get("/").text


def test_links_keep_the_filter() -> None:
    asked = QueueQuery(agent="1 0", rule="FP01", after="3~1~x")
    assert asked.link(team="二组") == "/?team=%E4%BA%8C%E7%BB%84&agent=1+0&rule=FP01"
    assert QueueQuery().link() == "/"
    opened = asked.call_link("a/b?c", at="4~5~a/b?c")
    assert urlsplit(opened).path == "/calls/a%2Fb%3Fc"
    again = parse_query({k: v[0] for k, v in parse_qs(urlsplit(opened).query).items()})
    assert again.back_link() == "/?agent=1+0&rule=FP01&after=3~1~x"
    place = again.place()
    assert place is not None and (place.rank, place.call_id) == (4, "a/b?c")


def test_an_address_becomes_a_filter() -> None:
    now = datetime(2025, 11, 19, 23, 30, tzinfo=UTC)  # already the 20th in Shanghai
    asked = QueueQuery(severity="fine", state="open", outcome="violated", score="60-74")
    wanted = asked.to_filter(ZONE, now)
    assert wanted.show is Show.REVIEW and wanted.severity is Severity.FINE
    assert wanted.states == {ReviewState.OPEN} and wanted.outcome is Outcome.VIOLATED
    assert (wanted.min_score, wanted.max_score) == (60, 74)
    today = QueueQuery(days="today").to_filter(ZONE, now, Show.ALL)
    assert today.show is Show.ALL
    assert today.since == datetime(2025, 11, 20, tzinfo=ZONE)
    assert today.until == datetime(2025, 11, 21, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("days", "first", "last"),
    [
        ("yesterday", date(2025, 11, 19), date(2025, 11, 19)),
        ("week", date(2025, 11, 17), date(2025, 11, 20)),
        ("month", date(2025, 11, 1), date(2025, 11, 20)),
        ("30", date(2025, 10, 22), date(2025, 11, 20)),
        ("", date(2025, 1, 2), None),
    ],
)
def test_quick_choices_of_days(days: str, first: date, last: date | None) -> None:
    asked = QueueQuery(days=days, since="2025-01-02")
    assert window(asked, date(2025, 11, 20)) == (first, last)


@pytest.mark.parametrize(
    ("started", "said"),
    [
        (datetime(2025, 11, 20, 11, 59, 40, tzinfo=UTC), "1 分钟前"),
        (datetime(2025, 11, 20, 11, 0, 1, tzinfo=UTC), "59 分钟前"),
        (datetime(2025, 11, 19, 12, tzinfo=UTC), "24 小时前"),
        (datetime(2025, 11, 18, 12, tzinfo=UTC), "2 天前"),
        (datetime(2025, 11, 21, tzinfo=UTC), ""),
        (None, ""),
    ],
)
def test_ages(started: datetime | None, said: str) -> None:
    assert age_text(started, datetime(2025, 11, 20, 12, tzinfo=UTC), "zh") == said
