"""A scorecard as pages lay it out: every rule with its evidence."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, partial

from qa.api.display import chinese_punctuation, format_moment, format_time
from qa.api.words import word as say
from qa.masking import mask_call
from qa.reports.layout import lay_out, own_matches, own_slots, promise_at, ticket_text
from qa.store.evidence import evidence_of
from qa.types import (
    Call,
    Grade,
    Match,
    Outcome,
    Promise,
    Role,
    Scorecard,
    ScoreLine,
    SlotStatus,
    Span,
    Verdict,
)
from qa.wording import grade_name, outcome_name, reason_text, role_name, slot_name, slot_status_name

SYMBOLS = {
    Outcome.MET: "✓",
    Outcome.VIOLATED: "✗",
    Outcome.NOT_APPLICABLE: "–",
    Outcome.UNDECIDED: "?",
}
CLASSES = {
    Outcome.MET: "met",
    Outcome.VIOLATED: "violated",
    Outcome.NOT_APPLICABLE: "na",
    Outcome.UNDECIDED: "undecided",
}
_SLOTS = {
    SlotStatus.SAID: ("✓", "met"),
    SlotStatus.MISSING: ("✗", "violated"),
    SlotStatus.WRONG: ("✗", "violated"),
    SlotStatus.UNSURE: ("?", "undecided"),
}
_GRADES = (Grade.FINE, Grade.SCORE, Grade.HINT)


@dataclass(frozen=True, slots=True)
class Quote:
    """Words to hear: a click plays them.

    Attributes:
        who: empty for the agent, whom the rules are about.
        due: for a promise, until when it is to be kept.
    """

    span: Span
    time: str
    text: str
    who: str
    expected: str
    percent: int
    due: str = ""


@dataclass(frozen=True, slots=True)
class SlotView:
    """One slot of a script; `heard` where it was said, `nearest` where it was not."""

    name: str
    status: str
    symbol: str
    css: str
    heard: Quote | None
    nearest: Quote | None
    is_wrong: bool = False


@dataclass(frozen=True, slots=True)
class LineView:
    """One rule on the page.

    Attributes:
        group: its section.
        span: what its play button plays.
        ticket: what the ticket says of the detail: its name and the words; None for no such thing.
        can_hear: whether the sound can still answer what leaves it undecided.
        by_second: whether `nearest` is what a second recogniser reads.
    """

    rule_id: str
    title: str
    outcome: str
    symbol: str
    css: str
    grade: str
    grade_css: str
    critical: bool
    points: int
    reason: str
    quotes: tuple[Quote, ...]
    slots: tuple[SlotView, ...]
    nearest: Quote | None
    searched: Span | None
    span: Span | None
    is_flag: bool
    group: str = ""
    ticket: tuple[str, str] | None = None
    can_hear: bool = False
    by_second: bool = False


@dataclass(frozen=True, slots=True)
class FoldView:
    """Lines that one closed fold holds; `title` is their section, or the reason they share."""

    title: str
    lines: tuple[LineView, ...]


@dataclass(frozen=True, slots=True)
class CardView:
    """A scorecard on the page: `layout` of `qa.reports`, the most serious flags on top."""

    flags: tuple[LineView, ...]
    doubts: tuple[FoldView, ...]
    news: tuple[LineView, ...]
    promises: tuple[Quote, ...]
    met: tuple[FoldView, ...]
    idle: tuple[LineView, ...]
    undecided: int


def card_view(scorecard: Scorecard, call: Call, lang: str) -> CardView:
    """Lay out every rule: flags first and the most serious on top, the others in folds."""
    layout = lay_out(scorecard)
    titles = {g.group: _in(lang, g.title, g.title_en) for g in scorecard.groups}

    hidden = cache(partial(mask_call, call))  # which takes longer than all else of a line

    def views(lines: Iterable[ScoreLine]) -> tuple[LineView, ...]:
        return tuple(
            _line_view(line, titles.get(line.group, ""), call, hidden, lang) for line in lines
        )

    return CardView(
        flags=views(sorted(layout.flags, key=_seriousness)),
        doubts=tuple(
            FoldView(reason_text(fold.lines[0].verdict, lang), views(fold.lines))
            for fold in layout.doubts
        ),
        news=views(layout.news),
        promises=tuple(_promise(promise, call, lang) for promise in layout.promises),
        met=tuple(
            FoldView(titles.get(fold.lines[0].group, ""), views(fold.lines)) for fold in layout.met
        ),
        idle=views(layout.idle),
        undecided=sum(x.verdict.outcome is Outcome.UNDECIDED for x in scorecard.lines),
    )


def _in(lang: str, chinese: str, english: str) -> str:
    return english if lang == "en" and english else chinese


def _seriousness(line: ScoreLine) -> tuple[int, int]:
    if line.verdict.outcome is Outcome.VIOLATED:
        return (0, -1) if line.critical else (0, _GRADES.index(line.grade))
    if line.verdict.outcome is Outcome.UNDECIDED:
        return (1, _GRADES.index(line.grade))
    return (2, 0)


def _line_view(
    line: ScoreLine, group: str, call: Call, hidden: Callable[[], Call], lang: str
) -> LineView:
    verdict = line.verdict
    shown = own_matches(verdict)
    known = {*shown, *(slot.nearest for slot in verdict.slots)}
    nearest = verdict.nearest if verdict.nearest not in known else None
    return LineView(
        rule_id=line.rule_id,
        title=_in(lang, line.title, line.title_en),
        outcome=outcome_name(verdict.outcome, lang),
        symbol=SYMBOLS[verdict.outcome],
        css=CLASSES[verdict.outcome],
        grade=grade_name(line.grade, lang),
        grade_css=line.grade.value,
        critical=line.critical,
        points=line.points,
        reason=reason_text(verdict, lang),
        quotes=tuple(_dated_quote(m, verdict, call, lang) for m in shown),
        slots=_slots(verdict, lang),
        nearest=_quote(nearest, lang) if nearest else None,
        searched=verdict.searched if not verdict.matches else None,
        span=evidence_of(verdict).span,
        is_flag=line.is_flag,
        group=group,
        ticket=_ticket(line, call, hidden, lang),
        can_hear=verdict.outcome is Outcome.UNDECIDED and bool(verdict.questions),
        by_second=verdict.reason == "second_ear_differs",
    )


def _ticket(
    line: ScoreLine, call: Call, hidden: Callable[[], Call], lang: str
) -> tuple[str, str] | None:
    """Say what the ticket holds; in full where it is to be compared with what was said."""
    written = ticket_text(line.verdict, call)
    if written and not line.is_flag:
        written = ticket_text(line.verdict, hidden())
    return (slot_name(written[0], lang), written[1]) if written else None


def _dated_quote(match: Match, verdict: Verdict, call: Call, lang: str) -> Quote:
    promise = promise_at(verdict, match)
    due = _promise(promise, call, lang).due if promise else ""
    return replace(_quote(match, lang), due=due)


def _promise(promise: Promise, call: Call, lang: str) -> Quote:
    due = promise.due
    if due is not None and call.started_at is not None:
        due = due.astimezone(call.started_at.tzinfo)
    until = say("due", lang, due=format_moment(due)) if due else say("no_due", lang)
    return replace(_quote(promise.match, lang), due=until)


def _slots(verdict: Verdict, lang: str) -> tuple[SlotView, ...]:
    views, shown = [], own_matches(verdict)
    for slot in own_slots(verdict):
        symbol, css = _SLOTS[slot.status]
        nearest = slot.nearest if slot.status is not SlotStatus.SAID else None
        nearest = None if nearest in shown else nearest
        views.append(
            SlotView(
                slot_name(slot.name, lang),
                slot_status_name(slot.status, lang, slot.name),
                symbol,
                css,
                _quote(slot.match, lang) if slot.match else None,
                _quote(nearest, lang) if nearest else None,
                slot.status is SlotStatus.WRONG,
            )
        )
    return tuple(views)


def _quote(match: Match, lang: str) -> Quote:
    return Quote(
        span=match.span,
        time=format_time(match.span.start_ms),
        text=chinese_punctuation(match.quote),
        who="" if match.role is Role.AGENT else role_name(match.role, lang),
        expected=match.expected,
        percent=int(match.similarity * 100),
    )
