"""`/metrics`: who may read it, what it says, and what its labels never hold."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from qa.api.app import create_app
from qa.config import ServeSettings
from qa.records import UserRole
from qa.store import ledger, runs
from qa.store.ledger import RunCounts
from qa.store.runs import RunState
from qa.store.sessions import make_token
from tests.support.people import person
from tests.support.review_store import Review, review_store

BASE = "http://127.0.0.1:8787"
Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def review(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    with review_store(tmp_path_factory.mktemp("metrics")) as made:
        yield made


def client_for(review: Review, metrics: str, *, host: str = "127.0.0.1") -> TestClient:
    serve = ServeSettings(metrics=metrics)  # type: ignore[arg-type]
    settings = review.settings.model_copy(update={"serve": serve})
    return TestClient(create_app(review.store, settings), base_url=BASE, client=(host, 50_000))


def token_of(review: Review, role: UserRole, **more: object) -> dict[str, str]:
    user = person(review.store, role, **more)  # type: ignore[arg-type]
    with review.store.writing() as session:
        secret, _ = make_token(session, user, "scrape", days=1, actor=None, now=datetime.now(UTC))
    return {"authorization": f"Bearer {secret}"}


def figures(text: str) -> Figures:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_text_parses_and_counts_what_the_tables_hold(review: Review) -> None:
    now = datetime.now(UTC)
    with review.store.writing() as session:
        run_id = ledger.start_run(session, "nightly", now)
        runs.add_task(session, run_id, now, state=RunState.RUNNING)
        ledger.update_run(session, run_id, RunCounts(5, 2, 4, 90_000), now)
        runs.end_run(session, run_id, RunState.DONE, now)
    with client_for(review, "token") as client:
        headers = token_of(review, UserRole.ADMIN)
        client.get("/calls/13800000000")
        client.get("/13800000000?q=13800000000")
        client.request("13800000000", "/login")
        answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.headers["cache-control"] == "no-store"
    found = figures(answer.text)
    with review.store.reading() as session:
        calls = (
            session.connection()
            .exec_driver_sql("SELECT count(*) FROM calls WHERE replaced_by IS NULL")
            .scalar()
        )
    by_state = {k: v for k, v in found.items() if k[0] == "tingjian_calls"}
    assert calls and sum(by_state.values()) == calls
    nightly = (("kind", "nightly"),)
    assert found["tingjian_last_run_transcribed", nightly] == 5
    assert found["tingjian_last_run_failed", nightly] == 2
    assert found["tingjian_last_run_audio_seconds", nightly] == 90
    assert found["tingjian_last_run_duration_seconds", nightly] == 0
    states = {
        k[1]: v
        for k, v in found.items()
        if k[0] == "tingjian_last_run_state" and ("kind", "nightly") in k[1]
    }
    assert sum(states.values()) == 1 and states[*nightly, ("state", "done")] == 1
    route = (("method", "GET"), ("route", "/calls/{call_id:path}"), ("status", "3xx"))
    assert found["tingjian_http_requests_total", route] == 1
    timed = (("route", "/calls/{call_id:path}"),)
    assert found["tingjian_http_request_seconds_count", timed] == 1
    assert any(("method", "other") in labels for _, labels in found)
    assert "13800000000" not in answer.text


def test_nights_that_never_end_leave_the_time_of_the_last_that_did(review: Review) -> None:
    now = datetime.now(UTC)
    with review.store.writing() as session:
        for day, state in enumerate((RunState.DONE, RunState.FAILED, RunState.RUNNING)):
            run_id = ledger.start_run(session, "nightly", now)
            runs.add_task(session, run_id, now, state=RunState.RUNNING)
            if state is not RunState.RUNNING:
                ended_at = now + timedelta(days=day)
                ledger.update_run(session, run_id, RunCounts(0, 0, 0, 0), ended_at)
                runs.end_run(session, run_id, state, ended_at)
    with client_for(review, "token") as client:
        found = figures(client.get("/metrics", headers=token_of(review, UserRole.ADMIN)).text)
    done = found["tingjian_last_done_timestamp_seconds", (("kind", "nightly"),)]
    assert done == pytest.approx(now.timestamp(), abs=1)


def test_labels_name_no_person(review: Review) -> None:
    with client_for(review, "token") as client:
        text = client.get("/metrics", headers=token_of(review, UserRole.HEAD)).text
    found = figures(text)
    labels = {value for _, pairs in found for _, value in pairs}
    with review.store.reading() as session:
        connection = session.connection()
        names = {
            str(value)
            for sql in (
                "SELECT call_id FROM calls",
                "SELECT caller_number FROM calls WHERE caller_number IS NOT NULL",
                "SELECT agent_id FROM agents",
                "SELECT name FROM agents",
                "SELECT login FROM users",
            )
            for (value,) in connection.exec_driver_sql(sql)
        }
    states = {dict(k[1])["state"] for k in found if k[0] == "tingjian_calls"}
    assert names and not (names - states) & labels  # a call of the archive is called `clean`


@pytest.mark.parametrize(
    ("role", "more", "status"),
    [
        (UserRole.ADMIN, {}, 200),
        (UserRole.HEAD, {}, 200),
        (UserRole.LEAD, {"teams": ("一组",)}, 403),
        (UserRole.AGENT, {"agent_id": "108"}, 403),
    ],
)
def test_a_token_opens_it_to_those_who_run_the_service(
    review: Review, role: UserRole, more: dict[str, object], status: int
) -> None:
    with client_for(review, "token") as client:
        assert client.get("/metrics", headers=token_of(review, role, **more)).status_code == status
        assert client.get("/metrics").status_code == 401
        wrong = {"authorization": "Bearer qa_wrong"}
        assert client.get("/metrics", headers=wrong).status_code == 401


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 401),
        ("testclient", {}, 401),
        ("127.0.0.1", {"x-forwarded-for": "10.0.0.7"}, 401),
        ("127.0.0.1", {"forwarded": "for=10.0.0.7"}, 401),
        ("127.0.0.1", {"via": "1.1 proxy"}, 401),
    ],
)
def test_loopback_opens_it_to_this_machine_only(
    review: Review, host: str, headers: dict[str, str], status: int
) -> None:
    with client_for(review, "loopback", host=host) as client:
        assert client.get("/metrics", headers=headers).status_code == status
        with_token = headers | token_of(review, UserRole.ADMIN)
        assert client.get("/metrics", headers=with_token).status_code == 200


def test_off_is_off_for_everybody(review: Review) -> None:
    with client_for(review, "off") as client:
        assert client.get("/metrics", headers=token_of(review, UserRole.ADMIN)).status_code == 404
        assert client.get("/metrics").status_code == 404
