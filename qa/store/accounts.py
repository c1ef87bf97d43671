"""Accounts: added, changed, disabled, never deleted, for decisions name their people."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import User, UserRole
from qa.refusals import AccountError, AccountFault
from qa.store.audit import Detail, audit
from qa.store.tables import AgentRow
from qa.store.tables_people import UserRow, UserTeamRow

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_MAX_CHARS = 100


@dataclass(frozen=True, slots=True)
class UserDraft:
    """What an administrator says of a person; see `User` for the fields."""

    login: str
    name: str
    role: UserRole
    agent_id: str | None = None
    teams: tuple[str, ...] = ()
    reads_calls: bool = False
    sees_personal_data: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a log-in is checked against; the hash is None where none was set."""

    user: User
    password_hash: str | None


def add_user(
    session: Session,
    draft: UserDraft,
    *,
    password_hash: str | None,
    must_change_password: bool = True,
    actor: User | None,
    now: datetime,
) -> User:
    """Add an account.

    Args:
        password_hash: from `qa.store.passwords`; None where nobody shall log in yet.
        must_change_password: somebody else knows the password.
        actor: who adds it; None on the server's command line.

    Raises:
        AccountError: something is wrong with the draft, or its login is taken.
    """
    require_sound(draft)
    if session.scalar(select(exists().where(UserRow.login == draft.login))):
        raise AccountError(AccountFault.LOGIN_TAKEN)
    _require_free_number(session, draft.agent_id, None)
    values = _columns(draft) | {
        "login": draft.login,
        "password_hash": password_hash,
        "must_change_password": must_change_password,
        "created_at": now,
    }
    user_id = session.execute(
        insert(UserRow).values(values).returning(UserRow.user_id)
    ).scalar_one()
    _set_teams(session, user_id, draft.teams)
    audit(session, actor, "user.add", "user", draft.login, _described(draft))
    return user_by_id(session, user_id)


def change_user(session: Session, user_id: int, draft: UserDraft, *, actor: User | None) -> User:
    """Change everything about a person but the login; in force from the next request on.

    Raises:
        AccountError: something is wrong with the draft; the person is the last administrator; or
            the actor's own role, scope or grants would change.
        NotFoundError: there is no such user.
    """
    require_sound(draft)
    before = _locked(session, user_id)
    if actor is not None and actor.user_id == user_id and _powers(draft) != _powers(before):
        raise AccountError(AccountFault.ONESELF)
    if before.role is UserRole.ADMIN and draft.role is not UserRole.ADMIN:
        _require_another_admin(session, before)
    if not before.is_disabled:
        _require_free_number(session, draft.agent_id, user_id)
    session.execute(update(UserRow).where(UserRow.user_id == user_id).values(_columns(draft)))
    session.execute(delete(UserTeamRow).where(UserTeamRow.user_id == user_id))
    _set_teams(session, user_id, draft.teams)
    audit(session, actor, "user.change", "user", before.login, _described(draft))
    return user_by_id(session, user_id)


def set_disabled(session: Session, user_id: int, is_disabled: bool, *, actor: User | None) -> User:
    """Shut a person out from the next request on, or let them in again.

    Raises:
        AccountError: the last administrator or oneself would be shut out, or the agent's number
            was given to somebody else meanwhile.
        NotFoundError: there is no such user.
    """
    before = _locked(session, user_id)
    if before.is_disabled == is_disabled:
        return before
    if is_disabled and actor is not None and actor.user_id == user_id:
        raise AccountError(AccountFault.ONESELF)
    if is_disabled:
        _require_another_admin(session, before)
    else:
        _require_free_number(session, before.agent_id, user_id)
    session.execute(
        update(UserRow).where(UserRow.user_id == user_id).values(is_disabled=is_disabled)
    )
    action = "user.disable" if is_disabled else "user.enable"
    audit(session, actor, action, "user", before.login)
    return user_by_id(session, user_id)


def set_password(
    session: Session,
    user_id: int,
    password_hash: str,
    *,
    must_change_password: bool,
    actor: User | None,
) -> User:
    """Set a password. The caller ends the sessions that it opened (`qa.store.sessions`).

    Raises:
        NotFoundError: there is no such user.
    """
    user = _locked(session, user_id)
    session.execute(
        update(UserRow)
        .where(UserRow.user_id == user_id)
        .values(password_hash=password_hash, must_change_password=must_change_password)
    )
    audit(session, actor, "user.password", "user", user.login, {"by_other": must_change_password})
    return user_by_id(session, user_id)


def keep_hash(session: Session, user_id: int, password_hash: str) -> None:
    """Keep the same password in a stronger hash."""
    session.execute(
        update(UserRow).where(UserRow.user_id == user_id).values(password_hash=password_hash)
    )


def has_users(session: Session) -> bool:
    """Whether anybody has an account."""
    return bool(session.scalar(select(exists().where(UserRow.user_id > 0))))


def list_users(session: Session) -> list[User]:
    """List everybody with an account, in order of login."""
    teams: dict[int, list[str]] = {}
    for row in session.execute(select(UserTeamRow.user_id, UserTeamRow.team)):
        teams.setdefault(row.user_id, []).append(row.team)
    users = session.scalars(select(UserRow).order_by(UserRow.login))
    return [as_user(row, teams.get(row.user_id, ())) for row in users]


def user_by_id(session: Session, user_id: int) -> User:
    """Find a person as they are in the database now.

    Raises:
        NotFoundError: there is no such user.
    """
    return _one(session, UserRow.user_id == user_id, str(user_id)).user


def user_by_login(session: Session, login: str) -> User:
    """Find a person by login.

    Raises:
        NotFoundError: there is no such user.
    """
    return _one(session, UserRow.login == login, login).user


def credentials_of(session: Session, login: str) -> Credentials | None:
    """Find what a log-in is checked against; None where there is no such account."""
    try:
        return _one(session, UserRow.login == login, "")
    except NotFoundError:
        return None


def known_teams(session: Session) -> list[str]:
    """List the teams that agents belong to, in order."""
    wanted = select(AgentRow.team).where(AgentRow.team.is_not(None)).distinct()
    return sorted(team for team in session.scalars(wanted) if team)


def teams_of(session: Session, user_id: int) -> list[str]:
    """List the teams that a person leads, in order."""
    wanted = select(UserTeamRow.team).where(UserTeamRow.user_id == user_id)
    return list(session.scalars(wanted.order_by(UserTeamRow.team)))


def as_user(row: Any, teams: list[str] | tuple[str, ...]) -> User:
    """Turn a row into what the program works with.

    Args:
        row: with the columns of `UserRow`.
    """
    return User(
        user_id=row.user_id,
        login=row.login,
        name=row.name,
        role=UserRole(row.role),
        agent_id=row.agent_id,
        teams=tuple(sorted(teams)),
        reads_calls=row.reads_calls,
        sees_personal_data=row.sees_personal_data,
        is_disabled=row.is_disabled,
        must_change_password=row.must_change_password,
        created_at=row.created_at,
    )


def require_sound(draft: UserDraft) -> None:
    """Check a draft on its own, before the database is asked.

    Raises:
        AccountError: something is missing, of a wrong form, or without meaning for the role.
    """
    if not _LOGIN.fullmatch(draft.login):
        raise AccountError(AccountFault.LOGIN_WRONG)
    if not is_plain(draft.name):
        raise AccountError(AccountFault.NAME_WRONG)
    if draft.agent_id is not None and not is_plain(draft.agent_id):
        raise AccountError(AccountFault.AGENT_NUMBER_WRONG)
    if draft.role is UserRole.AGENT and draft.agent_id is None:
        raise AccountError(AccountFault.AGENT_NUMBER_MISSING)
    if draft.role is UserRole.LEAD and not draft.teams:
        raise AccountError(AccountFault.TEAM_MISSING)
    if draft.role is not UserRole.LEAD and draft.teams:
        raise AccountError(AccountFault.TEAMS_OF_LEADS_ONLY)
    if not all(is_plain(team) and not set(team) & set(",，") for team in draft.teams):
        raise AccountError(AccountFault.TEAM_WRONG)
    if draft.reads_calls and draft.role is not UserRole.ADMIN:
        raise AccountError(AccountFault.GRANT_OF_ADMINS_ONLY)


def is_plain(text: str) -> bool:
    """Whether a name can be shown and logged as it is: no control characters, no blank ends."""
    return 0 < len(text) <= _MAX_CHARS and text.isprintable() and text == text.strip()


def _one(session: Session, condition: ColumnElement[bool], key: str) -> Credentials:
    row = session.scalar(select(UserRow).where(condition).execution_options(populate_existing=True))
    if row is None:
        raise NotFoundError("user", key)
    return Credentials(as_user(row, teams_of(session, row.user_id)), row.password_hash)


def _locked(session: Session, user_id: int) -> User:
    """Find a person, holding all administrators, so that two cannot disable each other at once."""
    admins = select(UserRow.user_id).where(
        (UserRow.role == UserRole.ADMIN.value) | (UserRow.user_id == user_id)
    )
    session.execute(admins.order_by(UserRow.user_id).with_for_update()).all()
    return user_by_id(session, user_id)


def _require_another_admin(session: Session, user: User) -> None:
    if user.role is not UserRole.ADMIN or user.is_disabled:
        return
    others = select(func.count()).where(
        UserRow.role == UserRole.ADMIN.value,
        UserRow.is_disabled.is_(False),
        UserRow.user_id != user.user_id,
    )
    if not session.scalar(others):
        raise AccountError(AccountFault.LAST_ADMIN)


def _require_free_number(session: Session, agent_id: str | None, user_id: int | None) -> None:
    """Two people must not share the scores that one of them is paid by."""
    if agent_id is None:
        return
    holders = select(UserRow.user_id).where(
        UserRow.agent_id == agent_id, UserRow.is_disabled.is_(False)
    )
    if any(holder != user_id for holder in session.scalars(holders)):
        raise AccountError(AccountFault.AGENT_NUMBER_TAKEN)


def _powers(person: UserDraft | User) -> tuple[object, ...]:
    return (
        *(person.role, person.agent_id, tuple(sorted(person.teams))),
        *(person.reads_calls, person.sees_personal_data),
    )


def _columns(draft: UserDraft) -> dict[str, object]:
    return {
        "name": draft.name,
        "role": draft.role.value,
        "agent_id": draft.agent_id,
        "reads_calls": draft.reads_calls,
        "sees_personal_data": draft.sees_personal_data,
    }


def _set_teams(session: Session, user_id: int, teams: tuple[str, ...]) -> None:
    rows = [{"user_id": user_id, "team": team} for team in sorted(set(teams))]
    if rows:
        session.execute(insert(UserTeamRow), rows)


def _described(draft: UserDraft) -> dict[str, Detail]:
    return {
        "role": draft.role.value,
        "agent_id": draft.agent_id,
        "teams": ", ".join(sorted(set(draft.teams)))[:400],
        "reads_calls": draft.reads_calls,
        "sees_personal_data": draft.sees_personal_data,
    }
