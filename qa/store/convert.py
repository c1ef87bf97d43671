"""Rows to the types that flow through the house."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import Session

from qa.store.tables import AnswersRow, CallRow, NoticeRow, TicketRow
from qa.types import Attitude, Call, Direction, KeyedAnswers, Notice, ReleasedBy, Ticket

CHUNK = 500  # SQLite takes 32,766 parameters, PostgreSQL 65,535
_Item = TypeVar("_Item")

_CALL_COLUMNS = tuple(CallRow.__table__.columns)
CALL_COLUMNS = tuple(column.name for column in _CALL_COLUMNS)
_TICKETS = TicketRow.__table__.c
_TICKET_COLUMNS = (
    *(_TICKETS.ticket_id, _TICKETS.name, _TICKETS.address),
    *(_TICKETS.phone, _TICKETS.problem, _TICKETS.station),
)


def chunks(items: Iterable[_Item], size: int = CHUNK) -> Iterator[list[_Item]]:
    """Cut into lists of at most `size`."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def load_calls(session: Session, call_ids: Sequence[str], zone: ZoneInfo) -> dict[str, Call]:
    """Load calls with all that is known of them, by id; ids that are not there are left out."""
    notices = load_notices(session)
    calls: dict[str, Call] = {}
    for ids in chunks(call_ids):
        # Columns, not mapped objects: of those SQLAlchemy keeps track, at three times the price.
        rows = session.execute(_wanted_calls(), {"call_ids": ids})
        plain = [dict(zip(CALL_COLUMNS, row, strict=True)) for row in rows]
        tickets = load_tickets(session, [row["ticket_id"] for row in plain if row["ticket_id"]])
        answers = load_answers(session, [row["call_id"] for row in plain])
        calls.update(
            (row["call_id"], call_from(row, tickets, notices, answers, zone)) for row in plain
        )
    return calls


# Statements that every page of a call needs are put together once: that takes longer than to run
# them.
@cache
def _wanted_calls() -> Select[*tuple[Any, ...]]:
    wanted: BindParameter[Any] = bindparam("call_ids", expanding=True)
    return select(*_CALL_COLUMNS).where(CallRow.__table__.c.call_id.in_(wanted))


@cache
def _wanted_notices() -> Select[*tuple[Any, ...]]:
    notices = NoticeRow.__table__.c
    return select(notices.festival, notices.first_day, notices.last_day, notices.script)


@cache
def _wanted_tickets() -> Select[*tuple[Any, ...]]:
    wanted: BindParameter[Any] = bindparam("ticket_ids", expanding=True)
    return select(*_TICKET_COLUMNS).where(_TICKETS.ticket_id.in_(wanted))


@cache
def _wanted_answers() -> Select[*tuple[Any, ...]]:
    answers = AnswersRow.__table__.c
    return select(
        *(answers.call_id, answers.solved, answers.attitude),
        *(answers.charged, answers.points, answers.remark),
    ).where(answers.call_id.in_(bindparam("call_ids", expanding=True)))


def row_values(row: CallRow) -> dict[str, Any]:
    """List a call row's columns by name."""
    return {name: getattr(row, name) for name in CALL_COLUMNS}


def load_notices(session: Session) -> tuple[Notice, ...]:
    """Load every festival notice once, in order of time."""
    notices = {Notice(*row) for row in session.execute(_wanted_notices())}
    return tuple(
        sorted(notices, key=lambda n: (n.first_day, n.last_day, n.festival, n.script or ""))
    )


def load_tickets(session: Session, ticket_ids: Sequence[str]) -> dict[str, Ticket]:
    """Load tickets by id; ids that are not there are left out."""
    tickets: dict[str, Ticket] = {}
    for ids in chunks(ticket_ids):
        rows = session.execute(_wanted_tickets(), {"ticket_ids": ids})
        tickets.update((row[0], Ticket(*row)) for row in rows)
    return tickets


def load_answers(session: Session, call_ids: Sequence[str]) -> dict[str, KeyedAnswers]:
    """Load what was keyed in after callbacks, by call id."""
    answers: dict[str, KeyedAnswers] = {}
    for ids in chunks(call_ids):
        for row in session.execute(_wanted_answers(), {"call_ids": ids}):
            attitude = Attitude(row.attitude) if row.attitude else None
            answers[row.call_id] = KeyedAnswers(
                row.solved, attitude, row.charged, row.points, row.remark
            )
    return answers


def call_from(
    values: Mapping[str, Any],
    tickets: Mapping[str, Ticket],
    notices: Sequence[Notice],
    answers: Mapping[str, KeyedAnswers],
    zone: ZoneInfo,
) -> Call:
    """Build a call from its columns, with the notices of its day (all, where that is unknown)."""
    started_at = values["started_at"]
    local = started_at.astimezone(zone) if started_at else None
    day = local.date() if local else None
    direction, released_by = values["direction"], values["released_by"]
    return Call(
        call_id=values["call_id"],
        started_at=local,
        agent_id=values["agent_id"],
        direction=Direction(direction) if direction else None,
        ring_count=values["ring_count"],
        released_by=ReleasedBy(released_by) if released_by else None,
        caller_number=values["caller_number"],
        ticket_id=values["ticket_id"],
        source=values["source"],
        ruleset=values["ruleset"],
        ticket=tickets.get(values["ticket_id"] or ""),
        notices=tuple(n for n in notices if day is None or n.first_day <= day <= n.last_day),
        fee_unpaid=values["fee_unpaid"],
        keyed=answers.get(values["call_id"]),
    )
