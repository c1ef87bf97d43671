"""Calls: lists, one call, its transcript, scorecard, verdicts, history; masked by role."""

import pytest

from tests.api.v1.conftest import Api
from tests.support.review_store import EVIL, PHONE

ALL = ["clean", "open", "score", "fine", "critical", "year/2025/nested"]


def ids(page: dict[str, object]) -> list[str]:
    items = page["items"]
    assert isinstance(items, list)
    return [item["call_id"] for item in items]


def test_calls_come_newest_first_and_page_by_page(shared: Api) -> None:
    whole = shared.get("head", "/calls?counts=true")
    assert ids(whole) == ALL and whole["next"] is None
    assert sum(count["number"] for count in whole["counts"].values()) == 6
    found, after = [], ""
    for _ in range(3):
        page = shared.get("head", f"/calls?limit=2{after}")
        found += ids(page)
        after = f"&after={page['next']}"
    assert found == ALL and page["next"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("show=review", ["critical", "fine", "score", "year/2025/nested", "open"]),
        ("agent=136", ["score", "fine"]),
        ("team=二组", ["score", "fine"]),
        ("rule=IP01", ["open", "fine"]),
        ("rule=IP01&outcome=UNDECIDED", ["open"]),
        ("since=2025-11-17&until=2025-11-18", ["score", "fine"]),
        ("score_max=90", ["score", "fine", "year/2025/nested"]),
        ("score_min=95", ["clean", "open", "critical"]),  # a fine counts once confirmed
        ("state=clean", ["clean"]),
        ("state=clean&state=open&agent=108", ["clean", "open"]),
        ("agent=nobody", []),
    ],
)
def test_filters(shared: Api, query: str, expected: list[str]) -> None:
    assert ids(shared.get("head", f"/calls?{query}")) == expected


def test_everybody_sees_their_own(shared: Api) -> None:
    assert ids(shared.get("agent", "/calls")) == ["clean", "open"]
    assert ids(shared.get("lead", "/calls?agent=136")) == []
    assert shared.problem("lead", "GET", "/calls/fine", 404)["code"] == "not_found"
    assert shared.problem("admin", "GET", "/calls", 403)["code"] == "not_allowed"
    assert shared.problem("nobody", "GET", "/calls", 401)["code"] == "not_logged_in"


def test_one_call(shared: Api) -> None:
    call = shared.get("head", "/calls/fine")
    assert call["call_id"] == "fine" and call["agent_name"] == "孙佳"
    assert call["score"]["basis"] == "machine" and call["score"]["state"] == "open"
    assert (call["score"]["score"], call["score"]["total"]) == (90, 70)  # a fine needs a person
    assert call["recording"] == "ready" and call["status"] == "scored"
    assert call["started_at"] == "2025-11-17T09:30:00+08:00"
    assert shared.get("head", "/calls/year/2025/nested")["call_id"] == "year/2025/nested"
    assert shared.get("head", "/calls/year%2F2025%2Fnested/scorecard")["verdicts"]
    assert shared.get("head", "/calls/broken")["fault"] == "truncated"


def test_personal_data_is_masked_and_looks_are_audited(shared: Api) -> None:
    for path in ("/calls/fine", "/calls/fine/transcript", "/calls/fine/scorecard"):
        assert shared.get("head", path)["is_masked"] is True
        assert PHONE not in shared.ask("head", "GET", path).text
        assert shared.problem("head", "GET", f"{path}?clear=true", 403)
    masked = shared.get("head", "/calls/fine")
    assert masked["caller_number"] == "138****1234" and masked["ticket"]["name"] == "王**"
    clear = shared.get("clear_head", "/calls/fine?clear=true")
    assert clear["caller_number"] == PHONE and clear["ticket"]["name"] == "王小明"
    rows = shared.get("head", "/audit?action=call.read_personal")["items"]
    assert [(row["subject"], row["details"]) for row in rows] == [("fine", {"by": "api"})]


def test_transcript_and_verdicts(shared: Api) -> None:
    transcript = shared.get("agent", "/calls/open/transcript")
    assert [one["role"] for one in transcript["utterances"]] == ["agent", "customer", "agent"]
    word = transcript["utterances"][0]["words"][0]
    assert word["start_ms"] < word["end_ms"]
    verdict = shared.get("agent", "/calls/open/verdicts/IP01")
    assert (verdict["outcome"], verdict["is_open"]) == ("UNDECIDED", True)
    assert verdict["reason_text"]["zh"] != verdict["reason_text"]["en"]
    assert verdict["clip"] == "/api/v1/calls/open/verdicts/IP01/clip"
    flags = shared.get("agent", "/calls/open/verdicts?flags_only=true")["items"]
    assert [flag["rule_id"] for flag in flags] == ["IP01"]
    assert shared.problem("agent", "GET", "/calls/open/verdicts/XX99", 404)
    assert shared.problem("head", "GET", "/calls/gone/scorecard", 404)
    assert shared.problem("head", "GET", "/calls/gone/transcript", 404)
    assert (
        EVIL in shared.ask("head", "GET", "/calls/open/transcript").json()["utterances"][1]["text"]
    )


def test_a_cursor_of_another_list_is_refused(shared: Api) -> None:
    for cursor in ("x", "WzFd", "bnVsbA", "WyJhIl0", "%00", "W1tbW1tbW1s"):
        assert shared.problem("head", "GET", f"/calls?after={cursor}", 422)["code"] in (
            "bad_cursor",
            "invalid",
        )


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "outcome=MET",
        "since=x",
        "since=0001-01-01",
        "show=none",
        "score_min=-1",
        "rule=a%20b",
        "state=none",
        "agent=%00",
    ],
)
def test_wrong_questions_are_told(shared: Api, query: str) -> None:
    assert shared.problem("head", "GET", f"/calls?{query}", 422)["code"] == "invalid"
