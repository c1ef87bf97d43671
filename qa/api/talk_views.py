"""A transcript as the page of a call lays it out: every word with its time and its marks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from qa.api.display import chinese_punctuation, format_time
from qa.api.views import CLASSES, SYMBOLS
from qa.api.words import word as word_of
from qa.reports.layout import own_matches
from qa.scoring.correcting import Correction, corrected
from qa.types import Outcome, Role, Scorecard, ScoreLine, Span, Transcript, Utterance, Word
from qa.wording import role_name

UNSURE_WORD = 0.5
UNSURE_ROLE = 0.5
_Found = Sequence[tuple[ScoreLine, Span]]
_Titles = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Badge:
    """A mark beside an utterance: this rule's evidence is here."""

    rule_id: str
    title: str
    symbol: str
    css: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A word to hear; where words do not make up the text, the whole text.

    Attributes:
        title: what was heard, where the page shows a corrected word.
    """

    text: str
    css: str
    span: Span
    title: str = ""


@dataclass(frozen=True, slots=True)
class UtteranceView:
    """One utterance; `lane` is 0 for the agent, 1 for the customer, 2 where that is unknown.

    Attributes:
        words: each in a part of its own that can be heard and lit up, escaped.
    """

    span: Span
    time: str
    who: str
    css: str
    lane: int
    role_unsure: bool
    words: Markup
    badges: tuple[Badge, ...]


def utterance_views(
    transcript: Transcript,
    scorecard: Scorecard | None,
    lang: str,
    fixes: Sequence[Correction] = (),
) -> list[UtteranceView]:
    """Lay out the transcript, with the evidence of the scorecard's flags marked in it.

    Args:
        fixes: what is written otherwise than it was heard, marked as such.
    """
    titles = _heard_otherwise(transcript, fixes, lang)
    transcript = corrected(transcript, fixes) if fixes else transcript
    found = _evidence(scorecard.flags if scorecard else (), len(transcript.utterances))
    return [
        _utterance_view(utterance, found.get(number, ()), lang, titles.get(number, {}))
        for number, utterance in enumerate(transcript.utterances)
    ]


def _evidence(flags: Sequence[ScoreLine], count: int) -> Mapping[int, _Found]:
    """Find which flags rest on which utterance; only what was heard, not the nearest misses."""
    found: dict[int, list[tuple[ScoreLine, Span]]] = defaultdict(list)
    for line in flags:
        for match in own_matches(line.verdict):
            if 0 <= match.utterance < count:
                found[match.utterance].append((line, match.span))
    return found


def _heard_otherwise(
    transcript: Transcript, fixes: Sequence[Correction], lang: str
) -> Mapping[int, _Titles]:
    """Say of each character that is written otherwise what was heard; by utterance and place."""
    titles: dict[int, dict[int, str]] = defaultdict(dict)
    for fix in fixes:
        title = f"{word_of('heard_as', lang)}{fix.heard}"
        said = transcript.utterances[fix.utterance].text
        titles[fix.utterance] |= {
            at: title for at, char in zip(fix.at, fix.text, strict=True) if said[at] != char
        }
    return titles


def _utterance_view(
    utterance: Utterance, found: _Found, lang: str, titles: _Titles
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
        words=_written(_pieces(utterance, found, titles)),
        badges=tuple(badges),
    )


def _written(pieces: Sequence[Piece]) -> Markup:
    """Write the words as the page's script finds them; in one go, for a call has many hundreds."""
    return Markup(  # what somebody said is escaped right here, the rest is our own
        "".join(
            f'<span class="w{" " if piece.css else ""}{piece.css}" '
            f'data-t="{piece.span.start_ms},{piece.span.end_ms}"{_title(piece)}>'
            f"{escape(piece.text)}</span>"
            for piece in pieces
        )
    )


def _title(piece: Piece) -> str:
    return f' title="{escape(piece.title)}"' if piece.title else ""


def _pieces(utterance: Utterance, found: _Found, titles: _Titles) -> tuple[Piece, ...]:
    """Cut the text into its words; a mark without a word of its own stays with the one before."""
    text = chinese_punctuation(utterance.text)
    if "".join(word.text for word in utterance.words) != utterance.text:
        return (Piece(text, "", utterance.span),)
    pieces: list[Piece] = []
    at = 0
    for word in utterance.words:
        shown = text[at : at + len(word.text)]
        heard = [titles[k] for k in range(at, at + len(word.text)) if k in titles]
        at += len(word.text)
        is_mark = not shown.isalnum() and not any(map(str.isalnum, shown)) and "＊" not in shown
        if pieces and is_mark:
            last = pieces[-1]
            pieces[-1] = Piece(last.text + shown, last.css, last.span, last.title)
        else:
            looks = [_word_css(word, found), "corrected" if heard else ""]
            css = " ".join(filter(None, looks))
            pieces.append(Piece(shown, css, word.span, heard[0] if heard else ""))
    return tuple(pieces)


def _word_css(word: Word, found: _Found) -> str:
    if not found:
        return "unsure" if word.confidence < UNSURE_WORD else ""
    looks = []
    outcomes = {line.verdict.outcome for line, span in found if word.span.overlap_ms(span) > 0}
    if Outcome.VIOLATED in outcomes:
        looks.append("hit-violated")
    elif outcomes:
        looks.append("hit-undecided")
    if word.confidence < UNSURE_WORD:
        looks.append("unsure")
    return " ".join(looks)
