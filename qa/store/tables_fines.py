"""Tables of fines and rewards. They change only together with a migration.

Money is an integer number of fen (分). Entries are added, never changed: what was wrong is taken
back by an entry of the opposite sign that names the one it takes back.
"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from qa.store.tables import BigKey, Hash, ShortText, Table, UtcDateTime


class FineEntryRow(Table):
    """One entry of the ledger.

    `fen` is what is taken from the person's pay; negative gives back. `case_key` names what it is
    for: its entries together make what that costs now. `month` (2025-11) is the sheet that it
    counts in; `day` is when it happened, in the centre's zone. `login` instead of `agent_id` is
    whom a joint penalty falls on. `decision_id`, `scorecard_id`, `rule_id`, `start_ms` and
    `end_ms` lead to the clip, `charge_id` to what a person entered; `terms` names the schedule's
    readings.
    """

    __tablename__ = "fine_entries"

    entry_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    case_key: Mapped[str] = mapped_column(String(700), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    item: Mapped[str] = mapped_column(String(50))
    agent_id: Mapped[str | None] = mapped_column(ShortText)
    login: Mapped[str | None] = mapped_column(ShortText)
    fen: Mapped[int] = mapped_column(Integer)
    ordinal: Mapped[int] = mapped_column(Integer)
    day: Mapped[date] = mapped_column()
    month: Mapped[str] = mapped_column(String(7))
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.call_id"))
    scorecard_id: Mapped[int | None] = mapped_column(ForeignKey("scorecards.scorecard_id"))
    rule_id: Mapped[str | None] = mapped_column(String(50))
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("flag_decisions.decision_id"))
    charge_id: Mapped[int | None] = mapped_column(ForeignKey("charges.charge_id"))
    start_ms: Mapped[int | None] = mapped_column(Integer)
    end_ms: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(50))
    reverses: Mapped[int | None] = mapped_column(ForeignKey("fine_entries.entry_id"), unique=True)
    terms: Mapped[str] = mapped_column(Hash)
    booked_by: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"))
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("fine_entries_by_month", "month", "agent_id"),
        Index("fine_entries_by_agent", "agent_id", "month"),
    )


class FineTermsRow(Table):
    """Readings of the schedule that entries were booked under, as JSON, by their SHA-256."""

    __tablename__ = "fine_terms"

    terms: Mapped[str] = mapped_column(Hash, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    first_used_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ChargeRow(Table):
    """Something that no rule finds and a person enters, on a call that shows it."""

    __tablename__ = "charges"

    charge_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    item: Mapped[str] = mapped_column(String(50))
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), index=True)
    start_ms: Mapped[int] = mapped_column(Integer)
    end_ms: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ChargeStepRow(Table):
    """What became of a charge: confirmed by another person, objected to, withdrawn, upheld."""

    __tablename__ = "charge_steps"

    step_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("charges.charge_id"), index=True)
    action: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text, server_default="")
    done_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    done_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RulesetWithdrawalRow(Table):
    """A ruleset version whose verdicts cost nobody anything, or do again; the last step counts."""

    __tablename__ = "ruleset_withdrawals"

    step_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    ruleset_hash: Mapped[str] = mapped_column(ForeignKey("rulesets.ruleset_hash"), index=True)
    action: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    done_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    done_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FineMonthRow(Table):
    """A closed month: its sheets are frozen, what changes later is booked in the next open one.

    `sheets_hash` is the SHA-256 over the hashes of its sheets and `previous_hash`, that of the
    month closed before, so that none of them can be changed unseen.
    """

    __tablename__ = "fine_months"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    terms: Mapped[str] = mapped_column(ForeignKey("fine_terms.terms"))
    sheets: Mapped[int] = mapped_column(Integer)
    previous_hash: Mapped[str] = mapped_column(Hash)
    sheets_hash: Mapped[str] = mapped_column(Hash)
    closed_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FineSheetRow(Table):
    """The assessment sheet of one agent for one closed month: its JSON text and SHA-256."""

    __tablename__ = "fine_sheets"

    month: Mapped[str] = mapped_column(ForeignKey("fine_months.month"), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ShortText, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    sheet_hash: Mapped[str] = mapped_column(Hash)
