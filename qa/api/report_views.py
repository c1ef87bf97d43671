"""What the pages and the API show of reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from qa.api.access import Viewer
from qa.api.display import format_moment
from qa.api.rulesets import known_rules
from qa.api.service import Service
from qa.batch.report_papers import paper_of
from qa.batch.reporting import due_at, reconcile
from qa.config_reports import ReportSettings
from qa.errors import NotFoundError
from qa.masking import mask_numbers_in
from qa.records import Scope
from qa.reports import report_words as words
from qa.reports.report_page import ReportPaper, days_text, shown_part
from qa.review.report_model import (
    DUE_KINDS,
    GROUPINGS,
    SECTIONS,
    Difference,
    ReportRow,
    ReportState,
    RowKind,
    Terms,
)
from qa.store.report_deliveries import Delivery
from qa.store.reports import Report

PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report in the list."""

    report: Report
    kind: str
    days: str
    whose: str
    state: str
    state_text: str
    is_late: bool
    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """A figure that a recount finds otherwise, in words."""

    name: str
    reported: str
    recounted: str
    href: str


@dataclass(frozen=True, slots=True)
class RowLine:
    """One row behind a figure, as the list shows it."""

    at: str
    number: str
    href: str
    agent: str
    ticket: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A delivery and its attempts, in words; `may_settle` where a person has to say something."""

    delivery: Delivery
    state: str
    attempts: tuple[tuple[str, str, str], ...]
    may_settle: bool


_SHOWN = ("repairs_received", "calls_all", "score_mean", "flags_confirmed", "events_all")


def report_line(
    report: Report, settings: ReportSettings, zone: ZoneInfo, now: datetime, lang: str
) -> ReportLine:
    """Lay out a report for the list."""
    state, body = report.state, report.body
    is_due = settings.due_by is not None and now >= due_at(settings, report.days, zone)
    team = words.text("team", lang, team=report.team)
    return ReportLine(
        report=report,
        kind=words.KINDS[report.days.kind.value].text(lang),
        days=days_text(body, lang),
        whose=team if report.team else words.text("centre", lang),
        state=state.value,
        state_text=words.STATES[state.value].text(lang),
        is_late=is_due
        and state is not ReportState.SENT
        and not report.team
        and report.days.kind in DUE_KINDS,
        figures=tuple(
            (
                words.figure_name(key, body.terms, lang),
                words.figure_value(key, body.figure(key).value, lang),
            )
            for key in _SHOWN
        ),
    )


def paper_for(service: Service, session: Any, report: Report, lang: str) -> ReportPaper:
    """Put a report on the service's page, its figures linked to their rows."""
    from dataclasses import replace

    paper = paper_of(session, report, service.store.zone, link=rows_link(report), lang=lang)
    return replace(paper, names={**rule_names(service, lang), **paper.names})


def rule_names(service: Service, lang: str) -> dict[str, str]:
    """Name the rules in force, by id."""
    return {rule_id: rule.title for rule_id, rule in known_rules(service, lang).items()}


def rows_link(report: Report) -> str:
    """Return where the lists of rows of a report's figures begin."""
    return f"/reports/{report.report_id}/rows"


def differences(service: Service, report: Report, lang: str) -> list[DifferenceLine]:
    """Say in words where a recount differs from a report."""
    found = reconcile(service.store, service.settings, report)
    return [_difference(one, report, lang) for one in found]


def _difference(one: Difference, report: Report, lang: str) -> DifferenceLine:
    key, _, rest = one.key.partition("/")
    by, _, name = rest.partition("/")
    shown = words.figure_name(key, report.body.terms, lang)
    query = ""
    if by:
        shown += f" · {words.part_name(by, name, lang)}"
        query = "?" + urlencode({"by": by, "name": name})
    rate = key if by != "met" else ""  # its parts are numbers of rows
    return DifferenceLine(
        name=shown,
        reported=words.figure_value(rate, one.reported, lang),
        recounted=words.figure_value(rate, one.recounted, lang),
        href=f"{rows_link(report)}/{quote(key)}{query}",
    )


def open_rows(rows: Sequence[ReportRow], scope: Scope) -> list[ReportRow]:
    """Leave out the rows of calls that the reader still labels blind."""
    return [row for row in rows if row.call_id not in scope.closed]


def require_figure(key: str, by: str = "") -> None:
    """Make sure that a figure, and its grouping, exist.

    Raises:
        NotFoundError: they do not.
    """
    known = {one for keys in SECTIONS.values() for one in keys}
    if key not in known or (by and by not in GROUPINGS.get(key, ())):
        raise NotFoundError("figure", key)


def figure_title(key: str, terms: Terms, place: tuple[str, str, str], lang: str) -> str:
    """Name a figure, or one of its parts.

    Args:
        place: grouping and part, empty for the whole; and the name of the agent or rule.
    """
    by, name, known = place
    shown = words.figure_name(key, terms, lang)
    return f"{shown} · {shown_part(by, name, {name: known}, lang)}" if by else shown


def row_lines(
    rows: Sequence[ReportRow], zone: ZoneInfo, names: dict[str, str], lang: str
) -> list[RowLine]:
    """Lay out rows; ids may hold numbers of telephones, which are hidden."""
    return [_row(row, zone, names, lang) for row in rows]


def _row(row: ReportRow, zone: ZoneInfo, names: dict[str, str], lang: str) -> RowLine:
    label = row.label
    if row.kind is RowKind.DECISION:
        label = f"{label} {names.get(label, '')}".strip()
    elif row.kind is RowKind.EVENT:
        label = words.part_name("kind", label, lang)
    elif row.kind is RowKind.PROMISE:
        label = words.PROMISES[label].text(lang)
    elif row.kind is RowKind.CALL and label in words.BASES:
        label = words.BASES[label].text(lang)
    agent = f"{row.agent_id} {names.get(row.agent_id, '')}".strip() if row.agent_id else "–"
    shown = row.call_id or row.row_id
    return RowLine(
        at=format_moment(row.at.astimezone(zone)) if row.at else "–",
        number=mask_numbers_in(shown),
        href=f"/calls/{quote(row.call_id, safe='')}" if row.call_id else "",
        agent=agent,
        ticket=mask_numbers_in(row.ticket_id or "–"),
        label=label or "–",
        value=_value(row, lang),
    )


def _value(row: ReportRow, lang: str) -> str:
    if "met" in row.groups:
        return words.MET[row.groups["met"]].text(lang)
    if row.value is None:
        return "–"
    return (
        words.text("hours", lang, n=row.value) if row.kind is RowKind.TICKET else f"{row.value:g}"
    )


def delivery_lines(found: Sequence[Delivery], zone: ZoneInfo, lang: str) -> list[DeliveryLine]:
    """Lay out a report's deliveries with their log."""
    return [
        DeliveryLine(
            delivery=one,
            state=words.DELIVERIES[one.state.value].text(lang),
            attempts=tuple(
                (
                    format_moment(entry.at.astimezone(zone)),
                    words.DELIVERIES[entry.outcome].text(lang),
                    entry.detail,
                )
                for entry in one.log
            ),
            may_settle=one.state.value in ("unclear", "given_up"),
        )
        for one in found
    ]


def may_send(viewer: Viewer) -> bool:
    """Whether a person reviews and sends reports."""
    from qa.records import Right

    return viewer.may(Right.SEND_REPORTS)


def plain(value: Any) -> Any:
    """Return a figure as JSON holds it: whole numbers without a point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def reported_rows(report: Report, key: str, by: str, name: str) -> int | None:
    """Return how many rows the report counted behind a figure or a part; None for no data."""
    if not by:
        figure = report.body.figure(key)
        return None if figure.value is None else figure.rows
    found = report.body.breakdown(key, by)
    if found is None:
        return None
    return next((part.rows for part in found.parts if part.name == name), 0)


def rows_query(by: str, name: str) -> str:
    """Write the part of a figure as the query of an address, ready for more."""
    return urlencode({"by": by, "name": name}) + "&" if by else ""


def quoted(name: str) -> str:
    """Write a file's name as a header takes it."""
    return quote(name, safe="")
