"""Excel workbooks that no text can turn into a formula, a link or anything else that acts."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Cell = str | int | Decimal | date | datetime | None
"""What a cell may hold; datetimes without a zone, in the centre's own."""

# What spreadsheets take for the beginning of a formula, also after blanks.
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def safe_workbook(target: io.BytesIO) -> Iterator[Any]:
    """Open a workbook in memory that keeps text as text; it is written when the block ends."""
    import xlsxwriter

    options: dict[str, Any] = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    book = xlsxwriter.Workbook(target, options)
    try:
        yield book
    finally:
        book.close()


def safe_text(text: str) -> str:
    """Make a text harmless where a reader turns the sheet into CSV and opens that again."""
    kept = "".join(c for c in text if c >= " " or c in "\n\t")
    return f"'{kept}" if kept.lstrip(" ").startswith(_ACTIVE) else kept


def write_row(sheet: Any, row: int, cells: Sequence[Cell], formats: Sequence[Any] = ()) -> None:
    """Write a row of cells, each by its type; text is always written as text.

    Args:
        row: from 0.
        formats: of the workbook, one for each cell, as far as there are any.
    """
    for column, value in enumerate(cells):
        style = formats[column] if column < len(formats) else None
        if value is None:
            sheet.write_blank(row, column, None, style)
        elif isinstance(value, str):
            sheet.write_string(row, column, safe_text(value), style)
        elif isinstance(value, date):
            sheet.write_datetime(row, column, value, style)
        else:
            sheet.write_number(row, column, value, style)
