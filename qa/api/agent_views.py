"""An agent's own page: figures said fairly, and what to do better, with the place to hear."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from qa.api.access import Viewer
from qa.api.charts import Chart, Series
from qa.api.clip_views import ClipView, ReadCall, read_calls
from qa.api.days import Days
from qa.api.display import chinese_punctuation
from qa.api.rule_views import advice, what_to_say
from qa.api.rulesets import rulesets_in_force
from qa.api.service import Service
from qa.api.team_views import bands, week_labels, week_names
from qa.api.words import word
from qa.api.written import hide_by_call
from qa.records import Scope
from qa.review.promises import PromiseState
from qa.review.reviewing import PRAISE_RULES
from qa.review.statistics import FEW_IN_WEEK
from qa.scoring.ruleset import Rule
from qa.store import agent_figures, figures, team_figures
from qa.store.agent_lists import AgentEntry
from qa.store.appeals import AppealLine, list_appeals
from qa.store.promises import PromiseFilter, PromiseLine, list_promises
from qa.store.team_figures import Selection, WeekSum

TREND_WEEKS = 8
_RULES = 6
_CLIPS = 2
_PRAISE = 3
_APPEALS = 6
_PROMISES = 8


@dataclass(frozen=True, slots=True)
class Missed:
    """A rule that was missed, where to hear it, and what to say instead."""

    rule_id: str
    title: str
    link: str
    times: int
    say: tuple[str, ...]
    advice: str
    clips: tuple[ClipView, ...]


@dataclass(frozen=True, slots=True)
class AppealView:
    """An appeal, and its answer without names and numbers; empty while there is none."""

    line: AppealLine
    answer: str


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A promise: its words without names and numbers, and what became of it."""

    line: PromiseLine
    quote: str


def agent_values(
    service: Service, viewer: Viewer, agent: AgentEntry, days: Days, lang: str
) -> Mapping[str, Any]:
    """Gather all that an agent's page shows; the caller has checked the scope."""
    own = Scope(agent_id=agent.agent_id, closed=viewer.scope.closed)
    wanted = Selection(own, days.since, days.until)
    now, zone = datetime.now(UTC), service.store.zone
    with service.store.reading() as session:
        missed, praised, shown = _quoted(session, wanted)
        needed = [*praised, *(call_id for ids in shown.values() for call_id in ids)]
        calls = read_calls(session, needed, zone, now)
        values: dict[str, Any] = {
            "total": team_figures.totals(session, wanted),
            "flags": agent_figures.flag_counts(session, wanted),
            "trend": _trend(session, service, own, (agent, days), lang),
            "appeals": _appeals(session, own, service),
            "promises": _promises(session, own, days, service, now),
        }
    rules = _rules(service)
    clips = _clips(shown, calls, service, lang)
    return values | {
        "missed": [_missed(one.rule_id, one.times, rules, clips, lang) for one in missed],
        "praise": _praise(praised, calls, service, lang),
    }


def quoted_calls(session: Any, wanted: Selection) -> list[str]:
    """List the calls that an agent's page quotes."""
    _, praised, shown = _quoted(session, wanted)
    return [*praised, *(call_id for ids in shown.values() for call_id in ids)]


def _quoted(
    session: Any, wanted: Selection
) -> tuple[list[figures.MissedRule], list[str], dict[str, list[str]]]:
    """Find what was missed most, the calls with praise, and the examples' calls by rule."""
    missed = figures.missed_rules(session, wanted, limit=_RULES, examples=_CLIPS)
    praised = figures.praised_calls(session, wanted, limit=_PRAISE)
    return missed, praised, {m.rule_id: [at.call_id for at in m.examples] for m in missed}


def _trend(
    session: Any, service: Service, scope: Scope, about: tuple[AgentEntry, Days], lang: str
) -> Chart:
    """Draw the agent's weeks against the team, where that has enough people."""
    agent, days = about
    weeks = team_figures.weeks_until(days.final, TREND_WEEKS, service.store.zone)
    span = (weeks[0][0], weeks[-1][1])
    own = team_figures.weekly(session, Selection(scope, *span), weeks)
    team: list[WeekSum] = []
    if agent.team is not None:
        of_team = Scope(teams=frozenset({agent.team}), closed=scope.closed)
        team = team_figures.weekly(session, Selection(of_team, *span), weeks)
    by_week: dict[int, list[WeekSum]] = defaultdict(list)
    for one in team:
        by_week[one.week].append(one)
    low, high, middle = bands(by_week, len(weeks))
    mine = {one.week: one for one in own}
    means = [mine[at].total / mine[at].calls if at in mine else None for at in range(len(weeks))]
    calls = [mine[at].calls if at in mine else 0 for at in range(len(weeks))]
    series = [
        Series(
            word("agent_own", lang),
            means,
            counts=calls,
            few=[count < FEW_IN_WEEK for count in calls],
        )
    ]
    if any(value is not None for value in middle):
        series.append(Series(word("agent_team_median", lang), middle, tone="quiet", plain=True))
        series.insert(0, Series(word("agent_team_band", lang), tone="quiet", low=low, high=high))
    known = [value for value in (*means, *low) if value is not None]
    return Chart(
        title=word("agent_trend", lang),
        head=word("teams_week", lang),
        labels=week_labels(weeks),
        long=week_names(weeks, lang),
        series=series,
        decimals=1,
        lowest=max(0, int(min(known, default=70) // 10 * 10 - 10)),
        highest=100,
    )


def _rules(service: Service) -> dict[str, tuple[str, Rule]]:
    """Find each rule in force by id; of one that several rulesets have, the default's."""
    found: dict[str, tuple[str, Rule]] = {}
    for one in sorted(rulesets_in_force(service), key=lambda one: one.is_default):
        for rule in one.ruleset.rules if one.ruleset else ():
            found[rule.rule_id] = (one.ruleset_id, rule)
    return found


def _clips(
    shown: Mapping[str, Sequence[str]],
    calls: Mapping[str, ReadCall],
    service: Service,
    lang: str,
) -> dict[str, tuple[ClipView, ...]]:
    found = {}
    for rule_id, ids in shown.items():
        clips = [calls[i].clip(rule_id, service.store.zone, lang) for i in ids if i in calls]
        found[rule_id] = tuple(clip for clip in clips if clip is not None)
    return found


def _missed(
    rule_id: str,
    times: int,
    rules: Mapping[str, tuple[str, Rule]],
    clips: Mapping[str, tuple[ClipView, ...]],
    lang: str,
) -> Missed:
    own = clips.get(rule_id, ())
    if rule_id not in rules:
        return Missed(rule_id, own[0].line.title if own else "", "", times, (), "", own)
    ruleset_id, rule = rules[rule_id]
    title = rule.title_en if lang == "en" and rule.title_en else rule.title
    link = f"/rules/{ruleset_id}/{rule_id}"
    return Missed(rule_id, title, link, times, what_to_say(rule), advice(rule, lang), own)


def _praise(
    ids: Sequence[str], calls: Mapping[str, ReadCall], service: Service, lang: str
) -> list[ClipView]:
    found = []
    for call_id in ids:
        call = calls.get(call_id)
        for rule_id in call.met_rules() if call else ():
            if rule_id.startswith(PRAISE_RULES):
                clip = call.clip(rule_id, service.store.zone, lang) if call else None
                if clip is not None:
                    found.append(clip)
    return found


def _appeals(session: Any, own: Scope, service: Service) -> list[AppealView]:
    lines = list_appeals(session, own, only_open=False, limit=_APPEALS)
    written = hide_by_call(session, [line.appeal.call_id for line in lines], service.store.zone)
    return [AppealView(one, written(one.appeal.call_id, one.appeal.answer)) for one in lines]


def _promises(
    session: Any, own: Scope, days: Days, service: Service, now: datetime
) -> list[PromiseView]:
    """List promises, those that still can be kept or were broken first."""
    wanted = PromiseFilter(own.agent_id, days.since, days.until, scope=own)
    order = [PromiseState.OPEN, PromiseState.BROKEN, PromiseState.UNKNOWN, PromiseState.KEPT]
    lines = sorted(
        list_promises(session, wanted, service.store.zone, now),
        key=lambda line: order.index(line.state),
    )
    shown = lines[:_PROMISES]
    written = hide_by_call(session, [line.call_id for line in shown], service.store.zone)
    return [
        PromiseView(line, chinese_punctuation(written(line.call_id, line.quote))) for line in shown
    ]
