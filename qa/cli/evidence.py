"""A verdict's evidence in the terminal: reason, quotes, ticket, slots, nearest misses."""

from collections.abc import Iterable

from rich.text import Text

from qa.reports.layout import own_matches, own_slots, promise_at, ticket_text
from qa.types import (
    Call,
    Match,
    Outcome,
    Promise,
    Role,
    SlotStatus,
    SlotVerdict,
    Span,
    Verdict,
)
from qa.wording import reason_text, role_name, slot_name, slot_status_name

_SLOT_MARKS = {
    SlotStatus.SAID: ("✓", "green"),
    SlotStatus.MISSING: ("✗", "red"),
    SlotStatus.WRONG: ("✗", "red"),
    SlotStatus.UNSURE: ("?", "yellow"),
}
_WORDS = {
    "zh": {
        "nearest": "最接近",
        "similarity": "相似",
        "searched": "查找范围",
        "more": "另有 {n} 处",
        "ticket": "工单",
        "due": "期限 {due}",
        "no_due": "期限不明",
        "ask": "可由录音作答：qa hear",
        "colon": "：",
    },
    "en": {
        "nearest": "nearest",
        "similarity": "similarity",
        "searched": "searched",
        "more": "{n} more",
        "ticket": "ticket",
        "due": "due {due}",
        "no_due": "due time unknown",
        "ask": "the recording can tell: qa hear",
        "colon": ": ",
    },
}
_MAX_QUOTES = 3
_QUOTE_CHARS = 48
_NEAR_CHARS = 20


def format_time(ms: int) -> str:
    """Write a time as `mm:ss.s`, cut (not rounded) to a tenth of a second."""
    minutes, tenths = divmod(ms // 100, 600)
    return f"{minutes:02d}:{tenths // 10:02d}.{tenths % 10}"


def printable(text: str) -> str:
    """Drop what could steer a terminal: ids and quotes come from outside."""
    return "".join(character for character in text if character.isprintable())


def evidence(verdict: Verdict, lang: str = "zh", call: Call | None = None) -> Text:
    """Lay out a verdict's evidence, a line for each piece.

    Args:
        lang: `zh` or `en`.
        call: adds what its ticket says of the detail, and gives due times their zone.
    """
    words = _WORDS[lang]
    parts = [Text(reason_text(verdict, lang))]
    shown = own_matches(verdict)
    for match in shown[:_MAX_QUOTES]:
        parts.append(quote(match, lang))
        if promise := promise_at(verdict, match):
            parts.append(Text(f"→ {_due(promise, lang, call)}", style="magenta"))
    if len(shown) > _MAX_QUOTES:
        parts.append(Text(words["more"].format(n=len(shown) - _MAX_QUOTES), style="dim"))
    if written := ticket_text(verdict, call):
        parts.append(_ticket(*written, lang))
    parts += _slots(verdict, shown, lang)
    if verdict.outcome in (Outcome.VIOLATED, Outcome.UNDECIDED):
        near_slots = [slot.nearest for slot in verdict.slots]
        if verdict.nearest is not None and verdict.nearest not in (*shown, *near_slots):
            parts.append(_nearest(verdict.nearest, lang))
        if verdict.searched is not None and not verdict.matches:
            span = f"{words['searched']} {_format_span(verdict.searched)}"
            parts.append(Text(span, style="dim"))
    if verdict.outcome is Outcome.UNDECIDED and verdict.questions:
        parts.append(Text(words["ask"], style="yellow"))
    return Text("\n").join(parts)


def promise_text(promise: Promise, lang: str, call: Call | None) -> Text:
    """Lay out a promise: its words, and until when it is to be kept."""
    text = quote(promise.match, lang)
    text.append(f" {_due(promise, lang, call)}", style="magenta")
    return text


def quote(match: Match, lang: str) -> Text:
    """Lay out a quote: when, who (unless it is the agent), what."""
    text = Text(format_time(match.span.start_ms), style="cyan")
    if match.role is not Role.AGENT:  # the rules are about the agent: only others need a name
        text.append(f" {role_name(match.role, lang)}", style="dim")
    text.append(_quoted(match.quote), style="default")
    return text


def _due(promise: Promise, lang: str, call: Call | None) -> str:
    words = _WORDS[lang]
    if promise.due is None:
        return words["no_due"]
    start = call.started_at if call else None
    due = promise.due.astimezone(start.tzinfo) if start else promise.due
    return words["due"].format(due=f"{due:%m-%d %H:%M}")


def _ticket(detail: str, written: str, lang: str) -> Text:
    words, name = _WORDS[lang], slot_name(detail, lang)
    label = f"{words['ticket']}{name}" if lang == "zh" else f"{words['ticket']}, {name}"
    text = Text(label, style="dim")
    text.append(_quoted(written), style="bold")
    return text


def _slots(verdict: Verdict, shown: list[Match], lang: str) -> Iterable[Text]:
    """Give each slot with words of its own a line; the others share one."""
    bare = Text()
    for slot in own_slots(verdict):
        mark, style = _SLOT_MARKS[slot.status]
        text = Text(mark + slot_name(slot.name, lang), style=style)
        if slot.status in (SlotStatus.UNSURE, SlotStatus.WRONG):
            text.append(f"({slot_status_name(slot.status, lang, slot.name)})", style="dim")
        if slot.status is SlotStatus.SAID and slot.match and slot.match not in shown:
            text.append(" ").append(quote(slot.match, lang))
        elif slot.status is not SlotStatus.SAID and slot.nearest and slot.nearest not in shown:
            text.append(" ").append(_near_slot(slot, slot.nearest, lang))
        else:
            bare.append("  " if bare else "").append(text)
            continue
        yield text
    if bare:
        yield bare


def _near_slot(slot: SlotVerdict, nearest: Match, lang: str) -> Text:
    is_words = slot.status is SlotStatus.WRONG or nearest.similarity >= 1  # a value, no near miss
    return quote(nearest, lang) if is_words else _nearest(nearest, lang)


def _nearest(match: Match, lang: str) -> Text:
    words = _WORDS[lang]
    text = Text(f"{words['nearest']}{words['colon']}", style="dim")
    text.append(format_time(match.span.start_ms), style="cyan dim")
    text.append(_quoted(match.quote, _NEAR_CHARS))
    text.append(f" {words['similarity']} {match.similarity:.0%}")
    return text


def _quoted(text: str, most: int = _QUOTE_CHARS) -> str:
    words = printable(text)
    if len(words) > most:
        words = words[: most - 1] + "…"
    return f"「{words}」"


def _format_span(span: Span) -> str:
    return f"{format_time(span.start_ms)}–{format_time(span.end_ms)}"
