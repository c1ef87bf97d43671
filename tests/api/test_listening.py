"""Who heard which call is written down before anything is given; what cannot be written is not."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from qa.api.app import create_app
from qa.records import UserRole
from qa.store.audit_reading import AuditFilter, list_entries
from qa.store.store import Store
from tests.people import log_in, person
from tests.review_store import review_store

BASE = "http://127.0.0.1:8787"


def heard(store: Store) -> list[tuple[str | None, str | None, str]]:
    with store.reading() as session:
        rows = list_entries(session, AuditFilter(action="call.listen"), limit=100)
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
            assert heard(review.store) == []
            assert client.get("/audio/open").status_code == 200
            assert heard(review.store) == [(user.login, "open", '{"from_ms":0,"to_ms":12000}')]


@pytest.mark.parametrize("path", ["/audio/fine", "/clips/fine?start_ms=0&end_ms=1000"])
def test_what_is_refused_was_not_heard(tmp_path: Path, path: str) -> None:
    with review_store(tmp_path) as review:
        app = create_app(review.store, review.settings)
        with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
            log_in(client, review.store, person(review.store, UserRole.LEAD, teams=("一组",)))
            assert client.get(path).status_code == 404
            assert heard(review.store) == []
