"""Every route, for everybody: the table in `authorisation_table.py` against the application."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from qa.api.access import SESSION_COOKIE
from qa.api.app import create_app
from qa.records import User, UserRole
from qa.store.accounts import set_disabled
from qa.store.sessions import make_token, revoke_tokens_of, start_session
from tests.api.authorisation_table import ROLES, ROWS, RouteRow, filled, things
from tests.support.people import person
from tests.support.review_store import Review, review_store

BASE = "http://127.0.0.1:8787"
OUTSIDERS = ("anonymous", "disabled")
OTHER_TEAM = ("孙佳", "二组")
"""Name and team of the agent of the other team: whoever is not theirs must never read them."""
SCOPED = ("agent", "lead")
BY_ROUTE = {one.route: one for one in ROWS}


@dataclass(frozen=True)
class World:
    """The application with one person of each kind."""

    app: FastAPI
    client: TestClient
    review: Review
    people: dict[str, User]
    things: dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[World]:
    with review_store(tmp_path_factory.mktemp("world")) as review:
        store, app = review.store, create_app(review.store, review.settings)
        people = {
            "agent": person(store, UserRole.AGENT, agent_id="108"),
            "lead": person(store, UserRole.LEAD, teams=("一组",)),
            "head": person(store, UserRole.HEAD),
            "admin": person(store, UserRole.ADMIN),
            "admin_calls": person(store, UserRole.ADMIN, reads_calls=True),
            "disabled": person(store, UserRole.HEAD),
        }
        with store.writing() as session:
            set_disabled(session, people["disabled"].user_id, True, actor=None)
        with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
            yield World(app, client, review, people, things(review, people))


def routes_of(app: FastAPI) -> set[str]:
    """Every method and address that the application answers, whether in the schema or not."""
    found = set()
    for route in iter_route_contexts(app.routes):
        path = re.sub(r":\w+\}", "}", route.path or "")
        methods = route.methods or {"GET"}  # what is mounted has none
        found |= {f"{method} {path}" for method in methods - {"HEAD", "OPTIONS"}}
    return found


def test_every_route_has_its_row(world: World) -> None:
    routes = routes_of(world.app)
    assert sorted(routes - set(BY_ROUTE)) == [], "add a row to authorisation_table.py"
    assert sorted(set(BY_ROUTE) - routes) == [], "rows of routes that are gone"
    assert len(BY_ROUTE) == len(ROWS), "a route has two rows"


def test_every_operation_of_the_schema_has_its_row(world: World) -> None:
    schema = world.app.openapi()
    operations = {
        f"{method.upper()} {path}" for path, some in schema["paths"].items() for method in some
    }
    assert operations and operations <= set(BY_ROUTE)


def ask(world: World, one: RouteRow, who: str, *, own: bool, csrf: bool = True) -> httpx.Response:
    """Ask for a route as somebody: programs by token below /api, browsers by a fresh session."""
    method, _, path = one.route.partition(" ")
    chosen = {name: values[0 if own else 1] for name, values in world.things.items()}
    path = filled(path, chosen)
    assert "{" not in path, f"say in things() what stands for the parts of {path}"
    if path == "/static":
        path = "/static/app.css"
    headers = {} if who == "anonymous" else _credentials(world, who, path, csrf)
    world.client.cookies.clear()
    response: httpx.Response = world.client.request(
        method, path, headers=headers, follow_redirects=False, **filled(dict(one.send), chosen)
    )
    return response


def _credentials(world: World, who: str, path: str, csrf: bool) -> dict[str, str]:
    user, now = world.people[who], datetime.now(UTC)
    with world.review.store.writing() as session:
        if path.startswith("/api/") and csrf:
            name = f"{who} {path}"[:90]
            revoke_tokens_of(session, user.user_id, now)  # there is a limit on valid ones
            secret, _ = make_token(session, user, name, days=1, actor=None, now=now)
            return {"authorization": f"Bearer {secret}"}
        made = start_session(session, user.user_id, now=now)
    headers = {"cookie": f"{SESSION_COOKIE}={made.secret}"}
    return {**headers, "x-csrf-token": made.csrf_token} if csrf else headers


def is_refused_at_the_door(response: httpx.Response) -> bool:
    to_login = response.headers.get("location", "").startswith("/login")
    return response.status_code == 401 or (response.status_code == 303 and to_login)


CASES = [
    pytest.param(one, who, own, id=f"{one.route} {who} {'own' if own else 'other'}")
    for one in ROWS
    for who in (*ROLES, *OUTSIDERS)
    for own in ((True, False) if one.scoped else (True,))
]


@pytest.mark.parametrize(("one", "who", "own"), CASES)
def test_only_those_who_may(world: World, one: RouteRow, who: str, own: bool) -> None:
    response = ask(world, one, who, own=own)
    assert response.status_code < 500
    if one.is_public:
        is_login = one.route == "POST /login" and response.status_code == 403  # without its cookie
        assert is_login or response.status_code < 400
    elif who in OUTSIDERS:
        assert is_refused_at_the_door(response)
    elif who in one.sent_home:
        assert response.status_code == 303 and response.headers["location"] == "/users"
    elif who not in one.who:
        assert response.status_code == 403
    elif who in one.nothing_there or (one.scoped and not own and who in SCOPED):
        assert response.status_code == 404
    else:
        _assert_allowed(one, who, response)
    if who in SCOPED:
        assert not [name for name in OTHER_TEAM if name in response.text]


def _assert_allowed(one: RouteRow, who: str, response: httpx.Response) -> None:
    if one.reads_nothing:
        assert response.status_code not in (401, 403)
    elif who in one.leads_on:
        assert response.status_code == 303 and not is_refused_at_the_door(response)
    elif one.route.startswith("GET "):
        assert response.status_code in (200, 206)
    else:
        assert response.status_code < 400 or response.status_code in (400, 409, 413, 415, 422)
        assert _is_done_here(one, response)


def _is_done_here(one: RouteRow, response: httpx.Response) -> bool:
    """Whether a write was let in: only logging out may lead to the log-in page."""
    leaves = one.route in ("POST /logout", "POST /account/logout-everywhere")
    return leaves or not is_refused_at_the_door(response)


WRITES = [one for one in ROWS if not one.route.startswith("GET ") and not one.is_public]


@pytest.mark.parametrize("one", WRITES, ids=lambda one: one.route)
def test_no_session_writes_without_its_csrf_token(world: World, one: RouteRow) -> None:
    who = sorted(one.who)[0]
    response = ask(world, one, who, own=True, csrf=False)
    assert response.status_code == 403
    assert not response.headers.get("set-cookie", "").startswith(SESSION_COOKIE)
