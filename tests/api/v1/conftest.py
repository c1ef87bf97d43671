"""The API on a store of a few calls, with a token for a person of each role."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api.app import create_app
from qa.records import User, UserRole
from qa.store.sessions import make_token
from tests.support.people import person
from tests.support.review_store import Review, review_store

BASE = "http://127.0.0.1:8787"


@dataclass(frozen=True)
class Api:
    """The application, and one person of each kind.

    Agent 108 and the lead are of 一组 (calls `clean`, `open`); 136 and 169 are of others.
    """

    app: FastAPI
    client: TestClient
    review: Review
    people: dict[str, User]
    tokens: dict[str, str]

    def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask as somebody; `nobody` sends no token."""
        headers = dict(more.pop("headers", {}))
        if who != "nobody":
            headers["authorization"] = f"Bearer {self.tokens[who]}"
        address = path if path.startswith("/api/") else f"/api/v1{path}"
        response: httpx.Response = self.client.request(method, address, headers=headers, **more)
        return response

    def get(self, who: str, path: str, **more: Any) -> Any:
        """Ask for what must be there."""
        response = self.ask(who, "GET", path, **more)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, who: str, path: str, body: Any, expected: int = 200) -> Any:
        """Send what must be answered so."""
        response = self.ask(who, "POST", path, json=body)
        assert response.status_code == expected, response.text
        return response.json()

    def problem(self, who: str, method: str, path: str, status: int, **more: Any) -> Any:
        """Ask for what must be refused so; gives the problem."""
        response = self.ask(who, method, path, **more)
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert problem["status"] == status
        assert problem["type"] == f"/api/v1/docs#problem-{problem['code']}"
        assert problem["instance"].startswith("urn:uuid:") and problem["title"]
        return problem


def people_of(review: Review) -> dict[str, User]:
    store = review.store
    return {
        "agent": person(store, UserRole.AGENT, agent_id="108"),
        "other_agent": person(store, UserRole.AGENT, agent_id="136"),
        "lead": person(store, UserRole.LEAD, teams=("一组",)),
        "head": person(store, UserRole.HEAD),
        "other_head": person(store, UserRole.HEAD),
        "clear_head": person(store, UserRole.HEAD, sees_personal_data=True),
        "admin": person(store, UserRole.ADMIN),
        "reading_admin": person(store, UserRole.ADMIN, reads_calls=True),
    }


def tokens_of(review: Review, people: dict[str, User]) -> dict[str, str]:
    with review.store.writing() as session:
        return {
            who: make_token(session, user, "tests", days=1, actor=None, now=datetime.now(UTC))[0]
            for who, user in people.items()
        }


@pytest.fixture
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One that a test may write to."""
    with _opened(tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[Api]:
    """One that the tests of a file only read."""
    with _opened(tmp_path_factory) as made:
        yield made


@contextmanager
def _opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with review_store(tmp_path_factory.mktemp("api")) as review:
        people = people_of(review)
        app = create_app(review.store, review.settings)
        with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
            yield Api(app, client, review, people, tokens_of(review, people))
