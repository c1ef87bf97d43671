"""Who asks, everybody with an account, and the audit log."""

import json
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query

from qa.api.access import Viewer
from qa.api.problems import declared
from qa.api.v1.schemas_people import (
    AuditOut,
    AuditPage,
    DisabledIn,
    MeOut,
    UserChange,
    UserIn,
    UserOut,
)
from qa.api.v1.shared import (
    MAX_NUMBER,
    PLAIN,
    After,
    AnyOne,
    Limit,
    Running,
    days_between,
    next_cursor,
    now,
    number_after,
    who,
)
from qa.records import Right, User
from qa.store import accounts, passwords, sessions
from qa.store.accounts import UserDraft
from qa.store.audit_reading import AuditEntry, AuditFilter, list_entries

router = APIRouter()
Manager = Annotated[Viewer, who(Right.MANAGE_USERS)]
Auditor = Annotated[Viewer, who(Right.READ_AUDIT)]
UserId = Annotated[int, Path(ge=1, le=MAX_NUMBER, examples=[3])]
_REFUSALS = declared("not_found", "conflict", "invalid")


@router.get("/me", tags=["accounts"], summary="See who you are", response_model=MeOut)
def get_me(viewer: AnyOne) -> MeOut:
    """Give your account and your rights, as they are now."""
    return MeOut(
        user=UserOut.model_validate(viewer.user),
        rights=sorted(viewer.rights),
        sees_everything=viewer.scope.everything,
        via=viewer.via,
    )


@router.get("/users", tags=["accounts"], summary="List accounts", response_model=list[UserOut])
def list_users(service: Running, viewer: Manager) -> list[UserOut]:
    """List everybody with an account, in order of login."""
    with service.store.reading() as session:
        return [UserOut.model_validate(user) for user in accounts.list_users(session)]


@router.post(
    "/users",
    tags=["accounts"],
    summary="Add an account",
    status_code=201,
    response_model=UserOut,
    responses=declared("conflict", "invalid"),
)
def add_user(service: Running, viewer: Manager, wanted: UserIn) -> UserOut:
    """Add a person; the first password works until the first log-in, which asks for another."""
    least = service.settings.accounts.password_min_chars
    passwords.require_good(wanted.password, wanted.login, min_chars=least)
    hashed = passwords.hash_password(wanted.password)  # slow: not while the database is held
    with service.store.writing() as session:
        user = accounts.add_user(
            session,
            _draft(wanted, wanted.login),
            password_hash=hashed,
            must_change_password=True,
            actor=viewer.user,
            now=now(),
        )
    return UserOut.model_validate(user)


@router.get(
    "/users/{user_id}",
    tags=["accounts"],
    summary="Read an account",
    response_model=UserOut,
    responses=declared("not_found"),
)
def get_user(user_id: UserId, service: Running, viewer: Manager) -> UserOut:
    """Give one account."""
    with service.store.reading() as session:
        return UserOut.model_validate(accounts.user_by_id(session, user_id))


@router.put(
    "/users/{user_id}",
    tags=["accounts"],
    summary="Change an account",
    response_model=UserOut,
    responses=_REFUSALS,
)
def change_user(user_id: UserId, service: Running, viewer: Manager, wanted: UserChange) -> UserOut:
    """Say anew everything about a person but the login; in force from the next request on."""
    with service.store.writing() as session:
        known = accounts.user_by_id(session, user_id)
        user = accounts.change_user(
            session, user_id, _draft(wanted, known.login), actor=viewer.user
        )
    return UserOut.model_validate(user)


@router.put(
    "/users/{user_id}/disabled",
    tags=["accounts"],
    summary="Shut a person out, or let them in again",
    response_model=UserOut,
    responses=_REFUSALS,
)
def set_disabled(user_id: UserId, service: Running, viewer: Manager, wanted: DisabledIn) -> UserOut:
    """Disable or enable an account; in force from the next request on."""
    with service.store.writing() as session:
        user: User = accounts.set_disabled(session, user_id, wanted.is_disabled, actor=viewer.user)
        if wanted.is_disabled:
            sessions.end_sessions_of(session, user_id, now())
    return UserOut.model_validate(user)


@router.get("/audit", tags=["audit"], summary="Read the audit log", response_model=AuditPage)
def list_audit(
    service: Running,
    viewer: Auditor,
    action: Annotated[
        str, Query(pattern=r"^[a-z_.]{0,50}$", description="`session` for all `session.…`.")
    ] = "",
    person: Annotated[str, Query(max_length=64, pattern=PLAIN, description="A login.")] = "",
    subject_kind: Annotated[str, Query(pattern=r"^[a-z_]{0,50}$")] = "",
    subject: Annotated[str, Query(max_length=200, pattern=PLAIN)] = "",
    since: date | None = None,
    until: date | None = None,
    after: After = None,
    limit: Limit = 100,
) -> AuditPage:
    """List what happened, the newest first."""
    days = days_between(since, until, service.store.zone)
    wanted = AuditFilter(
        action=action,
        person=person,
        subject_kind=subject_kind,
        subject=subject,
        since=days.since,
        until=days.until,
    )
    with service.store.reading() as session:
        found = list_entries(
            session,
            wanted,
            before=number_after(after),
            limit=limit + 1,
            closed=viewer.scope.closed,
        )
    return AuditPage(
        items=[_entry(one) for one in found[:limit]],
        next=next_cursor(found, limit, lambda one: (one.entry_id,)),
    )


def _entry(entry: AuditEntry) -> AuditOut:
    return AuditOut(
        entry_id=entry.entry_id,
        happened_at=entry.happened_at,
        actor_login=entry.actor_login,
        action=entry.action,
        subject_kind=entry.subject_kind,
        subject=entry.subject,
        details=json.loads(entry.details),
    )


def _draft(wanted: UserChange, login: str) -> UserDraft:
    return UserDraft(
        login=login,
        name=wanted.name,
        role=wanted.role,
        agent_id=wanted.agent_id,
        teams=tuple(dict.fromkeys(wanted.teams)),
        reads_calls=wanted.reads_calls,
        sees_personal_data=wanted.sees_personal_data,
    )
