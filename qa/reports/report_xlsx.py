"""A report as a spreadsheet: figures, breakdowns and remarks; no cell is ever a formula."""

from io import BytesIO
from typing import Any

from qa.reports import report_words as words
from qa.reports.report_page import ReportPaper, Signed, days_text, shown_part, title_of
from qa.review.report_model import MEANS, RATES, SECTIONS

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_MOST_CHARS = 32_000
"""A cell holds 32,767."""


def report_xlsx(paper: ReportPaper) -> bytes:
    """Write a report as an XLSX file; the same report gives the same bytes."""
    import xlsxwriter

    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    moment = paper.sent or paper.made
    book.set_properties(
        {"title": title_of(paper.body, paper.lang), "created": moment.at.replace(tzinfo=None)}
    )
    _figures(book, paper)
    _breakdowns(book, paper)
    _remarks(book, paper)
    book.close()
    return file.getvalue()


def safe(value: str) -> str:
    """Make a text that a spreadsheet takes for no formula, also when it is saved as CSV later."""
    plain = "".join(c for c in value if c >= " " or c in "\t\r\n")[:_MOST_CHARS]
    return f"'{plain}" if plain.lstrip(" ").startswith(_STARTS) else plain


def _figures(book: Any, paper: ReportPaper) -> None:
    lang, body = paper.lang, paper.body
    sheet = book.add_worksheet("报表" if lang == "zh" else "Report")
    bold, head = book.add_format({"bold": True, "font_size": 14}), book.add_format({"bold": True})
    forms = ("#,##0", "0.00", '0.00" %"')
    count, mean, rate = (book.add_format({"num_format": form}) for form in forms)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 40)
    sheet.set_column(2, 3, 12)
    sheet.write_string(0, 0, safe(title_of(body, lang)), bold)
    whose = words.text("team", lang, team=body.team) if body.team else words.text("centre", lang)
    sheet.write_string(1, 0, safe(f"{days_text(body, lang)} · {whose}"))
    sheet.write_string(2, 0, safe(_signatures(paper)))
    for column, key in enumerate(("", "figure", "value", "rows")):
        sheet.write_string(4, column, words.text(key, lang) if key else "", head)
    line = 5
    for section, keys in SECTIONS.items():
        for key in (one for one in keys if body.has(one)):
            one = body.figure(key)
            sheet.write_string(line, 0, words.SECTIONS[section].text(lang))
            sheet.write_string(line, 1, safe(words.figure_name(key, body.terms, lang)))
            if one.value is None:
                sheet.write_string(line, 2, words.text("unknown", lang))
            else:
                style = rate if key in RATES else mean if key in MEANS else count
                sheet.write_number(line, 2, one.value, style)
                sheet.write_number(line, 3, one.rows, count)
            line += 1
    sheet.freeze_panes(5, 0)
    sheet.fit_to_pages(1, 0)


def _signatures(paper: ReportPaper) -> str:
    lang = paper.lang
    found: list[tuple[str, Signed | None]] = [
        ("made", paper.made),
        ("reviewed", paper.reviewed),
        ("sent", paper.sent),
    ]
    nobody = words.text("by_program", lang)
    said = [
        f"{words.text(key, lang)} {one.name or nobody} {one.at:%Y-%m-%d %H:%M}"
        for key, one in found
        if one is not None
    ]
    version = words.text("version", lang, n=paper.number)
    return " · ".join([version, *said, f"{words.text('hash', lang)} {paper.body_hash}"])


def _breakdowns(book: Any, paper: ReportPaper) -> None:
    lang, body = paper.lang, paper.body
    sheet = book.add_worksheet("分项" if lang == "zh" else "Breakdowns")
    head = book.add_format({"bold": True})
    sheet.set_column(0, 2, 26)
    titles = ("figure", "", "", "count", "mean")
    for column, key in enumerate(titles):
        sheet.write_string(0, column, words.text(key, lang) if key else "", head)
    line = 1
    for one in body.breakdowns:
        for part in one.parts:
            sheet.write_string(line, 0, safe(words.figure_name(one.figure, body.terms, lang)))
            sheet.write_string(line, 1, words.GROUPINGS[one.by].text(lang))
            sheet.write_string(line, 2, safe(shown_part(one.by, part.name, paper.names, lang)))
            sheet.write_number(line, 3, part.rows)
            if part.mean is not None:
                sheet.write_number(line, 4, part.mean)
            line += 1
    sheet.freeze_panes(1, 0)


def _remarks(book: Any, paper: ReportPaper) -> None:
    lang = paper.lang
    sheet = book.add_worksheet("说明" if lang == "zh" else "Remarks")
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 80)
    for line, (signed, said) in enumerate(paper.remarks):
        sheet.write_string(line, 0, safe(f"{signed.name} {signed.at:%Y-%m-%d %H:%M}"))
        sheet.write_string(line, 1, safe(said), wrapped)
