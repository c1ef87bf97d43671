"""A scorecard as people read it: what needs a look first, what was heard, and the rest in folds."""

from collections.abc import Iterable
from dataclasses import dataclass

from qa.types import (
    Call,
    GroupScore,
    Match,
    Outcome,
    Promise,
    Scorecard,
    ScoreLine,
    SlotVerdict,
    Verdict,
)
from qa.wording import DETAILS

HEARD = "mention_heard"
"""The reason of rules that report what a customer says: met is news, not a merit of the agent."""
_FOLD_FROM = 2


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines of one outcome that need no room of their own.

    Attributes:
        group: the section that all of them belong to; None where they share a reason instead.
    """

    outcome: Outcome
    lines: tuple[ScoreLine, ...]
    group: GroupScore | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Every line of a scorecard, once, in the order of its sections.

    Attributes:
        flags: violated and undecided lines, each with something of its own to tell.
        doubts: undecided lines that rest on nothing but one and the same reason.
        news: praise, complaints and events that were heard; they move no points.
        promises: what was promised without being a violation.
        met: met lines, a fold for each section.
        idle: lines that do not concern the call.
    """

    flags: tuple[ScoreLine, ...]
    doubts: tuple[Fold, ...]
    news: tuple[ScoreLine, ...]
    promises: tuple[Promise, ...]
    met: tuple[Fold, ...]
    idle: tuple[ScoreLine, ...]


def lay_out(scorecard: Scorecard) -> Layout:
    """Sort a scorecard's lines by what a reader does with them."""
    lines = in_sections(scorecard.lines, scorecard)
    flags = [line for line in lines if line.is_flag]
    doubts = tuple(_doubts(flags))
    folded = {line.rule_id for fold in doubts for line in fold.lines}
    met = [line for line in lines if line.verdict.outcome is Outcome.MET and not is_news(line)]
    return Layout(
        flags=tuple(line for line in flags if line.rule_id not in folded),
        doubts=doubts,
        news=tuple(line for line in lines if is_news(line)),
        promises=tuple(
            promise
            for line in lines
            if line.verdict.outcome is not Outcome.VIOLATED
            for promise in line.verdict.promises
        ),
        met=tuple(_by_section(met, scorecard)),
        idle=tuple(line for line in lines if line.verdict.outcome is Outcome.NOT_APPLICABLE),
    )


def in_sections(lines: Iterable[ScoreLine], scorecard: Scorecard) -> list[ScoreLine]:
    """Put lines in the order of the scorecard's sections; within one they keep their order."""
    order = {group.group: index for index, group in enumerate(scorecard.groups)}
    return sorted(lines, key=lambda line: order.get(line.group, len(order)))


def is_news(line: ScoreLine) -> bool:
    """Whether a line tells what a customer said of others, or in praise."""
    return line.verdict.outcome is Outcome.MET and line.verdict.reason == HEARD


def own_matches(verdict: Verdict) -> list[Match]:
    """List the quotes to show on their own: a script's slots show theirs beside their names."""
    in_slots = {slot.match for slot in verdict.slots if slot.name not in DETAILS}
    places = {(m.span, m.quote): m for m in reversed(verdict.matches) if m not in in_slots}
    return [match for match in verdict.matches if match in places.values()]


def own_slots(verdict: Verdict) -> tuple[SlotVerdict, ...]:
    """List the slots to show: a lone detail (the name, the phone) is what its rule is about."""
    is_lone = len(verdict.slots) == 1 and verdict.slots[0].name in DETAILS
    return () if is_lone else verdict.slots


def ticket_text(verdict: Verdict, call: Call | None) -> tuple[str, str] | None:
    """Find what the ticket says of the detail that a verdict is about.

    Returns:
        The detail (a code of `qa.wording`) and the ticket's words; None where the verdict is about
        no detail, or the ticket holds nothing of it.
    """
    detail = dict(verdict.details).get("detail", "")
    ticket = call.ticket if call else None
    if ticket is None or detail not in ("name", "address", "phone", "problem", "station"):
        return None
    text: str | None = getattr(ticket, detail)
    return (detail, text) if text else None


def promise_at(verdict: Verdict, match: Match) -> Promise | None:
    """Find the promise that a quote holds, if any."""
    return next((p for p in verdict.promises if p.match.span.overlap_ms(match.span)), None)


def _doubts(flags: Iterable[ScoreLine]) -> Iterable[Fold]:
    alike: dict[tuple[str, tuple[tuple[str, str], ...]], list[ScoreLine]] = {}
    for line in flags:
        verdict = line.verdict
        shows = verdict.matches or verdict.slots or verdict.nearest or verdict.questions
        if verdict.outcome is Outcome.UNDECIDED and not shows:
            alike.setdefault((verdict.reason, verdict.details), []).append(line)
    for lines in alike.values():
        if len(lines) >= _FOLD_FROM:
            yield Fold(Outcome.UNDECIDED, tuple(lines))


def _by_section(lines: Iterable[ScoreLine], scorecard: Scorecard) -> Iterable[Fold]:
    found: dict[str, list[ScoreLine]] = {}
    for line in lines:
        found.setdefault(line.group, []).append(line)
    groups = {group.group: group for group in scorecard.groups}
    for name, own in found.items():
        yield Fold(Outcome.MET, tuple(own), groups.get(name))
