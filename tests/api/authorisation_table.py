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
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from qa.records import Scope, User, UserRole
from qa.review.report_model import Counted, ReportKind, Terms, days_of
from qa.store import sessions
from qa.store.ledger import start_run
from qa.store.report_rows import count_report
from qa.store.reports import put_version
from qa.store.tables import CallRow
from qa.store.tables_archive import DeletionRow, DeletionStepRow
from qa.store.tables_events import EventRow, OmissionRow
from qa.store.tables_fines import ChargeRow, FineEntryRow
from qa.store.tables_review import (
    AppealRow,
    CallStatusRow,
    ReleaseRow,
    SpotCheckRow,
    UploadRow,
)
from tests.support.people import person
from tests.support.review_store import Review

NOW = datetime.now(UTC)
ROLES = ("agent", "lead", "head", "admin", "admin_calls")
EVERYBODY = " ".join(ROLES)
PUBLIC = "public"
READERS = "agent lead head admin_calls"
WATCHERS = "lead head admin_calls"
PUBLISHERS = "head"
WORKERS = "head admin admin_calls"
ADMINS = "admin admin_calls"
REVIEWERS = "lead head"


@dataclass(frozen=True, slots=True)
class RouteRow:
    """What is expected of one route.

    Attributes:
        sent_home: people who are sent to their own first page instead of getting 403.
        reads_nothing: a GET that needs more than a world of few calls to succeed; any answer that
            is no refusal will do.
        nothing_there: people who may ask, but for whom there is nothing of the kind: 404.
        leads_on: people who are sent on to the one page that is theirs.
    """

    route: str
    who: frozenset[str]
    is_public: bool = False
    scoped: bool = False
    sent_home: frozenset[str] = frozenset()
    reads_nothing: bool = False
    nothing_there: frozenset[str] = frozenset()
    leads_on: frozenset[str] = frozenset()
    send: Mapping[str, Any] = field(default_factory=dict)


def row(
    route: str,
    who: str,
    *,
    scoped: bool = False,
    sent_home: str = "",
    reads_nothing: bool = False,
    nothing_there: str = "",
    leads_on: str = "",
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
        nothing_there=frozenset(nothing_there.split()),
        leads_on=frozenset(leads_on.split()),
        send=send or {},
    )


def things(review: Review, people: Mapping[str, User]) -> dict[str, tuple[str, str]]:
    """Say what stands for each part of an address: one of the own team, one of another team.

    The agent is 108 and leads are of its team 一组; 136 is of 二组.
    """
    spare = person(review.store, UserRole.HEAD)
    with review.store.writing() as session:
        _, token = sessions.make_token(session, spare, "spare", days=1, actor=None, now=NOW)
        made = (add_things(session, people, spare, one) for one in (OWN, OTHER))
        own, other = made
        run_id = start_run(session, "run", NOW)
    same = {
        **{"user_id": spare.user_id, "token_id": token.token_id, "run_id": run_id},
        **{"ruleset_id": "heating-repair", "rule_id": "IP01", "kind": "calls", "ending": "csv"},
        **{"festival": "春节", "first_day": "2026-02-15", "set_id": 1, "position": 1},
        **{"festival": "春节", "year": "2025", "month": "2025-11"},
        **{"key": "repairs_received", "form": "html", "delivery_id": 1},
    }
    return {
        **{name: (str(value), str(value)) for name, value in same.items()},
        **{name: (own[name], other[name]) for name in own},
    }


OWN, OTHER = ("open", "108", "一组", "lead"), ("fine", "136", "二组", "head")


def add_things(
    session: Session, people: Mapping[str, User], spare: User, about: tuple[str, ...]
) -> dict[str, str]:
    """Put an appeal, a spot check and an upload about a call into the tables."""
    call_id, agent_id, team, by = about
    card_id = session.scalar(select(CallStatusRow.scorecard_id).filter_by(call_id=call_id))
    done = {"done_by": spare.user_id, "done_at": NOW, "score": 80}
    release = ReleaseRow(call_id=call_id, scorecard_id=card_id, action="release", **done)
    session.add(release)
    check = SpotCheckRow(
        **{"kind": "daily", "day": NOW.date(), "agent_id": agent_id, "call_id": call_id},
        **{"position": 0, "drawn_by": "chance", "seed": "x", "drawn_at": NOW, "due_at": NOW},
    )
    upload = UploadRow(
        **{"upload_id": uuid4().hex, "uploaded_by": people[by].user_id},
        **{"uploaded_at": NOW, "path": "x.wav", "size_bytes": 1, "state": "failed"},
    )
    recording_id = session.get_one(CallRow, call_id).recording_id
    asked = {"requested_by": spare.user_id, "requested_at": NOW, "reason": "why"}
    deletion = DeletionRow(call_id=call_id, recording_id=recording_id, kind="request", **asked)
    session.add_all((check, upload, deletion))
    session.flush()
    step = {"position": 1, "state": "requested", "done_at": NOW, "note": ""}
    session.add(DeletionStepRow(deletion_id=deletion.deletion_id, **step))
    appeal = AppealRow(
        **{"call_id": call_id, "scorecard_id": card_id, "text": "why", "submitted_at": NOW},
        **{"submitted_by": people["agent"].user_id, "release_id": release.release_id},
    )
    session.add(appeal)
    session.flush()
    managed = _add_managed(session, spare, call_id, agent_id)
    return managed | {
        **{"call_id": call_id, "agent_id": agent_id, "team": team},
        **{"check_id": str(check.check_id), "appeal_id": str(appeal.appeal_id)},
        **{"upload_id": upload.upload_id, "deletion_id": str(deletion.deletion_id)},
        **{"upload_id": upload.upload_id, "report_id": str(_add_report(session, team))},
    }


def _add_managed(session: Session, spare: User, call_id: str, agent_id: str) -> dict[str, str]:
    """Put an event, a candidate about it, a charge and an entry of the ledger into the tables."""
    event = EventRow(
        **{"kind": "EV01", "call_id": call_id, "agent_id": agent_id},
        **{"happened_at": NOW, "created_at": NOW},
    )
    charge = ChargeRow(
        **{"item": "complaint", "call_id": call_id, "start_ms": 0, "end_ms": 1000, "text": "why"},
        **{"entered_by": spare.user_id, "entered_at": NOW},
    )
    entry = FineEntryRow(
        **{"case_key": f"serious|{agent_id}|{call_id}", "kind": "fine", "item": "serious"},
        **{"agent_id": agent_id, "fen": 1000, "ordinal": 1, "day": NOW.date()},
        **{"month": "2025-11", "call_id": call_id, "reason": "confirmed", "terms": "0" * 64},
        **{"booked_at": NOW},
    )
    session.add_all((event, charge, entry))
    session.flush()
    omission = OmissionRow(
        **{"kind": "missed", "event_id": event.event_id, "person": agent_id},
        **{"agent_id": agent_id, "known_since": NOW, "raised_at": NOW},
    )
    session.add(omission)
    session.flush()
    return {
        **{"event_id": str(event.event_id), "omission_id": str(omission.omission_id)},
        **{"charge_id": str(charge.charge_id), "entry_id": str(entry.entry_id)},
    }


def _add_report(session: Session, team: str) -> int:
    days = days_of(ReportKind.DAILY, date(2025, 11, 18))
    scope = Scope(teams=frozenset({team}))
    body = count_report(session, Counted(days, scope, ZoneInfo("Asia/Shanghai"), Terms()), team)
    return put_version(session, body, None, now=NOW)


ABOUT_CALL = {"call_id": "{call_id}", "scorecard_id": "1", "reason": "why", "text": "why"}
DECISION = {"rule_id": "IP01", "action": "confirm"}
SETTLING = ABOUT_CALL | {"choice": "keep"}
RULING = {"decision": "dismiss", "answer": "why"}
DECIDING = {"json": DECISION | {"scorecard_id": 1}}
RELEASING = {"json": {"scorecard_id": 1}}
REASON = {"json": {"reason": "why"}}
REOPENING = {"json": {"reopen": False, "reason": "why"}}
APPEALING = {"json": {"text": "why"}}
HEARD = {"json": {"spans": [{"from_ms": 0, "to_ms": 1500}]}}
ANSWERING = {"json": {"upheld": False, "answer": "why"}}
RESULT = {"json": {"result": "heard"}}
DELETING = {"decision": "approve", "note": ""}
ASKING = {"json": {"call_id": "{call_id}", "reason": "ten characters of why"}}
AGREEING = {"json": {"approve": True}}
REPORT = {"kind": "daily", "day": "2025-11-19", "team": "{team}"}
PLACE = {"rule_id": "IP01", "start_ms": 1, "end_ms": 2, "reason": "", "state": "kept"}
PROMISE = PLACE | {"call_id": "{call_id}"}
CLIP = {"params": {"start_ms": 0, "end_ms": 1000}}
FILERS = "agent lead head"
KEEPERS = "head"
EVENT = {"kind": "EV04", "text": "why", "call_id": "{call_id}"}
FILING = {"action": "file", "text": "why"}
OMITTING = {"action": "confirm", "text": "why"}
CHARGE = {"item": "complaint", "call_id": "{call_id}", "text": "why"}
CHARGE_FORM = CHARGE | {"start": "0", "end": "1"}
CHARGE_BODY = CHARGE | {"start_ms": 0, "end_ms": 1000}
CONFIRMING = {"action": "confirm", "text": "why"}
WITHDRAWING = {"ruleset_hash": "f" * 64, "reason": "why"}
ROWS = (
    # abnormal events and the ledger
    row("GET /events", READERS),
    row("POST /events", FILERS, scoped=True, send={"data": EVENT}),
    row("GET /events/{event_id}", READERS, scoped=True),
    row("POST /events/{event_id}/steps", FILERS, scoped=True, send={"data": FILING}),
    row("POST /omissions/{omission_id}", REVIEWERS, scoped=True, send={"data": OMITTING}),
    row("GET /ledger", READERS),
    row("POST /ledger/book", KEEPERS),
    row("POST /ledger/close", KEEPERS, send={"data": {"month": "{month}"}}),
    row("POST /ledger/rulesets", KEEPERS, send={"data": WITHDRAWING | {"action": "withdraw"}}),
    row("POST /ledger/charges", REVIEWERS, scoped=True, send={"data": CHARGE_FORM}),
    row("POST /ledger/charges/{charge_id}", KEEPERS, send={"data": CONFIRMING}),
    row(
        "POST /ledger/charges/{charge_id}/objection",
        "agent",
        scoped=True,
        send={"data": {"text": "why"}},
    ),
    row("GET /ledger/entries/{entry_id}", READERS, scoped=True),
    row("GET /ledger/sheets/{month}/{agent_id}", READERS, scoped=True),
    row("GET /ledger/years/{year}/{agent_id}", READERS, scoped=True),
    row("GET /ledger/workbooks/{month}", READERS),
    row("GET /ledger/workbooks/years/{year}", READERS),
    row("GET /api/v1/events", READERS),
    row("POST /api/v1/events", FILERS, scoped=True, send={"json": EVENT}),
    row("GET /api/v1/events/{event_id}", READERS, scoped=True),
    row("POST /api/v1/events/{event_id}/steps", FILERS, scoped=True, send={"json": FILING}),
    row("GET /api/v1/omissions", READERS),
    row(
        "POST /api/v1/omissions/{omission_id}/decision",
        REVIEWERS,
        scoped=True,
        send={"json": OMITTING},
    ),
    row("GET /api/v1/ledger/entries", READERS),
    row("GET /api/v1/ledger/entries/{entry_id}", READERS, scoped=True),
    row("GET /api/v1/ledger/cases", READERS),
    row("POST /api/v1/ledger/bookings", KEEPERS),
    row("POST /api/v1/ledger/months", KEEPERS, send={"json": {"month": "{month}"}}),
    row("GET /api/v1/ledger/sheets/{month}/{agent_id}", READERS, scoped=True),
    row("GET /api/v1/ledger/years/{year}/{agent_id}", READERS, scoped=True),
    row("POST /api/v1/ledger/rulesets", KEEPERS, send={"json": WITHDRAWING | {"withdrawn": True}}),
    row("POST /api/v1/ledger/charges", REVIEWERS, scoped=True, send={"json": CHARGE_BODY}),
    row("POST /api/v1/ledger/charges/{charge_id}/steps", KEEPERS, send={"json": CONFIRMING}),
    row("POST /api/v1/ledger/charges/{charge_id}/objection", "agent", scoped=True, send=REASON),
    # the door
    row("GET /login", PUBLIC),
    row("POST /login", PUBLIC),
    row("POST /logout", EVERYBODY),
    row("GET /static", PUBLIC, reads_nothing=True),
    # one's own account
    row("GET /account", EVERYBODY),
    row("GET /account/password", EVERYBODY),
    row("POST /account/password", EVERYBODY),
    row("POST /account/logout-everywhere", EVERYBODY),
    row("POST /account/tokens", EVERYBODY),
    row("POST /account/tokens/{token_id}/revoke", EVERYBODY, reads_nothing=True),
    # all accounts, and the audit log
    row("GET /users", ADMINS),
    row("GET /users/add", ADMINS),
    row("POST /users", ADMINS),
    row("GET /users/{user_id}", ADMINS),
    row("POST /users/{user_id}", ADMINS),
    row("POST /users/{user_id}/disable", ADMINS),
    row("POST /users/{user_id}/enable", ADMINS),
    row("POST /users/{user_id}/password", ADMINS),
    row("POST /users/{user_id}/logout", ADMINS),
    row("GET /audit", WORKERS),
    # pages about calls
    row("GET /", READERS, sent_home="admin"),
    row("GET /calls/{call_id}", READERS, scoped=True),
    row("GET /agents", WATCHERS),
    row("GET /agents/{agent_id}", READERS, scoped=True),
    row("GET /me", READERS, nothing_there=WATCHERS),
    row("GET /teams", WATCHERS, leads_on="lead"),
    row("GET /teams/{team}", WATCHERS, scoped=True),
    row("GET /centre", WATCHERS),
    row("GET /reports", WATCHERS),
    row("POST /reports", REVIEWERS, scoped=True, send={"data": REPORT}),
    row("GET /reports/style.css", WATCHERS),
    row("GET /reports/{report_id}", WATCHERS, scoped=True),
    row("GET /reports/{report_id}/rows/{key}", WATCHERS, scoped=True),
    row("GET /reports/{report_id}/file.{form}", WATCHERS, scoped=True),
    row("POST /reports/{report_id}/remark", REVIEWERS, scoped=True, send={"data": {"note": "x"}}),
    row("POST /reports/{report_id}/review", "head"),
    row("POST /reports/{report_id}/send", "head"),
    row("POST /reports/{report_id}/deliveries/{delivery_id}", "head", reads_nothing=True),
    row("GET /promises", WATCHERS),
    row("POST /promises/{call_id}", REVIEWERS, scoped=True, send={"data": PLACE}),
    row("GET /unprocessed", "head admin_calls"),
    row("GET /unprocessed/count", "head admin_calls"),
    row("GET /upload", REVIEWERS),
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
    row("POST /checks/{check_id}", REVIEWERS, scoped=True, send={"data": {"result": "heard"}}),
    row("GET /appeals", "agent lead head"),
    row("POST /appeals/{appeal_id}", REVIEWERS, scoped=True, send={"data": RULING}),
    row("POST /appeals/{appeal_id}/withdraw", "agent", scoped=True),
    row("GET /drafts", PUBLISHERS),
    row("POST /drafts", PUBLISHERS),
    row("POST /drafts/roll-back", PUBLISHERS),
    row("GET /drafts/{run_id}", PUBLISHERS, reads_nothing=True),
    row("GET /drafts/{run_id}/progress", PUBLISHERS, reads_nothing=True),
    row("POST /drafts/{run_id}/publish", PUBLISHERS, reads_nothing=True),
    row("GET /proof", WATCHERS),
    row("GET /labels", REVIEWERS),
    row("POST /labels", PUBLISHERS),
    row("GET /labels/{set_id}", REVIEWERS, reads_nothing=True),
    row("POST /labels/{set_id}/hand-in", REVIEWERS, reads_nothing=True),
    row("POST /labels/{set_id}/close", PUBLISHERS, reads_nothing=True),
    row("GET /labels/{set_id}/{position}", REVIEWERS, reads_nothing=True),
    row("POST /labels/{set_id}/{position}", REVIEWERS, reads_nothing=True),
    row("GET /labels/{set_id}/{position}/sound", REVIEWERS, reads_nothing=True),
    row("GET /consistency", READERS),
    row("GET /consistency/{agent_id}", READERS, scoped=True),
    row("GET /notices", PUBLISHERS),
    row("POST /notices", PUBLISHERS),
    row("POST /notices/remove", PUBLISHERS),
    row("GET /messages", EVERYBODY),
    row("POST /messages/read", EVERYBODY, send={"data": {"last": "0"}}),
    # the archive
    row("GET /archive", REVIEWERS),
    row("GET /archive/recordings", REVIEWERS),
    row("POST /archive/deletions", REVIEWERS, scoped=True, send={"data": ABOUT_CALL}),
    row("POST /archive/deletions/{deletion_id}/decide", PUBLISHERS, send={"data": DELETING}),
    row("POST /archive/deletions/{deletion_id}/withdraw", REVIEWERS, scoped=True),
    row("POST /archive/deletions/{deletion_id}/retry", REVIEWERS, scoped=True),
    row("GET /api/v1/archive/alarms", REVIEWERS),
    row("GET /api/v1/archive/recordings", REVIEWERS),
    row("GET /api/v1/archive/deletions", REVIEWERS),
    row("POST /api/v1/archive/deletions", REVIEWERS, scoped=True, send=ASKING),
    row("POST /api/v1/archive/deletions/{deletion_id}/decision", PUBLISHERS, send=AGREEING),
    row("POST /api/v1/archive/deletions/{deletion_id}/withdrawal", REVIEWERS, scoped=True),
    row("POST /api/v1/archive/deletions/{deletion_id}/retry", REVIEWERS, scoped=True),
    # the sound
    row("GET /audio/{call_id}", READERS, scoped=True),
    row("GET /clips/{call_id}", READERS, scoped=True, send=CLIP),
    # the API: about itself and oneself
    row("GET /api/v1/openapi.json", EVERYBODY),
    row("GET /api/v1/docs", EVERYBODY),
    row("GET /api/v1/me", EVERYBODY),
    row("GET /api/v1/messages", EVERYBODY),
    row("POST /api/v1/messages/read", EVERYBODY, send={"json": {"last": 0}}),
    # the API: calls
    row("GET /api/v1/calls", READERS),
    row("GET /api/v1/calls/{call_id}", READERS, scoped=True),
    row("GET /api/v1/calls/{call_id}/transcript", READERS, scoped=True),
    row("GET /api/v1/calls/{call_id}/scorecard", READERS, scoped=True),
    row("GET /api/v1/calls/{call_id}/verdicts", READERS, scoped=True),
    row("GET /api/v1/calls/{call_id}/verdicts/{rule_id}", READERS, scoped=True),
    row("GET /api/v1/calls/{call_id}/verdicts/{rule_id}/clip", READERS, scoped=True),
    row("GET /api/v1/calls/{call_id}/decisions", READERS, scoped=True),
    row("GET /api/v1/calls/{call_id}/history", READERS, scoped=True),
    row("GET /api/v1/calls/{call_id}/audio", READERS, scoped=True),
    row("GET /api/v1/calls/{call_id}/peaks", READERS, scoped=True),
    row("POST /api/v1/calls/{call_id}/listens", READERS, scoped=True, send=HEARD),
    # the API: reviewing
    row("POST /api/v1/calls/{call_id}/decisions", REVIEWERS, scoped=True, send=DECIDING),
    row("POST /api/v1/calls/{call_id}/release", REVIEWERS, scoped=True, send=RELEASING),
    row("POST /api/v1/calls/{call_id}/take-back", REVIEWERS, scoped=True, send=REASON),
    row("POST /api/v1/calls/{call_id}/settlement", REVIEWERS, scoped=True, send=REOPENING),
    row("POST /api/v1/calls/{call_id}/appeals", "agent", scoped=True, send=APPEALING),
    row("GET /api/v1/appeals", READERS),
    row("GET /api/v1/appeals/{appeal_id}", READERS, scoped=True),
    row("POST /api/v1/appeals/{appeal_id}/decision", REVIEWERS, scoped=True, send=ANSWERING),
    row("POST /api/v1/appeals/{appeal_id}/withdrawal", "agent", scoped=True),
    row("GET /api/v1/checks", REVIEWERS),
    row("GET /api/v1/checks/{check_id}", REVIEWERS, scoped=True),
    row("POST /api/v1/checks/{check_id}/result", REVIEWERS, scoped=True, send=RESULT),
    # the API: figures and exports
    row("GET /api/v1/agents", WATCHERS),
    row("GET /api/v1/agents/{agent_id}", READERS, scoped=True),
    row("GET /api/v1/agents/{agent_id}/series", READERS, scoped=True),
    row("GET /api/v1/reports", WATCHERS),
    row("POST /api/v1/reports", REVIEWERS, scoped=True, send={"json": REPORT}),
    row("GET /api/v1/reports/{report_id}", WATCHERS, scoped=True),
    row("GET /api/v1/reports/{report_id}/rows/{key}", WATCHERS, scoped=True),
    row("GET /api/v1/reports/{report_id}/file.{form}", WATCHERS, scoped=True),
    row(
        "POST /api/v1/reports/{report_id}/remarks",
        REVIEWERS,
        scoped=True,
        send={"json": {"version": 1, "note": "x"}},
    ),
    row("POST /api/v1/reports/{report_id}/review", "head", send={"json": {"version": 1}}),
    row("POST /api/v1/reports/{report_id}/send", "head", send={"json": {"version": 1}}),
    row("GET /api/v1/promises", WATCHERS),
    row("POST /api/v1/promises/rulings", REVIEWERS, scoped=True, send={"json": PROMISE}),
    row("GET /api/v1/exports/{kind}.{ending}", WATCHERS),
    # the API: recordings, runs, rules
    row("POST /api/v1/recordings", REVIEWERS),
    row("GET /api/v1/uploads", REVIEWERS),
    row("GET /api/v1/uploads/{upload_id}", REVIEWERS, scoped=True),
    row("GET /api/v1/uploads/{upload_id}/events", REVIEWERS, scoped=True),
    row("GET /runs", WORKERS),
    row("GET /api/v1/runs", WORKERS),
    row("POST /api/v1/runs", WORKERS, send={"json": {"kind": "none"}}),
    row("GET /api/v1/runs/{run_id}", WORKERS),
    row("GET /api/v1/runs/{run_id}/events", WORKERS),
    row("GET /api/v1/rulesets", EVERYBODY),
    row("POST /api/v1/rulesets/try", EVERYBODY),
    row("POST /api/v1/rulesets/what-if", PUBLISHERS),
    row("GET /api/v1/rulesets/{ruleset_id}", EVERYBODY),
    row("GET /api/v1/rulesets/{ruleset_id}/history", EVERYBODY),
    row("POST /api/v1/rulesets/{ruleset_id}/publish", PUBLISHERS),
    row("POST /api/v1/rulesets/{ruleset_id}/rollback", PUBLISHERS, send={"json": []}),
    row("GET /api/v1/proof/{ruleset_id}", WATCHERS),
    row("GET /api/v1/label-sets", REVIEWERS),
    row("POST /api/v1/label-sets", PUBLISHERS),
    row("GET /api/v1/label-sets/{set_id}/tasks", REVIEWERS, reads_nothing=True),
    row("PUT /api/v1/label-sets/{set_id}/tasks/{position}", REVIEWERS, reads_nothing=True),
    row("POST /api/v1/label-sets/{set_id}/hand-in", REVIEWERS, reads_nothing=True),
    row("POST /api/v1/label-sets/{set_id}/close", PUBLISHERS, reads_nothing=True),
    row("GET /api/v1/label-sets/{set_id}/result", REVIEWERS, reads_nothing=True),
    row("GET /api/v1/consistency", READERS),
    row("GET /api/v1/notices", EVERYBODY),
    row("POST /api/v1/notices", PUBLISHERS),
    row("DELETE /api/v1/notices/{festival}/{first_day}", PUBLISHERS, reads_nothing=True),
    # the API: people and the audit log
    row("GET /api/v1/users", ADMINS),
    row("POST /api/v1/users", ADMINS),
    row("GET /api/v1/users/{user_id}", ADMINS),
    row("PUT /api/v1/users/{user_id}", ADMINS),
    row("PUT /api/v1/users/{user_id}/disabled", ADMINS),
    row("GET /api/v1/audit", WORKERS),
    # figures for Prometheus
    row("GET /metrics", WORKERS),
)


def filled(given: Any, chosen: Mapping[str, str]) -> Any:
    """Put things in the place of their names, `{call_id}`, wherever they stand."""
    if isinstance(given, dict):
        return {name: filled(value, chosen) for name, value in given.items()}
    if isinstance(given, str):
        for name, value in chosen.items():
            given = given.replace(f"{{{name}}}", value)
    return given
