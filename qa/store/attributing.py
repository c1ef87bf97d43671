"""Whose call it is: claims of the metadata, the roster, and what people decided, in the tables."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, select
from sqlalchemy.orm import Session

from qa.ingest.attribution import (
    HANDOVER,
    AgentState,
    attribute,
    pack_claims,
    seated,
    seats_of,
    unpack_claims,
)
from qa.ingest.rows import RosterEntry, Voice
from qa.store.convert import chunks
from qa.store.tables import AgentRow, CallRow
from qa.store.tables_ingest import AgentRulingRow, RosterRow
from qa.types import Scorecard

_CLAIM_COLUMNS = ("agent_claims", "has_metadata", "agent_id", "extension", "started_at")
_SPOKEN = ("number_equal", "number_differs", "number_not_said")


@dataclass(frozen=True, slots=True)
class Spoken:
    """The agent's number as it was heard.

    Attributes:
        number: digits; None where it is certain only that the expected number was not said.
        expected: the number that the call had when it was judged.
    """

    number: str | None
    expected: str

    @property
    def differs(self) -> bool:
        """Whether another number was heard than the call's."""
        return self.number != self.expected


@dataclass(frozen=True, slots=True)
class CallAttribution:
    """Who took a call, and who says so.

    Attributes:
        agent_id: whose call it is; None while nobody, or more than one, is named.
        state: why; `named`, `roster`, `disputed` or `settled`, None where nobody is named.
        claims: agents by voice: `table`, `sidecar`, `cdr`, `name`, `upload`, and `roster`.
        seats: the extensions that took part.
        spoken: the number that the agent said; None where it was not heard or not judged.
        spoken_is_known: whether the spoken number is that of an agent on a list or the roster.
        settled_by: who decided.
    """

    agent_id: str | None
    state: AgentState | None
    claims: Mapping[str, tuple[str, ...]]
    seats: tuple[str, ...]
    spoken: Spoken | None
    spoken_is_known: bool
    settled_by: str | None

    @property
    def disagrees(self) -> bool:
        """Whether two voices, the spoken number among them, name different people."""
        named = {agent for agents in self.claims.values() for agent in agents}
        return len(named) > 1 or (self.spoken is not None and self.spoken.differs)


def merge_claims(row: MutableMapping[str, Any], claims: Mapping[str, Any]) -> None:
    """Add what voices say of who answered to a call's row.

    Args:
        claims: agents by voice; None for a voice that spoke of the call, but not of that.
    """
    known = claims_of(row)
    for voice, agents in claims.items():
        known[voice] = known.get(voice, ()) if agents is None else tuple(agents)
    row["agent_claims"] = pack_claims(known)


def claims_of(row: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Read the claims of a call's row; one that an older program wrote has its agent's only."""
    claims: str | None = row["agent_claims"]
    if claims is None and row["has_metadata"]:
        agent_id = row["agent_id"]
        return {Voice.TABLE.value: (agent_id,) if agent_id else ()}
    return unpack_claims(claims)


def attribute_rows(
    session: Session, rows: Iterable[MutableMapping[str, Any]], *, whole: bool = False
) -> None:
    """Set the agent of some calls' rows by their claims, the roster and what people decided.

    Args:
        whole: also of rows that no voice has spoken of.
    """
    some = [row for row in rows if whole or row["agent_claims"] is not None or row["extension"]]
    roster = roster_of(session, some)
    rulings = last_rulings(session, [row["call_id"] for row in some])
    for row in some:
        ruling = rulings.get(row["call_id"])
        on_seats = seated(roster, seats_of(row["extension"]), row["started_at"])
        found = attribute(claims_of(row), on_seats, ruling.agent_id if ruling else None)
        row["agent_id"] = found.agent_id
        row["agent_state"] = found.state.value if found.state else None


def roster_of(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[RosterEntry]]:
    """Load the shifts around some calls, by seat."""
    times = [row["started_at"] for row in rows if row["extension"] and row["started_at"]]
    seats = sorted({seat for row in rows for seat in seats_of(row["extension"])})
    found: dict[str, list[RosterEntry]] = defaultdict(list)
    if not times or not seats:
        return found
    for names in chunks(seats):
        shifts = session.scalars(
            select(RosterRow).where(
                RosterRow.seat.in_(names),
                RosterRow.starts_at <= max(times) + HANDOVER,
                RosterRow.ends_at > min(times) - HANDOVER,
            )
        )
        for shift in shifts:
            entry = RosterEntry(shift.seat, shift.agent_id, shift.starts_at, shift.ends_at)
            found[shift.seat].append(entry)
    return found


def last_rulings(session: Session, call_ids: Sequence[str]) -> dict[str, AgentRulingRow]:
    """Load what people decided last, by call id; what was taken back is left out."""
    found: dict[str, AgentRulingRow] = {}
    for ids in chunks(call_ids):
        for row in session.scalars(_last_rulings(), {"call_ids": ids}):
            if row.agent_id is not None:
                found[row.call_id] = row
    return found


@cache
def _last_rulings() -> Select[AgentRulingRow]:
    wanted: BindParameter[Any] = bindparam("call_ids", expanding=True)
    last = (
        select(func.max(AgentRulingRow.ruling_id))
        .where(AgentRulingRow.call_id.in_(wanted))
        .group_by(AgentRulingRow.call_id)
    )
    return select(AgentRulingRow).where(AgentRulingRow.ruling_id.in_(last))


def with_claims(
    session: Session, rows: Sequence[CallRow]
) -> list[tuple[CallRow, dict[str, tuple[str, ...]]]]:
    """Give each call what its metadata and the roster (`roster`) say of who answered, by voice."""
    values = [{name: getattr(row, name) for name in _CLAIM_COLUMNS} for row in rows]
    roster = roster_of(session, values)
    found = []
    for row, value in zip(rows, values, strict=True):
        claims = {voice: agents for voice, agents in claims_of(value).items() if agents}
        on_seats = seated(roster, seats_of(row.extension), row.started_at)
        found.append((row, claims | ({"roster": on_seats} if on_seats else {})))
    return found


def call_attribution(session: Session, row: CallRow, card: Scorecard | None) -> CallAttribution:
    """Say of one call whose it is, and who says so.

    Args:
        card: its published scorecard, where the spoken number stands.
    """
    ((_, claims),) = with_claims(session, [row])
    seats = seats_of(row.extension)
    ruling = last_rulings(session, [row.call_id]).get(row.call_id)
    spoken = spoken_number(card) if card else None
    known = bool(spoken and spoken.number and _is_listed(session, spoken.number))
    state = AgentState(row.agent_state) if row.agent_state else None
    settled_by = ruling.ruled_by if ruling else None
    return CallAttribution(row.agent_id, state, claims, seats, spoken, known, settled_by)


def listed_agents(session: Session) -> set[str]:
    """List the numbers of agents that people wrote down: in `agents.csv`, or on the roster."""
    found = set(session.scalars(select(AgentRow.agent_id)))
    return found | set(session.scalars(select(RosterRow.agent_id).distinct()))


def _is_listed(session: Session, number: str) -> bool:
    on_roster = select(RosterRow.seat).where(RosterRow.agent_id == number).limit(1)
    return session.get(AgentRow, number) is not None or session.scalar(on_roster) is not None


def spoken_number(card: Scorecard) -> Spoken | None:
    """Find the number that the agent said, in the verdict that compared it."""
    for line in card.lines:
        if line.verdict.reason in _SPOKEN:
            details = dict(line.verdict.details)
            return Spoken(details.get("said") or None, details.get("expected", ""))
    return None


def started_between(session: Session, first: datetime, last: datetime) -> list[str]:
    """List the calls with a seat that started between two times, hand-overs included."""
    wanted = select(CallRow.call_id).where(
        CallRow.extension.is_not(None),
        CallRow.started_at >= first - HANDOVER,
        CallRow.started_at < last + HANDOVER,
    )
    return list(session.scalars(wanted))
