"""Read single places of a recording again with a second, larger recogniser.

It is told nothing of what the first one heard, and hears the place amid the speech around it: a
short piece alone makes Whisper loop or invent.
"""

from collections.abc import Sequence

from qa.transcribe.audio import DecodedRecording
from qa.transcribe.engine import Engine
from qa.transcribe.recognise import read_parts, speech_segments
from qa.types import Hearing, Question, Segment, Span, Word

CONTEXT_MS = 8_000
"""Speech this near to a place is heard with it."""
MAX_READINGS = 40
"""Places read in one go; what is beyond stays open."""


def read_again(
    questions: Sequence[Question],
    decoded: DecodedRecording,
    engine: Engine,
    *,
    aggressiveness: int,
    name: str,
) -> tuple[Hearing, ...]:
    """Answer the questions that put no hypothesis: what is said at a place.

    Args:
        aggressiveness: of webrtcvad, as at the transcription.
        name: of the second recogniser, for the answers.

    Returns:
        One answer a place, in order; an empty text where it hears no word. Places on channels that
        do not exist, and those beyond `MAX_READINGS`, stay open.

    Raises:
        EngineError: the recogniser failed.
    """
    recording = decoded.recording
    asked = dict.fromkeys(
        (q.channel, q.span)
        for q in questions
        if not q.hypotheses and q.channel < recording.channel_count
    )
    places = list(asked)[:MAX_READINGS]
    if not places:
        return ()
    frames = [
        decoded.frames(i, aggressiveness=aggressiveness) for i in range(recording.channel_count)
    ]
    speech = speech_segments(frames, recording.duration_ms)
    parts = [
        [one for one in own if any(c == channel and _near(one, s) for c, s in places)]
        for channel, own in enumerate(speech)
    ]
    words = read_parts(decoded, engine, parts, aggressiveness=aggressiveness)
    return tuple(
        sorted(
            Hearing(channel, span, _text(words[channel], span), 0.0, 0, name)
            for channel, span in places
        )
    )


def _near(segment: Segment, span: Span) -> bool:
    own = segment.span
    return own.start_ms < span.end_ms + CONTEXT_MS and own.end_ms > span.start_ms - CONTEXT_MS


def _text(words: Sequence[Word], span: Span) -> str:
    middles = [((w.span.start_ms + w.span.end_ms) // 2, w.text) for w in words]
    return "".join(text for at, text in middles if span.start_ms <= at < span.end_ms)
