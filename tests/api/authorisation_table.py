"""Who may do what: one row for every route. A route without its row fails the test.

Add a row when you add a route:

    row("GET /calls/{call_id}", "agent lead head admin_calls", scoped=True),

- the people who may: any of `agent lead head admin admin_calls`, or EVERYBODY (all who are logged
  in), or PUBLIC (nobody needs to log in). Everyone else must get 403, the anonymous and the
  disabled the log-in page or 401;
- `scoped`: what is asked for belongs to a team; asked for another team's, `agent` and `lead` must
  get 404. `things()` says which own and which other thing stands for each part of an address;
- `send`: what the request carries besides, as arguments of the client: `{"data": {…}}` for a form,
  `{"json": {…}}`, `{"params": {…}}`; the names in `things()` stand for them there too. A write that
  is refused as useless (400, 409, 422) counts as allowed; a read must succeed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from qa.records import UserRole
from qa.store import sessions
from tests.people import person
from tests.review_store import Review

ROLES = ("agent", "lead", "head", "admin", "admin_calls")
EVERYBODY = " ".join(ROLES)
PUBLIC = "public"
READERS = "agent lead head admin_calls"
REVIEWERS = "lead head"


@dataclass(frozen=True, slots=True)
class RouteRow:
    """What is expected of one route.

    Attributes:
        sent_home: people who are sent to their own first page instead of getting 403.
        reads_nothing: a GET that needs more than a world of few calls to succeed; any answer that
            is no refusal will do.
    """

    route: str
    who: frozenset[str]
    is_public: bool = False
    scoped: bool = False
    sent_home: frozenset[str] = frozenset()
    reads_nothing: bool = False
    send: Mapping[str, Any] = field(default_factory=dict)


def row(
    route: str,
    who: str,
    *,
    scoped: bool = False,
    sent_home: str = "",
    reads_nothing: bool = False,
    send: Mapping[str, Any] | None = None,
) -> RouteRow:
    """Write a row; see above."""
    people = frozenset(ROLES if who == PUBLIC else who.split())
    assert people <= set(ROLES), f"{route}: unknown people in {who!r}"
    return RouteRow(
        route=route,
        who=people,
        is_public=who == PUBLIC,
        scoped=scoped,
        sent_home=frozenset(sent_home.split()),
        reads_nothing=reads_nothing,
        send=send or {},
    )


def things(review: Review) -> dict[str, tuple[str, str]]:
    """Say what stands for each part of an address: one of the own team, one of another team.

    The agent is 108 and leads are of its team 一组; 136 is of 二组.
    """
    spare = person(review.store, UserRole.HEAD)
    with review.store.writing() as session:
        _, token = sessions.make_token(
            session, spare, "spare", days=1, actor=None, now=datetime.now(UTC)
        )
    return {
        "call_id": ("open", "fine"),
        "agent_id": ("108", "136"),
        "user_id": (str(spare.user_id), str(spare.user_id)),
        "ruleset_id": ("heating-repair", "heating-repair"),
        "rule_id": ("IP01", "IP01"),
        "check_id": ("1", "1"),
        "token_id": (str(token.token_id), str(token.token_id)),
    }


ABOUT_CALL = {"call_id": "{call_id}", "scorecard_id": "0", "reason": "why", "text": "why"}
DECISION = {"rule_id": "IP01", "action": "confirm"}
SETTLING = ABOUT_CALL | {"choice": "keep"}
CLIP = {"params": {"start_ms": 0, "end_ms": 1000}}
ROWS = (
    # the door
    row("GET /login", PUBLIC),
    row("POST /login", PUBLIC),
    row("POST /logout", EVERYBODY),
    row("GET /static", PUBLIC, reads_nothing=True),
    row("GET /api/v1/openapi.json", PUBLIC),
    # one's own account
    row("GET /account", EVERYBODY),
    row("GET /account/password", EVERYBODY),
    row("POST /account/password", EVERYBODY),
    row("POST /account/logout-everywhere", EVERYBODY),
    row("POST /account/tokens", EVERYBODY),
    row("POST /account/tokens/{token_id}/revoke", EVERYBODY, reads_nothing=True),
    # all accounts, and the audit log
    row("GET /users", "admin admin_calls"),
    row("GET /users/add", "admin admin_calls"),
    row("POST /users", "admin admin_calls"),
    row("GET /users/{user_id}", "admin admin_calls"),
    row("POST /users/{user_id}", "admin admin_calls"),
    row("POST /users/{user_id}/disable", "admin admin_calls"),
    row("POST /users/{user_id}/enable", "admin admin_calls"),
    row("POST /users/{user_id}/password", "admin admin_calls"),
    row("POST /users/{user_id}/logout", "admin admin_calls"),
    row("GET /audit", "head admin admin_calls"),
    # pages about calls
    row("GET /", READERS, sent_home="admin"),
    row("GET /calls/{call_id}", READERS, scoped=True),
    row("GET /agents", "lead head admin_calls"),
    row("POST /review/decide", REVIEWERS, scoped=True, send={"data": ABOUT_CALL | DECISION}),
    row("POST /review/release", REVIEWERS, scoped=True, send={"data": ABOUT_CALL}),
    row("POST /review/take-back", REVIEWERS, scoped=True, send={"data": ABOUT_CALL}),
    row("POST /review/settle", REVIEWERS, scoped=True, send={"data": SETTLING}),
    row("POST /review/appeal", "agent", scoped=True, send={"data": ABOUT_CALL}),
    # pages of rules, spot checks, messages
    row("GET /rules", EVERYBODY),
    row("GET /rules/{ruleset_id}", EVERYBODY),
    row("GET /rules/{ruleset_id}/{rule_id}", EVERYBODY),
    row("GET /try", EVERYBODY),
    row("POST /try", EVERYBODY),
    row("GET /checks", REVIEWERS),
    row("POST /checks/{check_id}", REVIEWERS, reads_nothing=True),
    row("GET /messages", EVERYBODY),
    row("POST /messages/read", EVERYBODY, send={"data": {"last": "0"}}),
    # the sound
    row("GET /audio/{call_id}", READERS, scoped=True),
    row("GET /clips/{call_id}", READERS, scoped=True, send=CLIP),
    # the API
    row("GET /api/v1/calls", READERS),
    row("GET /api/v1/calls/{call_id}", READERS, scoped=True),
    row("GET /api/v1/agents", "lead head admin_calls"),
)
