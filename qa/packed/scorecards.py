"""Scorecards as they are stored: positional JSON, whole in itself.

Titles and points stay with each card, since it must be readable after its ruleset has changed;
they cost little once compressed.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple

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


class Laid(NamedTuple):
    """A line as it stands in the packed form, cut in two and not read.

    Attributes:
        head: the JSON of what the rule says: id, title, group, grade, critical, points, title_en.
        verdict: the JSON behind it, outcome first; what is empty at the verdict's end is left out.
            Both stand without the brackets around them.
    """

    rule_id: str
    outcome: str
    head: bytes
    verdict: bytes


_HEAD = 7
"""Fields of a head."""
_PLAIN = 7
"""Most fields of a verdict that asks nothing and holds no promise."""


def pack(card: Scorecard, laid: Sequence[Laid] | None = None) -> bytes:
    """Turn a scorecard into positional JSON.

    Args:
        laid: the card's lines as they are to be stored, where they are laid out already; those of
            the card may then be in outline (`outline`).
    """
    front = [
        card.call_id,
        card.transcript_key,
        card.context,
        card.ruleset_id,
        card.ruleset_hash,
        card.total,
        card.critical_failure,
        [[g.group, g.title, g.deducted, g.violated, g.undecided, g.title_en] for g in card.groups],
    ]
    if laid is None:
        lines = [[*_head(line), *_verdict(line.verdict)] for line in card.lines]
        return MAGIC + orjson.dumps([*front, lines, card.hearings])
    joined = b",".join([b"[%b,%b]" % (line.head, line.verdict) for line in laid])
    return b"%b%b,[%b]%b" % (MAGIC, orjson.dumps(front)[:-1], joined, _behind(card.hearings))


def _behind(hearings: str) -> bytes:
    """Return what stands behind the lines."""
    return b",%b]" % orjson.dumps(hearings)


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
    lines: list[list[Any]] = orjson.loads(data[len(MAGIC) :])[8]
    if not all(len(line) > _HEAD for line in lines):
        raise ValueError("a line is cut off")
    return [Laid(line[0], line[_HEAD], _json(line[:_HEAD]), _json(line[_HEAD:])) for line in lines]


class Cutter:
    """Cuts the packed cards of one ruleset into lines without reading them.

    All cards of a ruleset have the same lines in the same order, whose heads differ in their
    points at most, so that each line begins where its head is found. In JSON a quotation mark
    inside a text has a backslash before it; so what looks like a head is one.

    Args:
        data: one card of the ruleset, packed; it is read to learn the heads.

    Raises:
        ValueError, IndexError, TypeError: the bytes are damaged.
    """

    def __init__(self, data: bytes) -> None:
        lines: list[list[Any]] = orjson.loads(data[len(MAGIC) :])[8]
        self._heads = [
            (line[0], b"[%b," % _json(line[: _HEAD - 2]), b",%b," % _json(line[_HEAD - 1 : _HEAD]))
            for line in lines
        ]
        self._following = [*(before for _, before, _ in self._heads[1:]), b""]

    def cut(self, data: bytes, hearings: str) -> list[Laid] | None:
        """Cut a card into its lines; None where it is not laid out as the first one was.

        Args:
            hearings: the revision that the card names.
        """
        end = b"]]%b" % _behind(hearings)
        if not (self._heads and data.startswith(MAGIC) and data.endswith(end)):
            return None
        find, lines = data.find, []
        start, last = find(self._heads[0][1]), len(data) - len(end)
        for (rule_id, before, after), following in zip(self._heads, self._following, strict=True):
            comma = find(b",", start + len(before)) if start >= 0 else -1
            if not data.startswith(after, comma):
                return None
            begin = comma + len(after)
            onward = find(following, begin) if following else last
            stop = onward - 2 if following else last
            if onward < 0 or (following and data[stop:onward] != b"],"):
                return None
            outcome = data[begin + 1 : find(b'"', begin + 1)].decode()
            lines.append(Laid(rule_id, outcome, data[start + 1 : begin - 1], data[begin:stop]))
            start = onward
        return lines


def lay(line: ScoreLine) -> Laid:
    """Lay out a line."""
    return Laid(
        line.rule_id, line.verdict.outcome.value, head_of(line), _json(_verdict(line.verdict))
    )


def head_of(line: ScoreLine) -> bytes:
    """Lay out what stands before a line's verdict."""
    return _json(_head(line))


def has_reason(laid: Laid, reason: str) -> bool:
    """Whether a line has a reason; most lines tell without being read."""
    return _json([reason]) in laid.verdict and _fields(laid)[1] == reason


def read_verdict(laid: Laid) -> Verdict:
    """Read the verdict of a line.

    Raises:
        ValueError, KeyError, TypeError, IndexError: the line is damaged.
    """
    return _read_verdict(*_fields(laid))


def outline(laid: Laid) -> Verdict | None:
    """Read no more of a verdict than its rows need; None where they need all of it.

    That is the outcome where nobody is called on to look: the line is met or not applicable, asks
    nothing of the sound, and holds no promise.
    """
    seen = _OUTLINES.get(laid.outcome)
    # Slots, questions and promises stand at the end, in two brackets at least.
    if seen is None or not laid.verdict.endswith(b"]]") or len(_fields(laid)) <= _PLAIN:
        return seen
    return None


_OUTLINES = {o.value: Verdict(o, "") for o in (Outcome.MET, Outcome.NOT_APPLICABLE)}


def _json(values: list[Any]) -> bytes:
    """Write values as they stand in a list, without its brackets."""
    return orjson.dumps(values)[1:-1]


def _fields(laid: Laid) -> list[Any]:
    fields: list[Any] = orjson.loads(b"[%b]" % laid.verdict)
    return fields


def _head(line: ScoreLine) -> list[Any]:
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
