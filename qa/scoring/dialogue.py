"""Written dialogues as transcripts: for examples, tests and `qa rules try`.

One utterance a line, `坐席: …` or `客户: …`. A time such as `[00:12.5]` or `[00:12.5-00:14]` may
stand before it, a line `(停顿 12秒)` makes a silence; empty lines and lines that begin with `#` do
not count. A level may stand behind the speaker, `坐席(-26dB): …`, for rules about loudness.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, replace

from qa.types import Role, Span, Transcript, Utterance, Word

CHARACTER_MS = 230
GAP_MS = 400

_LABELS = {
    Role.AGENT: ("坐席", "座席", "客服", "话务员", "接线员", "agent"),
    Role.CUSTOMER: ("客户", "用户", "顾客", "住户", "customer"),
    Role.UNKNOWN: ("未知", "说话人", "unknown"),
}
_ROLES = {label: role for role, labels in _LABELS.items() for label in labels}
_TIME = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?:\.\d{1,3})?"
_LINE = re.compile(
    rf"^(?:[\[(（【]?(?P<start>{_TIME})(?:\s*[-–—~～]\s*(?P<end>{_TIME}))?[\])）】]?\s*)?"
    rf"(?P<label>{'|'.join(_ROLES)})"
    r"(?:\s*[(（]\s*(?P<level>[-−+]?\d{1,3}(?:\.\d+)?)\s*dB\s*[)）])?\s*[:：]\s*(?P<text>.*)$",
    re.IGNORECASE,
)
_PAUSE = re.compile(
    r"^[(（]\s*(?:停顿|静音|pause|silence)\s*(?P<s>\d+(?:\.\d+)?)\s*(?:秒|s)\s*[)）]$",
    re.IGNORECASE,
)


class DialogueError(ValueError):
    """A line of a written dialogue cannot be read.

    Args:
        line: its number, from 1.
        problem: what is wrong; never the line's own words.
    """

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(line, problem)
        self.line, self.problem = line, problem

    def __str__(self) -> str:
        return f"dialogue line {self.line}: {self.problem}"


@dataclass
class _Clock:
    """Where the next utterance begins, when its line does not say."""

    next_ms: int = GAP_MS
    gap_ms: int = 0


def parse_dialogue(text: str) -> Transcript:
    """Turn a written dialogue into a transcript that is heard perfectly.

    Every character is a word of 230 ms with confidence 1, 400 ms lie between utterances; the
    agent speaks on channel 0, the customer on channel 1. A dialogue with a line of unknown role
    (`未知: …`) becomes a mono recording.

    Raises:
        DialogueError: a line has no known speaker, no words or a bad time, or no line speaks.
    """
    clock = _Clock()
    utterances: list[Utterance] = []
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if pause := _PAUSE.match(line):
            clock.gap_ms += round(float(pause["s"]) * 1000)
        else:
            utterances.append(_utterance(line, number, clock))
    if not utterances:
        raise DialogueError(1, "nobody speaks; write lines such as '坐席: 您好'")
    if any(utterance.role is Role.UNKNOWN for utterance in utterances):
        utterances = [replace(utterance, channel=0) for utterance in utterances]
    return Transcript(
        recording_id=hashlib.sha256(text.encode()).hexdigest(),
        engine="dialogue",
        duration_ms=max(utterance.span.end_ms for utterance in utterances) + GAP_MS,
        channel_count=1 + max(utterance.channel for utterance in utterances),
        utterances=tuple(sorted(utterances, key=lambda utterance: utterance.span.start_ms)),
    )


def _utterance(line: str, number: int, clock: _Clock) -> Utterance:
    match = _LINE.match(line)
    if match is None:
        raise DialogueError(number, "does not begin with '坐席:' or '客户:'")
    pieces = _pieces(match["text"])
    if not pieces:
        raise DialogueError(number, "has no words after the colon")
    start_ms = _milliseconds(match["start"]) if match["start"] else clock.next_ms + clock.gap_ms
    end_ms = start_ms + len(pieces) * CHARACTER_MS
    if match["end"]:
        end_ms = _milliseconds(match["end"])
        if end_ms <= start_ms:
            raise DialogueError(number, "ends before it begins")
    clock.next_ms, clock.gap_ms = end_ms + GAP_MS, 0
    role = _ROLES[match["label"].lower()]
    return Utterance(
        role=role,
        role_confidence=0.0 if role is Role.UNKNOWN else 1.0,
        channel=1 if role is Role.CUSTOMER else 0,
        span=Span(start_ms, end_ms),
        text="".join(pieces),
        words=_words(pieces, start_ms, end_ms),
        confidence=1.0,
        level_dbfs=float(match["level"].replace("−", "-")) if match["level"] else None,
    )


def _pieces(text: str) -> list[str]:
    """Split into characters without spaces; punctuation stays with the character before it."""
    pieces: list[str] = []
    for character in "".join(text.split()):
        spoken = unicodedata.category(character)[0] in "LMN"
        if pieces and (not spoken or not _speaks(pieces[-1])):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces if pieces and _speaks(pieces[-1]) else []


def _speaks(piece: str) -> bool:
    return any(unicodedata.category(character)[0] in "LMN" for character in piece)


def _words(pieces: list[str], start_ms: int, end_ms: int) -> tuple[Word, ...]:
    length_ms = end_ms - start_ms
    bounds = [start_ms + length_ms * i // len(pieces) for i in range(len(pieces) + 1)]
    return tuple(
        Word(piece, Span(begin, end), 1.0)
        for piece, begin, end in zip(pieces, bounds, bounds[1:], strict=False)
    )


def _milliseconds(time: str) -> int:
    seconds = 0.0
    for part in time.split(":"):
        seconds = seconds * 60 + float(part)
    return round(seconds * 1000)
