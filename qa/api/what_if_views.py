"""What a draft would change, as the page lays it out, from the result that its run kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qa.types import Grade, Outcome
from qa.wording import grade_name, outcome_name

SHOWN_CALLS = 20


@dataclass(frozen=True, slots=True)
class Change:
    """A figure before and after; `css` says whether that is good for the agents."""

    before: str
    after: str
    delta: str
    css: str


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule of which some lines change."""

    rule_id: str
    title: str
    grade: str
    grade_css: str
    changed: int
    violated: Change
    undecided: Change
    points: Change


@dataclass(frozen=True, slots=True)
class AgentChange:
    """An agent whose figures change."""

    agent: str
    calls: int
    mean: Change
    points: Change
    fines: Change


@dataclass(frozen=True, slots=True)
class CallChange:
    """A call whose score changes; rules are (id, before, after) in words."""

    call_id: str
    agent: str
    score: Change
    rules: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class WhatIfView:
    """All of it; `cards` are name keys with their figures."""

    calls: int
    changed: int
    share: str
    without_card: int
    outdated: int
    open_calls: int
    open_questions: int
    broken: tuple[tuple[str, int], ...]
    cards: tuple[tuple[str, Change], ...]
    rules: tuple[RuleChange, ...]
    agents: tuple[AgentChange, ...]
    biggest: tuple[CallChange, ...]


def without_closed(result: Mapping[str, Any], closed: frozenset[str]) -> dict[str, Any]:
    """Leave the calls that the reader labels blind out of a trial's result."""
    most = [call for call in result["calls_that_change_most"] if call["call_id"] not in closed]
    return {**result, "calls_that_change_most": most}


def what_if_view(result: Mapping[str, Any], names: Mapping[str, str], lang: str) -> WhatIfView:
    """Lay out a trial's result.

    Args:
        result: what `qa.batch.asked_runs.what_if_result` made.
        names: of agents, by number.
    """
    before, after, calls = result["before"], result["after"], result["calls"]
    means = [side["totals"] / calls if calls else 0.0 for side in (before, after)]
    cards = (
        ("mean", _change(means[0], means[1], good=1)),
        ("points", _change(before["points"], after["points"])),
        ("fines", _change(before["fines"], after["fines"])),
        ("violated", _change(before["violated"], after["violated"])),
        ("undecided", _change(before["undecided"], after["undecided"])),
        ("critical", _change(before["critical"], after["critical"])),
    )
    return WhatIfView(
        calls=calls,
        changed=result["changed"],
        share=f"{result['changed'] / calls:.1%}" if calls else "–",
        without_card=result["without_card"],
        outdated=result["outdated"],
        open_calls=result["open_calls"],
        open_questions=result["open_questions"],
        broken=tuple(sorted(result["broken_checks"].items())),
        cards=cards,
        rules=tuple(_rule(rule, lang) for rule in result["rules"]),
        agents=tuple(_agent(agent, names) for agent in result.get("agents", ())),
        biggest=tuple(
            _call(call, names, lang) for call in result["calls_that_change_most"][:SHOWN_CALLS]
        ),
    )


def _rule(rule: Mapping[str, Any], lang: str) -> RuleChange:
    before, after = rule["before"], rule["after"]
    grade = Grade(rule.get("grade", Grade.SCORE))

    def outcomes(outcome: Outcome) -> Change:
        return _change(before.get(outcome.value, 0), after.get(outcome.value, 0))

    return RuleChange(
        rule_id=rule["rule_id"],
        title=rule["title_en"] if lang == "en" and rule["title_en"] else rule["title"],
        grade=grade_name(grade, lang),
        grade_css=grade.value,
        changed=rule["changed"],
        violated=outcomes(Outcome.VIOLATED),
        undecided=outcomes(Outcome.UNDECIDED),
        points=_change(*rule["points"]),
    )


def _agent(agent: Mapping[str, Any], names: Mapping[str, str]) -> AgentChange:
    before, after, calls = agent["before"], agent["after"], max(1, agent["calls"])
    return AgentChange(
        agent=_named(agent["agent_id"], names),
        calls=agent["calls"],
        mean=_change(before["totals"] / calls, after["totals"] / calls, good=1),
        points=_change(before["points"], after["points"]),
        fines=_change(before["fines"], after["fines"]),
    )


def _call(call: Mapping[str, Any], names: Mapping[str, str], lang: str) -> CallChange:
    rules = tuple(
        (rule["rule_id"], _outcome(rule["before"], lang), _outcome(rule["after"], lang))
        for rule in call.get("rules", ())
    )
    return CallChange(
        call_id=call["call_id"],
        agent=_named(call["agent_id"] or "", names),
        score=_change(call["before"], call["after"], good=1),
        rules=rules,
    )


def _outcome(value: str, lang: str) -> str:
    return outcome_name(Outcome(value), lang) if value else "–"


def _named(agent_id: str, names: Mapping[str, str]) -> str:
    return f"{agent_id} {names.get(agent_id, '')}".strip() or "–"


def _change(before: float, after: float, *, good: int = -1) -> Change:
    """Write a figure before and after; more points off are bad, a higher mean is good."""
    delta = after - before
    shown = f"{delta:+,}" if isinstance(delta, int) else f"{delta:+.1f}"
    if not delta or shown in ("+0.0", "-0.0"):
        return Change(_number(before), _number(after), "±0", "quiet")
    css = "better" if (delta > 0) == (good > 0) else "worse"
    return Change(_number(before), _number(after), shown.replace("-", "−"), css)


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.1f}"
