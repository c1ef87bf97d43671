"""The rows behind the figures of repairs and callbacks; see `report_sources`."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from qa.review.report_model import Counted
from qa.store.report_columns import NOTHING, Query, Rows, call_rows, columns, rate
from qa.store.scope import agent_in_scope
from qa.store.tables import AnswersRow, CallRow, TicketRow
from qa.store.tables_review import CallStatusRow
from qa.types import Attitude, Direction


def _tickets(wanted: Counted, at: Any, *more: ColumnElement[bool], value: Any = NOTHING) -> Rows:
    """Select tickets; a team's are those that one of its calls names."""
    first_call = (
        select(func.min(CallRow.call_id))
        .where(CallRow.ticket_id == TicketRow.ticket_id, CallRow.replaced_by.is_(None))
        .correlate(TicketRow)
        .scalar_subquery()
    )
    conditions = list(more)
    if not wanted.scope.everything:
        own = select(CallRow.ticket_id).where(
            CallRow.ticket_id.is_not(None), agent_in_scope(wanted.scope, CallRow.agent_id)
        )
        conditions.append(TicketRow.ticket_id.in_(own))
    found = columns(
        TicketRow.ticket_id,
        at,
        call=(NOTHING, first_call, TicketRow.ticket_id),
        label=TicketRow.station,
        value=value,
    )
    more_of_ticket = (TicketRow.problem, TicketRow.received_at, TicketRow.completed_at)
    return select(*found, *more_of_ticket).where(*conditions)


def _received(wanted: Counted) -> Rows:
    at = TicketRow.received_at
    return _tickets(wanted, at, at >= wanted.since, at < wanted.until)


def _completed(wanted: Counted, *more: ColumnElement[bool]) -> Rows:
    at = TicketRow.completed_at
    return _tickets(wanted, at, at >= wanted.since, at < wanted.until, *more)


def _open(wanted: Counted, *, for_hours: float = 0.0) -> Rows:
    """Select tickets that were not completed when the days ended."""
    at = TicketRow.received_at
    begun = at < wanted.until - timedelta(hours=for_hours) if for_hours else at < wanted.until
    later = or_(TicketRow.completed_at.is_(None), TicketRow.completed_at >= wanted.until)
    return _tickets(wanted, at, begun, later)


def _untimed(wanted: Counted) -> Rows:
    """Select tickets that calls of the days name and whose time of report nobody told."""
    named = select(CallRow.ticket_id).where(
        CallRow.ticket_id.is_not(None),
        CallRow.started_at >= wanted.since,
        CallRow.started_at < wanted.until,
        CallRow.replaced_by.is_(None),
        or_(CallRow.direction.is_(None), CallRow.direction == Direction.INBOUND.value),
    )
    missing = TicketRow.received_at.is_(None)
    return _tickets(wanted, TicketRow.completed_at, missing, TicketRow.ticket_id.in_(named))


def _was_called_back(wanted: Counted) -> ColumnElement[bool]:
    return exists().where(
        CallRow.ticket_id == TicketRow.ticket_id,
        CallRow.started_at >= TicketRow.completed_at,
        CallRow.started_at < wanted.until,
        CallRow.replaced_by.is_(None),
        _is_callback(wanted),
    )


def _is_callback(wanted: Counted) -> ColumnElement[bool]:
    """Whether a call is a callback: by its ruleset, by what judged it, or by answers keyed."""
    names = wanted.terms.callback_rulesets
    judged = select(CallStatusRow.call_id).where(CallStatusRow.ruleset_id.in_(names))
    keyed = select(AnswersRow.call_id)
    return or_(CallRow.ruleset.in_(names), CallRow.call_id.in_(judged), CallRow.call_id.in_(keyed))


def callback_calls(
    wanted: Counted, *more: ColumnElement[bool], value: Any = AnswersRow.points
) -> Rows:
    """Select the callbacks of the days, with what was keyed in after them."""
    found = call_rows(wanted, _is_callback(wanted), *more, label=TicketRow.station, value=value)
    return found.outerjoin(AnswersRow, AnswersRow.call_id == CallRow.call_id).outerjoin(
        TicketRow, TicketRow.ticket_id == CallRow.ticket_id
    )


def _rated(attitude: Attitude) -> Query:
    return lambda w: callback_calls(w, AnswersRow.attitude == attitude.value)


def _satisfaction(wanted: Counted) -> Rows:
    """Select callbacks with an answer b: whether the household was satisfied."""
    satisfied = rate(AnswersRow.attitude == Attitude.SATISFIED.value)
    return callback_calls(wanted, AnswersRow.attitude.is_not(None), value=satisfied)


def _solved(wanted: Counted) -> Rows:
    """Select callbacks with an answer a: whether the problem was solved."""
    solved = rate(AnswersRow.solved.is_(True))
    return callback_calls(wanted, AnswersRow.solved.is_not(None), value=solved)


def _completion(wanted: Counted) -> Rows:
    """Select the tickets received in the days: whether each was completed by their end."""
    at = TicketRow.received_at
    value = rate(TicketRow.completed_at < wanted.until)
    return _tickets(wanted, at, at >= wanted.since, at < wanted.until, value=value)


def _unkeyed(wanted: Counted) -> Rows:
    """Select callbacks after which nothing of a to d was keyed in."""
    columns = (AnswersRow.solved, AnswersRow.attitude, AnswersRow.charged, AnswersRow.points)
    return callback_calls(wanted, and_(*(column.is_(None) for column in columns)))


TICKETS: Final[dict[str, Query]] = {
    "repairs_received": _received,
    "repairs_completed": _completed,
    "repairs_open": _open,
    "repairs_long_open": lambda w: _open(w, for_hours=w.terms.long_hours),
    "repairs_long": _completed,
    "repairs_untimed": _untimed,
    "callbacks_planned": _completed,
    "callbacks_reached": lambda w: _completed(w, _was_called_back(w)),
    "callbacks_missing": lambda w: _completed(w, ~_was_called_back(w)),
    "callbacks_done": callback_calls,
    "answers_solved": lambda w: callback_calls(w, AnswersRow.solved.is_(True)),
    "answers_unsolved": lambda w: callback_calls(w, AnswersRow.solved.is_(False)),
    "answers_satisfied": _rated(Attitude.SATISFIED),
    "answers_ordinary": _rated(Attitude.ORDINARY),
    "answers_dissatisfied": _rated(Attitude.DISSATISFIED),
    "answers_charged": lambda w: callback_calls(w, AnswersRow.charged.is_(True)),
    "answers_not_charged": lambda w: callback_calls(w, AnswersRow.charged.is_(False)),
    "answers_points": lambda w: callback_calls(w, AnswersRow.points.is_not(None)),
    "answers_remarks": lambda w: callback_calls(
        w, AnswersRow.remark.is_not(None), AnswersRow.remark != ""
    ),
    "answers_none": _unkeyed,
    "kpi_satisfied": _satisfaction,
    "kpi_solved": _solved,
    "kpi_completed": _completion,
    "kpi_hours": lambda w: _completed(w, TicketRow.received_at.is_not(None)),
}
