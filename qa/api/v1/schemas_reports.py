"""Schemas of reports and promises."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from qa.api.v1.schemas import Answer, Id, Line, Request, Text, example
from qa.review.promises import PromiseState, Unclear
from qa.review.report_model import ReportKind, ReportState, RowKind

Ms = Annotated[int, Field(ge=0, le=2**31 - 1)]


class ReportOut(Answer):
    """A report: which days, whose, and where it stands."""

    model_config = example(
        report_id=7,
        kind="daily",
        first_day="2025-11-18",
        last_day="2025-11-18",
        team="",
        version=1,
        state="draft",
        hash="5f2c…",
    )

    report_id: int
    kind: ReportKind
    first_day: date
    last_day: date
    team: str = Field(description="Empty for the whole centre.")
    version: int
    state: ReportState
    hash: str = Field(description="SHA-256 of the figures.")


class FigureOut(Answer):
    """One figure."""

    model_config = example(key="repairs_received", value=42, rows=42)

    key: str
    value: float | None = Field(description="Null where nothing is known; never 0 for that.")
    rows: int = Field(description="How many rows are behind it.")


class PartOut(Answer):
    """The rows of a figure in one group."""

    name: str = Field(description="Empty where the rows do not tell.")
    rows: int
    mean: float | None


class BreakdownOut(Answer):
    """A figure by station, hour, agent and so on."""

    figure: str
    by: str
    parts: list[PartOut]


class DifferenceOut(Answer):
    """A figure that a recount finds otherwise."""

    key: str = Field(description="A figure, or figure/by/name.")
    reported: float | None
    recounted: float | None


class WholeReportOut(ReportOut):
    """A report with its figures, and where a recount differs from it."""

    figures: list[FigureOut]
    breakdowns: list[BreakdownOut]
    differences: list[DifferenceOut] = Field(
        description="Of a draft they block its sending; of a sent report they are corrections."
    )


class ReportRowOut(Answer):
    """One row behind a figure."""

    kind: RowKind
    row_id: str
    at: datetime | None
    agent_id: str | None
    call_id: str | None
    ticket_id: str | None
    label: str
    value: float | None


class ReportIn(Request):
    """Which report to make."""

    kind: ReportKind
    day: date = Field(description="A day of it.", examples=["2025-11-18"])
    team: str = Field("", max_length=200, description="Empty for the whole centre.")


class ActIn(Request):
    """What is done with a report, as you saw it."""

    version: Id = Field(description="The version that you saw; another one is a conflict.")


class RemarkIn(ActIn):
    """A remark on a report."""

    note: Text = Field(examples=["东站人手不足，周五前增加一班。"])


class PromiseOut(Answer):
    """What an agent promised; its words are on the call's scorecard."""

    call_id: str
    agent_id: str | None
    started_at: datetime | None
    ticket_id: str | None
    rule_id: str
    start_ms: int
    end_ms: int
    due: datetime | None
    contacted_at: datetime | None
    arrived_at: datetime | None
    completed_at: datetime | None
    state: PromiseState
    by_ticket: PromiseState
    overdue: bool = Field(description="Open by its ticket, and past its due time.")
    unclear: Unclear | None = Field(
        description="Why nothing tells; only where the state is `unknown`."
    )


class PromisePage(Answer):
    """Promises of the newest calls first."""

    items: list[PromiseOut]
    next: str | None = Field(
        description="Give it as `after` for what follows; null at the end. A page may hold fewer "
        "promises than asked for, even none, where few of those looked at are in the state."
    )


class PromiseRulingIn(Request):
    """What became of a promise, as a person says."""

    call_id: Line
    rule_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,50}$")]
    start_ms: Ms
    end_ms: Ms
    state: PromiseState | None = Field(description="Null lets the ticket's times count again.")
    reason: Text
