"""Calls are drawn for spot checks: for leads each day, for the head each week."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from qa.records import CheckKind, SpotCheck, UserRole
from qa.review.sampling import Candidate, Drawn, Plan, choose, draw, draw_daily
from qa.store.audit import Detail, audit
from qa.store.convert import chunks
from qa.store.messages import MessageKind, tell_user
from qa.store.spot_checks import load_checks
from qa.store.tables import AgentRow, CallRow, RecordingRow
from qa.store.tables_people import UserRow, UserTeamRow
from qa.store.tables_review import CallStatusRow, SpotCheckRow

_DRAW_LOCK = 7_312_003  # any number that nothing else in the database uses
_MAX_COUNTED = 50


@dataclass(frozen=True, slots=True)
class DrawSettings:
    """How spot checks are drawn (settings `review.*`).

    Attributes:
        daily: for each agent on duty, each day.
        weekly: for the head, over all agents, each week from Monday to Sunday.
        seed: chance follows from it; the same seed draws the same calls.
        due_hours, weekly_due_hours: time after the end of the day, or of the week; after the draw
            where that came later.
    """

    daily: Plan
    weekly: Plan
    seed: str
    due_hours: int
    weekly_due_hours: int


@dataclass(frozen=True, slots=True)
class _Days:
    """The days that calls are drawn from, as a window of time: from, and before."""

    first: date
    since: datetime
    until: datetime


def draw_checks(
    session: Session, day: date, now: datetime, settings: DrawSettings, zone: ZoneInfo
) -> list[SpotCheck]:
    """Draw the daily checks of a day, and on a Sunday the weekly ones of its week.

    A call is never drawn twice, and one that cannot be listened to never. Drawing again adds
    nothing but what is missing: agents whose calls came late, or more of them after the number was
    raised.

    Args:
        day: a day in the centre's zone that is over.

    Returns:
        The checks that were added.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({_DRAW_LOCK})"))
    added = _draw_daily(session, day, now, settings, zone)
    if day.weekday() == 6:
        added += _draw_weekly(session, day - timedelta(days=6), now, settings, zone)
    for check in added:
        if check.assigned_to is not None:
            tell_user(session, MessageKind.CHECK_ASSIGNED, check.assigned_to, check.call_id, now)
    if added:
        details: dict[str, Detail] = {"day": day.isoformat(), "checks": len(added)}
        audit(session, None, "check.draw", None, None, details)
    return added


def _draw_daily(
    session: Session, day: date, now: datetime, settings: DrawSettings, zone: ZoneInfo
) -> list[SpotCheck]:
    days = _window(day, 1, zone)
    taken = _taken(session, CheckKind.DAILY, day)
    agents = {agent for agent, _ in taken}
    full = {a for a in agents if sum(one == a for one, _ in taken) >= settings.daily.count}
    candidates = [one for one in _candidates(session, days) if one.agent_id not in full]
    drawn = draw_daily(settings.seed, day, candidates, settings.daily)
    leads = _leads(session, {one.agent_id for one in drawn})
    # Who gets a task late has the same time for it.
    due_at = max(days.until, now) + timedelta(hours=settings.due_hours)
    rows = [
        _row(CheckKind.DAILY, day, one, settings.seed)
        | {"drawn_at": now, "due_at": due_at}
        | {"assigned_to": choose(settings.seed, day, one.agent_id, leads[one.agent_id])}
        for one in _placed(drawn, taken, settings.daily.count)
    ]
    return _add(session, rows)


def _draw_weekly(
    session: Session, monday: date, now: datetime, settings: DrawSettings, zone: ZoneInfo
) -> list[SpotCheck]:
    days = _window(monday, 7, zone)
    missing = settings.weekly.count - len(_taken(session, CheckKind.WEEKLY, monday))
    if missing <= 0:
        return []
    heads = session.scalars(
        select(UserRow.user_id).where(
            UserRow.role == UserRole.HEAD.value, UserRow.is_disabled.is_(False)
        )
    ).all()
    due_at = max(days.until, now) + timedelta(hours=settings.weekly_due_hours)
    drawn = draw(settings.seed, monday, _candidates(session, days), settings.weekly)[:missing]
    positions: dict[str, int] = defaultdict(int)
    for agent, position in _taken(session, CheckKind.WEEKLY, monday):
        positions[agent] = max(positions[agent], position + 1)
    rows = []
    for one in drawn:
        row = _row(CheckKind.WEEKLY, monday, one, settings.seed)
        row |= {"position": positions[one.agent_id], "drawn_at": now, "due_at": due_at}
        rows.append(row | {"assigned_to": choose(settings.seed, monday, "", heads)})
        positions[one.agent_id] += 1
    return _add(session, rows)


def _window(first: date, days: int, zone: ZoneInfo) -> _Days:
    until = datetime.combine(first + timedelta(days=days), time(), zone)
    return _Days(first, datetime.combine(first, time(), zone), until)


def _taken(session: Session, kind: CheckKind, day: date) -> set[tuple[str, int]]:
    """List the places that are taken: agent and position."""
    rows = session.execute(
        select(SpotCheckRow.agent_id, SpotCheckRow.position).where(
            SpotCheckRow.kind == kind.value, SpotCheckRow.day == day
        )
    )
    return {(row[0], row[1]) for row in rows}


def _placed(drawn: Sequence[Drawn], taken: set[tuple[str, int]], count: int) -> list[Drawn]:
    """Give what was drawn the free places of its agent, in order, as far as there are any."""
    free = {
        agent: iter([n for n in range(count) if (agent, n) not in taken])
        for agent in {one.agent_id for one in drawn}
    }
    placed = []
    for one in drawn:
        position = next(free[one.agent_id], None)
        if position is not None:
            placed.append(Drawn(one.call_id, one.agent_id, position, one.drawn_by))
    return placed


def _row(kind: CheckKind, day: date, one: Drawn, seed: str) -> dict[str, Any]:
    return {
        "kind": kind.value,
        "day": day,
        "agent_id": one.agent_id,
        "position": one.position,
        "call_id": one.call_id,
        "drawn_by": one.drawn_by.value,
        "seed": seed,
    }


def _add(session: Session, rows: Sequence[dict[str, Any]]) -> list[SpotCheck]:
    if not rows:
        return []
    added = [
        session.scalar(insert(SpotCheckRow).values(row).returning(SpotCheckRow.check_id)) or 0
        for row in rows
    ]
    return load_checks(session, added)


def _candidates(session: Session, days: _Days) -> list[Candidate]:
    """List the calls of some days that may be drawn, each of a known agent."""
    rows = session.execute(
        select(
            CallStatusRow.call_id,
            CallStatusRow.agent_id,
            CallStatusRow.severity,
            CallStatusRow.open_flags,
            CallStatusRow.undecided,
            RecordingRow.duration_ms,
        )
        .join(CallRow, CallRow.call_id == CallStatusRow.call_id)
        .join(RecordingRow, RecordingRow.recording_id == CallRow.recording_id)
        .outerjoin(SpotCheckRow, SpotCheckRow.call_id == CallStatusRow.call_id)
        .where(
            CallStatusRow.sorted_at >= days.since,
            CallStatusRow.sorted_at < days.until,
            CallStatusRow.agent_id.is_not(None),
            SpotCheckRow.check_id.is_(None),
        )
    ).all()
    agents = {row[1] for row in rows if row[1] is not None}
    earlier = _earlier_calls(session, agents, days.since)
    return [
        Candidate(
            call_id=row[0],
            agent_id=row[1],
            severity=row[2] if row[3] else 0,
            undecided=row[4],
            duration_ms=row[5],
            earlier_calls=earlier[row[1]],
        )
        for row in rows
        if row[1] is not None
    ]


def _earlier_calls(session: Session, agents: set[str], before: datetime) -> dict[str, int]:
    """Count each agent's calls before a time, up to as many as matter."""
    counts = {}
    for agent_id in agents:
        some = (
            select(CallStatusRow.call_id)
            .where(CallStatusRow.agent_id == agent_id, CallStatusRow.sorted_at < before)
            .limit(_MAX_COUNTED)
            .subquery()
        )
        counts[agent_id] = session.scalar(select(func.count()).select_from(some)) or 0
    return counts


def _leads(session: Session, agents: set[str]) -> Mapping[str, list[int]]:
    """List who leads each agent's team, but not the agents themselves."""
    leads: dict[str, list[int]] = defaultdict(list)
    for ids in chunks(sorted(agents)):
        rows = session.execute(
            select(AgentRow.agent_id, UserRow.user_id, UserRow.agent_id)
            .join(UserTeamRow, UserTeamRow.team == AgentRow.team)
            .join(UserRow, UserRow.user_id == UserTeamRow.user_id)
            .where(
                AgentRow.agent_id.in_(ids),
                UserRow.role == UserRole.LEAD.value,
                UserRow.is_disabled.is_(False),
            )
        )
        for agent_id, user_id, own_id in rows:
            if agent_id != own_id:
                leads[agent_id].append(user_id)
    return leads
