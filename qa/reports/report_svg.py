"""Charts of reports as SVG without scripts or styles of their own: they print as they show."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _LEFT, _FOOT, _TOP = 560, 220, 34, 26, 22
_ROW, _NAME = 26, 150
_MOST_BARS = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One row of columns or points; None where there is nothing to show."""

    name: str
    values: Sequence[float | None]


def columns(title: str, labels: Sequence[str], lines: Sequence[Line]) -> str:
    """Draw columns, those of several lines side by side."""
    top = max((v for line in lines for v in line.values if v is not None), default=0)
    scale, step = _scale(top)
    parts = [*_open(title, _HEIGHT), *_grid(scale, step)]
    width = (_WIDTH - _LEFT) / max(len(labels), 1)
    wide = min(width * 0.8, 60 * len(lines)) / max(len(lines), 1)
    for at, label in enumerate(labels):
        middle = _LEFT + width * (at + 0.5)
        for number, line in enumerate(lines):
            value = line.values[at]
            if not value:
                continue
            x, y = middle + (number - len(lines) / 2) * wide, _y(value, scale)
            high = _HEIGHT - _FOOT - y
            parts.append(
                f'<rect class="s{number}" x="{x:.1f}" y="{y:.1f}" width="{wide - 1:.1f}" '
                f'height="{high:.1f}" rx="2"/>'
            )
            if len(labels) * len(lines) <= 31:
                parts.append(_text(x + wide / 2, y - 4, f"{value:g}", "mid value"))
        if _is_labelled(at, len(labels)):
            parts.append(_text(middle, _HEIGHT - 8, label, "mid"))
    return "".join([*parts, *_legend(lines), "</svg>"])


def points(title: str, labels: Sequence[str], line: Line, ends: tuple[float, float]) -> str:
    """Draw points joined by a line; where a value is missing the line is broken."""
    low, high = ends
    parts = [*_open(title, _HEIGHT), *_grid(high, (high - low) / 4, low)]
    width = (_WIDTH - _LEFT) / max(len(labels), 1)
    path, pen = [], "M"
    for at, (label, value) in enumerate(zip(labels, line.values, strict=True)):
        x = _LEFT + width * (at + 0.5)
        if _is_labelled(at, len(labels)):
            parts.append(_text(x, _HEIGHT - 8, label, "mid"))
        if value is None:
            pen = "M"
            continue
        y = _y(max(low, value), high, low)
        path.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
        parts.append(f'<circle class="s0" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
        if len(labels) <= 14:
            parts.append(_text(x, y - 9, f"{value:.1f}", "mid value"))
    parts.append(f'<path class="line" d="{" ".join(path)}"/>')
    return "".join([*parts, "</svg>"])


def bars(title: str, items: Sequence[tuple[str, float, str]], *, highest: float = 0) -> str:
    """Draw level bars, one a row.

    Args:
        items: name, length, and what is written behind the bar.
        highest: what the longest possible bar stands for; 0 takes the longest there is.
    """
    shown = items[:_MOST_BARS]
    height = _TOP + _ROW * len(shown)
    most = highest or max((value for _, value, _ in shown), default=0) or 1
    parts = _open(title, height)
    room = _WIDTH - _NAME - 70
    for at, (name, value, said) in enumerate(shown):
        y = _TOP + _ROW * at
        long = max(2.0, room * value / most) if value else 0
        parts.append(_text(_NAME - 8, y + 14, _short(name), "end"))
        parts.append(
            f'<rect class="s0" x="{_NAME}" y="{y + 2}" width="{long:.1f}" height="16" rx="3"/>'
        )
        parts.append(_text(_NAME + long + 6, y + 14, said, "value"))
    return "".join([*parts, "</svg>"])


def _open(title: str, height: int) -> list[str]:
    return [
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>'
    ]


def _grid(high: float, step: float, low: float = 0) -> list[str]:
    parts, value = [], low
    while value <= high + 1e-9:
        y = _y(value, high, low)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH}"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{value:g}", "end"))
        value += step
    return parts


def _legend(lines: Sequence[Line]) -> list[str]:
    if len(lines) < 2:
        return []
    parts = []
    for number, line in enumerate(lines):
        x = _WIDTH - 90 * (len(lines) - number)
        parts.append(f'<rect class="s{number}" x="{x}" y="2" width="10" height="10" rx="2"/>')
        parts.append(_text(x + 15, 11, line.name, ""))
    return parts


def _scale(top: float) -> tuple[float, float]:
    """Choose a round end of the axis above a value, and the step between its lines."""
    for size in (1, 10, 100, 1000, 10_000, 100_000, 1_000_000):
        for step in (1, 2, 5):
            if top <= 4 * step * size:
                return 4.0 * step * size, float(step * size)
    return top, top / 4


def _y(value: float, high: float, low: float = 0) -> float:
    room = _HEIGHT - _FOOT - _TOP
    return _HEIGHT - _FOOT - room * (value - low) / ((high - low) or 1)


def _is_labelled(at: int, count: int) -> bool:
    every = 1 if count <= 14 else 2 if count <= 24 else 5
    return at % every == 0


def _text(x: float, y: float, said: str, css: str) -> str:
    kind = f' class="{css}"' if css else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{kind}>{escape(said)}</text>'


def _short(name: str, most: int = 12) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
