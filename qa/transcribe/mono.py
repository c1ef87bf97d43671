"""Two voices on one channel: words are dealt to them, and the voices get their roles.

A word belongs to the voice that holds most of it. Words of one voice without a longer pause between
are an utterance. What neither voice holds for certain belongs to nobody: people who speak at once,
and a 嗯 too short to have a voice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.transcribe.roles import roles_of_voices
from qa.transcribe.speakers import Encoder, Voices, tell_voices
from qa.transcribe.vad import Samples, without_padding
from qa.types import Role, Segment, Span, Word

MIN_VOICE_CONFIDENCE = 0.75
"""Half the lead of a certain voice: below this an utterance is nobody's."""
ONE_VOICE = "one_voice"


@dataclass(frozen=True, slots=True)
class Turn:
    """Words of one voice, without a longer pause."""

    words: tuple[Word, ...]
    voice: int
    confidence: float

    @property
    def span(self) -> Span:
        """From the first word to the end of the last."""
        return Span(self.words[0].span.start_ms, max(w.span.end_ms for w in self.words))

    @property
    def is_sure(self) -> bool:
        """Whether it is known which voice this is."""
        return self.voice >= 0 and self.confidence >= MIN_VOICE_CONFIDENCE


@dataclass(frozen=True, slots=True)
class Told:
    """Turns with their roles; `note` says why roles are unknown where they are."""

    turns: tuple[tuple[Turn, Role, float], ...]
    note: str | None


def tell_apart(channel: Samples, segments: Sequence[Segment], encoder: Encoder) -> Voices | None:
    """Tell the voices of a channel's segments apart; None where too little is said to tell."""
    return tell_voices(channel, [without_padding(one).span for one in segments], encoder)


def deal_words(words: Sequence[Word], voices: Voices, *, pause_ms: int) -> Told:
    """Deal the words of a mono recording to two voices, and name the voices.

    Args:
        words: in time order.
        pause_ms: a longer pause ends an utterance.
    """
    turns = tuple(_turns(words, voices, pause_ms))
    sure = [turn for turn in turns if turn.is_sure]
    if not voices.are_two or len({turn.voice for turn in sure}) < 2:
        return Told(tuple((turn, Role.UNKNOWN, 0.0) for turn in turns), ONE_VOICE)
    texts = tuple(
        "".join(w.text for turn in sure if turn.voice == k for w in turn.words) for k in (0, 1)
    )
    opening = "".join(w.text for w in sure[0].words)
    roles = roles_of_voices((texts[0], texts[1]), (sure[0].voice, opening))
    if not roles.confidence:
        return Told(tuple((turn, Role.UNKNOWN, 0.0) for turn in turns), roles.note)
    told = [
        (turn, roles.roles[turn.voice], round(min(roles.confidence, turn.confidence), 4))
        if turn.is_sure
        else (turn, Role.UNKNOWN, 0.0)
        for turn in turns
    ]
    return Told(tuple(told), None)


def _turns(words: Sequence[Word], voices: Voices, pause_ms: int) -> Iterator[Turn]:
    """Group words by voice and pause; a word without a voice goes with the one before it."""
    group: list[Word] = []
    current = -1
    for word in words:
        voice, _ = voices.of(word.span)
        paused = bool(group) and word.span.start_ms - group[-1].span.end_ms >= pause_ms
        changed = voice >= 0 and current >= 0 and voice != current
        if group and (paused or changed):
            yield _turn(group, voices)
            group, current = [], -1
        group.append(word)
        current = voice if voice >= 0 else current
    if group:
        yield _turn(group, voices)


def _turn(words: list[Word], voices: Voices) -> Turn:
    span = Span(words[0].span.start_ms, max(w.span.end_ms for w in words))
    voice, confidence = voices.of(span)
    return Turn(tuple(words), voice, confidence)
