"""What the queries of reports share: their columns, and the calls that began in the days."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, Label, Select, case, null, select

from qa.review.report_model import Counted
from qa.store.scope import agent_in_scope
from qa.store.tables import CallRow

Rows = Select[*tuple[Any, ...]]
Query = Callable[[Counted], Rows]
NOTHING: Final = null()
WHOLE: Final = 100.0
"""What a row counts for in a rate where it is of the kind; else 0. The mean is in percent."""


def columns(
    row_id: Any,
    at: Any,
    *,
    call: tuple[Any, Any, Any] = (NOTHING, NOTHING, NOTHING),
    label: Any = NOTHING,
    value: Any = NOTHING,
) -> tuple[Label[Any], ...]:
    """Name the columns that every query gives.

    Args:
        call: agent, call and ticket.
    """
    names = ("row_id", "at", "agent_id", "call_id", "ticket_id", "label", "value")
    given = (row_id, at, *call, label, value)
    return tuple(column.label(name) for name, column in zip(names, given, strict=True))


def of_call() -> tuple[Any, Any, Any]:
    """Name agent, call and ticket of the call that a query has joined."""
    return CallRow.agent_id, CallRow.call_id, CallRow.ticket_id


def call_rows(wanted: Counted, *more: ColumnElement[bool], label: Any, value: Any) -> Rows:
    """Select the calls that began in the days."""
    found = columns(CallRow.call_id, CallRow.started_at, call=of_call(), label=label, value=value)
    return select(*found).where(
        CallRow.started_at >= wanted.since,
        CallRow.started_at < wanted.until,
        CallRow.replaced_by.is_(None),
        agent_in_scope(wanted.scope, CallRow.agent_id),
        *more,
    )


def rate(is_of_kind: ColumnElement[bool]) -> ColumnElement[float]:
    """Write what a row counts for in a rate."""
    return case((is_of_kind, WHOLE), else_=0.0)
