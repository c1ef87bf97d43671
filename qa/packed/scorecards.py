"""Scorecards as they are stored: positional JSON, whole in itself.

Titles and points stay with each card, since it must be readable after its ruleset has changed;
they cost little once compressed.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import orjson

from qa.types import (
    Grade,
    GroupScore,
    Match,
    Outcome,
    Promise,
    Question,
    Role,
    Scorecard,
    ScoreLine,
    SlotStatus,
    SlotVerdict,
    Span,
    Verdict,
)

MAGIC = b"QC\x02"
_KNOWN = {
    Scorecard: (
        "call_id transcript_key context ruleset_id ruleset_hash total critical_failure groups lines"
        " hearings"
    ),
    GroupScore: "group title deducted violated undecided title_en",
    ScoreLine: "rule_id title group grade critical verdict points title_en",
    Verdict: "outcome reason details matches searched nearest slots questions promises",
    Match: "utterance role span quote expected similarity",
    SlotVerdict: "name status match nearest",
    Question: "channel span hypotheses",
    Promise: "match due",
}
"""Fields that the packed form keeps; see `packed.transcripts`."""


def can_pack() -> bool:
    """Whether the packed form keeps every field that a scorecard has."""
    return all([f.name for f in fields(t)] == names.split() for t, names in _KNOWN.items())


Laid = list[Any]
"""A line as it stands in the packed form: its head, and then its verdict.

What is empty at the verdict's end is left out.
"""
_VERDICT = 7
"""Where the verdict begins: its outcome, and then its reason."""
_PLAIN = _VERDICT + 7
"""Longest line of a verdict that asks nothing and holds no promise."""


def pack(card: Scorecard, laid: Sequence[Laid] | None = None) -> bytes:
    """Turn a scorecard into positional JSON.

    Args:
        laid: the card's lines as they are to be stored, where they are laid out already; those of
            the card may then be in outline (`outline`).
    """
    lines = [lay(line) for line in card.lines] if laid is None else laid
    document = [
        card.call_id,
        card.transcript_key,
        card.context,
        card.ruleset_id,
        card.ruleset_hash,
        card.total,
        card.critical_failure,
        [[g.group, g.title, g.deducted, g.violated, g.undecided, g.title_en] for g in card.groups],
        lines,
        card.hearings,
    ]
    return MAGIC + orjson.dumps(document)


def unpack(data: bytes) -> Scorecard:
    """Read what `pack` wrote.

    Raises:
        ValueError, KeyError, TypeError, IndexError: the bytes are damaged.
    """
    document = orjson.loads(data[len(MAGIC) :])
    groups = tuple([GroupScore(*group) for group in document[7]])
    lines = tuple([_read_line(*line) for line in document[8]])
    values = [*document[:7], groups, lines, document[9]]
    return Scorecard(*values)


def laid_lines(data: bytes) -> list[Laid]:
    """Read a packed card's lines as they are laid out, and build nothing.

    Raises:
        ValueError, IndexError, TypeError: the bytes are damaged.
    """
    lines: list[Laid] = orjson.loads(data[len(MAGIC) :])[8]
    if not all(len(line) > _VERDICT for line in lines):
        raise ValueError("a line is cut off")
    return lines


def lay(line: ScoreLine) -> Laid:
    """Lay out a line."""
    return [*_head(line), *_verdict(line.verdict)]


def with_head(line: ScoreLine, laid: Laid) -> Laid:
    """Lay out a line whose verdict is laid out already: the last part of `laid`."""
    return [*_head(line), *laid[_VERDICT:]]


def rule_of(laid: Laid) -> str:
    """Name the rule of a line that is laid out."""
    rule_id: str = laid[0]
    return rule_id


def outcome_of(laid: Laid) -> str:
    """Name the outcome of a line that is laid out."""
    outcome: str = laid[_VERDICT]
    return outcome


def reason_of(laid: Laid) -> str:
    """Name the reason of a line that is laid out."""
    reason: str = laid[_VERDICT + 1]
    return reason


def read_verdict(laid: Laid) -> Verdict:
    """Read the verdict of a line.

    Raises:
        ValueError, KeyError, TypeError, IndexError: the line is damaged.
    """
    return _read_verdict(*laid[_VERDICT:])


def outline(laid: Laid) -> Verdict | None:
    """Read no more of a verdict than its rows need; None where they need all of it.

    That is the outcome where nobody is called on to look: the line is met or not applicable, asks
    nothing of the sound, and holds no promise.
    """
    return _OUTLINES.get(laid[_VERDICT]) if len(laid) <= _PLAIN else None


_OUTLINES = {o.value: Verdict(o, "") for o in (Outcome.MET, Outcome.NOT_APPLICABLE)}


def _head(line: ScoreLine) -> Laid:
    return [
        line.rule_id,
        line.title,
        line.group,
        line.grade,
        line.critical,
        line.points,
        line.title_en,
    ]


def _read_line(
    rule_id: str,
    title: str,
    group: str,
    grade: str,
    critical: bool,
    points: int,
    title_en: str,
    *verdict: Any,
) -> ScoreLine:
    return ScoreLine(
        rule_id, title, group, Grade(grade), critical, _read_verdict(*verdict), points, title_en
    )


def _verdict(v: Verdict) -> list[Any]:
    """Lay out a verdict; what is empty at its end is left out."""
    laid: list[Any] = [
        v.outcome,
        v.reason,
        v.details,
        [_match(m) for m in v.matches],
        [v.searched.start_ms, v.searched.end_ms] if v.searched else None,
        _match(v.nearest) if v.nearest else None,
    ]
    if v.slots or v.questions or v.promises:
        laid.append([[s.name, s.status, _maybe(s.match), _maybe(s.nearest)] for s in v.slots])
    if v.questions or v.promises:
        laid.append(
            [[q.channel, q.span.start_ms, q.span.end_ms, q.hypotheses] for q in v.questions]
        )
    if v.promises:
        laid.append([[_match(p.match), p.due.isoformat() if p.due else None] for p in v.promises])
    return laid


def _read_verdict(
    outcome: str,
    reason: str,
    details: list[list[str]],
    matches: list[Any],
    searched: list[int] | None,
    nearest: Any,
    slots: Any = (),
    questions: Any = (),
    promises: Any = (),
) -> Verdict:
    return Verdict(
        Outcome(outcome),
        reason,
        tuple([(name, value) for name, value in details]),
        tuple([_read_match(m) for m in matches]),
        Span(*searched) if searched else None,
        _read_match(nearest),
        tuple(
            [
                SlotVerdict(name, SlotStatus(status), _read_match(match), _read_match(near))
                for name, status, match, near in slots
            ]
        ),
        tuple([Question(c, Span(a, b), tuple(texts)) for c, a, b, texts in questions]),
        tuple([_read_promise(*promise) for promise in promises]),
    )


def _match(m: Match) -> list[Any]:
    span = m.span
    return [m.utterance, m.role, span.start_ms, span.end_ms, m.quote, m.expected, m.similarity]


def _maybe(m: Match | None) -> list[Any] | None:
    return None if m is None else _match(m)


def _read_match(laid: Any) -> Any:
    if laid is None:
        return None
    utterance, role, start_ms, end_ms, *rest = laid
    return Match(utterance, Role(role), Span(start_ms, end_ms), *rest)


def _read_promise(match: Any, due: str | None) -> Promise:
    return Promise(_read_match(match), datetime.fromisoformat(due) if due else None)
