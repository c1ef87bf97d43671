"""Deciding on a call's page: by plain forms and by its script; what is refused says why."""

import html as markup
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from qa.api.app import create_app
from qa.records import UserRole
from tests.api.conftest import BASE
from tests.support.people import log_in, person
from tests.support.review_store import EVIL, Review, review_store


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    """An archive of its own for each test: decisions stay."""
    with review_store(tmp_path) as made:
        yield made


@pytest.fixture
def lead(review: Review) -> Iterator[TestClient]:
    """The browser of the lead of 二组, whose calls `fine` and `score` are."""
    app = create_app(review.store, review.settings)
    with TestClient(app, base_url=BASE, follow_redirects=False) as made:
        user = person(review.store, UserRole.LEAD, teams=("二组",))
        made.headers["x-csrf-token"] = log_in(made, review.store, user).csrf_token
        yield made


def as_agent(client: TestClient, review: Review, agent_id: str = "136") -> None:
    user = person(review.store, UserRole.AGENT, agent_id=agent_id)
    client.headers["x-csrf-token"] = log_in(client, review.store, user).csrf_token


def form(client: TestClient, call_id: str, rule_id: str, **given: str) -> dict[str, str]:
    """Fill in the form beside a flag, with what the page put into it."""
    page = client.get(f"/calls/{call_id}").text
    own = next(
        part
        for part in re.findall(r'<form class="decide".*?</form>', page, re.DOTALL)
        if f'name="rule_id" value="{rule_id}"' in part
    )
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', own))
    return {name: markup.unescape(value) for name, value in hidden.items()} | given


def decide(client: TestClient, call_id: str, rule_id: str, **given: str) -> dict[str, object]:
    answer = client.post(
        "/review/decide", data=form(client, call_id, rule_id, **given), headers={"x-fragment": "1"}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def release(client: TestClient, call_id: str) -> int:
    page = client.get(f"/calls/{call_id}").text
    number = re.search(r'name="scorecard_id" value="(\d+)"', page)
    assert number is not None
    data = {"call_id": call_id, "scorecard_id": number[1]}
    return client.post("/review/release", data=data).status_code


def test_a_plain_form_decides_and_comes_back(lead: TestClient) -> None:
    answer = lead.post("/review/decide", data=form(lead, "fine", "IP01", action="confirm"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls/fine#rule-IP01")
    page = lead.get("/calls/fine").text
    assert "已保存。" in page and "✓ 成立" in page
    assert "已保存。" not in lead.get("/calls/fine").text, "said once"


def test_the_script_gets_the_changed_parts(lead: TestClient) -> None:
    answer = decide(lead, "fine", "IP01", action="confirm")
    parts = answer["parts"]
    assert isinstance(parts, dict)
    assert 'id="rule-IP01"' in parts["flag"] and "✓ 成立" in parts["flag"]
    assert ">70<" in parts["standing"] and "复核" in parts["standing"]
    assert "还有 1 项要判定" in parts["release"]
    assert (answer["open"], answer["ready"]) == (1, False)
    assert decide(lead, "fine", "CL01", action="reject", reason="已补说")["ready"] is True


def test_a_rejected_flag_costs_nothing_and_keeps_its_reason(lead: TestClient) -> None:
    decide(lead, "score", "CL01", action="reject", reason=f"客户先挂了{EVIL}")
    page = lead.get("/calls/score").text
    assert '<b class="good">100</b>' in page and "机评 90" in page
    assert "不成立" in page and "客户先挂了&lt;script&gt;" in page and EVIL not in page
    assert "Lead-" in page, "who decided"


def test_a_flag_is_changed_to_other_points(lead: TestClient) -> None:
    decide(lead, "score", "CL01", action="change", outcome="VIOLATED", points="3", reason="轻微")
    page = lead.get("/calls/score").text
    assert '<b class="good">97</b>' in page and "改判：违规，扣 3" in page


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"action": "reject"}, 422, "请写明理由"),
        ({"action": "change", "outcome": "VIOLATED", "points": "300", "reason": "x"}, 422, "0 到"),
        ({"action": "confirm", "after": "99"}, 409, "别人刚刚判定了这一项"),
        ({"action": "confirm", "scorecard_id": "999"}, 409, "已经重新评分"),
    ],
)
def test_what_is_refused_says_why(
    lead: TestClient, given: dict[str, str], status: int, said: str
) -> None:
    data = form(lead, "fine", "IP01", **given)
    by_script = lead.post("/review/decide", data=data, headers={"x-fragment": "1"})
    assert by_script.status_code == status and said in by_script.json()["said"]
    assert by_script.json()["stale"] is (status == 409)
    by_form = lead.post("/review/decide", data=data)
    assert by_form.status_code == status and said in by_form.text
    assert 'href="/calls/fine"' in by_form.text
    assert "is-decided" not in lead.get("/calls/fine").text


def test_nonsense_is_refused_before_anything_is_asked(lead: TestClient) -> None:
    for given in ({"action": "pay"}, {"outcome": "GUILTY"}, {"points": "-4"}, {"after": "x"}):
        data = form(lead, "fine", "IP01", action="confirm") | given
        assert lead.post("/review/decide", data=data).status_code == 400
    data = form(lead, "fine", "IP01", action="confirm")
    wrong = lead.post(
        "/review/decide", data=data | {"csrf_token": "x"}, headers={"x-csrf-token": "x"}
    )
    assert wrong.status_code == 403
    assert "is-decided" not in lead.get("/calls/fine").text


def test_another_teams_call_is_not_there(lead: TestClient) -> None:
    assert lead.get("/calls/critical").status_code == 404
    data = form(lead, "fine", "IP01", action="confirm") | {"call_id": "critical"}
    assert lead.post("/review/decide", data=data).status_code == 404


def test_a_call_is_released_and_its_agent_appeals(lead: TestClient, review: Review) -> None:
    assert release(lead, "score") == 409, "a flag is open"
    decide(lead, "score", "CL01", action="confirm")
    assert release(lead, "score") == 303
    page = lead.get("/calls/score").text
    assert "已发布给坐席" in page and "申诉截至" in page and "撤回发布" in page
    assert 'action="/review/decide"' not in page, "released is decided"
    as_agent(lead, review)
    page = lead.get("/calls/score").text
    assert "申诉这一项" in page and 'action="/review/decide"' not in page
    number = re.search(r'name="scorecard_id" value="(\d+)"', page)
    assert number is not None
    data = {"call_id": "score", "scorecard_id": number[1], "rule_id": "CL01", "text": "我说了再见"}
    assert lead.post("/review/appeal", data=data).status_code == 303
    page = lead.get("/calls/score").text
    assert "我说了再见" in page and "申诉中" in page and "申诉这一项" not in page


def test_a_release_is_taken_back_with_a_reason(lead: TestClient) -> None:
    decide(lead, "score", "CL01", action="confirm")
    release(lead, "score")
    data = {"call_id": "score", "scorecard_id": "1"}
    assert lead.post("/review/take-back", data=data).status_code == 422
    assert lead.post("/review/take-back", data=data | {"reason": "按错了"}).status_code == 303
    page = lead.get("/calls/score").text
    assert "按错了" in page and 'action="/review/decide"' in page


def test_agents_see_no_remarks_between_reviewers(lead: TestClient, review: Review) -> None:
    decide(lead, "score", "CL01", action="note", reason="和班长再听一遍")
    assert "和班长再听一遍" in lead.get("/calls/score").text
    as_agent(lead, review)
    page = lead.get("/calls/score").text
    assert "和班长再听一遍" not in page and "还没有人复核" in page
    assert lead.post("/review/decide", data={"call_id": "score"}).status_code == 403


def test_a_reviewer_does_not_decide_the_own_call(review: Review, lead: TestClient) -> None:
    user = person(review.store, UserRole.LEAD, agent_id="136", teams=("二组",))
    data = form(lead, "fine", "IP01", action="confirm")
    lead.headers["x-csrf-token"] = log_in(lead, review.store, user).csrf_token
    assert 'action="/review/decide"' not in lead.get("/calls/fine").text
    answer = lead.post("/review/decide", data=data, headers={"x-fragment": "1"})
    assert answer.status_code == 403 and "须由别人复核" in answer.json()["said"]
