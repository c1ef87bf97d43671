"""Which charts a report shows: what a head would put on a wall."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from html import escape

from qa.reports import report_words as words
from qa.reports.report_svg import Line, bars, columns, points
from qa.review.report_model import RATES, SECTIONS, ReportBody, ReportKind

_HOURS = [f"{hour:02d}" for hour in range(24)]


def charts(body: ReportBody, names: Mapping[str, str], lang: str) -> Iterator[str]:
    """Draw the charts that a report has figures for, each as a `figure`."""
    if body.kind is ReportKind.DAILY:
        yield from _hours(body, lang)
    else:
        yield from _over_time(body, lang)
    yield from _rates(body, lang)
    for key, figure, by in (
        ("by_station", "repairs_received", "station"),
        ("by_fault", "repairs_received", "fault"),
        ("by_event", "events_all", "kind"),
    ):
        found = body.breakdown(figure, by)
        if found is not None:
            items = [(words.part_name(by, p.name, lang), p.rows, f"{p.rows}") for p in found.parts]
            title = words.text(key, lang)
            yield _framed(title, bars(title, [(n, float(v), s) for n, v, s in items]))
    yield from _answers(body, lang)
    yield from _agents(body, names, lang)
    found = body.breakdown("flags_confirmed", "rule")
    if found is not None:
        title = words.text("by_rule", lang)
        named = [(f"{p.name} {names.get(p.name, '')}".strip(), p.rows) for p in found.parts]
        yield _framed(title, bars(title, [(n, float(v), f"{v}") for n, v in named]))
    yield from _promises(body, lang)


def _framed(title: str, drawn: str) -> str:
    return f"<figure><figcaption>{escape(title)}</figcaption>{drawn}</figure>"


def _hours(body: ReportBody, lang: str) -> Iterator[str]:
    found = body.breakdown("calls_all", "hour")
    if found is None:
        return
    counts = {part.name: float(part.rows) for part in found.parts}
    title = words.text("by_hour", lang)
    line = Line(title, [counts.get(hour, 0) for hour in _HOURS])
    yield _framed(title, columns(title, _HOURS, [line]))


def _periods(body: ReportBody) -> tuple[str, list[str], list[str]]:
    """Name the grouping by time of a report of more than a day, its keys, and their labels."""
    if body.kind is ReportKind.YEARLY:
        months = range(1, 13)
        return "month", [f"{body.first.year}-{n:02d}" for n in months], [f"{n}" for n in months]
    days = [body.first + timedelta(days=n) for n in range((body.last - body.first).days + 1)]
    labels = [f"{day:%m-%d}" if len(days) <= 7 else f"{day.day}" for day in days]
    return "day", [day.isoformat() for day in days], labels


def _over_time(body: ReportBody, lang: str) -> Iterator[str]:
    by, keys, labels = _periods(body)

    def counts(figure: str, name: str) -> list[Line]:
        found = body.breakdown(figure, by)
        rows = {part.name: float(part.rows) for part in found.parts} if found else {}
        return [Line(name, [rows.get(key, 0) for key in keys])] if found else []

    lines = [
        *counts("repairs_received", words.text("received", lang)),
        *counts("repairs_completed", words.text("completed", lang)),
    ]
    if lines:
        title = words.text(f"repairs_by_{by}", lang)
        yield _framed(title, columns(title, labels, lines))
    title = words.text(f"by_{by}", lang)
    if calls := counts("calls_all", title):
        yield _framed(title, columns(title, labels, calls))
    title = words.text(f"score_by_{by}", lang)
    for line in _means(body, "score_mean", by, keys, title):
        yield _framed(title, points(title, labels, line, (0, 100)))
    if by == "month":
        title = words.text("kpi_by_month", lang)
        names = ("satisfied", "solved")
        rates = [_means(body, f"kpi_{n}", by, keys, words.text(n, lang)) for n in names]
        if shown := [line for lines in rates for line in lines]:
            yield _framed(title, columns(title, labels, shown))


def _means(body: ReportBody, figure: str, by: str, keys: list[str], name: str) -> list[Line]:
    found = body.breakdown(figure, by)
    means = {part.name: part.mean for part in found.parts} if found else {}
    return [Line(name, [means.get(key) for key in keys])] if found else []


def _rates(body: ReportBody, lang: str) -> Iterator[str]:
    """Draw the rates side by side, where any is known."""
    keys = [key for key in SECTIONS["kpi"] if key in RATES and body.figure(key).value is not None]
    if not keys:
        return
    title = words.text("kpi_bars", lang)
    values = [(key, body.figure(key).value or 0.0) for key in keys]
    items = [
        (words.figure_name(key, body.terms, lang), value, words.figure_value(key, value, lang))
        for key, value in values
    ]
    yield _framed(title, bars(title, items, highest=100))


def _answers(body: ReportBody, lang: str) -> Iterator[str]:
    keys = ("answers_satisfied", "answers_ordinary", "answers_dissatisfied")
    yield from _share(body, "attitude", keys, lang)


def _promises(body: ReportBody, lang: str) -> Iterator[str]:
    keys = ("promises_kept", "promises_broken", "promises_open", "promises_unknown")
    yield from _share(body, "promise_chart", keys, lang)


def _share(body: ReportBody, key: str, figures: tuple[str, ...], lang: str) -> Iterator[str]:
    """Draw counts that make up a whole, where there are any."""
    values = [(one, body.figure(one).value) for one in figures]
    total = sum(value or 0 for _, value in values)
    if not total:
        return
    title = words.text(key, lang)
    items = [
        (
            words.figure_name(one, body.terms, lang),
            value or 0.0,
            f"{value or 0:g} ({(value or 0) / total:.0%})",
        )
        for one, value in values
    ]
    yield _framed(title, bars(title, items))


def _agents(body: ReportBody, names: Mapping[str, str], lang: str) -> Iterator[str]:
    found = body.breakdown("score_mean", "agent")
    if found is None:
        return
    title = words.text("by_agent", lang)
    items = [
        (
            f"{words.part_name('agent', part.name, lang)} {names.get(part.name, '')}".strip(),
            part.mean or 0.0,
            f"{words.number(part.mean, lang)} ({part.rows})",
        )
        for part in found.parts
    ]
    yield _framed(title, bars(title, items, highest=100))
