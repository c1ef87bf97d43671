"""Charts as data: what `static/charts.js` draws, and the same figures as rows of a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Tone = Literal["accent", "quiet", "met", "undecided", "violated", "agent", "customer"]


@dataclass(frozen=True, slots=True)
class Series:
    """One row of figures, one value for each label; None where there is none.

    Attributes:
        counts: how many calls each value rests on; shown beside it.
        few: where a value rests on too few calls to say much; drawn hollow.
        low, high: edges of a band instead of values.
        plain: a line without points, for comparison.
        stack: columns with the same word here stand on one another.
    """

    name: str
    values: Sequence[float | None] = ()
    tone: Tone = "accent"
    counts: Sequence[int] | None = None
    few: Sequence[bool] | None = None
    low: Sequence[float | None] | None = None
    high: Sequence[float | None] | None = None
    plain: bool = False
    stack: str = ""

    def __post_init__(self) -> None:
        if (self.low is None) != (self.high is None):
            raise ValueError("a band has two edges")


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its figures.

    Attributes:
        title: what it shows; the name of the figure for those who hear the page.
        head: heading of the table's first column.
        long: what the tooltip and the table say instead of the short labels.
        unit: written behind every value, such as `%`.
        lowest, highest: ends of the upright axis; None leaves them to the figures.
    """

    title: str
    head: str
    labels: Sequence[str]
    series: Sequence[Series]
    kind: Literal["lines", "columns"] = "lines"
    long: Sequence[str] = ()
    unit: str = ""
    decimals: int = 0
    lowest: float | None = None
    highest: float | None = None

    @property
    def has_figures(self) -> bool:
        """Whether there is anything to draw."""
        return any(
            value is not None
            for series in self.series
            for value in (*series.values, *(series.high or ()))
        )

    def drawing(self) -> dict[str, Any]:
        """Return what the script draws, as plain values."""
        return {
            "kind": self.kind,
            "labels": list(self.labels),
            "long": list(self.long) or None,
            "unit": self.unit,
            "decimals": self.decimals,
            "min": self.lowest,
            "max": self.highest,
            "series": [_drawn(series) for series in self.series],
        }

    def rows(self) -> list[tuple[str, list[str]]]:
        """Return the table's rows: the label, and one cell for each series."""
        labels = self.long or self.labels
        return [
            (label, [self._cell(series, at) for series in self.series])
            for at, label in enumerate(labels)
        ]

    def _cell(self, series: Series, at: int) -> str:
        if series.low is not None and series.high is not None:
            low, high = series.low[at], series.high[at]
            return "–" if low is None else f"{self._said(low)} … {self._said(high)}"
        shown = self._said(series.values[at])
        return f"{shown} ({series.counts[at]})" if series.counts is not None else shown

    def _said(self, value: float | None) -> str:
        return "–" if value is None else f"{value:.{self.decimals}f}{self.unit}"


def _drawn(series: Series) -> dict[str, Any]:
    plain: dict[str, Any] = {"name": series.name, "tone": series.tone}
    if series.low is not None and series.high is not None:
        return plain | {"low": list(series.low), "high": list(series.high)}
    plain |= {"values": list(series.values), "plain": series.plain, "stack": series.stack}
    if series.counts is not None:
        plain["counts"] = list(series.counts)
    if series.few is not None:
        plain["few"] = list(series.few)
    return plain
