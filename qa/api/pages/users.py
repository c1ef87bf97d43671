"""Accounts, for administrators: who may log in, as what."""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from qa.api.access import Viewer, limits_of, needs
from qa.api.pages.shared import Number
from qa.api.rendering import flash, page
from qa.api.service import Service, running_service
from qa.records import Right, User, UserRole
from qa.refusals import AccountError
from qa.store import accounts, sessions
from qa.store.accounts import UserDraft
from qa.store.audit import audit
from qa.store.passwords import hash_password

# Without letters that look alike, in groups: it is read out, or copied from paper.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_CHARS = 4, 4

router = APIRouter(prefix="/users", include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Admin = Annotated[Viewer, Depends(needs(Right.MANAGE_USERS))]


@dataclass(frozen=True, slots=True)
class UserForm:
    """What the page sends of a person; `login` only of a new one."""

    login: Annotated[str, Form(max_length=200)] = ""
    name: Annotated[str, Form(max_length=400)] = ""
    role: Annotated[UserRole, Form()] = UserRole.AGENT
    agent_id: Annotated[str, Form(max_length=400)] = ""
    teams: Annotated[str, Form(max_length=4000)] = ""
    reads_calls: Annotated[bool, Form()] = False
    sees_personal_data: Annotated[bool, Form()] = False

    def draft(self, login: str | None = None) -> UserDraft:
        """Read the form; the teams of leads only, for the field shows for all."""
        teams = [team.strip() for team in re.split(r"[,，、\n]", self.teams)]
        is_lead, is_admin = self.role is UserRole.LEAD, self.role is UserRole.ADMIN
        return UserDraft(
            login=self.login.strip().lower() if login is None else login,
            name=self.name.strip(),
            role=self.role,
            agent_id=self.agent_id.strip() or None,
            teams=tuple(sorted({team for team in teams if team})) if is_lead else (),
            reads_calls=self.reads_calls and is_admin,
            sees_personal_data=self.sees_personal_data,
        )


@router.get("")
def show_users(
    request: Request, service: Running, viewer: Admin, q: str = "", role: str = ""
) -> Response:
    """List everybody with an account."""
    with service.store.reading() as session:
        users = accounts.list_users(session)
    sought = q.strip().lower()
    shown = [
        user
        for user in users
        if (not role or user.role == role)
        and sought in f"{user.login} {user.name} {user.agent_id or ''} {user.teams}".lower()
    ]
    values = {"users": shown, "total": len(users), "q": q, "role": role, "roles": list(UserRole)}
    return page(request, "users.html", values)


@router.get("/add")
def show_new_user(request: Request, service: Running, viewer: Admin) -> Response:
    """Ask who is to have an account."""
    return _show(request, service, None, UserForm())


@router.post("")
def add_user(
    request: Request, service: Running, viewer: Admin, form: Annotated[UserForm, Depends()]
) -> Response:
    """Add an account with a password made up here, and show that, this once."""
    password = make_password()
    try:
        draft = form.draft()
        accounts.require_sound(draft)
        password_hash = hash_password(password)
        with service.store.writing() as session:
            user = accounts.add_user(
                session,
                draft,
                password_hash=password_hash,
                actor=viewer.user,
                now=datetime.now(UTC),
            )
    except AccountError as error:
        return _show(request, service, None, form, error=error)
    return _show(request, service, user, _form_of(user), secret=password)


@router.get("/{user_id}")
def show_user(request: Request, user_id: Number, service: Running, viewer: Admin) -> Response:
    """Show one account."""
    user = _find(service, user_id)
    return _show(request, service, user, _form_of(user))


@router.post("/{user_id}")
def change_user(
    request: Request,
    user_id: Number,
    service: Running,
    viewer: Admin,
    form: Annotated[UserForm, Depends()],
) -> Response:
    """Change a person's name, role, scope and grants."""
    user = _find(service, user_id)
    try:
        with service.store.writing() as session:
            accounts.change_user(session, user_id, form.draft(user.login), actor=viewer.user)
    except AccountError as error:
        return _show(request, service, user, form, error=error)
    return _back(user_id, "flash_user_changed")


@router.post("/{user_id}/disable")
def disable_user(request: Request, user_id: Number, service: Running, viewer: Admin) -> Response:
    """Shut a person out."""
    return _set_disabled(request, service, viewer, user_id, True)


@router.post("/{user_id}/enable")
def enable_user(request: Request, user_id: Number, service: Running, viewer: Admin) -> Response:
    """Let a person in again."""
    return _set_disabled(request, service, viewer, user_id, False)


@router.post("/{user_id}/password")
def reset_password(request: Request, user_id: Number, service: Running, viewer: Admin) -> Response:
    """Give a person a new password, shown once; ends their sessions and tokens."""
    user = _find(service, user_id)
    password, now = make_password(), datetime.now(UTC)
    password_hash = hash_password(password)
    with service.store.writing() as session:
        sessions.end_sessions_of(session, user_id, now)
        sessions.revoke_tokens_of(session, user_id, now)
        user = accounts.set_password(
            session, user_id, password_hash, must_change_password=True, actor=viewer.user
        )
    return _show(request, service, user, _form_of(user), secret=password)


@router.post("/{user_id}/logout")
def log_user_out(user_id: Number, service: Running, viewer: Admin) -> Response:
    """End a person's sessions and revoke their tokens."""
    user, now = _find(service, user_id), datetime.now(UTC)
    with service.store.writing() as session:
        sessions.end_sessions_of(session, user_id, now)
        sessions.revoke_tokens_of(session, user_id, now)
        audit(session, viewer.user, "session.end_of_other", "user", user.login)
    return _back(user_id, "flash_user_logged_out")


def make_password() -> str:
    """Make up a password of 79 random bits that can be read out."""
    groups = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_CHARS)) for _ in range(_GROUPS)
    )
    return "-".join(groups)


def _set_disabled(
    request: Request, service: Service, viewer: Viewer, user_id: int, is_disabled: bool
) -> Response:
    user = _find(service, user_id)
    try:
        with service.store.writing() as session:
            if is_disabled:
                sessions.end_sessions_of(session, user_id, datetime.now(UTC))
            accounts.set_disabled(session, user_id, is_disabled, actor=viewer.user)
    except AccountError as error:
        return _show(request, service, user, _form_of(user), error=error)
    return _back(user_id, "flash_user_disabled" if is_disabled else "flash_user_enabled")


def _find(service: Service, user_id: int) -> User:
    with service.store.reading() as session:
        return accounts.user_by_id(session, user_id)


def _back(user_id: int, said: str) -> Response:
    response = RedirectResponse(f"/users/{user_id}", 303)
    flash(response, said)
    return response


def _form_of(user: User) -> UserForm:
    return UserForm(
        login=user.login,
        name=user.name,
        role=user.role,
        agent_id=user.agent_id or "",
        teams=", ".join(user.teams),
        reads_calls=user.reads_calls,
        sees_personal_data=user.sees_personal_data,
    )


def _show(
    request: Request, service: Service, user: User | None, form: UserForm, **given: Any
) -> Response:
    now = datetime.now(UTC)
    limits = limits_of(service.settings.accounts)
    with service.store.reading() as session:
        known_teams = accounts.known_teams(session)
        browsers, tokens = [], []
        if user is not None:
            browsers = sessions.list_sessions(session, user.user_id, now=now, limits=limits)
            tokens = sessions.list_tokens(session, user.user_id)
    values: dict[str, Any] = {
        "person": user,
        "form": form,
        "roles": list(UserRole),
        "known_teams": known_teams,
        "browsers": browsers,
        "tokens": [token for token in tokens if token.is_valid(now)],
        "zone": service.store.zone,
        "error": None,
        "secret": "",
    }
    return page(request, "user.html", values | given, status=409 if given.get("error") else 200)
