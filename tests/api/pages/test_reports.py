"""The pages of reports and promises: each figure leads to its rows; a head reviews and sends."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from fastapi.testclient import TestClient
from markupsafe import escape

from qa.api.app import create_app
from qa.api.report_watch import ReportWatch
from qa.config_reports import ReportSettings
from qa.records import User, UserRole
from qa.review.report_model import ReportKind, days_of
from qa.store.messages import messages_for
from qa.store.report_deliveries import watch_alarms
from qa.store.reports import Report, report_on
from tests.support.people import log_in, person
from tests.support.review_store import Review, review_store
from tests.support.waiting import until

BASE = "http://127.0.0.1:8787"
DAY = "2025-11-19"


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[Review]:
    with review_store(tmp_path_factory.mktemp("reports")) as made:
        yield made


@pytest.fixture(scope="module")
def client(review: Review) -> Iterator[TestClient]:
    with TestClient(create_app(review.store, review.settings), base_url=BASE) as made:
        yield made


@pytest.fixture(scope="module")
def head(review: Review) -> User:
    return person(review.store, UserRole.HEAD)


def post(client: TestClient, review: Review, user: User, path: str, **data: str) -> int:
    token = log_in(client, review.store, user).csrf_token
    answer = client.post(path, data={"csrf_token": token, **data}, follow_redirects=False)
    return answer.status_code


def report(review: Review, kind: ReportKind = ReportKind.DAILY) -> Report:
    with review.store.reading() as session:
        found = report_on(session, days_of(kind, date.fromisoformat(DAY)))
    assert found is not None
    return found


def test_every_figure_of_the_page_leads_to_exactly_its_rows(
    client: TestClient, review: Review, head: User
) -> None:
    assert post(client, review, head, "/reports", kind="weekly", day=DAY) == 303
    number = report(review, ReportKind.WEEKLY).report_id
    page = client.get(f"/reports/{number}").text
    links = dict.fromkeys(re.findall(r'<a href="(/reports/\d+/rows/[^"]+)">([\d,.]+)</a>', page))
    assert len(links) > 20
    for href, shown in links:
        rows = client.get(href.replace("&amp;", "&"))
        assert rows.status_code == 200
        count = int(re.search(r'data-count="(\d+)"', rows.text)[1])  # type: ignore[index]
        listed = rows.text.count("<tr><td")
        assert listed == count
        if "score_mean" not in href and "answers_points" not in href:
            assert int(shown.replace(",", "")) == count
        assert "violated" not in rows.text.split('id="count"')[1].split("</p>")[0]


def test_an_unknown_figure_or_group_is_not_found(
    client: TestClient, review: Review, head: User
) -> None:
    number = report(review, ReportKind.WEEKLY).report_id
    log_in(client, review.store, head)
    for path in ("rows/none", "rows/calls_all?by=station", "rows/score_mean?by=x"):
        assert client.get(f"/reports/{number}/{path}").status_code == 404


def test_review_and_send_by_page_then_nothing_changes(
    client: TestClient, review: Review, head: User
) -> None:
    lead = person(review.store, UserRole.LEAD, teams=("一组",))
    assert post(client, review, head, "/reports", kind="daily", day=DAY) == 303
    number = report(review).report_id
    path = f"/reports/{number}"
    assert post(client, review, lead, f"{path}/send") == 403
    assert post(client, review, head, f"{path}/send") == 409
    assert post(client, review, head, f"{path}/review", seen="1.0") == 303
    assert post(client, review, head, f"{path}/remark", note="<b>更换</b>水泵", seen="1.0") == 409
    assert post(client, review, head, f"{path}/remark", note="<b>更换</b>水泵", seen="1.1") == 303
    assert post(client, review, head, f"{path}/review", seen="1.2") == 303
    assert post(client, review, head, f"{path}/send", seen="1.3") == 303
    page = client.get(path).text
    assert str(escape("<b>更换</b>水泵")) in page and "<b>更换</b>" not in page
    assert 'class="rstate sent"' in page
    first = client.get(f"{path}/file.html")
    assert first.headers["content-disposition"].startswith("attachment")
    assert first.content == client.get(f"{path}/file.html?lang=en").content
    assert client.get(f"{path}/file.xlsx").content[:2] == b"PK"
    assert post(client, review, head, f"{path}/remark", note="more") == 409
    assert post(client, review, head, "/reports", kind="daily", day=DAY) == 409
    assert post(client, review, head, "/reports", kind="daily", day="2025-13-40") == 422
    assert post(client, review, head, "/reports", kind="daily", day="2999-01-01") == 422


def test_days_that_are_not_over_cannot_be_sent(
    client: TestClient, review: Review, head: User
) -> None:
    today = datetime.now(UTC).astimezone(review.store.zone).date()
    assert post(client, review, head, "/reports", kind="monthly", day=today.isoformat()) == 303
    with review.store.reading() as session:
        found = report_on(session, days_of(ReportKind.MONTHLY, today))
    assert found is not None
    assert post(client, review, head, f"/reports/{found.report_id}/review") == 303
    assert post(client, review, head, f"/reports/{found.report_id}/send") == 409


def test_both_languages_and_no_personal_data(
    client: TestClient, review: Review, head: User
) -> None:
    log_in(client, review.store, head)
    number = report(review, ReportKind.WEEKLY).report_id
    for lang, said in (("zh", "平均得分"), ("en", "Mean score")):
        page = client.get(f"/reports/{number}?lang={lang}").text
        assert said in page
        assert not [one for one in ("王小明", "13800001234", "幸福路") if one in page]
        days = "since=2025-11-01&until=2025-11-30"
        assert client.get(f"/promises?lang={lang}&{days}").status_code == 200
    client.get("/reports?lang=zh")


def test_the_service_looks_after_late_reports(review: Review, head: User) -> None:
    own = review.settings.model_copy(update={"reports": ReportSettings(due_by="00:00")})
    with review.store.writing() as session:
        long_ago = datetime(2025, 1, 1, tzinfo=UTC)
        watch_alarms(session, long_ago)
    watch = ReportWatch(review.store, own, every_s=0.05)
    watch.start()
    until(lambda: "report_late" in told(review, head))
    watch.close()


def told(review: Review, user: User) -> set[str]:
    """The kinds of what a person was told."""
    with review.store.reading() as session:
        return {one.kind.value for one in messages_for(session, user)}
