"""An archive that people have worked on, and browsers of each of them; an empty one beside it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api.app import create_app
from qa.config import Settings
from qa.records import User, UserRole
from qa.store.store import Store
from tests.support.archive_work import Crew, add_crew, work
from tests.support.call_folders import open_store, settings_for
from tests.support.people import log_in, person
from tests.support.review_archive import AGENTS, Archive, fill

BASE = "http://127.0.0.1:8787"
HOSTILE = "<img src=x onerror=alert(1)>"
DAYS = "since=2025-12-01&until=2026-01-11"
"""The days of the archive, as an address says them."""


@dataclass(frozen=True)
class Site:
    """A served archive.

    Attributes:
        crew: people with accounts; None where the archive is empty.
    """

    store: Store
    settings: Settings
    app: FastAPI
    archive: Archive | None = None
    crew: Crew | None = None

    @property
    def people(self) -> Crew:
        assert self.crew is not None
        return self.crew


@dataclass(frozen=True)
class Browser:
    """Somebody's browser; `token` goes with every form."""

    client: TestClient
    token: str

    def get(self, address: str) -> str:
        """Open a page that must be there."""
        answer = self.client.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        return answer.text

    def post(self, address: str, **form: object) -> tuple[int, str, str]:
        """Send a form; gives status, address that it leads to, and page."""
        answer = self.client.post(
            address, data={"csrf_token": self.token, **form}, follow_redirects=False
        )
        return answer.status_code, answer.headers.get("location", ""), answer.text


Open = Callable[[User], Browser]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("site")
    settings = settings_for(root)
    scoring = settings.scoring.model_copy(update={"ruleset": "heating-repair"})
    settings = settings.model_copy(update={"scoring": scoring})
    few = [replace(agent, weeks=min(agent.weeks, 2)) for agent in AGENTS]
    few[2] = replace(few[2], name=HOSTILE)
    with open_store(settings) as store:
        archive = fill(store, settings, agents=few)
        crew = add_crew(store)
        work(store, crew)
        yield Site(store, settings, create_app(store, settings), archive, crew)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = settings_for(tmp_path_factory.mktemp("empty"))
    with open_store(settings) as store:
        yield Site(store, settings, create_app(store, settings))


@pytest.fixture
def opened(site: Site) -> Iterator[Open]:
    with TestClient(site.app, base_url=BASE, raise_server_exceptions=False) as client:
        yield lambda user: Browser(client, log_in(client, site.store, user).csrf_token)


@pytest.fixture
def nobody_called(empty: Site) -> Iterator[Callable[..., Browser]]:
    """Open the empty archive as somebody of a role."""
    with TestClient(empty.app, base_url=BASE, raise_server_exceptions=False) as client:

        def browser(role: UserRole, **about: object) -> Browser:
            user = person(empty.store, role, **about)  # type: ignore[arg-type]
            return Browser(client, log_in(client, empty.store, user).csrf_token)

        yield browser
