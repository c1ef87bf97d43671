"""What people wrote about calls: nobody reads a customer's name, number or address in it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from qa.api.app import create_app
from qa.records import CheckKind, FlagAction, User, UserRole
from qa.store.appeals import AppealRuling, decide_appeal, submit_appeal
from qa.store.audit import audit
from qa.store.review_rows import load_reviews
from qa.store.reviews import decide_flag, release_call, take_back
from qa.store.spot_checks import record_result
from qa.store.tables_review import SpotCheckRow
from tests.api.conftest import BASE
from tests.support.people import log_in, person
from tests.support.review_store import Review, review_store

WRITTEN = "客户韩小宝13812345678住云杉小区5号楼2单元103室，工号108说得对。"
PERSONAL = ("韩小宝", "13812345678", "云杉", "5号楼", "2单元", "103室")
LEFT = "工号108说得对。"
SCORE = "score"
"""A call with a violated CL01 and no flag that must be decided."""


@dataclass(frozen=True)
class Written:
    """An archive in which everybody wrote the same of one call."""

    review: Review
    client: TestClient
    people: dict[str, User]

    def read(self, who: str, address: str) -> str:
        """Read as somebody, what is written as `\\u…` included."""
        log_in(self.client, self.review.store, self.people[who])
        answer = self.client.get(address)
        assert answer.status_code == 200, (address, answer.text)
        if "json" in answer.headers["content-type"]:
            lines = answer.text.splitlines()
            return "\n".join(json.dumps(json.loads(one), ensure_ascii=False) for one in lines)
        return answer.text


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    with review_store(tmp_path_factory.mktemp("written")) as review:
        store = review.store
        people = {
            "lead": person(store, UserRole.LEAD, teams=("二组",)),
            "head": person(store, UserRole.HEAD),
            "clear": person(store, UserRole.HEAD, sees_personal_data=True),
            "agent": person(store, UserRole.AGENT, agent_id="136"),
        }
        _write_everywhere(review, people)
        with TestClient(create_app(store, review.settings), base_url=BASE) as client:
            yield Written(review, client, people)


def _write_everywhere(review: Review, people: dict[str, User]) -> None:
    lead, head, agent = people["lead"], people["head"], people["agent"]
    now = datetime.now(UTC)
    with review.store.writing() as session:
        card = load_reviews(session, [SCORE], now)[SCORE].scorecard_id
        for action in (FlagAction.NOTE, FlagAction.REJECT, FlagAction.CONFIRM):
            decide_flag(
                *(session, lead, SCORE, card, "CL01", action),
                reason=action.value + WRITTEN,
                now=now,
            )
        release_call(session, lead, SCORE, card, now=now)
        take_back(session, lead, SCORE, WRITTEN, now=now)
        release_call(session, lead, SCORE, card, now=now)
        appeal = submit_appeal(session, agent, SCORE, "CL01", WRITTEN, now=now)
        submit_appeal(session, agent, SCORE, None, WRITTEN, now=now)
        ruling = AppealRuling(upheld=False, answer=WRITTEN)
        decide_appeal(session, head, appeal.appeal_id, ruling, now=now)
        check = session.execute(insert(SpotCheckRow).values(**_check(lead, now)))
        record_result(session, lead, check.inserted_primary_key[0], WRITTEN, now=now, min_length=5)


def _check(lead: User, now: datetime) -> dict[str, Any]:
    return {
        "kind": CheckKind.DAILY.value,
        "day": now.date(),
        "agent_id": "136",
        "position": 0,
        "seed": "s",
        "call_id": SCORE,
        "drawn_by": "chance",
        "assigned_to": lead.user_id,
        "due_at": now + timedelta(days=1),
        "drawn_at": now,
    }


@pytest.mark.parametrize(
    ("who", "address", "times"),
    [
        ("lead", "/calls/score", 6),
        ("agent", "/calls/score", 5),
        ("clear", "/calls/score", 6),
        ("lead", "/appeals?view=all", 4),
        ("clear", "/appeals?view=all", 4),
        ("agent", "/appeals", 4),
        ("lead", "/checks?view=done", 1),
        ("clear", "/checks?view=done", 1),
        ("agent", "/agents/136?since=2025-11-01&until=2025-11-30", 1),
        ("lead", "/api/v1/calls/score/history", 6),
        ("clear", "/api/v1/calls/score/history", 6),
        ("lead", "/api/v1/appeals?only_open=false", 3),
        ("clear", "/api/v1/checks", 1),
        ("lead", "/api/v1/checks", 1),
        ("lead", "/api/v1/exports/reviews.jsonl", 3),
        ("clear", "/api/v1/exports/appeals.jsonl", 3),
        ("lead", "/messages", 0),
    ],
)
def test_nothing_personal_is_read(written: Written, who: str, address: str, times: int) -> None:
    text = written.read(who, address)
    assert [one for one in PERSONAL if one in text] == []
    assert text.count(LEFT) >= times, "what is nobody's own can still be read"


def test_one_check_by_its_number(written: Written) -> None:
    number = json.loads(written.read("lead", "/api/v1/checks"))[0]["check_id"]
    text = written.read("lead", f"/api/v1/checks/{number}")
    assert LEFT in text and not any(one in text for one in PERSONAL)


def test_who_may_and_asks_reads_it_in_clear(written: Written) -> None:
    assert WRITTEN in written.read("clear", "/api/v1/calls/score/history?clear=true")
    assert WRITTEN in written.read("clear", "/api/v1/exports/reviews.jsonl?clear=true")
    assert WRITTEN in written.read("clear", "/calls/score?personal=true")
    assert WRITTEN not in written.read("lead", "/calls/score?personal=true")


def test_a_number_in_a_calls_id_is_hidden_in_the_audit_log(written: Written) -> None:
    with written.review.store.writing() as session:
        actor = written.people["head"]
        audit(session, actor, "appeal.submit", "appeal", "7", {"call": "13812345678-20251215"})
    page = written.read("head", "/audit")
    assert "138****5678-20251215" in page and "13812345678" not in page


def test_an_answer_to_a_decision_hides_it(tmp_path: Path) -> None:
    with review_store(tmp_path) as review:
        lead = person(review.store, UserRole.LEAD, teams=("二组",))
        with TestClient(create_app(review.store, review.settings), base_url=BASE) as client:
            client.headers["x-csrf-token"] = log_in(client, review.store, lead).csrf_token
            with review.store.reading() as session:
                card = load_reviews(session, [SCORE], datetime.now(UTC))[SCORE].scorecard_id
            body = {"scorecard_id": card, "rule_id": "CL01", "action": "reject", "reason": WRITTEN}
            answer = client.post("/api/v1/calls/score/decisions", json=body)
            assert answer.status_code == 201, answer.text
            assert LEFT in answer.json()["reason"]
            assert not any(one in answer.json()["reason"] for one in PERSONAL)
