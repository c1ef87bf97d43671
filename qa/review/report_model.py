"""What a report is: its days, its figures, the rows behind each, and its form as kept. Pure.

Every figure is a number of rows, or the mean of a value over rows, and those rows can be listed.
A figure that nothing tells is None, never 0.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from qa.records import Scope


class ReportKind(StrEnum):
    """How many days a report is about."""

    DAILY = "daily"
    WEEKLY = "weekly"
    """Monday to Sunday."""
    MONTHLY = "monthly"
    """A calendar month."""
    YEARLY = "yearly"
    """A calendar year."""


class ReportState(StrEnum):
    """Where a report stands."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    """Somebody has checked it and answers for it."""
    SENT = "sent"
    """It never changes any more."""


class RowKind(StrEnum):
    """What the rows behind a figure are."""

    TICKET = "ticket"
    CALL = "call"
    DECISION = "decision"
    APPEAL = "appeal"
    CHECK = "check"
    PROMISE = "promise"
    EVENT = "event"


DUE_KINDS: Final = (ReportKind.DAILY, ReportKind.WEEKLY, ReportKind.MONTHLY)
"""Reports that must be sent by an hour; no regulation names one for a year's."""
SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "kpi": (
        *("kpi_satisfied", "kpi_solved", "kpi_complaints", "kpi_completed", "kpi_hours"),
        "kpi_adopted",
    ),
    "repairs": (
        *("repairs_received", "repairs_completed", "repairs_open", "repairs_long_open"),
        *("repairs_long", "repairs_untimed"),
    ),
    "callbacks": (
        *("callbacks_planned", "callbacks_reached", "callbacks_missing", "callbacks_done"),
        *("answers_solved", "answers_unsolved", "answers_satisfied", "answers_ordinary"),
        *("answers_dissatisfied", "answers_charged", "answers_not_charged", "answers_points"),
        *("answers_remarks", "answers_none"),
    ),
    "calls": ("calls_all", "calls_inbound", "calls_outbound", "calls_unscored"),
    "scores": ("score_mean", "calls_by_people", "calls_undecided", "calls_praised"),
    "flags": ("flags_confirmed", "flags_rejected", "flags_changed", "fines_confirmed"),
    "appeals": ("appeals_made", "appeals_upheld", "appeals_dismissed", "appeals_open"),
    "checks": ("checks_daily", "checks_weekly", "checks_overdue"),
    "promises": (
        *("promises_made", "promises_kept", "promises_broken", "promises_open"),
        *("promises_overdue", "promises_unknown", "promises_no_ticket"),
    ),
    "events": ("events_all", "events_complaints", "events_waiting"),
}
"""The figures of every report by section, in order."""
FIGURES: Final = tuple(key for keys in SECTIONS.values() for key in keys)
RATES: Final = frozenset(
    {"kpi_satisfied", "kpi_solved", "kpi_complaints", "kpi_completed", "kpi_adopted"}
)
"""Figures that are a share of their rows, in percent: a row is worth 100 or 0."""
MEANS: Final = RATES | {"score_mean", "answers_points", "kpi_hours"}
"""Figures that are a mean over their rows; all others are their number."""
GROUPINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "kpi_satisfied": ("met", "station", "month"),
    "kpi_solved": ("met", "station", "month"),
    "kpi_complaints": ("met", "month"),
    "kpi_completed": ("met", "station", "month"),
    "kpi_hours": ("station", "month"),
    "kpi_adopted": ("met",),
    "repairs_received": ("station", "fault", "hour", "day", "month"),
    "repairs_completed": ("station", "day", "month"),
    "repairs_long": ("station",),
    "calls_all": ("hour", "day", "month"),
    "score_mean": ("agent", "day", "month"),
    "answers_points": ("station",),
    "flags_confirmed": ("rule",),
    "events_all": ("kind",),
}
"""How some figures are broken down, where it suits the report's length: see `groupings_of`."""
UNKNOWN_GROUP: Final = ""
"""The group of rows that do not tell."""


MET: Final = "yes"
NOT_MET: Final = "no"
"""The groups of a rate's rows: those of the kind, and the others."""


def groupings_of(figure: str, kind: ReportKind) -> tuple[str, ...]:
    """Say how a figure is broken down: by hour in a day, by month in a year, else by day."""
    by_time = {ReportKind.DAILY: "hour", ReportKind.YEARLY: "month"}.get(kind, "day")
    left_out = {"hour", "day", "month"} - {by_time}
    return tuple(by for by in GROUPINGS.get(figure, ()) if by not in left_out)


@dataclass(frozen=True, slots=True)
class ReportDays:
    """The days of a report, both included."""

    kind: ReportKind
    first: date
    last: date

    def since(self, zone: ZoneInfo) -> datetime:
        """Begin of the first day."""
        return datetime.combine(self.first, datetime.min.time(), zone)

    def until(self, zone: ZoneInfo) -> datetime:
        """End of the last day."""
        return datetime.combine(self.last + timedelta(days=1), datetime.min.time(), zone)


def days_of(kind: ReportKind, day: date) -> ReportDays:
    """Find the days of the report in which a day lies."""
    match kind:
        case ReportKind.DAILY:
            return ReportDays(kind, day, day)
        case ReportKind.WEEKLY:
            monday = day - timedelta(days=day.weekday())
            return ReportDays(kind, monday, monday + timedelta(days=6))
        case ReportKind.MONTHLY:
            first = day.replace(day=1)
            after = (first + timedelta(days=31)).replace(day=1)
            return ReportDays(kind, first, after - timedelta(days=1))
        case ReportKind.YEARLY:
            return ReportDays(kind, day.replace(month=1, day=1), day.replace(month=12, day=31))


def last_over(kind: ReportKind, today: date) -> ReportDays:
    """Find the days of the newest report whose days are all over."""
    return days_of(kind, days_of(kind, today).first - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Terms:
    """How a report was counted; printed on it.

    Attributes:
        long_hours: a repair that takes longer is long.
        callback_rulesets: calls judged by these are callbacks.
    """

    long_hours: float = 4.0
    callback_rulesets: tuple[str, ...] = ("heating-callback",)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a report counts: within which days, whose calls, and how."""

    days: ReportDays
    scope: Scope
    zone: ZoneInfo
    terms: Terms

    @property
    def since(self) -> datetime:
        """Begin, included."""
        return self.days.since(self.zone)

    @property
    def until(self) -> datetime:
        """End, not included."""
        return self.days.until(self.zone)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row behind a figure; it holds nothing personal.

    Attributes:
        row_id: of the ticket, call, decision and so on.
        label: what stands in the list: the station, a rule, a state.
        value: what a mean is made of, or points; None where there is none.
        groups: what the row is counted under, by grouping.
    """

    kind: RowKind
    row_id: str
    at: datetime | None
    agent_id: str | None
    call_id: str | None
    ticket_id: str | None
    label: str
    value: float | None
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        value: the number of rows, or the mean over them; None where nothing tells.
        rows: how many rows are behind it; 0 where nothing tells.
    """

    key: str
    value: float | None
    rows: int


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a figure in one group, and the mean over them where the figure is one."""

    name: str
    rows: int
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A figure by station, hour, agent and so on."""

    figure: str
    by: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ReportBody:
    """A report as it was counted."""

    kind: ReportKind
    first: date
    last: date
    team: str
    timezone: str
    terms: Terms
    figures: tuple[Figure, ...]
    breakdowns: tuple[Breakdown, ...]

    def figure(self, key: str) -> Figure:
        """Find a figure; one that an older report does not have tells nothing."""
        return next((one for one in self.figures if one.key == key), Figure(key, None, 0))

    def has(self, key: str) -> bool:
        """Whether the report was made by a program that knew a figure."""
        return any(one.key == key for one in self.figures)

    def breakdown(self, figure: str, by: str) -> Breakdown | None:
        """Find a breakdown; None where the report has none."""
        wanted = (figure, by)
        return next((one for one in self.breakdowns if (one.figure, one.by) == wanted), None)


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that a recount finds otherwise; None is unknown."""

    key: str
    reported: float | None
    recounted: float | None


def compare(body: ReportBody, recount: ReportBody) -> tuple[Difference, ...]:
    """List the figures and the parts of breakdowns that a recount finds otherwise.

    A part's key is `figure/by/name`. A figure that the body never had is none that differs: a
    newer program counts more.
    """
    before, after = _numbers(body), _numbers(recount)
    return tuple(
        Difference(key, before.get(key), after.get(key))
        for key in dict.fromkeys((*before, *after))
        if before.get(key) != after.get(key) and body.has(key.split("/")[0])
    )


def _numbers(body: ReportBody) -> dict[str, float | None]:
    numbers = {one.key: one.value for one in body.figures}
    for one in body.breakdowns:
        for part in one.parts:
            value = part.mean if one.figure in MEANS and one.by != "met" else part.rows
            numbers[f"{one.figure}/{one.by}/{part.name}"] = value
    return numbers


def mean_of(total: float, count: int) -> float | None:
    """Return a mean, rounded to hundredths so that every recount gives the same; None of none."""
    return round(total / count, 2) if count else None


def body_text(body: ReportBody) -> str:
    """Write a report as JSON, always the same for the same figures."""
    plain = asdict(body)
    plain["first"], plain["last"] = body.first.isoformat(), body.last.isoformat()
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_body(text: str) -> ReportBody:
    """Read what `body_text` wrote.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    plain: dict[str, Any] = json.loads(text)
    terms = plain["terms"]
    return ReportBody(
        kind=ReportKind(plain["kind"]),
        first=date.fromisoformat(plain["first"]),
        last=date.fromisoformat(plain["last"]),
        team=plain["team"],
        timezone=plain["timezone"],
        terms=Terms(terms["long_hours"], tuple(terms["callback_rulesets"])),
        figures=tuple(Figure(**one) for one in plain["figures"]),
        breakdowns=tuple(
            Breakdown(one["figure"], one["by"], tuple(Part(**part) for part in one["parts"]))
            for one in plain["breakdowns"]
        ),
    )
