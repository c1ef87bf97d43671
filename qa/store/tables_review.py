"""Tables of what people decide about calls. They change only together with a migration.

Everything is added, nothing overwritten, but for `call_status`, which can be made anew from the
rest at any time.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from qa.store.tables import BigKey, ShortText, Table, UtcDateTime


class FlagDecisionRow(Table):
    """A step in the review of one rule of one scorecard.

    `carried_from` is the decision that was taken over from an earlier scorecard whose verdict on
    the rule was the same; who decided, when and why stay those of that one.
    """

    __tablename__ = "flag_decisions"

    decision_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"))
    scorecard_id: Mapped[int] = mapped_column(ForeignKey("scorecards.scorecard_id"))
    rule_id: Mapped[str] = mapped_column(String(50))
    action: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str | None] = mapped_column(String(20))
    points: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    appeal_id: Mapped[int | None] = mapped_column(ForeignKey("appeals.appeal_id"))
    carried_from: Mapped[int | None] = mapped_column(ForeignKey("flag_decisions.decision_id"))

    __table_args__ = (
        Index("flag_decisions_by_call", "call_id", "scorecard_id"),
        Index("flag_decisions_by_person", "decided_by", "decided_at"),
        Index("flag_decisions_by_time", "decided_at"),
    )


class ReleaseRow(Table):
    """A scorecard that was released to its agent, taken back, or looked at anew (`action`).

    The last row of a call counts. `appeal_until` is fixed with the release, so that a changed
    setting moves no window that is running; `carried_from` is the release that goes on, where the
    call was judged again and nothing that counts changed. `done_by` is None where the program
    reopened a released call because it was judged again otherwise.
    """

    __tablename__ = "releases"

    release_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), index=True)
    scorecard_id: Mapped[int] = mapped_column(ForeignKey("scorecards.scorecard_id"))
    action: Mapped[str] = mapped_column(String(20))
    score: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"))
    done_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    appeal_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    carried_from: Mapped[int | None] = mapped_column(ForeignKey("releases.release_id"))


class AppealRow(Table):
    """An agent's objection; its steps stand in `appeal_steps`."""

    __tablename__ = "appeals"

    appeal_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), index=True)
    scorecard_id: Mapped[int] = mapped_column(ForeignKey("scorecards.scorecard_id"))
    rule_id: Mapped[str | None] = mapped_column(String(50))
    text: Mapped[str] = mapped_column(Text)
    submitted_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"), index=True)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    release_id: Mapped[int] = mapped_column(ForeignKey("releases.release_id"))


class AppealStepRow(Table):
    """What became of an appeal: withdrawn, upheld or dismissed, by whom and why; at most one."""

    __tablename__ = "appeal_steps"

    appeal_id: Mapped[int] = mapped_column(ForeignKey("appeals.appeal_id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    answer: Mapped[str] = mapped_column(Text)
    done_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    done_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SpotCheckRow(Table):
    """A call drawn for somebody to listen to; `seed` reproduces the draw.

    `position` counts the calls drawn for one agent and day (`weekly`: for the week), from 0, so
    that a draw that is repeated finds its places taken. No call is drawn twice.
    """

    __tablename__ = "spot_checks"

    check_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(20))
    day: Mapped[date] = mapped_column()
    agent_id: Mapped[str] = mapped_column(ShortText)
    position: Mapped[int] = mapped_column(Integer)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), unique=True)
    drawn_by: Mapped[str] = mapped_column(String(20))
    seed: Mapped[str] = mapped_column(ShortText)
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"))
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("one_spot_check", "kind", "day", "agent_id", "position", unique=True),
        Index("spot_checks_by_person", "assigned_to", "day"),
    )


class SpotCheckResultRow(Table):
    """The written result of a spot check; the first one makes it done, later ones add to it."""

    __tablename__ = "spot_check_results"

    result_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    check_id: Mapped[int] = mapped_column(ForeignKey("spot_checks.check_id"), index=True)
    result: Mapped[str] = mapped_column(Text)
    done_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    done_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MessageRow(Table):
    """Something a person is told on the page: a released call, an appeal's answer, a task."""

    __tablename__ = "messages"

    message_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"))
    agent_id: Mapped[str | None] = mapped_column(ShortText)
    kind: Mapped[str] = mapped_column(String(30))
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.call_id"))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("messages_by_user", "user_id", "sent_at"),
        Index("messages_by_agent", "agent_id", "sent_at"),
    )


class UploadRow(Table):
    """A recording that somebody sent through the page or the API, until its scorecard appears."""

    __tablename__ = "uploads"

    upload_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"), index=True)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    path: Mapped[str] = mapped_column(String(4096))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(20), index=True)
    fault: Mapped[str | None] = mapped_column(ShortText)
    call_id: Mapped[str | None] = mapped_column(ShortText)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CallStatusRow(Table):
    """A scored call as lists show it: one row per call with a current scorecard.

    Written in the transaction that changes what it is made from (`docs/decisions/0022-*`).
    `severity` is 5 critical, 4 fine, 3 score, 2 hint, 1 undecided, 0 none, of the flags that still
    count; `priority` is one more than that while somebody has to look, else 0. `sorted_at` is
    `started_at`, or 1970 where that is unknown, so that every list has one order. `machine` is the
    scorecard's total with unconfirmed `fine` lines counting nothing; `score` is `machine` with
    what people decided, and `basis` says which of the two a reader sees. `scorecard_id` is the
    card that these rest on: the current one, but for an appealed or final call that was judged
    anew since (`is_judged_anew`), which keeps its score until a person looks.
    """

    __tablename__ = "call_status"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), primary_key=True)
    scorecard_id: Mapped[int] = mapped_column(ForeignKey("scorecards.scorecard_id"))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sorted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agent_id: Mapped[str | None] = mapped_column(ShortText)
    team: Mapped[str | None] = mapped_column(ShortText)
    ruleset_id: Mapped[str] = mapped_column(ShortText)
    severity: Mapped[int] = mapped_column(Integer)
    priority: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(20))
    basis: Mapped[str] = mapped_column(String(20))
    machine: Mapped[int] = mapped_column(Integer)
    score: Mapped[int] = mapped_column(Integer)
    flags: Mapped[int] = mapped_column(Integer)
    open_flags: Mapped[int] = mapped_column(Integer)
    undecided: Mapped[int] = mapped_column(Integer)
    confirmed_fines: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    is_praised: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_judged_anew: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    appeal_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("call_status_to_review", "priority", "sorted_at", "call_id"),
        Index("call_status_by_severity", "severity", "sorted_at", "call_id"),
        Index("call_status_by_time", "sorted_at", "call_id"),
        Index("call_status_by_state", "state", "sorted_at", "call_id"),
        Index("call_status_team_review", "team", "priority", "sorted_at", "call_id"),
        Index("call_status_team_severity", "team", "severity", "sorted_at", "call_id"),
        Index("call_status_by_team", "team", "sorted_at", "call_id"),
        # Also what is counted and added up over all calls of an agent or a team.
        Index(
            "call_status_by_agent",
            *("agent_id", "sorted_at", "call_id", "priority", "severity", "score"),
        ),
        Index("call_status_by_scorecard", "scorecard_id"),
    )
