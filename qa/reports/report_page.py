"""A report as HTML: the part that the service's page shows, and the file that leaves the house.

The file is one document without scripts or anything from elsewhere, and prints as it shows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape
from importlib.resources import files
from urllib.parse import quote, urlencode

from qa.reports import report_words as words
from qa.reports.report_charts import charts
from qa.review.report_model import (
    MEANS,
    MET,
    RATES,
    SECTIONS,
    Breakdown,
    Figure,
    ReportBody,
    ReportKind,
)

TILES = (
    *("kpi_satisfied", "kpi_solved", "kpi_complaints"),
    *("repairs_received", "repairs_completed", "repairs_long_open", "callbacks_done"),
    *("calls_all", "score_mean", "flags_confirmed", "appeals_open"),
    *("checks_overdue", "promises_broken", "events_all", "calls_praised"),
)
_LONG = 10
_BAD = frozenset(
    {"repairs_long_open", "checks_overdue", "promises_broken", "events_waiting", "appeals_open"}
)


@dataclass(frozen=True, slots=True)
class Signed:
    """Who did something with a report, and when, in the centre's zone."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReportPaper:
    """All that a report shows.

    Attributes:
        names: of agents and rules, by number and id.
        link: begin of the address of the lists of rows; empty for no links.
        remarks: what people wrote, with who and when.
    """

    body: ReportBody
    number: int
    body_hash: str
    state: str
    made: Signed
    reviewed: Signed | None = None
    sent: Signed | None = None
    remarks: tuple[tuple[Signed, str], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    lang: str = "zh"


def title_of(body: ReportBody, lang: str) -> str:
    """Name a report with its days."""
    kind = words.KINDS[body.kind.value].text(lang)
    return f"{words.text('title', lang, kind=kind)} {days_text(body, lang)}"


def days_text(body: ReportBody, lang: str) -> str:
    """Write a report's days."""
    if body.kind is ReportKind.YEARLY:
        return f"{body.first:%Y}"
    if body.kind is ReportKind.DAILY:
        weekday = words.WEEKDAYS[body.first.weekday()] if lang == "zh" else f"{body.first:%A}"
        return f"{body.first} {weekday}"
    return f"{body.first} – {body.last}"


def report_file(paper: ReportPaper) -> str:
    """Lay a report out as one HTML document."""
    style = style_sheet()
    lang = "en" if paper.lang == "en" else "zh-CN"
    head = (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(title_of(paper.body, paper.lang))}</title><style>{style}</style></head>"
    )
    return f'{head}<body class="paper"><main>{report_part(paper)}</main></body></html>\n'


def style_sheet() -> str:
    """Read the style of reports."""
    return files("qa.reports").joinpath("report.css").read_text("utf-8")


def report_part(paper: ReportPaper) -> str:
    """Lay out what a report says, for a page that has its own frame."""
    return "\n".join(
        [
            '<article class="report">',
            *_head(paper),
            *_tiles(paper),
            '<div class="charts">',
            *charts(paper.body, paper.names, paper.lang),
            "</div>",
            *_sections(paper),
            *_remarks(paper),
            *_terms(paper),
            "</article>",
        ]
    )


def _head(paper: ReportPaper) -> Iterator[str]:
    body, lang = paper.body, paper.lang
    kind = words.KINDS[body.kind.value].text(lang)
    whose = words.text("team", lang, team=body.team) if body.team else words.text("centre", lang)
    yield (
        f'<header class="rhead"><h1>{escape(words.text("title", lang, kind=kind))}</h1>'
        f'<p class="days">{escape(days_text(body, lang))} · {escape(whose)}</p>'
    )
    said = [_signed("made", paper.made, lang)]
    for key, signed in (("reviewed", paper.reviewed), ("sent", paper.sent)):
        said += [_signed(key, signed, lang)] if signed else []
    state = words.STATES[paper.state].text(lang)
    version = words.text("version", lang, n=paper.number)
    code = f"{words.text('hash', lang)} <code>{paper.body_hash[:16]}</code>"
    yield (
        f'<p class="quiet"><b class="rstate {paper.state}">{escape(state)}</b> {escape(version)} · '
        f"{' · '.join(said)} · {code}</p></header>"
    )


def _signed(key: str, signed: Signed, lang: str) -> str:
    name = signed.name or words.text("by_program", lang)
    return f"{words.text(key, lang)} {escape(name)} {signed.at:%Y-%m-%d %H:%M}"


def _tiles(paper: ReportPaper) -> Iterator[str]:
    yield '<dl class="rtiles">'
    for key in TILES:
        if not paper.body.has(key):
            continue
        one = paper.body.figure(key)
        css = "unknown" if one.value is None else "bad" if key in _BAD and one.value else ""
        name = words.figure_name(key, paper.body.terms, paper.lang)
        of = _share_of(paper, one)
        shown = f"{_linked(paper, one)}{of}"
        yield f'<div><dt>{escape(name)}</dt><dd class="{css}">{shown}</dd></div>'
    yield "</dl>"


def _linked(paper: ReportPaper, one: Figure, by: str = "", name: str | None = None) -> str:
    """Write a figure as a link to its rows; what is unknown has none."""
    rate = one.key if not by else ""  # a part is a number of rows
    shown = escape(words.figure_value(rate, one.value, paper.lang))
    if not paper.link or one.value is None:
        return shown
    query = f"?{urlencode({'by': by, 'name': name or ''})}" if by else ""
    return f'<a href="{escape(paper.link)}/{quote(one.key)}{escape(query)}">{shown}</a>'


def _share_of(paper: ReportPaper, one: Figure) -> str:
    """Write of how many a rate is, and how many are of the kind; nothing beside other figures."""
    found = paper.body.breakdown(one.key, "met") if one.key in RATES else None
    if found is None:
        return ""
    met = sum(part.rows for part in found.parts if part.name == MET)
    return f' <span class="of">{met:,}/{one.rows:,}</span>'


def _sections(paper: ReportPaper) -> Iterator[str]:
    lang, terms = paper.lang, paper.body.terms
    yield '<div class="sections">'
    for section, every in SECTIONS.items():
        keys = [key for key in every if paper.body.has(key)]
        if not keys:
            continue
        yield f"<section><h2>{escape(words.SECTIONS[section].text(lang))}</h2>"
        yield "<table><tbody>"
        for key in keys:
            one = paper.body.figure(key)
            css = ' class="unknown"' if one.value is None else ""
            name = escape(words.figure_name(key, terms, lang))
            shown = _linked(paper, one) + _share_of(paper, one)
            yield f'<tr><th scope="row">{name}</th><td{css}>{shown}</td></tr>'
        yield "</tbody></table>"
        for one_of in paper.body.breakdowns:
            if one_of.figure in keys:
                yield from _breakdown(paper, one_of)
        yield "</section>"
    yield "</div>"


def _breakdown(paper: ReportPaper, one: Breakdown) -> Iterator[str]:
    lang, is_mean = paper.lang, one.figure in MEANS and one.by != "met"
    is_open = " open" if len(one.parts) <= _LONG else ""  # a chart shows what is folded away
    name = words.figure_name(one.figure, paper.body.terms, lang)
    yield (
        f"<details{is_open}><summary>{escape(name)} · {escape(words.GROUPINGS[one.by].text(lang))}"
        "</summary><table><thead><tr>"
        f'<th scope="col">{escape(words.GROUPINGS[one.by].text(lang))}</th>'
        f'<th scope="col">{escape(words.text("count", lang))}</th>'
    )
    yield f'<th scope="col">{escape(words.text("mean", lang))}</th>' if is_mean else ""
    yield "</tr></thead><tbody>"
    for part in one.parts:
        shown = escape(shown_part(one.by, part.name, paper.names, lang))
        rows = _linked(paper, Figure(one.figure, part.rows, part.rows), one.by, part.name)
        value = words.figure_value(one.figure, part.mean, lang)
        mean = f"<td>{escape(value)}</td>" if is_mean else ""
        yield f'<tr><th scope="row">{shown}</th><td>{rows}</td>{mean}</tr>'
    yield "</tbody></table></details>"


def shown_part(by: str, name: str, names: Mapping[str, str], lang: str) -> str:
    """Name a part, with the agent's or the rule's name where it is known."""
    shown = words.part_name(by, name, lang)
    known = names.get(name, "") if by in ("agent", "rule") else ""
    return f"{shown} {known}".strip()


def _remarks(paper: ReportPaper) -> Iterator[str]:
    lang = paper.lang
    yield f'<section class="remarks"><h2>{escape(words.text("remarks", lang))}</h2>'
    if not paper.remarks:
        yield f'<p class="quiet">{escape(words.text("no_remarks", lang))}</p>'
    for signed, said in paper.remarks:
        written = escape(said).replace("\n", "<br>")
        who = f"{escape(signed.name)} {signed.at:%m-%d %H:%M}"
        yield f'<p>{written} <span class="quiet">— {who}</span></p>'
    yield f'<p class="signature">{escape(words.text("signatures", lang))}</p></section>'


def _terms(paper: ReportPaper) -> Iterator[str]:
    body, lang = paper.body, paper.lang
    values = {
        "zone": body.timezone,
        "hours": f"{body.terms.long_hours:g}",
        "rulesets": ", ".join(body.terms.callback_rulesets),
    }
    yield f'<section class="terms"><h2>{escape(words.text("terms", lang))}</h2><ul>'
    kpi = ("terms_kpi",) if body.has("kpi_satisfied") else ()
    for key in ("terms_1", "terms_2", "terms_3", *kpi):
        yield f"<li>{escape(words.TEXTS[key].text(lang).format(**values))}</li>"
    yield "</ul></section>"


def file_name(body: ReportBody, ending: str) -> str:
    """Name a report's file; team names that file systems dislike are written with digits."""
    team = "".join(c if c.isalnum() else "-" for c in body.team)
    days = _compact(body.first) if body.kind is ReportKind.DAILY else _span(body.first, body.last)
    return "-".join(part for part in ("report", body.kind.value, days, team) if part) + f".{ending}"


def _compact(day: date) -> str:
    return f"{day:%Y%m%d}"


def _span(first: date, last: date) -> str:
    return f"{_compact(first)}-{_compact(last)}"
