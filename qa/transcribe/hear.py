"""Answer questions about a place by the sound: how well each hypothesis fits what is said there.

A hypothesis takes the place of the words that were heard there; the engine is then forced to read
the surroundings with it and with the words as they were heard, and the difference is its margin.
"""

from collections.abc import Sequence

from qa.transcribe.audio import DecodedRecording
from qa.transcribe.engine import Engine
from qa.types import Hearing, Question, Transcript


def answer(
    questions: Sequence[Question],
    transcript: Transcript,
    decoded: DecodedRecording,
    engine: Engine,
    *,
    aggressiveness: int,
) -> tuple[Hearing, ...]:
    """Put questions to the sound of a recording."""
    return ()
