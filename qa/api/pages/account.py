"""One's own account: password, browsers that are logged in, API tokens."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from qa.api import access
from qa.api.access import Viewer, logged_in, needs
from qa.api.logins import change_password
from qa.api.pages.shared import Number
from qa.api.rendering import flash, page
from qa.api.service import Service, running_service
from qa.refusals import AccountError
from qa.store import sessions
from qa.store.audit import audit

TOKEN_DAYS = (30, 90, 365)

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
# Also for whoever must change the password first: they can do nothing else.
Anyone = Annotated[Viewer, Depends(logged_in)]
Settled = Annotated[Viewer, Depends(needs())]


@dataclass(frozen=True, slots=True)
class PasswordForm:
    """What the page sends to change a password."""

    current: Annotated[str, Form(max_length=1000)] = ""
    chosen: Annotated[str, Form(max_length=1000)] = ""
    again: Annotated[str, Form(max_length=1000)] = ""


@router.get("/account")
def show_account(request: Request, service: Running, viewer: Settled) -> Response:
    """Show one's account."""
    return _show(request, service, viewer)


@router.get("/account/password")
def show_password(request: Request, service: Running, viewer: Anyone) -> Response:
    """Ask for a new password."""
    return _ask_password(request, service)


@router.post("/account/password")
def set_password(
    request: Request,
    service: Running,
    viewer: Anyone,
    form: Annotated[PasswordForm, Depends()],
) -> Response:
    """Change one's password: every session ends, this browser gets a fresh one."""
    try:
        started = change_password(
            service,
            viewer.user,
            (form.current, form.chosen, form.again),
            address=access.address_of(request),
            browser=request.headers.get("user-agent", ""),
        )
    except AccountError as error:
        return _ask_password(request, service, error)
    response = RedirectResponse("/account", 303)
    access.set_session_cookie(response, started.secret)
    flash(response, "flash_password_changed")
    return response


@router.post("/account/logout-everywhere")
def log_out_everywhere(service: Running, viewer: Settled) -> Response:
    """End all of one's sessions, this one too."""
    with service.store.writing() as session:
        sessions.end_sessions_of(session, viewer.user.user_id, datetime.now(UTC))
        audit(session, viewer.user, "session.logout_everywhere", "user", viewer.user.login)
    response = RedirectResponse("/login", 303)
    access.drop_session_cookie(response)
    return response


@router.post("/account/tokens")
def make_token(
    request: Request,
    service: Running,
    viewer: Settled,
    name: Annotated[str, Form(max_length=200)] = "",
    days: Annotated[int, Form(ge=1, le=sessions.MAX_TOKEN_DAYS)] = TOKEN_DAYS[0],
) -> Response:
    """Make an API token and show it, this once."""
    try:
        with service.store.writing() as session:
            secret, _ = sessions.make_token(
                session,
                viewer.user,
                name.strip(),
                days=days,
                actor=viewer.user,
                now=datetime.now(UTC),
            )
    except AccountError as error:
        return _show(request, service, viewer, token_fault=error, token_name=name[:100])
    return _show(request, service, viewer, secret=secret)


@router.post("/account/tokens/{token_id}/revoke")
def revoke_token(token_id: Number, service: Running, viewer: Settled) -> Response:
    """Make one of one's API tokens worthless."""
    with service.store.writing() as session:
        sessions.revoke_token(
            session, viewer.user, token_id, actor=viewer.user, now=datetime.now(UTC)
        )
    response = RedirectResponse("/account", 303)
    flash(response, "flash_token_revoked")
    return response


def _show(request: Request, service: Service, viewer: Viewer, **given: Any) -> Response:
    now = datetime.now(UTC)
    limits = access.limits_of(service.settings.accounts)
    with service.store.reading() as session:
        browsers = sessions.list_sessions(session, viewer.user.user_id, now=now, limits=limits)
        tokens = sessions.list_tokens(session, viewer.user.user_id)
    values = {
        "browsers": browsers,
        "tokens": [token for token in tokens if token.is_valid(now)],
        "this": viewer.session_hash,
        "token_days": TOKEN_DAYS,
        "zone": service.store.zone,
        "secret": "",
        "token_fault": None,
        "token_name": "",
    }
    status = 409 if given.get("token_fault") else 200
    return page(request, "account.html", values | given, status=status)


def _ask_password(
    request: Request, service: Service, error: AccountError | None = None
) -> Response:
    values = {"error": error, "min_chars": service.settings.accounts.password_min_chars}
    return page(request, "password.html", values, status=409 if error else 200)
