"""Who asks, and whether they may: the dependency that stands before every route.

The person is read from the database on each request and never remembered, so that a change of
role, a disabled account or a log-out counts on the very next one. Only that looking up takes a
thread; what checks it afterwards waits for nothing, and a change of thread costs more than it does.
"""

import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import BackgroundTasks, Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from qa.api import problems
from qa.api.problems import Refused
from qa.api.service import Service, running_service, service_of
from qa.config import AccountSettings
from qa.errors import StoreError
from qa.records import Right, Scope, User
from qa.review.rights import rights_of
from qa.store import sessions
from qa.store.blind import open_scope
from qa.store.sessions import SessionLimits

SESSION_COOKIE = "__Host-qa_session"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM = "application/x-www-form-urlencoded"
_BEARER = "bearer "
_log = logging.getLogger("qa.api")
_PLAYERS = ("/audio/", "/clips/")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, and what they may.

    Attributes:
        csrf_token: what every form of a page carries; empty for a program's token.
        session_hash: the browser's session; None for a program's token.
    """

    user: User
    rights: frozenset[Right]
    scope: Scope
    csrf_token: str
    via: Literal["session", "token"]
    session_hash: str | None = None

    def may(self, right: Right) -> bool:
        """Whether the person has a right."""
        return right in self.rights


class Elsewhere(Exception):  # noqa: N818 - no error: the answer is another page
    """Send a browser to another page of ours.

    Args:
        address: path and query.
    """

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def install(app: FastAPI) -> None:
    """Register how a browser is sent to the log-in page."""
    app.add_exception_handler(Elsewhere, _go_elsewhere)


def limits_of(settings: AccountSettings) -> SessionLimits:
    """Read how long a log-in holds."""
    return SessionLimits(
        idle=timedelta(minutes=settings.session_idle_minutes),
        absolute=timedelta(minutes=settings.session_absolute_minutes),
    )


def identify(
    request: Request,
    service: Annotated[Service, Depends(running_service)],
    later: BackgroundTasks,
) -> Viewer | None:
    """Find who asks; None for nobody. Checks no rights, and no CSRF token.

    Raises:
        Refused: 401, a token was sent that opens nothing, or to a page.
    """
    given = request.headers.get("authorization")
    if given is not None:
        return _by_token(request, service, given, later)
    secret = request.cookies.get(SESSION_COOKIE)
    return _by_cookie(service, secret, later) if secret else None


async def csrf_checked(
    request: Request, viewer: Annotated[Viewer | None, Depends(identify)]
) -> Viewer | None:
    """Let pass what changes nothing, what a token sent, and what carries the session's CSRF token.

    Raises:
        Refused: 403, a write through a session without its token.
    """
    if viewer is None or viewer.via == "token" or request.method in _SAFE_METHODS:
        return viewer
    given = request.headers.get(CSRF_HEADER)
    if given is None and request.headers.get("content-type", "").startswith(_FORM):
        field = (await request.form()).get(CSRF_FIELD)
        given = field if isinstance(field, str) else None
    if not same_text(given or "", viewer.csrf_token):
        raise Refused("not_allowed", "the CSRF token is missing or wrong; reload the page")
    return viewer


async def maybe_viewer(
    request: Request, viewer: Annotated[Viewer | None, Depends(csrf_checked)]
) -> Viewer | None:
    """Give who asks, or None: for pages that show to all."""
    usable = None if viewer is None or viewer.user.is_disabled else viewer
    request.state.viewer = usable
    return usable


def recognise(request: Request) -> None:
    """Find who asks for an answer that no route gives, so that it has the frame of their pages.

    Grants nothing, and counts as no use of the log-in.
    """
    secret = request.cookies.get(SESSION_COOKIE)
    if secret is None or getattr(request.state, "viewer", None) is not None:
        return
    viewer = _by_cookie(service_of(request), secret, BackgroundTasks())
    request.state.viewer = None if viewer is None or viewer.user.is_disabled else viewer


async def logged_in(
    request: Request, viewer: Annotated[Viewer | None, Depends(maybe_viewer)]
) -> Viewer:
    """Give who asks, even while they still must change their password.

    Raises:
        Refused: 401 for programs.
        Elsewhere: a browser is sent to the log-in page.
    """
    return required(request, viewer)


def required(request: Request, viewer: Viewer | None) -> Viewer:
    """Give who asks; refuses nobody as `logged_in` does."""
    if viewer is None:
        raise _not_logged_in(request)
    return viewer


def needs(*rights: Right) -> Callable[..., Awaitable[Viewer]]:
    """Make the dependency of a route that needs somebody logged in, with all of some rights.

    It answers 401, or sends a browser to the log-in page; 403 where a right is missing.
    """

    async def viewer(request: Request, viewer: Annotated[Viewer, Depends(logged_in)]) -> Viewer:
        if viewer.user.must_change_password:
            if _wants_page(request):
                raise Elsewhere("/account/password")
            raise Refused("not_allowed", "change your password first, in a browser")
        if not viewer.rights.issuperset(rights):
            home = home_of(viewer.rights)
            if request.url.path == "/" and home != "/":  # where the log-in and the name lead
                raise Elsewhere(home)
            raise Refused("not_allowed")
        return viewer

    return viewer


def home_of(rights: frozenset[Right]) -> str:
    """Name the page that a person starts from."""
    if Right.READ_CALLS in rights:
        return "/"
    return "/users" if Right.MANAGE_USERS in rights else "/account"


def same_text(one: str, other: str) -> bool:
    """Compare secrets in constant time; an empty one equals nothing."""
    if not one or not other:
        return False
    return secrets.compare_digest(one.encode(), other.encode())


def set_session_cookie(response: Response, secret: str) -> None:
    """Give a browser its session; the cookie ends with the browser."""
    response.set_cookie(
        SESSION_COOKIE, secret, path="/", secure=True, httponly=True, samesite="lax"
    )


def drop_session_cookie(response: Response) -> None:
    """Take a browser's session away."""
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def address_of(request: Request) -> str:
    """Name the address that asks; a reverse proxy's word counts only where settings name it."""
    return request.client.host if request.client else ""


def _by_token(request: Request, service: Service, given: str, later: BackgroundTasks) -> Viewer:
    now = datetime.now(UTC)
    found, scope = None, Scope()
    # A token opens the API and nothing else: no page makes further tokens, or changes a password.
    if given[: len(_BEARER)].lower() == _BEARER and problems.is_api(request):
        with service.store.reading() as session:
            found = sessions.find_token(session, given[len(_BEARER) :].strip(), now=now)
            scope = open_scope(session, found[0]) if found else Scope()
    if found is None or found[0].is_disabled:
        raise Refused("not_logged_in", headers={"www-authenticate": 'Bearer error="invalid_token"'})
    user, token = found
    if token.last_used_at is None or now - token.last_used_at >= sessions.SEEN_EVERY:
        later.add_task(_see, service, lambda s: sessions.see_token(s, token.token_id, now))
    return Viewer(user, rights_of(user), scope, "", "token")


def _by_cookie(service: Service, secret: str, later: BackgroundTasks) -> Viewer | None:
    now = datetime.now(UTC)
    limits = limits_of(service.settings.accounts)
    with service.store.reading() as session:
        found = sessions.find_session(session, secret, now=now, limits=limits)
        scope = open_scope(session, found[0]) if found else Scope()
    if found is None:
        return None
    user, login = found
    if now - login.last_seen_at >= sessions.SEEN_EVERY:
        later.add_task(_see, service, lambda s: sessions.see_session(s, login.session_hash, now))
    return Viewer(
        user=user,
        rights=rights_of(user),
        scope=scope,
        csrf_token=login.csrf_token,
        via="session",
        session_hash=login.session_hash,
    )


def _see(service: Service, write: Callable[..., None]) -> None:
    """Note a use after the answer; a database that is busy writing must not delay or fail reads."""
    try:
        with service.store.writing() as session:
            write(session)
    except StoreError:
        _log.info("a last use was not noted: the database is busy")


def _wants_page(request: Request) -> bool:
    return not problems.is_api(request) and not request.url.path.startswith(_PLAYERS)


def _not_logged_in(request: Request) -> Exception:
    if not _wants_page(request):
        return Refused("not_logged_in", headers={"www-authenticate": "Bearer"})
    if request.method not in _SAFE_METHODS:
        return Elsewhere("/login")
    path = request.scope.get("raw_path", b"").decode("latin-1") or request.url.path
    wanted = path + (f"?{request.url.query}" if request.url.query else "")
    return Elsewhere("/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}")


def _go_elsewhere(_request: Request, error: Exception) -> Response:
    if not isinstance(error, Elsewhere):
        raise error
    return RedirectResponse(error.address, 303)
