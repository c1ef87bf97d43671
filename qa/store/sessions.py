"""Who is logged in: browsers by cookie, programs by token; both kept as SHA-256 only."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import User, UserRole
from qa.refusals import AccountError, AccountFault
from qa.store.accounts import as_user, is_plain
from qa.store.audit import audit
from qa.store.tables_people import ApiTokenRow, LoginSessionRow, UserRow, UserTeamRow

SEEN_EVERY = timedelta(minutes=1)
TOKEN_PREFIX = "qa_"
MAX_TOKENS = 20
MAX_TOKEN_DAYS = 366
_SECRET_BYTES = 32
_MAX_SECRET_CHARS = 100
_KEPT = timedelta(days=7)
_HINT_CHARS = 8
_KEY = "key_"


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a browser stays logged in without a request, and at most."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class NewSession:
    """A log-in just made; the secret goes into the cookie and is not kept."""

    secret: str
    session_hash: str
    csrf_token: str


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A browser that is logged in."""

    session_hash: str
    csrf_token: str
    created_at: datetime
    last_seen_at: datetime
    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A program's key; `hint` is its beginning."""

    token_id: int
    name: str
    hint: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens the API at a time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def start_session(
    session: Session, user_id: int, *, now: datetime, address: str = "", browser: str = ""
) -> NewSession:
    """Log a browser in under a fresh secret; forgets sessions that ended long ago."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    csrf_token = secrets.token_urlsafe(_SECRET_BYTES)
    session.execute(delete(LoginSessionRow).where(LoginSessionRow.last_seen_at < now - _KEPT))
    session.execute(
        insert(LoginSessionRow).values(
            session_hash=hash_secret(secret),
            user_id=user_id,
            csrf_token=csrf_token,
            created_at=now,
            last_seen_at=now,
            address=_printable(address),
            browser=_printable(browser),
        )
    )
    return NewSession(secret, hash_secret(secret), csrf_token)


def find_session(
    session: Session, secret: str, *, now: datetime, limits: SessionLimits
) -> tuple[User, LoginSession] | None:
    """Find who holds a cookie; None where it is unknown, ended or out of time.

    The person is read anew each time, so that a change of role counts at once. A disabled one is
    found as well: `rights_of` gives them nothing, and the door turns them away.
    """
    if not 0 < len(secret) <= _MAX_SECRET_CHARS:
        return None
    rows = session.execute(
        _by_cookie(),
        {
            "session_hash": hash_secret(secret),
            "seen_after": now - limits.idle,
            "created_after": now - limits.absolute,
        },
    ).all()
    return (_person(rows), _login_session(_key(rows[0]))) if rows else None


def see_session(session: Session, session_hash: str, now: datetime) -> None:
    """Note that a browser is still in use; call it at most every `SEEN_EVERY`."""
    session.execute(
        update(LoginSessionRow)
        .where(LoginSessionRow.session_hash == session_hash)
        .values(last_seen_at=now)
    )


def list_sessions(
    session: Session, user_id: int, *, now: datetime, limits: SessionLimits
) -> list[LoginSession]:
    """List a person's browsers that are logged in, last used first."""
    rows = session.scalars(
        select(LoginSessionRow)
        .where(LoginSessionRow.user_id == user_id, *_alive(now, limits))
        .order_by(LoginSessionRow.last_seen_at.desc(), LoginSessionRow.session_hash)
    )
    return [_login_session(row) for row in rows]


def end_session(session: Session, session_hash: str, now: datetime) -> None:
    """Log a browser out; its cookie opens nothing from the next request on."""
    session.execute(
        update(LoginSessionRow)
        .where(LoginSessionRow.session_hash == session_hash, LoginSessionRow.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def end_sessions_of(session: Session, user_id: int, now: datetime) -> None:
    """Log a person out everywhere."""
    session.execute(
        update(LoginSessionRow)
        .where(LoginSessionRow.user_id == user_id, LoginSessionRow.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def make_token(
    session: Session, user: User, name: str, *, days: int, actor: User | None, now: datetime
) -> tuple[str, ApiToken]:
    """Make a program's key to the API.

    Args:
        days: how long it is valid, 1 to 366.

    Returns:
        The secret, which is shown once and not kept, and what is kept of it.

    Raises:
        AccountError: the name is empty or odd, the days are out of range, or there are too many.
    """
    if not is_plain(name):
        raise AccountError(AccountFault.TOKEN_NAME_WRONG)
    if not 1 <= days <= MAX_TOKEN_DAYS:
        raise AccountError(AccountFault.TOKEN_DAYS_WRONG, f"1–{MAX_TOKEN_DAYS}")
    valid = [token for token in list_tokens(session, user.user_id) if token.is_valid(now)]
    if len(valid) >= MAX_TOKENS:
        raise AccountError(AccountFault.TOO_MANY_TOKENS, str(MAX_TOKENS))
    secret = TOKEN_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    row = ApiTokenRow(
        user_id=user.user_id,
        name=name,
        hint=secret[:_HINT_CHARS],
        token_hash=hash_secret(secret),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    audit(session, actor, "token.make", "user", user.login, {"token": row.token_id, "days": days})
    return secret, _token(row)


def find_token(session: Session, secret: str, *, now: datetime) -> tuple[User, ApiToken] | None:
    """Find whose key a secret is; None where it is unknown, revoked or out of time."""
    if not secret.startswith(TOKEN_PREFIX) or len(secret) > _MAX_SECRET_CHARS:
        return None
    rows = session.execute(_by_token(), {"token_hash": hash_secret(secret)}).all()
    if not rows:
        return None
    token = _token(_key(rows[0]))
    return (_person(rows), token) if token.is_valid(now) else None


def see_token(session: Session, token_id: int, now: datetime) -> None:
    """Note that a key was used; call it at most every `SEEN_EVERY`."""
    session.execute(
        update(ApiTokenRow).where(ApiTokenRow.token_id == token_id).values(last_used_at=now)
    )


def list_tokens(session: Session, user_id: int) -> list[ApiToken]:
    """List a person's keys, revoked ones too, newest first."""
    rows = session.scalars(
        select(ApiTokenRow)
        .where(ApiTokenRow.user_id == user_id)
        .order_by(ApiTokenRow.token_id.desc())
    )
    return [_token(row) for row in rows]


def revoke_token(
    session: Session, user: User, token_id: int, *, actor: User | None, now: datetime
) -> None:
    """Make a person's key worthless from the next request on.

    Raises:
        NotFoundError: the person has no such key.
    """
    row = session.scalar(
        select(ApiTokenRow).where(
            ApiTokenRow.token_id == token_id, ApiTokenRow.user_id == user.user_id
        )
    )
    if row is None:
        raise NotFoundError("token", str(token_id))
    if row.revoked_at is None:
        row.revoked_at = now
        session.flush()
        audit(session, actor, "token.revoke", "user", user.login, {"token": token_id})


def revoke_tokens_of(session: Session, user_id: int, now: datetime) -> None:
    """Make all keys of a person worthless."""
    session.execute(
        update(ApiTokenRow)
        .where(ApiTokenRow.user_id == user_id, ApiTokenRow.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def hash_secret(secret: str) -> str:
    """Compute what is kept of a secret; 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _alive(now: datetime, limits: SessionLimits) -> tuple[ColumnElement[bool], ...]:
    return (
        LoginSessionRow.revoked_at.is_(None),
        LoginSessionRow.last_seen_at > now - limits.idle,
        LoginSessionRow.created_at > now - limits.absolute,
    )


# Who asks is looked up on every request: one statement each, put together once.
@cache
def _by_cookie() -> Select[*tuple[Any, ...]]:
    login = LoginSessionRow.__table__
    return _with_person(login).where(
        login.c.session_hash == bindparam("session_hash"),
        login.c.revoked_at.is_(None),
        login.c.last_seen_at > bindparam("seen_after"),
        login.c.created_at > bindparam("created_after"),
    )


@cache
def _by_token() -> Select[*tuple[Any, ...]]:
    token = ApiTokenRow.__table__
    return _with_person(token).where(token.c.token_hash == bindparam("token_hash"))


def _with_person(by: FromClause) -> Select[*tuple[Any, ...]]:
    """Select a key with its holder, a row for each team that they lead, or one without."""
    user, lead = UserRole.LEAD.value, UserTeamRow.__table__
    people = UserRow.__table__
    own = [column.label(_KEY + column.name) for column in by.columns]
    teams = and_(lead.c.user_id == people.c.user_id, people.c.role == user)
    return (
        select(*people.columns, lead.c.team, *own)
        .join_from(by, people, people.c.user_id == by.c.user_id)
        .outerjoin(lead, teams)
    )


def _key(row: Row[*tuple[Any, ...]]) -> SimpleNamespace:
    values = {k.removeprefix(_KEY): v for k, v in row._mapping.items() if k.startswith(_KEY)}
    return SimpleNamespace(**values)


def _person(rows: Sequence[Row[*tuple[Any, ...]]]) -> User:
    return as_user(rows[0], [row.team for row in rows if row.team is not None])


def _login_session(row: Any) -> LoginSession:
    return LoginSession(
        session_hash=row.session_hash,
        csrf_token=row.csrf_token,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        address=row.address,
        browser=row.browser,
    )


def _token(row: Any) -> ApiToken:
    return ApiToken(
        token_id=row.token_id,
        name=row.name,
        hint=row.hint,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())[:200]
