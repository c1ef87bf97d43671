"""The rows behind each figure of a report: one query a figure, the same for counting and listing.

Each query gives the columns `COLUMNS`, and perhaps more, for what only Python can tell
(`qa.store.report_rows`).
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select

from qa.records import AppealState, Basis, CheckKind, FlagAction
from qa.review.report_model import Counted
from qa.store.report_columns import NOTHING, Query, Rows, call_rows, columns, of_call, rate
from qa.store.report_sources_tickets import TICKETS
from qa.store.scope import agent_in_scope
from qa.store.tables import CallRow, VerdictRow
from qa.store.tables_events import EventRow, EventStepRow
from qa.store.tables_fines import ChargeRow, ChargeStepRow
from qa.store.tables_review import (
    AppealRow,
    AppealStepRow,
    CallStatusRow,
    FlagDecisionRow,
    SpotCheckResultRow,
    SpotCheckRow,
)
from qa.types import Direction, Grade, Outcome


def _calls(wanted: Counted, *more: ColumnElement[bool]) -> Rows:
    """Select the calls that began in the days, with their state where they are scored."""
    found = call_rows(wanted, *more, label=CallStatusRow.basis, value=CallStatusRow.score)
    return found.outerjoin(CallStatusRow, CallStatusRow.call_id == CallRow.call_id)


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
            *columns(
                FlagDecisionRow.decision_id,
                FlagDecisionRow.decided_at,
                call=of_call(),
                label=FlagDecisionRow.rule_id,
                value=func.coalesce(FlagDecisionRow.points, VerdictRow.points),
            )
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
            *columns(
                AppealRow.appeal_id,
                func.coalesce(AppealStepRow.done_at, AppealRow.submitted_at),
                call=of_call(),
                label=func.coalesce(AppealRow.rule_id, literal("")),
            )
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
    checked = (SpotCheckRow.agent_id, SpotCheckRow.call_id, NOTHING)
    return select(*columns(SpotCheckRow.check_id, at, call=checked, label=SpotCheckRow.kind)).where(
        agent_in_scope(wanted.scope, SpotCheckRow.agent_id.expression), is_wanted
    )


_COMPLAINTS = ("EV06", "EV07", "EV09")
_NO_EVENT = ("dismiss", "gone")
_OVER = ("close", "adopt", *_NO_EVENT)


def _events(wanted: Counted, *more: ColumnElement[bool], value: Any = NOTHING) -> Rows:
    """Select the events of the days, but for those that a person found to be none."""
    of_event = (EventRow.agent_id, EventRow.call_id, CallRow.ticket_id)
    return (
        select(
            *columns(
                EventRow.event_id,
                EventRow.happened_at,
                call=of_event,
                label=EventRow.kind,
                value=value,
            )
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


def _complaint_rate(wanted: Counted) -> Rows:
    """Select the calls of the days: whether a complaint came by each, of whomever it was.

    Of an agent, one that a second person confirmed; of others, an event that nobody dismissed.
    """
    is_event = exists().where(
        EventRow.call_id == CallRow.call_id,
        EventRow.kind.in_(_COMPLAINTS),
        ~_stands(_NO_EVENT, wanted),
    )
    last = (
        select(func.max(ChargeStepRow.step_id))
        .where(ChargeStepRow.charge_id == ChargeRow.charge_id, ChargeStepRow.done_at < wanted.until)
        .correlate(ChargeRow)
        .scalar_subquery()
    )
    is_charge = exists().where(
        ChargeRow.call_id == CallRow.call_id,
        ChargeRow.item == "complaint",
        exists().where(ChargeStepRow.step_id == last, ChargeStepRow.action != "withdraw"),
    )
    return call_rows(wanted, label=NOTHING, value=rate(or_(is_event, is_charge)))


def _adoption_rate(wanted: Counted) -> Rows:
    """Select the opinions and suggestions of the days: whether each was adopted by their end."""
    is_opinion = EventRow.kind == "EV08"
    return _events(wanted, _happened(wanted), is_opinion, value=rate(_stands(("adopt",), wanted)))


SOURCES: dict[str, Query] = {
    **TICKETS,
    "kpi_complaints": _complaint_rate,
    "kpi_adopted": _adoption_rate,
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
