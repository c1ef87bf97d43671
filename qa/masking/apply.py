"""Hide personal data in transcripts, scorecards and what is known of a call.

Every hidden character becomes one mark, so that lengths, positions and the times of words stay.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import accumulate

from qa.logs import hide_mobiles
from qa.masking.find import Personal, find_personal, personal_spans
from qa.masking.spans import PersonalSpan
from qa.types import (
    Call,
    Hearing,
    KeyedAnswers,
    Match,
    Promise,
    Question,
    Scorecard,
    ScoreLine,
    SlotVerdict,
    Ticket,
    Transcript,
    Utterance,
    Verdict,
)

MARK = "＊"
"""Stands for one hidden character in what was said."""
QUOTE_JOINT = "…"
"""What joins the utterances of a quote that several hold."""
_VISIBLE = 4


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said in a call and what of it is personal; finding it once serves every text.

    Attributes:
        texts: the utterances' own texts.
        masked: the same with marks.
        written: texts that belong to the call, as they were masked: verdicts repeat each other.
    """

    personal: Personal
    texts: tuple[str, ...]
    masked: tuple[str, ...]
    written: dict[str, str] = field(default_factory=dict, repr=False, compare=False)


def listen(transcript: Transcript | None, call: Call, *, personal: Personal | None = None) -> Heard:
    """Find what is personal in a call.

    Args:
        transcript: None for a call that nobody transcribed.
        personal: what was found in these very words of this very call, where that is known.
    """
    if transcript is None:
        transcript = Transcript("", "", 0, 0, ())
    if personal is None:
        personal = find_personal(transcript, call)
    texts = tuple(u.text for u in transcript.utterances)
    masked = tuple(mask_spans(t, s) for t, s in zip(texts, personal.spans, strict=True))
    return Heard(personal, texts, masked)


def mask_spans(text: str, spans: Iterable[PersonalSpan]) -> str:
    """Put a mark for every character of the stretches; the text keeps its length."""
    chars = list(text)
    for span in spans:
        chars[span.start : span.end] = MARK * (span.end - span.start)
    return "".join(chars)


def mask_text(text: str, heard: Heard) -> str:
    """Hide what is personal in a text that belongs to a call, such as a remark or a note."""
    masked = heard.written.get(text)
    if masked is None:
        masked = mask_spans(text, personal_spans(text, heard.personal))
        heard.written[text] = masked
    return masked


def mask_transcript(
    transcript: Transcript, call: Call, *, heard: Heard | None = None
) -> Transcript:
    """Hide what is personal in a transcript.

    Args:
        heard: what `listen` found in this transcript, where it is known already.

    Returns:
        The transcript with texts and words of the same lengths and times. What was asked of the
        sound is hidden entirely: it is made of names and numbers.
    """
    heard = heard or listen(transcript, call)
    return replace(
        transcript,
        utterances=tuple(map(_utterance, transcript.utterances, heard.masked)),
        hearings=tuple(_hearing(hearing) for hearing in transcript.hearings),
    )


def _utterance(utterance: Utterance, masked: str) -> Utterance:
    if masked == utterance.text:
        return utterance
    words = utterance.words
    if "".join(word.text for word in words) == utterance.text:
        ends = list(accumulate(len(word.text) for word in words))
        pieces = [masked[end - len(word.text) : end] for word, end in zip(words, ends, strict=True)]
    else:
        pieces = [MARK * len(word.text) for word in words]
    words = tuple(replace(word, text=text) for word, text in zip(words, pieces, strict=True))
    return Utterance(
        utterance.role,
        utterance.role_confidence,
        utterance.channel,
        utterance.span,
        masked,
        words,
        utterance.confidence,
        utterance.level_dbfs,
    )


def _hearing(hearing: Hearing) -> Hearing:
    return replace(hearing, text=MARK * len(hearing.text))


def mask_scorecard(scorecard: Scorecard, heard: Heard) -> Scorecard:
    """Hide what is personal in a scorecard's quotes, slots, nearest misses, promises and values.

    Args:
        heard: what `listen` found in the transcript that was judged, and in its call.
    """
    lines = tuple(_line(line, heard) for line in scorecard.lines)
    return replace(scorecard, lines=lines)


def _line(line: ScoreLine, heard: Heard) -> ScoreLine:
    return replace(line, verdict=mask_verdict(line.verdict, heard))


def mask_verdict(verdict: Verdict, heard: Heard) -> Verdict:
    """Hide what is personal in one verdict."""
    return replace(
        verdict,
        details=tuple((name, _value(value, heard)) for name, value in verdict.details),
        matches=tuple(mask_match(match, heard) for match in verdict.matches),
        nearest=verdict.nearest and mask_match(verdict.nearest, heard),
        slots=tuple(_slot(slot, heard) for slot in verdict.slots),
        questions=tuple(_question(question) for question in verdict.questions),
        promises=tuple(_promise(promise, heard) for promise in verdict.promises),
    )


def _slot(slot: SlotVerdict, heard: Heard) -> SlotVerdict:
    return replace(
        slot,
        match=slot.match and mask_match(slot.match, heard),
        nearest=slot.nearest and mask_match(slot.nearest, heard),
    )


def _promise(promise: Promise, heard: Heard) -> Promise:
    return replace(promise, match=mask_match(promise.match, heard))


def _question(question: Question) -> Question:
    return replace(question, hypotheses=tuple(MARK * len(text) for text in question.hypotheses))


def mask_match(match: Match, heard: Heard) -> Match:
    """Hide what is personal in a quote, as it is hidden where the quote was said."""
    quote = _quote(match, heard)
    said = [char for char in quote if char.isalnum() or char == MARK]
    if 2 * said.count(MARK) >= len(said) > 0:  # what was looked for is what was said
        expected = "".join(MARK if _is_own(char) else char for char in match.expected)
    else:
        expected = _value(match.expected, heard)
    return replace(match, quote=quote, expected=expected)


def _is_own(char: str) -> bool:
    """Whether a character is more than a letter of a code: `address` names no place."""
    return char.isalnum() and not (char.isascii() and char.isalpha())


def _value(text: str, heard: Heard) -> str:
    """Hide what is personal in a value of a verdict; counts, limits and codes are short."""
    if text.isascii() and sum(char.isdigit() for char in text) < MIN_OWN_DIGITS:
        return text
    return mask_text(text, heard)


MIN_OWN_DIGITS = 5
"""Digits from which a value of a verdict may be somebody's number; an agent's has fewer."""


def _quote(match: Match, heard: Heard) -> str:
    """Mask a quote piece by piece; a piece that is in no utterance is judged by itself."""
    masked, first = [], match.utterance
    for piece in match.quote.split(QUOTE_JOINT):
        at = next(
            (k for k in range(max(0, first), len(heard.texts)) if piece in heard.texts[k]), -1
        )
        if at < 0:
            masked.append(mask_text(piece, heard))
            continue
        masked.append(_as_in(piece, heard.texts[at], heard.masked[at]))
        first = at
    return QUOTE_JOINT.join(masked)


def _as_in(piece: str, text: str, masked: str) -> str:
    """Mask a piece as it is masked in its text; as in every place where it stands there."""
    hidden = [False] * len(piece)
    at = text.find(piece) if piece else -1
    while at >= 0:
        for k in range(len(piece)):
            hidden[k] = hidden[k] or masked[at + k] != text[at + k]
        at = text.find(piece, at + 1)
    return "".join(MARK if h else c for c, h in zip(piece, hidden, strict=True))


def mask_call(call: Call, *, heard: Heard | None = None) -> Call:
    """Hide the customer's name, address and numbers in what is known of a call.

    Names keep their surname and numbers their ends (`张**`, `138****1234`), so that two calls of
    one customer can be told to belong together; addresses show their length only. The call's id
    stays: it is what the call is found by.
    """
    problem, remark = call.ticket and call.ticket.problem, call.keyed and call.keyed.remark
    if heard is None and (problem or remark):  # else nothing has to be found in any text
        heard = listen(None, call)
    ticket = call.ticket and _ticket(call.ticket, heard)
    keyed = call.keyed and _keyed(call.keyed, heard)
    return replace(
        call,
        caller_number=mask_number(call.caller_number) or None,
        ticket=ticket,
        keyed=keyed,
    )


def _ticket(ticket: Ticket, heard: Heard | None) -> Ticket:
    return replace(
        ticket,
        name=mask_name(ticket.name) or None,
        address=mask_address(ticket.address) or None,
        phone=mask_number(ticket.phone) or None,
        problem=_hidden(ticket.problem, heard),
    )


def _keyed(keyed: KeyedAnswers, heard: Heard | None) -> KeyedAnswers:
    return replace(keyed, remark=_hidden(keyed.remark, heard))


def _hidden(text: str | None, heard: Heard | None) -> str | None:
    """Hide what is personal in a text; all of it where nobody listened for what is."""
    if not text:
        return text
    return mask_text(text, heard) if heard is not None else MARK * len(text)


def mask_number(number: str | None) -> str:
    """Hide the middle of a telephone number: `138****1234`.

    Returns:
        The number with all but its first three and last four characters replaced; a short one
        keeps its last two at most, and never more than half of it is shown.
    """
    if not number:
        return ""
    if len(number) >= 3 + _VISIBLE + 3:
        return f"{number[:3]}{'*' * (len(number) - 7)}{number[-_VISIBLE:]}"
    shown = min(2, len(number) // 2)
    return "*" * (len(number) - shown) + number[len(number) - shown :]


def mask_numbers_in(text: str) -> str:
    """Hide mobile numbers inside a file name or an id: recorders like to put them there."""
    return hide_mobiles(text)


def mask_name(name: str | None) -> str:
    """Keep the family name: `张**`."""
    return name[0] + "*" * max(1, len(name) - 1) if name else ""


def mask_address(address: str | None) -> str:
    """Hide an address; only its length shows."""
    return "*" * len(address) if address else ""
