"""What a draft ruleset would change: counted call by call, put together from many processes."""

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from qa.types import Call, Grade, Outcome, Scorecard, ScoreLine, Verdict
from qa.wording import reason_text

EXAMPLES = 3
"""Kept for each way in which a rule's outcome changes."""
BIGGEST = 200
"""Calls kept for the page: those whose total changes most."""


@dataclass(frozen=True, slots=True)
class Side:
    """A line before or after.

    Attributes:
        outcome: value of `Outcome`; empty where the rule was not, or is no longer, judged.
        reason, reason_en: what it found, for people.
        quote: the words that decided, empty for none; `start_ms` is where they begin.
    """

    outcome: str = ""
    points: int = 0
    reason: str = ""
    reason_en: str = ""
    quote: str = ""
    start_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LineDiff:
    """A rule whose outcome or points change on a call."""

    rule_id: str
    before: Side
    after: Side


@dataclass(frozen=True, slots=True)
class CallDiff:
    """A call of which a line or the total changes; totals 0–100."""

    call_id: str
    agent_id: str | None
    started_at: datetime | None
    before: int
    after: int
    lines: tuple[LineDiff, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One line that changes, and the call it stands on."""

    call_id: str
    agent_id: str | None
    started_at: datetime | None
    line: LineDiff


@dataclass(slots=True)
class Count:
    """Sums over calls, before and after.

    Attributes:
        totals: sum of the totals.
        points: sum of what lines took off.
        fines: violated lines of grade `fine`.
    """

    totals: int = 0
    points: int = 0
    fines: int = 0
    violated: int = 0
    undecided: int = 0
    critical: int = 0

    def add(self, other: "Count") -> None:
        """Add another count."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class RuleTally:
    """One rule: outcomes, points and fines before and after, and examples of each change."""

    title: str
    title_en: str
    grade: Grade
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    points: tuple[int, int] = (0, 0)
    fines: tuple[int, int] = (0, 0)
    changed: int = 0
    examples: dict[tuple[str, str], list[Example]] = field(default_factory=dict)

    def chosen(self, count: int) -> list[Example]:
        """Take examples of every way in which it changes, in turn, what convicts first."""
        kinds = [self.examples[kind] for kind in sorted(self.examples, key=_gravity)]
        turns = [kind[turn : turn + 1] for turn in range(EXAMPLES) for kind in kinds]
        return [example for some in turns for example in some][:count]


@dataclass(slots=True)
class AgentTally:
    """One agent: calls compared, and the sums before and after."""

    calls: int = 0
    before: Count = field(default_factory=Count)
    after: Count = field(default_factory=Count)


@dataclass(slots=True)
class WhatIf:
    """All that a draft would change; grows call by call and by the parts of other processes.

    Attributes:
        calls: judged by the draft and by a published scorecard, so that they can be compared.
        without_card: judged by the draft, but without a published scorecard.
        outdated: compared calls whose published scorecard is not of the rules now in force.
        changed: calls of which a line or the total changes.
        open_calls, open_questions: what the draft would still ask of the sound.
        broken: lines that are undecided because a check broke, by rule id.
    """

    calls: int = 0
    without_card: int = 0
    outdated: int = 0
    changed: int = 0
    open_calls: int = 0
    open_questions: int = 0
    before: Count = field(default_factory=Count)
    after: Count = field(default_factory=Count)
    rules: dict[str, RuleTally] = field(default_factory=dict)
    agents: dict[str, AgentTally] = field(default_factory=dict)
    broken: Counter[str] = field(default_factory=Counter)
    biggest: list[tuple[int, str, CallDiff]] = field(default_factory=list)

    def compare(self, call: Call, before: Scorecard, after: Scorecard) -> CallDiff | None:
        """Count one call in; returns what changes on it, None where nothing does."""
        self.calls += 1
        old, new = _count(before), _count(after)
        agent = self.agents.setdefault(call.agent_id or "", AgentTally())
        agent.calls += 1
        for count, own, all_of in (
            (old, agent.before, self.before),
            (new, agent.after, self.after),
        ):
            own.add(count)
            all_of.add(count)
        lines = []
        old_lines, new_lines = _by_rule(before), _by_rule(after)
        for rule_id in {**new_lines, **old_lines}:
            diff = self._rule(rule_id, old_lines.get(rule_id), new_lines.get(rule_id))
            if diff is not None:
                lines.append(diff)
                self._exemplify(Example(call.call_id, call.agent_id, call.started_at, diff))
        if not lines and before.total == after.total:
            return None
        self.changed += 1
        found = CallDiff(
            *(call.call_id, call.agent_id, call.started_at),
            *(before.total, after.total, tuple(lines)),
        )
        self._keep_biggest((abs(after.total - before.total), call.call_id, found))
        return found

    def add(self, part: "WhatIf") -> None:
        """Add what another process counted."""
        for name in ("calls", "without_card", "outdated", "changed", "open_calls"):
            setattr(self, name, getattr(self, name) + getattr(part, name))
        self.open_questions += part.open_questions
        self.before.add(part.before)
        self.after.add(part.after)
        self.broken.update(part.broken)
        for agent_id, tally in part.agents.items():
            agent = self.agents.setdefault(agent_id, AgentTally())
            agent.calls += tally.calls
            agent.before.add(tally.before)
            agent.after.add(tally.after)
        for rule_id, rule in part.rules.items():
            self._add_rule(rule_id, rule)
        for item in part.biggest:
            self._keep_biggest(item)

    def biggest_calls(self) -> list[CallDiff]:
        """List the calls whose total changes most, the greatest change first."""
        ordered = sorted(self.biggest, key=lambda item: (-item[0], item[1]))
        return [diff for _, _, diff in ordered]

    def changed_rules(self) -> list[tuple[str, RuleTally]]:
        """List the rules that change, those that move most points first."""
        moved = [(rule_id, rule) for rule_id, rule in self.rules.items() if rule.changed]
        return sorted(moved, key=lambda item: (-_moved(item[1]), -item[1].changed, item[0]))

    def _rule(self, rule_id: str, old: ScoreLine | None, new: ScoreLine | None) -> LineDiff | None:
        line = new or old
        assert line is not None  # one of them named the rule
        rule = self.rules.get(rule_id)
        if rule is None:
            rule = self.rules[rule_id] = RuleTally(line.title, line.title_en, line.grade)
        if old is not None:
            rule.before[old.verdict.outcome.value] += 1
        if new is not None:
            rule.after[new.verdict.outcome.value] += 1
        rule.points = _plus(rule.points, (old.points if old else 0, new.points if new else 0))
        rule.fines = _plus(rule.fines, (_fine(old), _fine(new)))
        if not _is_change(old, new):
            return None
        rule.changed += 1
        return LineDiff(rule_id, _side(old), _side(new))

    def _exemplify(self, example: Example) -> None:
        kinds = self.rules[example.line.rule_id].examples
        kept = kinds.setdefault((example.line.before.outcome, example.line.after.outcome), [])
        if len(kept) < EXAMPLES:
            kept.append(example)

    def _add_rule(self, rule_id: str, part: RuleTally) -> None:
        rule = self.rules.get(rule_id)
        if rule is None:
            self.rules[rule_id] = part
            return
        rule.before.update(part.before)
        rule.after.update(part.after)
        rule.points, rule.fines = _plus(rule.points, part.points), _plus(rule.fines, part.fines)
        rule.changed += part.changed
        for kind, examples in part.examples.items():
            kept = rule.examples.setdefault(kind, [])
            kept += examples[: EXAMPLES - len(kept)]

    def _keep_biggest(self, item: tuple[int, str, CallDiff]) -> None:
        if len(self.biggest) < BIGGEST:
            heapq.heappush(self.biggest, item)
        elif item[:2] > self.biggest[0][:2]:
            heapq.heapreplace(self.biggest, item)


def _gravity(kind: tuple[str, str]) -> tuple[int, tuple[str, str]]:
    order = (Outcome.VIOLATED.value, Outcome.UNDECIDED.value)
    return (order.index(kind[1]) if kind[1] in order else len(order)), kind


def _count(card: Scorecard) -> Count:
    outcomes = [line.verdict.outcome for line in card.lines]
    return Count(
        totals=card.total,
        points=sum(line.points for line in card.lines),
        fines=sum(_fine(line) for line in card.lines),
        violated=outcomes.count(Outcome.VIOLATED),
        undecided=outcomes.count(Outcome.UNDECIDED),
        critical=int(card.critical_failure),
    )


def _fine(line: ScoreLine | None) -> int:
    if line is None or line.grade is not Grade.FINE:
        return 0
    return int(line.verdict.outcome is Outcome.VIOLATED)


def _by_rule(card: Scorecard) -> Mapping[str, ScoreLine]:
    return {line.rule_id: line for line in card.lines}


def _is_change(old: ScoreLine | None, new: ScoreLine | None) -> bool:
    """Whether a line changes; a rule that comes or goes and finds nothing wrong does not."""
    if old is not None and new is not None:
        same = old.verdict.outcome is new.verdict.outcome
        return not same or old.points != new.points or _fine(old) != _fine(new)
    line = new or old
    return line is not None and line.is_flag


def _side(line: ScoreLine | None) -> Side:
    if line is None:
        return Side()
    verdict = line.verdict
    match = _evidence(verdict)
    return Side(
        outcome=verdict.outcome.value,
        points=line.points,
        reason=reason_text(verdict),
        reason_en=reason_text(verdict, "en"),
        quote=match[0],
        start_ms=match[1],
    )


def _evidence(verdict: Verdict) -> tuple[str, int | None]:
    """Choose the words to quote: what supports the outcome, else the nearest miss."""
    said = next((slot.match for slot in verdict.slots if slot.match), None)
    missed = next((slot.nearest for slot in verdict.slots if slot.nearest), None)
    match = next(iter(verdict.matches), None) or said or verdict.nearest or missed
    if match is not None:
        return match.quote, match.span.start_ms
    return "", verdict.searched.start_ms if verdict.searched else None


def _plus(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


def _moved(rule: RuleTally) -> int:
    return abs(rule.points[1] - rule.points[0])
