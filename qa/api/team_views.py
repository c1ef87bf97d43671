"""A team or the centre in figures, as the pages lay them out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from qa.api.charts import Chart, Series
from qa.api.days import Days
from qa.api.words import word
from qa.records import SpotCheck
from qa.review.statistics import FEW_IN_WEEK, MIN_AGENTS, Mean, quantile, share_of
from qa.store.team_figures import AgentFigures, RuleCount, WeekSum

BUCKET = 5
_FLOOR = 40


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule by frequency: per hundred calls, now and in the days before."""

    rule_id: str
    title: str
    violated: int
    undecided: int
    rejected: int
    per_hundred: float
    before: float | None
    css: str

    @property
    def change(self) -> str:
        """The change against the days before, with its sign; empty where there were no calls."""
        if self.before is None:
            return ""
        shown = f"{self.per_hundred - self.before:+.1f}"
        return "±0" if shown in ("+0.0", "-0.0") else shown.replace("-", "−")


@dataclass(frozen=True, slots=True)
class Bar:
    """A mean with its interval, in the units of a drawing 200 wide."""

    low: float
    width: float
    at: float


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent in the list; `bar` is None where too few calls stand behind the mean."""

    figures: AgentFigures
    mean: Mean
    bar: Bar | None


@dataclass(frozen=True, slots=True)
class CheckCounts:
    """How many spot checks there were, and what became of them."""

    all: int
    done: int
    overdue: int


def distribution(found: Mapping[int, int], lang: str) -> Chart:
    """Draw how many calls have which score, in steps of five; low ones are put together."""
    steps: dict[int, int] = defaultdict(int)
    for score, calls in found.items():
        steps[100 if score == 100 else max(_FLOOR - BUCKET, score // BUCKET * BUCKET)] += calls
    starts = [_FLOOR - BUCKET, *range(_FLOOR, 100, BUCKET), 100]
    labels = [_step_name(start) for start in starts]
    values = [steps.get(start, 0) for start in starts]
    name = word("teams_calls", lang)
    return Chart(
        title=word("teams_distribution", lang),
        head=word("total", lang),
        labels=labels,
        series=(Series(name, values, tone="accent"),),
        kind="columns",
        lowest=0,
    )


def _step_name(start: int) -> str:
    if start == 100:
        return "100"
    return f"<{_FLOOR}" if start < _FLOOR else f"{start}–{start + BUCKET - 1}"


def trend(sums: Sequence[WeekSum], weeks: Sequence[tuple[datetime, datetime]], lang: str) -> Chart:
    """Draw the mean of each week, and where the middle half of the agents lie."""
    by_week: dict[int, list[WeekSum]] = defaultdict(list)
    for one in sums:
        by_week[one.week].append(one)
    calls = [sum(one.calls for one in by_week[at]) for at in range(len(weeks))]
    totals = [sum(one.total for one in by_week[at]) for at in range(len(weeks))]
    means = [total / count if count else None for total, count in zip(totals, calls, strict=True)]
    low, high, _ = bands(by_week, len(weeks))
    return Chart(
        title=word("teams_trend", lang),
        head=word("teams_week", lang),
        labels=week_labels(weeks),
        long=week_names(weeks, lang),
        series=(
            Series(word("teams_band", lang), tone="quiet", low=low, high=high),
            Series(
                word("teams_mean", lang),
                means,
                counts=calls,
                few=[count < FEW_IN_WEEK for count in calls],
            ),
        ),
        decimals=1,
        lowest=_lowest([*means, *low]),
        highest=100,
    )


def bands(
    by_week: Mapping[int, Sequence[WeekSum]], count: int
) -> tuple[list[float | None], list[float | None], list[float | None]]:
    """Find the quarters and the median of agents' means, week by week.

    A week of fewer than `MIN_AGENTS` agents has none: it would show single people.
    """
    low: list[float | None] = []
    high: list[float | None] = []
    middle: list[float | None] = []
    for at in range(count):
        means = [one.total / one.calls for one in by_week.get(at, ())]
        enough = len(means) >= MIN_AGENTS
        low.append(quantile(means, 0.25) if enough else None)
        high.append(quantile(means, 0.75) if enough else None)
        middle.append(quantile(means, 0.5) if enough else None)
    return low, high, middle


def rule_rows(
    now: Sequence[RuleCount],
    before: Sequence[RuleCount],
    calls: tuple[int, int],
    titles: Mapping[str, str],
) -> list[RuleRow]:
    """Set rules' frequencies beside those of the days before.

    Args:
        calls: how many there were, now and before.
    """
    was = {one.rule_id: one.violated for one in before}
    rows = []
    for one in now:
        if not one.violated and not one.undecided:
            continue
        rate = 100 * one.violated / max(1, calls[0])
        old = 100 * was.get(one.rule_id, 0) / calls[1] if calls[1] else None
        rows.append(
            RuleRow(
                one.rule_id,
                titles.get(one.rule_id, ""),
                *(one.violated, one.undecided, one.rejected),
                rate,
                old,
                _direction(rate, old),
            )
        )
    return rows


def rules_chart(rows: Sequence[RuleRow], lang: str, *, shown: int = 10) -> Chart:
    """Draw the rules found violated most often, beside the days before."""
    some = [row for row in rows if row.violated][:shown]
    return Chart(
        title=word("teams_rules", lang),
        head=word("rule", lang),
        labels=[row.rule_id for row in some],
        long=[f"{row.rule_id} {row.title}" for row in some],
        series=(
            Series(word("teams_now", lang), [row.per_hundred for row in some]),
            Series(word("teams_before", lang), [row.before for row in some], tone="quiet"),
        ),
        kind="columns",
        decimals=1,
        lowest=0,
    )


def agent_rows(
    found: Sequence[AgentFigures], sort: str, least: int
) -> tuple[list[AgentRow], list[AgentRow]]:
    """Split agents into those whose mean rests on at least so many calls, and the others."""
    known = [(one, one.mean) for one in found if one.mean is not None]
    floor = scale_floor([mean for _, mean in known], least)
    enough = [AgentRow(one, m, _bar(m, floor)) for one, m in known if m.is_comparable(least)]
    if sort == "mean":
        enough.sort(key=lambda row: (-row.mean.value, row.figures.agent_id))
    return enough, [AgentRow(one, m, None) for one, m in known if not m.is_comparable(least)]


def scale_floor(means: Sequence[Mean], least: int) -> int:
    """Choose where the scale of the intervals begins: a ten below the lowest, at most 80."""
    kept = [mean for mean in means if mean.is_comparable(least)]
    lows = [mean.value if mean.low is None else mean.low for mean in kept]
    return min(80, int(min(lows, default=80) // 10 * 10))


def check_counts(checks: Sequence[SpotCheck], now: datetime) -> CheckCounts:
    """Count spot checks by what became of them."""
    done = sum(check.result is not None for check in checks)
    overdue = sum(check.result is None and check.due_at < now for check in checks)
    return CheckCounts(len(checks), done, overdue)


def week_labels(weeks: Sequence[tuple[datetime, datetime]]) -> list[str]:
    """Write each week's Monday, short."""
    return [f"{since:%m-%d}" for since, _ in weeks]


def week_names(weeks: Sequence[tuple[datetime, datetime]], lang: str) -> list[str]:
    """Write each week's days in full."""
    return [word("teams_week_of", lang, monday=f"{since:%Y-%m-%d}") for since, _ in weeks]


def share_text(count: int, whole: int) -> tuple[str, str]:
    """Write a share in per cent, and its interval; dashes of nothing."""
    found = share_of(count, whole)
    if found is None:
        return "–", ""
    share, low, high = found
    return f"{100 * share:.1f}%", f"{100 * low:.1f}–{100 * high:.1f}%"


def frame(days: Days, lang: str, address: str, today: date) -> dict[str, Any]:
    """Give templates the choice of days, and the numbers that are said beside figures."""
    return {
        "days": days,
        "address": address,
        "today": today,
        "days_text": word(
            "days_to_newest" if days.last and days.final < today else "days_shown",
            lang,
            since=days.first,
            until=days.final,
        ),
    }


def _bar(mean: Mean, floor: int) -> Bar:
    low = mean.low if mean.low is not None else mean.value
    high = mean.high if mean.high is not None else mean.value
    unit = 200 / (100 - floor)
    return Bar((low - floor) * unit, max(2.0, (high - low) * unit), (mean.value - floor) * unit)


def _direction(rate: float, before: float | None) -> str:
    if before is None or abs(rate - before) < 0.05:
        return "quiet"
    return "worse" if rate > before else "better"


def _lowest(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return max(0, int(min(known, default=60) // 10 * 10 - 10))
