"""The rows behind each figure of a report: one query a figure, the same for counting and listing.

Each query gives the columns `COLUMNS`, and perhaps more, for what only Python can tell
(`qa.store.report_rows`).
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, null, or_, select

from qa.records import AppealState, Basis, CheckKind, FlagAction
from qa.review.report_model import Counted
from qa.store.report_sources_tickets import TICKETS
from qa.store.scope import agent_in_scope
from qa.store.tables import CallRow, VerdictRow
from qa.store.tables_events import EventRow, EventStepRow
from qa.store.tables_review import (
    AppealRow,
    AppealStepRow,
    CallStatusRow,
    FlagDecisionRow,
    SpotCheckResultRow,
    SpotCheckRow,
)
from qa.types import Direction, Grade, Outcome

Rows = Select[*tuple[Any, ...]]
Query = Callable[[Counted], Rows]


def _calls(wanted: Counted, *more: ColumnElement[bool]) -> Rows:
    """Select the calls that began in the days, with their state where they are scored."""
    return (
        select(
            CallRow.call_id.label("row_id"),
            CallRow.started_at.label("at"),
            CallRow.agent_id.label("agent_id"),
            CallRow.call_id.label("call_id"),
            CallRow.ticket_id.label("ticket_id"),
            CallStatusRow.basis.label("label"),
            CallStatusRow.score.label("value"),
        )
        .outerjoin(CallStatusRow, CallStatusRow.call_id == CallRow.call_id)
        .where(*_began(wanted), *more)
    )


def _began(wanted: Counted) -> tuple[ColumnElement[bool], ...]:
    return (
        CallRow.started_at >= wanted.since,
        CallRow.started_at < wanted.until,
        CallRow.replaced_by.is_(None),
        agent_in_scope(wanted.scope, CallRow.agent_id),
    )


def _is_scored() -> ColumnElement[bool]:
    return CallStatusRow.call_id.is_not(None)


def _decisions(wanted: Counted, *more: ColumnElement[bool]) -> Rows:
    """Select what was decided last, within the days, of each flag that was decided in them."""
    within = and_(
        FlagDecisionRow.decided_at >= wanted.since,
        FlagDecisionRow.decided_at < wanted.until,
        FlagDecisionRow.action != FlagAction.NOTE.value,
        FlagDecisionRow.carried_from.is_(None),
    )
    last = (
        select(func.max(FlagDecisionRow.decision_id))
        .where(within)
        .group_by(FlagDecisionRow.scorecard_id, FlagDecisionRow.rule_id)
    )
    of_flag = and_(
        VerdictRow.scorecard_id == FlagDecisionRow.scorecard_id,
        VerdictRow.rule_id == FlagDecisionRow.rule_id,
    )
    return (
        select(
            FlagDecisionRow.decision_id.label("row_id"),
            FlagDecisionRow.decided_at.label("at"),
            CallRow.agent_id.label("agent_id"),
            CallRow.call_id.label("call_id"),
            CallRow.ticket_id.label("ticket_id"),
            FlagDecisionRow.rule_id.label("label"),
            func.coalesce(FlagDecisionRow.points, VerdictRow.points).label("value"),
        )
        .join(CallRow, CallRow.call_id == FlagDecisionRow.call_id)
        .outerjoin(VerdictRow, of_flag)
        .where(
            FlagDecisionRow.decision_id.in_(last),
            agent_in_scope(wanted.scope, CallRow.agent_id),
            *more,
        )
    )


def _decided(action: FlagAction) -> Query:
    return lambda wanted: _decisions(wanted, FlagDecisionRow.action == action.value)


def _fines(wanted: Counted) -> Rows:
    """Select the fines that people confirmed: found violated, and of the grade."""
    confirmed = and_(
        FlagDecisionRow.action == FlagAction.CONFIRM.value,
        VerdictRow.outcome == Outcome.VIOLATED.value,
    )
    changed = and_(
        FlagDecisionRow.action == FlagAction.CHANGE.value,
        FlagDecisionRow.outcome == Outcome.VIOLATED.value,
    )
    is_fine = VerdictRow.grade == Grade.FINE.value
    return _decisions(wanted, is_fine, or_(confirmed, changed))


def _appeals(wanted: Counted, *more: ColumnElement[bool]) -> Rows:
    return (
        select(
            AppealRow.appeal_id.label("row_id"),
            func.coalesce(AppealStepRow.done_at, AppealRow.submitted_at).label("at"),
            CallRow.agent_id.label("agent_id"),
            CallRow.call_id.label("call_id"),
            CallRow.ticket_id.label("ticket_id"),
            func.coalesce(AppealRow.rule_id, literal("")).label("label"),
            null().label("value"),
        )
        .join(CallRow, CallRow.call_id == AppealRow.call_id)
        .outerjoin(AppealStepRow, AppealStepRow.appeal_id == AppealRow.appeal_id)
        .where(agent_in_scope(wanted.scope, CallRow.agent_id), *more)
    )


def _appeals_decided(state: AppealState) -> Query:
    return lambda wanted: _appeals(
        wanted,
        AppealStepRow.state == state.value,
        AppealStepRow.done_at >= wanted.since,
        AppealStepRow.done_at < wanted.until,
    )


def _appeals_made(wanted: Counted) -> Rows:
    made = AppealRow.submitted_at
    return _appeals(wanted, made >= wanted.since, made < wanted.until)


def _appeals_open(wanted: Counted) -> Rows:
    later = or_(AppealStepRow.done_at.is_(None), AppealStepRow.done_at >= wanted.until)
    return _appeals(wanted, AppealRow.submitted_at < wanted.until, later)


def _checks(wanted: Counted, kind: CheckKind | None) -> Rows:
    """Select spot checks done in the days; without a kind, those overdue at their end."""
    first = (
        select(func.min(SpotCheckResultRow.done_at))
        .where(SpotCheckResultRow.check_id == SpotCheckRow.check_id)
        .correlate(SpotCheckRow)
        .scalar_subquery()
    )
    if kind is not None:
        at: Any = first
        is_wanted = and_(
            SpotCheckRow.kind == kind.value, first >= wanted.since, first < wanted.until
        )
    else:
        at = SpotCheckRow.due_at
        is_wanted = and_(
            SpotCheckRow.due_at < wanted.until, or_(first.is_(None), first >= wanted.until)
        )
    return select(
        SpotCheckRow.check_id.label("row_id"),
        at.label("at"),
        SpotCheckRow.agent_id.label("agent_id"),
        SpotCheckRow.call_id.label("call_id"),
        null().label("ticket_id"),
        SpotCheckRow.kind.label("label"),
        null().label("value"),
    ).where(agent_in_scope(wanted.scope, SpotCheckRow.agent_id.expression), is_wanted)


_COMPLAINTS = ("EV06", "EV07", "EV09")
_NO_EVENT = ("dismiss", "gone")
_OVER = ("close", *_NO_EVENT)


def _events(wanted: Counted, *more: ColumnElement[bool]) -> Rows:
    """Select the events of the days, but for those that nobody found to be one."""
    return (
        select(
            EventRow.event_id.label("row_id"),
            EventRow.happened_at.label("at"),
            EventRow.agent_id.label("agent_id"),
            EventRow.call_id.label("call_id"),
            CallRow.ticket_id.label("ticket_id"),
            EventRow.kind.label("label"),
            null().label("value"),
        )
        .outerjoin(CallRow, CallRow.call_id == EventRow.call_id)
        .where(
            agent_in_scope(wanted.scope, EventRow.agent_id),
            ~_stands(_NO_EVENT, wanted),
            *more,
        )
    )


def _stands(actions: tuple[str, ...], wanted: Counted) -> ColumnElement[bool]:
    """Whether the last step before the end of the days that moves an event is one of these."""
    moves = ("file", "escalate", "reopen", "found", *_OVER)
    last = (
        select(func.max(EventStepRow.step_id))
        .where(
            EventStepRow.event_id == EventRow.event_id,
            EventStepRow.action.in_(moves),
            EventStepRow.done_at < wanted.until,
        )
        .correlate(EventRow)
        .scalar_subquery()
    )
    return exists().where(EventStepRow.step_id == last, EventStepRow.action.in_(actions))


def _happened(wanted: Counted) -> ColumnElement[bool]:
    return and_(EventRow.happened_at >= wanted.since, EventRow.happened_at < wanted.until)


def _waiting(wanted: Counted) -> Rows:
    """Select the complaints that had no result at the end of the days, whenever they happened."""
    return _events(
        wanted,
        EventRow.happened_at < wanted.until,
        EventRow.kind.in_(_COMPLAINTS),
        ~_stands(_OVER, wanted),
    )


SOURCES: dict[str, Query] = {
    **TICKETS,
    "calls_all": _calls,
    "calls_inbound": lambda w: _calls(w, CallRow.direction == Direction.INBOUND.value),
    "calls_outbound": lambda w: _calls(w, CallRow.direction == Direction.OUTBOUND.value),
    "calls_unscored": lambda w: _calls(w, ~_is_scored()),
    "score_mean": lambda w: _calls(w, _is_scored()),
    "calls_by_people": lambda w: _calls(
        w, _is_scored(), CallStatusRow.basis != Basis.MACHINE.value
    ),
    "calls_undecided": lambda w: _calls(w, CallStatusRow.undecided > 0),
    "calls_praised": lambda w: _calls(w, CallStatusRow.is_praised.is_(True)),
    "flags_confirmed": _decided(FlagAction.CONFIRM),
    "flags_rejected": _decided(FlagAction.REJECT),
    "flags_changed": _decided(FlagAction.CHANGE),
    "fines_confirmed": _fines,
    "appeals_made": _appeals_made,
    "appeals_upheld": _appeals_decided(AppealState.UPHELD),
    "appeals_dismissed": _appeals_decided(AppealState.DISMISSED),
    "appeals_open": _appeals_open,
    "checks_daily": lambda w: _checks(w, CheckKind.DAILY),
    "checks_weekly": lambda w: _checks(w, CheckKind.WEEKLY),
    "checks_overdue": lambda w: _checks(w, None),
    "events_all": lambda w: _events(w, _happened(w)),
    "events_complaints": lambda w: _events(w, _happened(w), EventRow.kind.in_(_COMPLAINTS)),
    "events_waiting": _waiting,
}
"""The query of each figure; promises are read by `qa.store.promises`."""
