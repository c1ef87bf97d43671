"""Who took a call: what each voice claims, put together without outvoting anybody.

Operators swap lines at noon, so neither a line nor a log-in proves who spoke; the spoken number
(工号) does, where it was heard. Points and pay follow the agent of a call, so where two voices name
different people the call belongs to nobody until a person decides.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from qa.ingest.rows import RosterEntry, Voice

HANDOVER = timedelta(minutes=5)
"""So long before and after a change of seat the roster does not say who answered."""
Claims = Mapping[str, tuple[str, ...]]


class AgentState(StrEnum):
    """Why a call has the agent that it has, or none."""

    NAMED = "named"
    ROSTER = "roster"
    DISPUTED = "disputed"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Attribution:
    """The agent of a call; `agent_id` is None where nobody, or more than one, is named."""

    agent_id: str | None
    state: AgentState | None


def attribute(claims: Claims, rostered: Iterable[str], settled: str | None) -> Attribution:
    """Say whose call it is.

    Args:
        claims: agents by voice, as the metadata names them.
        rostered: agents whom the roster has at the call's seats at that time.
        settled: what a person decided; it stands whatever the voices say.
    """
    named = {agent for voice in Voice for agent in claims.get(voice.value, ())}
    on_roster = set(rostered)
    if settled is not None:
        return Attribution(settled, AgentState.SETTLED)
    if len(named) > 1 or (not named and len(on_roster) > 1):
        return Attribution(None, AgentState.DISPUTED)
    if named:
        (agent_id,) = named
        doubt = bool(on_roster) and on_roster != named
        return Attribution(agent_id, AgentState.DISPUTED if doubt else AgentState.NAMED)
    if on_roster:
        return Attribution(on_roster.pop(), AgentState.ROSTER)
    return Attribution(None, None)


def seated(
    roster: Mapping[str, Sequence[RosterEntry]], seats: Iterable[str], at: datetime | None
) -> tuple[str, ...]:
    """Find who sat at some seats at a time, seat by seat.

    Near a hand-over, where the rows of a seat name two people, none is named for that seat.

    Args:
        roster: shifts by seat.

    Returns:
        Agent ids, each once; empty where the roster does not tell.
    """
    if at is None:
        return ()
    found: dict[str, None] = {}
    for seat in seats:
        rows = roster.get(seat, ())
        near = {r.agent_id for r in rows if r.starts_at - HANDOVER <= at < r.ends_at + HANDOVER}
        inside = any(row.starts_at <= at < row.ends_at for row in rows)
        if len(near) == 1 and inside:
            found.update(dict.fromkeys(near))
    return tuple(found)


def seats_of(extension: str | None) -> tuple[str, ...]:
    """List the seats of a call's `extension`, which names several after a transfer."""
    return tuple(part for part in (extension or "").split(",") if part)


def pack_claims(claims: Claims) -> str:
    """Write claims for the database; the same claims give the same text."""
    return json.dumps({voice: list(claims[voice]) for voice in sorted(claims)}, ensure_ascii=False)


def unpack_claims(text: str | None) -> dict[str, tuple[str, ...]]:
    """Read what `pack_claims` wrote."""
    if text is None:
        return {}
    return {voice: tuple(agents) for voice, agents in json.loads(text).items()}
