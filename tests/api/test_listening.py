"""Who was sent and who heard which call is written down before anything is given."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from qa.api.app import create_app
from qa.records import UserRole
from qa.store.audit_reading import AuditFilter, list_entries
from qa.store.store import Store
from tests.support.people import log_in, person
from tests.support.review_store import review_store

BASE = "http://127.0.0.1:8787"


def written(store: Store, action: str) -> list[tuple[str | None, str | None, str]]:
    with store.reading() as session:
        rows = list_entries(session, AuditFilter(action=action), limit=100)
    return [(row.actor_login, row.subject, row.details) for row in rows]


def test_a_listening_that_cannot_be_written_down_is_not_given(tmp_path: Path) -> None:
    with review_store(tmp_path) as review:
        app = create_app(review.store, review.settings)
        with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
            user = person(review.store, UserRole.LEAD, teams=("一组",))
            log_in(client, review.store, user)
            with review.store.writing() as session:
                session.execute(text("ALTER TABLE audit_log RENAME TO hidden"))
            assert client.get("/audio/open").status_code >= 500
            with review.store.writing() as session:
                session.execute(text("ALTER TABLE hidden RENAME TO audit_log"))
            assert written(review.store, "call.fetch_audio") == []
            assert client.get("/audio/open").status_code == 200
            sent = (user.login, "open", '{"from_ms":0,"to_ms":12000}')
            assert written(review.store, "call.fetch_audio") == [sent]
            assert written(review.store, "call.listen") == [], "sent is not heard"


@pytest.mark.parametrize("path", ["/audio/fine", "/clips/fine?start_ms=0&end_ms=1000"])
def test_what_is_refused_was_not_heard(tmp_path: Path, path: str) -> None:
    with review_store(tmp_path) as review:
        app = create_app(review.store, review.settings)
        with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
            log_in(client, review.store, person(review.store, UserRole.LEAD, teams=("一组",)))
            assert client.get(path).status_code == 404
            assert written(review.store, "call") == []


def test_what_the_player_reports_is_what_was_heard(tmp_path: Path) -> None:
    with review_store(tmp_path) as review:
        app = create_app(review.store, review.settings)
        with TestClient(app, base_url=BASE) as client:
            user = person(review.store, UserRole.LEAD, teams=("一组",))
            log_in(client, review.store, user)
            page = client.get("/calls/open").text
            assert 'preload="none"' in page, "a page that is only opened fetches no sound"
            assert client.get("/audio/open", headers={"range": "bytes=0-"}).status_code == 206
            token = re.search(r'name="csrf-token" content="([^"]+)"', page)
            assert token is not None
            for spans in ([(0, 1500), (4000, 5000)], [(0, 1500)]):  # again: it was heard again
                body = {"spans": [{"from_ms": a, "to_ms": b} for a, b in spans]}
                sent = client.post(
                    "/api/v1/calls/open/listens", json=body, headers={"X-CSRF-Token": token[1]}
                )
                assert sent.status_code == 204
            assert client.post("/api/v1/calls/open/listens", json=body).status_code == 403
            assert [row[2] for row in written(review.store, "call.listen")][::-1] == [
                '{"from_ms":0,"to_ms":1500}',
                '{"from_ms":4000,"to_ms":5000}',
                '{"from_ms":0,"to_ms":1500}',
            ]


def test_a_clip_is_heard_even_where_the_sound_was_sent_before(tmp_path: Path) -> None:
    with review_store(tmp_path) as review:
        app = create_app(review.store, review.settings)
        with TestClient(app, base_url=BASE) as client:
            log_in(client, review.store, person(review.store, UserRole.LEAD, teams=("一组",)))
            assert client.get("/audio/open").status_code == 200
            assert client.get("/clips/open?start_ms=3000&end_ms=4000").status_code == 200
            (row,) = written(review.store, "call.listen")
            assert row[2] == '{"from_ms":2000,"to_ms":4000}'


def test_what_another_process_sent_lately_is_not_written_down_again(tmp_path: Path) -> None:
    with review_store(tmp_path) as review:
        user = person(review.store, UserRole.HEAD, sees_personal_data=True)
        for asked in ("", "", "?clear=true", "?clear=true"):  # each time a process of its own
            app = create_app(review.store, review.settings)
            with TestClient(app, base_url=BASE) as client:
                log_in(client, review.store, user)
                assert client.get(f"/audio/open{asked}").status_code == 200
        sent = '{"from_ms":0,"to_ms":12000}'
        clear = '{"clear":true,"from_ms":0,"to_ms":12000}'
        details = [row[2] for row in written(review.store, "call.fetch_audio")]
        assert sorted(details) == sorted([sent, clear])
