"""The frame around every page: the areas a person may go to, who they are, theme and language."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Request, Response
from fastapi.routing import iter_route_contexts

from qa import wording
from qa.records import Right, User, UserRole
from qa.store.messages import count_new_messages

LANGUAGE_COOKIE = "qa_lang"
THEME_COOKIE = "qa_theme"
FLASH_COOKIE = "qa_flash"
THEMES = ("system", "light", "dark")
_YEAR_S = 365 * 24 * 3600
_FLASH_S = 60


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the service that the bar on top leads to.

    Attributes:
        key: its word is `area_<key>`; a page says which area it belongs to with `here`.
        path: its address; `{agent_id}` is the person's own number.
        needs: the rights that open it; one is enough.
        roles: whom it is for; empty for whoever has the right.
    """

    key: str
    path: str
    needs: frozenset[Right]
    roles: frozenset[UserRole] = frozenset()


def _area(key: str, path: str, *needs: Right, roles: tuple[UserRole, ...] = ()) -> Area:
    return Area(key, path, frozenset(needs), frozenset(roles))


AREAS = (
    _area("queue", "/", Right.REVIEW),
    _area("my_scores", "/me", Right.READ_CALLS, roles=(UserRole.AGENT,)),
    _area("my_calls", "/?show=all", Right.READ_CALLS, roles=(UserRole.AGENT, UserRole.ADMIN)),
    _area("checks", "/checks", Right.REVIEW),
    _area("appeals", "/appeals", Right.APPEAL, Right.DECIDE_APPEALS),
    _area("events", "/events", Right.FILE_EVENTS),
    _area("ledger", "/ledger", Right.FILE_EVENTS),
    _area("agents", "/agents", Right.READ_TEAMS),
    _area("team", "/teams", Right.READ_TEAMS),
    _area("reports", "/reports", Right.READ_TEAMS),
    _area("rules", "/rules", Right.READ_RULES),
    _area("upload", "/upload", Right.UPLOAD),
    _area("runs", "/runs", Right.RUN_JOBS),
    _area("users", "/users", Right.MANAGE_USERS),
    _area("archive", "/archive", Right.READ_ARCHIVE),
    _area("audit", "/audit", Right.READ_AUDIT),
)


@dataclass(frozen=True, slots=True)
class Link:
    """An area with the address it has for this person."""

    key: str
    href: str


def language(request: Request) -> str:
    """Choose the language: `?lang=`, else the cookie, else Chinese."""
    for wanted in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if wanted in wording.LANGUAGES:
            return wanted
    return "zh"


def theme(request: Request) -> str:
    """Choose the theme: `?theme=`, else the cookie, else what the system says."""
    for wanted in (request.query_params.get("theme"), request.cookies.get(THEME_COOKIE)):
        if wanted in THEMES:
            return wanted
    return "system"


@lru_cache(maxsize=512)
def areas_for(user: User, rights: frozenset[Right], known: frozenset[str]) -> tuple[Link, ...]:
    """List the areas that a person may see.

    Args:
        known: the addresses that the application answers, as its routes write them.
    """
    links = []
    for area in AREAS:
        is_for = area.needs & rights and (not area.roles or user.role in area.roles)
        if not is_for or area.path.partition("?")[0] not in known:
            continue
        if "{agent_id}" in area.path and user.agent_id is None:
            continue
        own = quote(user.agent_id or "", safe="")
        links.append(Link(area.key, area.path.replace("{agent_id}", own)))
    return tuple(links)


def shell_values(request: Request) -> Mapping[str, Any]:
    """Give the base template what it shows; without a log-in no areas and no person."""
    viewer = getattr(request.state, "viewer", None)
    values: dict[str, Any] = {
        "viewer": viewer,
        "theme": theme(request),
        "areas": (),
        "unread": 0,
        "flash": request.cookies.get(FLASH_COOKIE, ""),
        "with_lang": lambda lang: _with(request, lang=lang),
        "with_theme": lambda name: _with(request, theme=name),
    }
    if viewer is not None:
        values["areas"] = areas_for(viewer.user, viewer.rights, _known_paths(request))
        with request.app.state.service.store.reading() as session:
            values["unread"] = count_new_messages(session, viewer.user)
    return values


def remember(request: Request, response: Response) -> None:
    """Keep a language or theme that was just chosen; forget a flash message that was shown."""
    for name, cookie, allowed in (
        ("lang", LANGUAGE_COOKIE, wording.LANGUAGES),
        ("theme", THEME_COOKIE, THEMES),
    ):
        wanted = request.query_params.get(name)
        if wanted is not None and wanted in allowed:
            response.set_cookie(cookie, wanted, max_age=_YEAR_S, httponly=True, samesite="lax")
    if FLASH_COOKIE in request.cookies:
        response.delete_cookie(FLASH_COOKIE, httponly=True, samesite="lax")


def flash(response: Response, key: str) -> None:
    """Have the next page say something once: a word whose key begins with `flash_`."""
    response.set_cookie(FLASH_COOKIE, key, max_age=_FLASH_S, httponly=True, samesite="lax")


def _with(request: Request, **choice: str) -> str:
    pairs = [(k, v) for k, v in parse_qsl(request.url.query) if k not in choice]
    return "?" + urlencode([*pairs, *choice.items()])


def _known_paths(request: Request) -> frozenset[str]:
    """List the addresses of all routes; found out once, for they do not change."""
    state = request.app.state
    if not hasattr(state, "known_paths"):
        routes = iter_route_contexts(request.app.routes)
        state.known_paths = frozenset(route.path for route in routes if route.path)
    known: frozenset[str] = state.known_paths
    return known
