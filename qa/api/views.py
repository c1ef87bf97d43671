"""A call as the page lays it out: every rule with its evidence, every utterance with its marks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.api.display import chinese_punctuation, format_time
from qa.store.evidence import evidence_of
from qa.types import (
    Grade,
    Match,
    Outcome,
    Role,
    Scorecard,
    ScoreLine,
    SlotStatus,
    Span,
    Transcript,
    Utterance,
    Verdict,
    Word,
)
from qa.wording import grade_name, outcome_name, reason_text, role_name, slot_name, slot_status_name

UNSURE_WORD = 0.5
UNSURE_ROLE = 0.5
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
    """Words to hear: a click plays them. `who` is empty for the agent, whom the rules are about."""

    span: Span
    time: str
    text: str
    who: str
    expected: str
    percent: int


@dataclass(frozen=True, slots=True)
class SlotView:
    """One slot of a script; `heard` where it was said, `nearest` where it was not."""

    name: str
    status: str
    symbol: str
    css: str
    heard: Quote | None
    nearest: Quote | None


@dataclass(frozen=True, slots=True)
class LineView:
    """One rule on the page; `span` is what its play button plays."""

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


@dataclass(frozen=True, slots=True)
class Badge:
    """A mark beside an utterance: this rule's evidence is here."""

    rule_id: str
    title: str
    symbol: str
    css: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an utterance's text with one look."""

    text: str
    css: str


@dataclass(frozen=True, slots=True)
class UtteranceView:
    """One utterance; `lane` is 0 for the agent, 1 for the customer, 2 where that is unknown."""

    span: Span
    time: str
    who: str
    css: str
    lane: int
    role_unsure: bool
    pieces: tuple[Piece, ...]
    badges: tuple[Badge, ...]


def line_views(scorecard: Scorecard, lang: str) -> list[LineView]:
    """Lay out every rule: flags first and the most serious on top, the others in their order."""
    lines = sorted(scorecard.lines, key=_seriousness)
    return [_line_view(line, lang) for line in lines]


def _seriousness(line: ScoreLine) -> tuple[int, int]:
    if line.verdict.outcome is Outcome.VIOLATED:
        return (0, -1) if line.critical else (0, _GRADES.index(line.grade))
    if line.verdict.outcome is Outcome.UNDECIDED:
        return (1, _GRADES.index(line.grade))
    return (2, 0)


def _line_view(line: ScoreLine, lang: str) -> LineView:
    verdict = line.verdict
    near_slots = {slot.nearest for slot in verdict.slots}
    nearest = verdict.nearest if verdict.nearest not in near_slots else None
    return LineView(
        rule_id=line.rule_id,
        title=line.title_en if lang == "en" and line.title_en else line.title,
        outcome=outcome_name(verdict.outcome, lang),
        symbol=SYMBOLS[verdict.outcome],
        css=CLASSES[verdict.outcome],
        grade=grade_name(line.grade, lang),
        grade_css=line.grade.value,
        critical=line.critical,
        points=line.points,
        reason=reason_text(verdict, lang),
        quotes=tuple(_quote(m, lang) for m in _own_matches(verdict)),
        slots=_slots(verdict, lang),
        nearest=_quote(nearest, lang) if nearest else None,
        searched=verdict.searched if not verdict.matches else None,
        span=evidence_of(verdict).span,
        is_flag=line.is_flag,
    )


def _own_matches(verdict: Verdict) -> list[Match]:
    """List the matches that are no slots: a slot that was said speaks for the agent."""
    in_slots = {slot.match for slot in verdict.slots}
    return [match for match in verdict.matches if match not in in_slots]


def _slots(verdict: Verdict, lang: str) -> tuple[SlotView, ...]:
    views = []
    for slot in verdict.slots:
        symbol, css = _SLOTS[slot.status]
        nearest = slot.nearest if slot.status is not SlotStatus.SAID else None
        views.append(
            SlotView(
                slot_name(slot.name, lang),
                slot_status_name(slot.status, lang),
                symbol,
                css,
                _quote(slot.match, lang) if slot.match else None,
                _quote(nearest, lang) if nearest else None,
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


def utterance_views(
    transcript: Transcript, scorecard: Scorecard | None, lang: str
) -> list[UtteranceView]:
    """Lay out the transcript, with the evidence of the scorecard's flags marked in it."""
    found = _evidence(scorecard.flags if scorecard else (), len(transcript.utterances))
    return [
        _utterance_view(utterance, found.get(number, ()), lang)
        for number, utterance in enumerate(transcript.utterances)
    ]


def _evidence(
    flags: Sequence[ScoreLine], count: int
) -> Mapping[int, Sequence[tuple[ScoreLine, Span]]]:
    """Find which flags rest on which utterance; only what was heard, not the nearest misses."""
    found: dict[int, list[tuple[ScoreLine, Span]]] = defaultdict(list)
    for line in flags:
        for match in _own_matches(line.verdict):
            if 0 <= match.utterance < count:
                found[match.utterance].append((line, match.span))
    return found


def _utterance_view(
    utterance: Utterance, found: Sequence[tuple[ScoreLine, Span]], lang: str
) -> UtteranceView:
    lines = {line.rule_id: line for line, _ in found}
    badges = [
        Badge(
            rule_id,
            line.title_en if lang == "en" and line.title_en else line.title,
            SYMBOLS[line.verdict.outcome],
            CLASSES[line.verdict.outcome],
        )
        for rule_id, line in lines.items()
    ]
    return UtteranceView(
        span=utterance.span,
        time=format_time(utterance.span.start_ms),
        who=role_name(utterance.role, lang),
        css=utterance.role.value,
        lane=[Role.AGENT, Role.CUSTOMER, Role.UNKNOWN].index(utterance.role),
        role_unsure=utterance.role is not Role.UNKNOWN and utterance.role_confidence < UNSURE_ROLE,
        pieces=_pieces(utterance, found),
        badges=tuple(badges),
    )


def _pieces(utterance: Utterance, found: Sequence[tuple[ScoreLine, Span]]) -> tuple[Piece, ...]:
    """Cut the text where its look changes; words that do not make up the text are left aside."""
    text = chinese_punctuation(utterance.text)
    if "".join(word.text for word in utterance.words) != utterance.text:
        return (Piece(text, ""),)
    pieces: list[Piece] = []
    at = 0
    for word in utterance.words:
        shown, css = text[at : at + len(word.text)], _word_css(word, found)
        at += len(word.text)
        if pieces and (pieces[-1].css == css or not any(map(str.isalnum, shown))):
            pieces[-1] = Piece(pieces[-1].text + shown, pieces[-1].css)
        else:
            pieces.append(Piece(shown, css))
    return tuple(pieces)


def _word_css(word: Word, found: Sequence[tuple[ScoreLine, Span]]) -> str:
    looks = []
    outcomes = {line.verdict.outcome for line, span in found if word.span.overlap_ms(span) > 0}
    if Outcome.VIOLATED in outcomes:
        looks.append("hit-violated")
    elif outcomes:
        looks.append("hit-undecided")
    if word.confidence < UNSURE_WORD:
        looks.append("unsure")
    return " ".join(looks)
