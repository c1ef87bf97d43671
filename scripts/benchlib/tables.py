"""Plain tables for the terminal and for `docs/benchmarks.md`."""

from collections.abc import Sequence


def render(headers: Sequence[str], rows: Sequence[Sequence[str]], *, markdown: bool) -> str:
    """Lay out a table; every column but the first is aligned to the right."""
    cells = [list(headers), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    lines = [_line(row, widths, markdown) for row in cells]
    if markdown:
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    else:
        rule = ["-" * width for width in widths]
    lines.insert(1, _line(rule, widths, markdown))
    return "\n".join(lines)


def percent(ratio: float | None) -> str:
    """Write a ratio as a percentage with one decimal; `n/a` for None."""
    return "n/a" if ratio is None else f"{ratio:.1%}"


def decimal(value: float | None, digits: int = 2) -> str:
    """Write a number with fixed decimals; `n/a` for None."""
    return "n/a" if value is None else f"{value:.{digits}f}"


def _line(row: Sequence[str], widths: Sequence[int], markdown: bool) -> str:
    padded = [row[0].ljust(widths[0])]
    padded += [cell.rjust(max(width, 2)) for cell, width in zip(row[1:], widths[1:], strict=True)]
    return "| " + " | ".join(padded) + " |" if markdown else "  ".join(padded).rstrip()
