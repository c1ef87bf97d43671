"""The log-in page, and logging out."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from qa.api import access
from qa.api.access import Viewer, logged_in, maybe_viewer, same_text
from qa.api.logins import Attempt, log_in, safe_next
from qa.api.rendering import page
from qa.api.service import Service, running_service
from qa.review.rights import rights_of
from qa.store.accounts import has_users
from qa.store.audit import audit
from qa.store.sessions import end_session

# A page of somebody else must not log a person into its own account unnoticed: the form carries
# what this cookie holds, and nobody else can set a cookie of this name.
LOGIN_COOKIE = "__Host-qa_login"

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Perhaps = Annotated[Viewer | None, Depends(maybe_viewer)]


@dataclass(frozen=True, slots=True)
class LoginForm:
    """What the log-in page sends."""

    login: Annotated[str, Form(max_length=200)] = ""
    password: Annotated[str, Form(max_length=1000)] = ""
    csrf_token: Annotated[str, Form(max_length=200)] = ""
    next: Annotated[str, Form(max_length=4000)] = ""


@router.get("/login")
def show_login(request: Request, service: Running, viewer: Perhaps, next: str = "") -> Response:
    """Ask for login and password; who is logged in goes on."""
    if viewer is not None:
        return RedirectResponse(safe_next(next) or access.home_of(viewer.rights), 303)
    return _ask(request, service, {"next": safe_next(next)})


@router.post("/login")
def try_login(
    request: Request,
    service: Running,
    viewer: Annotated[Viewer | None, Depends(access.identify)],
    form: Annotated[LoginForm, Depends()],
) -> Response:
    """Log in under a fresh session; says no more than that it did not work."""
    wanted = safe_next(form.next)
    again = {"next": wanted, "login": form.login[:100]}
    if not same_text(form.csrf_token, request.cookies.get(LOGIN_COOKIE, "")):
        return _ask(request, service, {**again, "fault": "login_stale"}, status=403)
    attempt = Attempt(
        form.login,
        form.password,
        access.address_of(request),
        request.headers.get("user-agent", ""),
        viewer.session_hash if viewer else None,
    )
    outcome = log_in(service, attempt, datetime.now(UTC))
    if outcome.user is None or outcome.session is None:
        return _refuse(request, service, again, outcome.wait_s)
    home = access.home_of(rights_of(outcome.user))
    response = RedirectResponse(wanted or home, 303)
    access.set_session_cookie(response, outcome.session.secret)
    response.delete_cookie(LOGIN_COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return response


@router.post("/logout")
def log_out(service: Running, viewer: Annotated[Viewer, Depends(logged_in)]) -> Response:
    """End this browser's session."""
    if viewer.session_hash is not None:
        with service.store.writing() as session:
            end_session(session, viewer.session_hash, datetime.now(UTC))
            audit(session, viewer.user, "session.logout", "user", viewer.user.login)
    response = RedirectResponse("/login", 303)
    access.drop_session_cookie(response)
    return response


def _refuse(request: Request, service: Service, again: dict[str, Any], wait_s: int) -> Response:
    if not wait_s:
        return _ask(request, service, {**again, "fault": "login_wrong"}, status=401)
    waiting = {**again, "fault": "login_wait", "wait_s": wait_s}
    response = _ask(request, service, waiting, status=429)
    response.headers["retry-after"] = str(wait_s)
    return response


def _ask(
    request: Request, service: Service, given: dict[str, Any], *, status: int = 200
) -> Response:
    with service.store.reading() as session:
        nobody = not has_users(session)
    token = request.cookies.get(LOGIN_COOKIE) or secrets.token_urlsafe(32)
    values = {"next": "", "login": "", "fault": "", "wait_s": 0, **given}
    response = page(
        request,
        "login.html",
        {**values, "nobody": nobody, "login_token": token},
        status=status,
    )
    response.set_cookie(
        LOGIN_COOKIE, token, path="/", secure=True, httponly=True, samesite="strict"
    )
    return response
