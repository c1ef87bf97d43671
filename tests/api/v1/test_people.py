"""Reviews, appeals, spot checks, messages, accounts, the log: through the API."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from qa.store.label_sets import LabelSet, SetDraft, SetKind, make_set
from qa.store.labels import close_set
from qa.store.tables_review import SpotCheckRow
from tests.api.v1.conftest import Api
from tests.support.review_store import CALLS


def card(api: Api, call_id: str) -> Any:
    return api.get("head", f"/calls/{call_id}/scorecard")


def decide(api: Api, who: str, call_id: str, rule_id: str, action: str, **more: Any) -> Any:
    body = {"scorecard_id": card(api, call_id)["scorecard_id"], "rule_id": rule_id} | more
    return api.post(who, f"/calls/{call_id}/decisions", {**body, "action": action}, 201)


def released(api: Api) -> int:
    """Review and release `open` (a call of 108); gives the scorecard's id."""
    decide(api, "lead", "open", "IP01", "change", outcome="VIOLATED", points=20, reason="听到保证")
    number: int = card(api, "open")["scorecard_id"]
    out = api.post("lead", "/calls/open/release", {"scorecard_id": number})
    assert (out["score"]["state"], out["score"]["score"]) == ("released", 80)
    return number


def test_a_flag_is_decided_and_the_score_follows(api: Api) -> None:
    made = decide(api, "head", "fine", "IP01", "confirm")
    assert made["decided_by_name"] and made["action"] == "confirm"
    again = decide(api, "head", "fine", "IP01", "confirm")  # a double click
    assert again["decision_id"] == made["decision_id"]
    score = card(api, "fine")["score"]
    assert (score["score"], score["basis"], score["state"]) == (70, "reviewed", "started")
    assert [d["rule_id"] for d in api.get("head", "/calls/fine/decisions")] == ["IP01"]
    history = api.get("head", "/calls/fine/history")
    assert len(history["scorecards"]) == 1 and len(history["decisions"]) == 1


def test_decisions_that_are_refused(api: Api) -> None:
    number = card(api, "fine")["scorecard_id"]
    path, good = "/calls/fine/decisions", {"scorecard_id": number, "rule_id": "IP01"}
    stale = api.problem(
        "head", "POST", path, 409, json={**good, "scorecard_id": number + 1, "action": "confirm"}
    )
    assert (stale["code"], stale["reason"]) == ("conflict", "stale_scorecard")
    no_reason = api.problem("head", "POST", path, 422, json={**good, "action": "reject"})
    assert no_reason["reason"] == "text_missing"
    assert api.problem(
        "head", "POST", path, 404, json={**good, "rule_id": "XX1", "action": "confirm"}
    )
    assert api.problem("lead", "POST", path, 404, json={**good, "action": "confirm"})
    assert api.problem(
        "agent", "POST", "/calls/open/decisions", 403, json={**good, "action": "confirm"}
    )
    decide(api, "head", "fine", "IP01", "confirm")
    late = {**good, "action": "reject", "reason": "没有听到", "after": 0}
    assert api.problem("other_head", "POST", path, 409, json=late)["reason"] == "decided_meanwhile"
    for body in (
        {},
        [],
        "x",
        {**good, "action": "eat"},
        {**good, "action": "change", "points": 101},
        {**good, "action": "confirm", "more": 1},
        {**good, "action": "note", "reason": "a\0b"},
    ):
        assert api.problem("head", "POST", path, 422, json=body)["code"] == "invalid"
    wrong = api.ask("head", "POST", path, content=b"{}", headers={"content-type": "text/plain"})
    assert wrong.json()["code"] == "unsupported_media_type"


def test_notes_are_not_for_agents(api: Api) -> None:
    decide(api, "lead", "open", "IP01", "note", reason="再听一遍")
    assert len(api.get("lead", "/calls/open/decisions")) == 1
    assert api.get("agent", "/calls/open/decisions") == []
    assert "再听一遍" not in api.ask("agent", "GET", "/calls/open/history").text


def test_release_appeal_and_decision(api: Api) -> None:
    number = released(api)
    assert api.post("lead", "/calls/open/release", {"scorecard_id": number})  # again: no harm
    told = api.get("agent", "/messages")
    assert (told["items"][0]["kind"], told["unread"]) == ("call_released", 1)
    marked = {"last": told["items"][0]["message_id"]}
    assert api.post("agent", "/messages/read", marked) == {"marked": 1}
    assert api.post("agent", "/messages/read", marked) == {"marked": 0}
    body = {"rule_id": "IP01", "text": "我没有保证，请打13800001234问王小明"}
    appeal = api.post("agent", "/calls/open/appeals", body, 201)
    assert appeal["state"] == "open" and "13800001234" not in appeal["text"]
    assert api.post("agent", "/calls/open/appeals", body, 201)["appeal_id"] == appeal["appeal_id"]
    assert [one["appeal_id"] for one in api.get("lead", "/appeals")["items"]] == [
        appeal["appeal_id"]
    ]
    assert api.get("other_agent", "/appeals")["items"] == []
    path = f"/appeals/{appeal['appeal_id']}"
    assert api.problem("other_agent", "GET", path, 404)
    verdict = {"upheld": True, "answer": "同意"}
    assert (
        api.problem("lead", "POST", f"{path}/decision", 403, json=verdict)["reason"]
        == "own_decision"
    )
    assert api.problem("agent", "POST", f"{path}/decision", 403, json=verdict)
    decided = api.post("head", f"{path}/decision", verdict)
    assert (decided["state"], decided["answer"]) == ("upheld", "同意")
    score = card(api, "open")["score"]
    assert (score["score"], score["basis"]) == (100, "final")
    assert api.problem("agent", "POST", f"{path}/withdrawal", 409)
    assert api.get("agent", "/appeals?only_open=false")["items"][0]["state"] == "upheld"
    assert len(api.get("agent", "/calls/open/history")["appeals"]) == 1


def test_a_withdrawn_appeal_and_a_release_taken_back(api: Api) -> None:
    released(api)
    appeal = api.post("agent", "/calls/open/appeals", {"text": "不同意"}, 201)
    path = f"/appeals/{appeal['appeal_id']}/withdrawal"
    assert api.problem("head", "POST", path, 403)
    assert api.ask("agent", "POST", path).json()["state"] == "withdrawn"
    back = api.post("lead", "/calls/open/take-back", {"reason": "漏看一条"})
    assert back["score"]["state"] == "started" and back["appeal_until"] is None
    assert api.problem("lead", "POST", "/calls/open/take-back", 409, json={"reason": "x"})
    refused = api.problem(
        "lead", "POST", "/calls/open/settlement", 409, json={"reopen": True, "reason": "x"}
    )
    assert refused["reason"] == "not_judged_anew"


def make_check(api: Api) -> int:
    now = datetime.now(UTC)
    row = SpotCheckRow(
        kind="daily",
        day=date(2025, 11, 19),
        agent_id="108",
        position=1,
        call_id="open",
        drawn_by="chance",
        seed="s",
        assigned_to=api.people["lead"].user_id,
        drawn_at=now,
        due_at=now - timedelta(hours=1),
    )
    with api.review.store.writing() as session:
        session.add(row)
        session.flush()
        return row.check_id


def test_spot_checks(api: Api) -> None:
    number = make_check(api)
    [check] = api.get("lead", "/checks?mine=true&overdue=true")
    assert (check["check_id"], check["is_overdue"], check["result"]) == (number, True, None)
    path = f"/checks/{number}/result"
    assert api.problem("lead", "POST", path, 422, json={"result": "短"})["reason"] == "text_missing"
    done = api.post("lead", path, {"result": "话术完整，语速偏快，已提醒。"})
    assert done["done_by"] == api.people["lead"].user_id and not done["is_overdue"]
    assert api.get("lead", "/checks?only_open=true") == []
    api.post("head", path, {"result": "部长复听：语速在合理范围内。"})
    both = api.get("lead", f"/checks/{number}")
    assert [one["result"] for one in both["results"]] == [
        "话术完整，语速偏快，已提醒。",
        "部长复听：语速在合理范围内。",
    ]
    assert both["result"] == both["results"][0]["result"] == done["result"]
    assert api.problem("agent", "GET", "/checks", 403)
    assert api.problem("head", "GET", "/checks/999", 404)


def test_me(api: Api) -> None:
    me = api.get("lead", "/me")
    assert (me["user"]["role"], me["user"]["teams"], me["via"]) == ("lead", ["一组"], "token")
    assert "review" in me["rights"] and not me["sees_everything"]
    assert api.get("head", "/me")["sees_everything"]


def test_accounts(api: Api) -> None:
    body = {
        "login": "new-lead",
        "name": "新领班",
        "role": "lead",
        "teams": ["二组"],
        "password": "four plain words here",
    }
    made = api.post("admin", "/users", body, 201)
    assert made["must_change_password"] and "password" not in made
    assert api.problem("admin", "POST", "/users", 409, json=body)["reason"] == "login_taken"
    weak = api.problem(
        "admin", "POST", "/users", 409, json={**body, "login": "x", "password": "password123"}
    )
    assert weak["reason"] == "password_common"
    path = f"/users/{made['user_id']}"
    change = {"name": "领班", "role": "lead", "teams": ["一组", "一组"]}
    changed = api.ask("admin", "PUT", path, json=change).json()
    assert changed["teams"] == ["一组"] and changed["name"] == "领班"
    assert api.ask("admin", "PUT", f"{path}/disabled", json={"is_disabled": True}).json()[
        "is_disabled"
    ]
    assert api.get("admin", path)["is_disabled"]
    assert made["login"] in [user["login"] for user in api.get("admin", "/users")]
    assert api.problem("head", "GET", "/users", 403) and api.problem(
        "admin", "GET", "/users/999", 404
    )


def test_a_disabled_person_is_out_at_once(api: Api) -> None:
    user_id = api.people["lead"].user_id
    assert api.get("lead", "/me")
    api.ask("admin", "PUT", f"/users/{user_id}/disabled", json={"is_disabled": True})
    assert api.problem("lead", "GET", "/me", 401)


def test_the_log_is_paged(api: Api) -> None:
    for _ in range(3):
        api.ask("head", "GET", "/exports/calls.csv")
    first = api.get("head", "/audit?action=export&limit=2")
    rest = api.get("admin", f"/audit?action=export&limit=2&after={first['next']}")
    assert len(first["items"]) == 2 and len(rest["items"]) == 1 and rest["next"] is None
    assert first["items"][0]["details"]["kind"] == "calls"
    assert api.problem("lead", "GET", "/audit", 403)


@pytest.mark.parametrize(
    "path",
    ["/users/99999999999999999999", "/appeals/0", "/checks/x", "/runs/-1", f"/users/{2**63}"],
)
def test_numbers_that_are_none(api: Api, path: str) -> None:
    for who in ("head", "admin"):
        assert api.ask(who, "GET", path).status_code in (403, 422)


def test_an_appeal_against_a_call_that_is_labelled_blind_waits(api: Api) -> None:
    """The list goes on without it; nobody decides what they may not see yet."""
    released(api)
    appeal = api.post("agent", "/calls/open/appeals", {"rule_id": "IP01", "text": "没保证"}, 201)
    assert len(api.get("head", "/appeals")["items"]) == 1
    found = labelled_blind(api, "head")
    answer = api.get("head", "/appeals")
    assert (answer["items"], answer["left_out"]) == ([], 1)
    assert api.get("head", "/appeals?only_open=false")["items"] == []
    others = api.get("other_head", "/appeals")
    assert (len(others["items"]), others["left_out"]) == (1, 0)
    path, ruling = f"/appeals/{appeal['appeal_id']}", {"upheld": True, "answer": "同意"}
    assert api.problem("head", "GET", path, 403)["reason"] == "blind"
    assert api.problem("head", "POST", f"{path}/decision", 403, json=ruling)["reason"] == "blind"
    assert api.get("other_head", path)["state"] == "open", "the refused decision left nothing"
    with api.review.store.writing() as session:
        close_set(session, api.people["other_head"], found.set_id, datetime.now(UTC))
    answer = api.get("head", "/appeals")
    assert (len(answer["items"]), answer["left_out"]) == (1, 0)
    assert api.post("head", f"{path}/decision", ruling)["state"] == "upheld"


def labelled_blind(api: Api, who: str) -> LabelSet:
    """Give a person every call to label."""
    people = (api.people[who].user_id,)
    rules = ("FP01", "IP01")
    kind, size = SetKind.CALIBRATION, len(CALLS)
    draft = SetDraft(kind, "校准", "heating-repair", "f" * 64, rules, people, size, "s")
    with api.review.store.writing() as session:
        return make_set(session, api.people["other_head"], draft, datetime.now(UTC))
