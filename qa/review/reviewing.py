"""What people's decisions make of a scorecard: what counts, what is open, what may be decided.

Pure: decisions and the machine's scorecard in, what follows out. The arithmetic is the machine's
own (`qa.scoring.scorecard`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from qa.records import Basis, FlagAction, FlagDecision
from qa.refusals import InvalidRequestError, Refusal
from qa.scoring.ruleset_model import Group, Ruleset
from qa.scoring.scorecard import FULL_POINTS, scorecard_of
from qa.scoring.scorecard import Basis as JudgedOn
from qa.types import Grade, GroupScore, Outcome, Scorecard, ScoreLine

MAX_TEXT = 2000
"""Longest reason, appeal, answer or result, characters."""
PRAISE_RULES = "PR"
"""Prefix of the rules that are met where somebody praises the agent."""

_SEVERITIES = {Grade.HINT: 2, Grade.SCORE: 3, Grade.FINE: 4}


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person says about one flag.

    Attributes:
        outcome: for `change`, what was found instead; None leaves it.
        points: for `change`, points taken off, 0–100; None keeps the rule's.
        reason: required but for `confirm`; up to 2,000 characters.
        after: the last decision on the flag that the person had before them (0 for none); a
            conflict where another was made meanwhile. None asks for no such check.
    """

    action: FlagAction
    outcome: Outcome | None = None
    points: int | None = None
    reason: str = ""
    after: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewedLine:
    """A line of a scorecard and what people made of it.

    Attributes:
        line: the machine's.
        outcome, points: what counts now; a `fine` line that nobody confirmed takes nothing off.
        fails_call: it alone makes the call fail.
        decision: the one that counts; None while nobody decided.
        history: every step, notes too, in order.
    """

    line: ScoreLine
    outcome: Outcome
    points: int
    fails_call: bool
    decision: FlagDecision | None
    history: tuple[FlagDecision, ...]

    @property
    def is_open(self) -> bool:
        """Whether it is a flag that nobody has decided."""
        return self.line.is_flag and self.decision is None

    @property
    def must_be_decided(self) -> bool:
        """Whether it keeps the call from being released: an open violation that costs."""
        violated = self.line.verdict.outcome is Outcome.VIOLATED
        return self.is_open and violated and self.line.grade is not Grade.HINT

    @property
    def severity(self) -> int:
        """How serious what still counts is: 5 critical to 1 undecided, 0 nothing."""
        if self.outcome is Outcome.UNDECIDED and self.line.is_flag:
            return 0 if self.decision is not None else 1
        if self.outcome is not Outcome.VIOLATED:
            return 0
        if self.line.critical and (self.fails_call or self.decision is None):
            return 5
        return _SEVERITIES[self.line.grade]


@dataclass(frozen=True, slots=True)
class ReviewedCard:
    """A scorecard with what people decided.

    Attributes:
        card: the machine's.
        machine: its total with unconfirmed `fine` lines counting nothing.
        score: `machine` with what people decided.
        critical_failure: a line that counts makes the call fail.
        groups: points and flags of each group as they count now.
        basis: `machine` or `reviewed`, by whether anybody decided; `final` is the call's state.
    """

    card: Scorecard
    lines: tuple[ReviewedLine, ...]
    machine: int
    score: int
    critical_failure: bool
    groups: tuple[GroupScore, ...]
    basis: Basis

    @property
    def flags(self) -> tuple[ReviewedLine, ...]:
        """The lines that the machine flagged."""
        return tuple([line for line in self.lines if line.line.is_flag])

    @property
    def can_be_released(self) -> bool:
        """Whether every flag that matters is decided."""
        return not any(line.must_be_decided for line in self.lines)

    def line(self, rule_id: str) -> ReviewedLine | None:
        """Find the line of a rule; None where the scorecard has none."""
        return next((line for line in self.lines if line.line.rule_id == rule_id), None)


def effective_card(card: Scorecard, decisions: Iterable[FlagDecision]) -> ReviewedCard:
    """Work out what counts of a scorecard after people's decisions.

    Args:
        decisions: those on this scorecard, in the order they were made; others are left aside.
    """
    by_rule: dict[str, list[FlagDecision]] = defaultdict(list)
    for decision in decisions:
        by_rule[decision.rule_id].append(decision)
    lines = tuple([_reviewed(line, by_rule.get(line.rule_id, ())) for line in card.lines])
    counted = _summed(card, [_as_counted(line) for line in lines])
    is_decided = any(line.decision is not None for line in lines)
    return ReviewedCard(
        card=card,
        lines=lines,
        machine=machine_score(card),
        score=counted.total,
        critical_failure=counted.critical_failure,
        groups=counted.groups,
        basis=Basis.REVIEWED if is_decided else Basis.MACHINE,
    )


def last_decision(history: Sequence[FlagDecision]) -> FlagDecision | None:
    """Find the decision that counts: the last that is no note."""
    return next((d for d in reversed(history) if d.action is not FlagAction.NOTE), None)


def _reviewed(line: ScoreLine, history: Sequence[FlagDecision]) -> ReviewedLine:
    decision = last_decision(history)
    outcome, points = line.verdict.outcome, line.points
    counts = line.grade is not Grade.FINE or decision is not None
    if decision is not None and decision.action is FlagAction.REJECT:
        outcome = Outcome.MET
    elif decision is not None and decision.action is FlagAction.CHANGE:
        outcome = decision.outcome or outcome
        points = line.points if decision.points is None else decision.points
    violated = outcome is Outcome.VIOLATED
    # Points that a person named take the place of failing the whole call.
    keeps_veto = decision is None or decision.points is None
    return ReviewedLine(
        line=line,
        outcome=outcome,
        points=points if violated and counts else 0,
        fails_call=line.critical and violated and counts and keeps_veto,
        decision=decision,
        history=tuple(history),
    )


def machine_score(card: Scorecard) -> int:
    """Say what a scorecard gives before anybody looked: `fine` violations count nothing yet."""
    if not any(_awaits_person(line) for line in card.flags):
        return card.total
    lines = [
        replace(line, points=0, critical=False) if _awaits_person(line) else line
        for line in card.lines
    ]
    return _summed(card, lines).total


def machine_severity(card: Scorecard) -> int:
    """Say how serious the machine's flags are: 5 critical to 1 undecided, 0 none."""
    severity = 0
    for line in card.flags:
        if line.verdict.outcome is Outcome.VIOLATED:
            severity = max(severity, 5 if line.critical else _SEVERITIES[line.grade])
        else:
            severity = max(severity, 1)
    return severity


def _awaits_person(line: ScoreLine) -> bool:
    return line.grade is Grade.FINE and line.verdict.outcome is Outcome.VIOLATED


def _as_counted(one: ReviewedLine) -> ScoreLine:
    line = one.line
    if one.outcome is line.verdict.outcome and one.points == line.points:
        return line if one.fails_call == line.critical else replace(line, critical=one.fails_call)
    verdict = replace(line.verdict, outcome=one.outcome)
    return replace(line, verdict=verdict, points=one.points, critical=one.fails_call)


def _summed(card: Scorecard, lines: Sequence[ScoreLine]) -> Scorecard:
    """Add lines up by the machine's own arithmetic."""
    groups = tuple([Group(group.group, group.title, group.title_en) for group in card.groups])
    ruleset = Ruleset(card.ruleset_id, "", "", 0, {}, groups, (), card.ruleset_hash)
    judged_on = JudgedOn(card.call_id, card.transcript_key, card.context, card.hearings)
    return scorecard_of(judged_on, ruleset, tuple(lines))


def check_ruling(line: ScoreLine, ruling: Ruling) -> None:
    """Make sure that a person's ruling on a line says all it must, and nothing impossible.

    Raises:
        InvalidRequestError: no flag, no reason, an outcome or points missing or out of range.
    """
    if not line.is_flag and ruling.action is not FlagAction.NOTE:
        raise InvalidRequestError(Refusal.NOT_A_FLAG)
    check_text(ruling.reason, required=ruling.action is not FlagAction.CONFIRM)
    if ruling.action is FlagAction.CHANGE:
        _check_change(line, ruling)
    elif ruling.outcome is not None or ruling.points is not None:
        raise InvalidRequestError(Refusal.POINTS_WRONG)


def _check_change(line: ScoreLine, ruling: Ruling) -> None:
    if ruling.outcome is None and ruling.points is None:
        raise InvalidRequestError(Refusal.OUTCOME_MISSING)
    outcome = ruling.outcome or line.verdict.outcome
    was_violated = line.verdict.outcome is Outcome.VIOLATED
    if outcome is not Outcome.VIOLATED or line.grade is Grade.HINT:
        if ruling.points:
            raise InvalidRequestError(Refusal.POINTS_WRONG)
        return
    if ruling.points is None and not was_violated and not line.critical:
        # An undecided line does not say what its rule would take off.
        raise InvalidRequestError(Refusal.POINTS_MISSING)
    if ruling.points is not None and not 0 <= ruling.points <= FULL_POINTS:
        raise InvalidRequestError(Refusal.POINTS_WRONG)


def check_text(text: str, *, required: bool = True, min_length: int = 1) -> str:
    """Make sure that a text that a person wrote can be kept; return it without outer blanks.

    Raises:
        InvalidRequestError: it is missing, shorter than `min_length` or longer than 2,000.
    """
    text = text.strip()
    if required and len(text) < min_length:
        raise InvalidRequestError(Refusal.TEXT_MISSING)
    if len(text) > MAX_TEXT:
        raise InvalidRequestError(Refusal.TEXT_TOO_LONG)
    return text


def is_same_ruling(decision: FlagDecision, ruling: Ruling, user_id: int) -> bool:
    """Whether a ruling only repeats the last decision: a double click."""
    return (
        decision.decided_by == user_id
        and decision.carried_from is None
        and decision.action is ruling.action
        and decision.outcome is ruling.outcome
        and decision.points == ruling.points
        and decision.reason == ruling.reason.strip()
    )


def is_praised(card: Scorecard) -> bool:
    """Whether a rule found that somebody praises the agent."""
    return any(
        line.rule_id.startswith(PRAISE_RULES) and line.verdict.outcome is Outcome.MET
        for line in card.lines
    )


def unchanged_rules(old: Scorecard, new: Scorecard) -> frozenset[str]:
    """List the flagged rules on which two scorecards of a call say the same.

    That is the same outcome, grade, points and veto, on the same evidence: then what a person
    decided of the one holds for the other.
    """
    before = {line.rule_id: _said(line) for line in old.lines if line.is_flag}
    return frozenset(
        line.rule_id
        for line in new.lines
        if line.is_flag and before.get(line.rule_id) == _said(line)
    )


def _said(line: ScoreLine) -> tuple[object, ...]:
    verdict = line.verdict
    places = [(match.span, match.quote) for match in verdict.matches]
    slots = [
        (slot.name, slot.status, slot.match.span if slot.match else None) for slot in verdict.slots
    ]
    terms = (verdict.outcome, line.grade, line.points, line.critical, verdict.reason)
    return (*terms, places, slots, verdict.searched)


def same_counts(old: ReviewedCard, new: ReviewedCard) -> bool:
    """Whether two reviewed cards hold the same against the agent, rule by rule."""
    return old.score == new.score and _held(old) == _held(new)


def _held(card: ReviewedCard) -> Mapping[str, tuple[int, bool]]:
    return {
        line.line.rule_id: (line.points, line.fails_call)
        for line in card.lines
        if line.outcome is Outcome.VIOLATED
    }
