"""The demo's accounts: one per role, in the demo's own database only."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qa.records import UserRole

if TYPE_CHECKING:
    from qa.store.accounts import UserDraft
    from qa.store.store import Store

_AGENT, _TEAM = "417", "二组"
# (role, login, name, what it is good for); the agent and the team are those of the bundled calls.
_PEOPLE = (
    (UserRole.LEAD, "lead", "演示领班", "reviews the calls of team 二组"),
    (UserRole.HEAD, "head", "演示部长", "sees every call, personal data, appeals, rules"),
    (UserRole.AGENT, "agent", "郑怡", "sees the own calls (agent 417), appeals"),
    (UserRole.ADMIN, "admin", "演示管理员", "manages users, sees no call"),
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """What to log in with, and what for."""

    role: str
    login: str
    password: str
    meaning: str


def demo_accounts(store: "Store") -> tuple[DemoAccount, ...]:
    """Make one account per role, with a new password each time.

    Nobody else can know the password, so the demo stays safe whatever is done with its folder.
    """
    from qa.store.accounts import add_user, list_users, set_password
    from qa.store.passwords import hash_password

    password = f"demo-{secrets.token_hex(4)}"
    kept, now = hash_password(password), datetime.now(UTC)
    with store.writing() as session:
        known = {user.login: user.user_id for user in list_users(session)}
        for role, login, name, _ in _PEOPLE:
            if login in known:
                set_password(session, known[login], kept, must_change_password=False, actor=None)
                continue
            add_user(
                session,
                _draft(role, login, name),
                password_hash=kept,
                must_change_password=False,
                actor=None,
                now=now,
            )
    return tuple(DemoAccount(role, login, password, text) for role, login, _, text in _PEOPLE)


def _draft(role: UserRole, login: str, name: str) -> "UserDraft":
    from qa.store.accounts import UserDraft

    return UserDraft(
        login,
        name,
        role,
        agent_id=_AGENT if role is UserRole.AGENT else None,
        teams=(_TEAM,) if role is UserRole.LEAD else (),
        sees_personal_data=role is UserRole.HEAD,
    )
