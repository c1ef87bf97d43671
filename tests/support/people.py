"""People with accounts for tests: made straight in the store, logged in without a password."""

import itertools
from datetime import UTC, datetime

from fastapi.testclient import TestClient

from qa.api.access import SESSION_COOKIE
from qa.records import User, UserRole
from qa.store.accounts import UserDraft, add_user
from qa.store.sessions import NewSession, start_session
from qa.store.store import Store

_numbers = itertools.count(1)


def person(
    store: Store,
    role: UserRole,
    *,
    agent_id: str | None = None,
    teams: tuple[str, ...] = (),
    **grants: bool,
) -> User:
    """Add somebody with a login of their own.

    Args:
        grants: `reads_calls`, `sees_personal_data`.
    """
    login = f"{role.value}-{next(_numbers)}"
    draft = UserDraft(login, login.title(), role, agent_id, teams, **grants)
    with store.writing() as session:
        return add_user(
            session,
            draft,
            password_hash=None,
            must_change_password=False,
            actor=None,
            now=datetime.now(UTC),
        )


def log_in(client: TestClient, store: Store, user: User) -> NewSession:
    """Give a client the session of a person; pages' forms need its `csrf_token`."""
    with store.writing() as session:
        made = start_session(session, user.user_id, now=datetime.now(UTC))
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, made.secret)
    return made
