"""Which charts a report shows: what a head would put on a wall."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from html import escape

from qa.reports import report_words as words
from qa.reports.report_svg import Line, bars, columns, points
from qa.review.report_model import ReportBody, ReportKind

_HOURS = [f"{hour:02d}" for hour in range(24)]


def charts(body: ReportBody, names: Mapping[str, str], lang: str) -> Iterator[str]:
    """Draw the charts that a report has figures for, each as a `figure`."""
    if body.kind is ReportKind.DAILY:
        yield from _hours(body, lang)
    else:
        yield from _days(body, lang)
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


def _days(body: ReportBody, lang: str) -> Iterator[str]:
    days = [body.first + timedelta(days=n) for n in range((body.last - body.first).days + 1)]
    keys, labels = [day.isoformat() for day in days], [f"{day:%m-%d}" for day in days]
    if len(days) > 7:
        labels = [f"{day.day}" for day in days]
    lines = []
    for name, figure in (("received", "repairs_received"), ("completed", "repairs_completed")):
        found = body.breakdown(figure, "day")
        if found is not None:
            counts = {part.name: float(part.rows) for part in found.parts}
            lines.append(Line(words.text(name, lang), [counts.get(key, 0) for key in keys]))
    if lines:
        title = words.text("repairs_by_day", lang)
        yield _framed(title, columns(title, labels, lines))
    found = body.breakdown("calls_all", "day")
    if found is not None:
        counts = {part.name: float(part.rows) for part in found.parts}
        title = words.text("by_day", lang)
        line = Line(title, [counts.get(key, 0) for key in keys])
        yield _framed(title, columns(title, labels, [line]))
    found = body.breakdown("score_mean", "day")
    if found is not None:
        means = {part.name: part.mean for part in found.parts}
        title = words.text("score_by_day", lang)
        yield _framed(
            title, points(title, labels, Line(title, [means.get(k) for k in keys]), (0, 100))
        )


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
