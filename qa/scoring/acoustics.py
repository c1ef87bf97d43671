"""When each side spoke, as the checks ask for it: `qa.turns`, measured once per call."""

from qa.scoring.check import Scene
from qa.turns import merged, side_speech
from qa.types import Role, Span, Transcript, Utterance, Word


def speech_of(scene: Scene, role: Role | None, *, pauses: bool = True) -> tuple[Span, ...]:
    """Return where one side speaks (whoever for None), in time order, not overlapping.

    Args:
        pauses: whether pauses between words are left out too. False for a rate: there every word
            that was counted needs its time.
    """
    memo = scene.agent.memo
    key = ("speech", role, pauses)
    found: tuple[Span, ...] | None = memo.get(key)
    if found is None:
        if role is None:
            found = merged(span for one in Role for span in speech_of(scene, one, pauses=pauses))
        else:
            found = side_speech(scene.transcript, role, pauses=pauses)
        memo[key] = found
    return found


def unheard(transcript: Transcript, silence: Span) -> int:
    """Return the longest stretch in a silence, in ms, that the detector calls speech."""
    return max((s.span.overlap_ms(silence) for s in transcript.speech), default=0)


def words_within(
    transcript: Transcript, role: Role, span: Span
) -> list[tuple[int, Utterance, list[Word]]]:
    """Gather one side's words whose middle lies in a stretch, by utterance.

    Returns:
        Index of the utterance, the utterance, its words there (never empty); in time order.
    """
    found = []
    for index, utterance in enumerate(transcript.utterances):
        if utterance.role is not role or not utterance.span.overlap_ms(span):
            continue
        inside = [
            word
            for word in utterance.words
            if span.start_ms <= (word.span.start_ms + word.span.end_ms) // 2 < span.end_ms
        ]
        if inside:
            found.append((index, utterance, inside))
    return found
