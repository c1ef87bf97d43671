"""The tables of figures by day: what pages add up instead of reading every call.

Nothing in them is a source (`docs/decisions/0037-*`). They change only together with a migration.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from qa.store.tables import BigKey, ShortText, Table, UtcDateTime


class DayTouchRow(Table):
    """A stretch of time in which a call's state changed after its days were added up.

    Written in the transaction that changes the state; only ever added, so that writers never wait
    for each other. It ends when the days are added up anew.
    """

    __tablename__ = "day_touches"

    touch_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class RolledDayRow(Table):
    """A day of the centre's zone that was added up; it counts while no touch lies in it."""

    __tablename__ = "rolled_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    zone: Mapped[str] = mapped_column(String(64))
    starts: Mapped[datetime] = mapped_column(UtcDateTime)
    ends: Mapped[datetime] = mapped_column(UtcDateTime)


class AgentDayRow(Table):
    """An agent's scored calls of one day, by team and ruleset; an unknown agent or team is ''.

    `total` and `squares` add up the scores shown. `critical`, `violated` and `left_undecided` are
    of the current scorecards, whatever people decided; `missed` is a JSON object of how often they
    have which rule violated.
    """

    __tablename__ = "agent_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    agent_id: Mapped[str] = mapped_column(ShortText, primary_key=True)
    team: Mapped[str] = mapped_column(ShortText, primary_key=True)
    ruleset_id: Mapped[str] = mapped_column(ShortText, primary_key=True)
    starts: Mapped[datetime] = mapped_column(UtcDateTime)
    calls: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(BigInteger)
    squares: Mapped[int] = mapped_column(BigInteger)
    lowest: Mapped[int] = mapped_column(Integer)
    undecided_calls: Mapped[int] = mapped_column(Integer)
    undecided: Mapped[int] = mapped_column(Integer)
    reviewed: Mapped[int] = mapped_column(Integer)
    final: Mapped[int] = mapped_column(Integer)
    open_flags: Mapped[int] = mapped_column(Integer)
    fines: Mapped[int] = mapped_column(Integer)
    praised: Mapped[int] = mapped_column(Integer)
    critical: Mapped[int] = mapped_column(Integer)
    violated: Mapped[int] = mapped_column(Integer)
    left_undecided: Mapped[int] = mapped_column(Integer)
    missed: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index("agent_days_by_team", "team", "day"),
        Index("agent_days_by_agent", "agent_id", "day", "team", "starts", "calls", "total"),
    )


class TeamDayRow(Table):
    """A count of a team's calls of one day; what is counted is said by `DayKind`."""

    __tablename__ = "team_days"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    team: Mapped[str] = mapped_column(ShortText, primary_key=True)
    ruleset_id: Mapped[str] = mapped_column(ShortText, primary_key=True)
    key: Mapped[str] = mapped_column(ShortText, primary_key=True)
    first: Mapped[int] = mapped_column(Integer)
    second: Mapped[int] = mapped_column(Integer)
    third: Mapped[int] = mapped_column(Integer)


class AgentRuleRow(Table):
    """How often an agent has a rule violated, in all days that were added up together."""

    __tablename__ = "agent_rules"

    agent_id: Mapped[str] = mapped_column(ShortText, primary_key=True)
    rule_id: Mapped[str] = mapped_column(ShortText, primary_key=True)
    times: Mapped[int] = mapped_column(Integer)
