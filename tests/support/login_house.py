"""A running service with people who have passwords, for tests of logging in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from qa.api.app import create_app
from qa.config import Settings
from qa.records import User, UserRole
from qa.store import accounts, passwords
from qa.store.audit_reading import AuditFilter, list_entries
from qa.store.store import Store
from qa.store.tables_people import LoginFailureRow
from tests.support.call_folders import open_store, settings_for
from tests.support.people import person

BASE = "https://127.0.0.1:8787"  # over TLS, so that the client sends cookies marked Secure
PASSWORD = "five quiet otters"
WRONG = "three loud ravens"


class House:
    """A running service with people who have a password."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.app = create_app(store, settings)
        self.hash = passwords.hash_password(PASSWORD)

    def browser(self) -> TestClient:
        return TestClient(
            self.app, base_url=BASE, raise_server_exceptions=False, follow_redirects=False
        )

    def add(self, role: UserRole = UserRole.HEAD, **given: Any) -> User:
        user = person(self.store, role, **given)
        with self.store.writing() as session:
            accounts.keep_hash(session, user.user_id, self.hash)
        return user

    def audited(self, action: str) -> list[Any]:
        with self.store.reading() as session:
            return list_entries(session, AuditFilter(action=action), limit=1000)

    def forget_failures(self) -> None:
        """Forget failed log-ins of other tests: all come from one address."""
        with self.store.writing() as session:
            session.query(LoginFailureRow).delete()


@contextmanager
def login_house(folder: Path) -> Iterator[House]:
    """Open a service without calls; its hashes are real, but quick to compute."""
    settings = settings_for(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(1, 64, 1))
        passwords._dummy.cache_clear()
        with open_store(settings) as store:
            yield House(store, settings)
    passwords._dummy.cache_clear()


class Clock:
    """Stands still at the log-in page, however slow the machine is, until it is put forward."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self, _zone: Any) -> datetime:
        return self.time


def log_in(
    browser: TestClient, login: str, password: str = PASSWORD, wanted: str = "", token: str = ""
) -> httpx.Response:
    page = browser.get("/login", params={"next": wanted} if wanted else {})
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    given = token or (found[1] if found else "")
    form = {"login": login, "password": password, "csrf_token": given, "next": wanted}
    answer: httpx.Response = browser.post("/login", data=form)
    return answer


def csrf_of(browser: TestClient) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/account").text)
    assert found
    return found[1]


def is_logged_in(browser: TestClient) -> bool:
    return browser.get("/account").status_code == 200
