"""What flows through the house: frozen data from the recording to the scorecard.

Times are integer milliseconds from the start of the recording. Probabilities, similarities and
confidences are ratios from 0 to 1. Everything here is immutable, hashable where its parts are, and
can be pickled, because it crosses process boundaries.
"""

from qa.types.call import (
    Attitude,
    Call,
    Direction,
    KeyedAnswers,
    Notice,
    ReleasedBy,
    Ticket,
)
from qa.types.transcript import (
    NO_CONFIDENCE,
    SECOND_EAR,
    ChannelMeasures,
    Emptiness,
    Hearing,
    Overlap,
    Question,
    Role,
    Segment,
    SideMeasures,
    Signal,
    SignalKind,
    Sound,
    Span,
    Transcript,
    Utterance,
    Word,
)
from qa.types.verdict import (
    Grade,
    GroupScore,
    Match,
    Outcome,
    Promise,
    Scorecard,
    ScoreLine,
    SlotStatus,
    SlotVerdict,
    Verdict,
)

__all__ = [
    "NO_CONFIDENCE",
    "SECOND_EAR",
    "Attitude",
    "Call",
    "ChannelMeasures",
    "Direction",
    "Emptiness",
    "Grade",
    "GroupScore",
    "Hearing",
    "KeyedAnswers",
    "Match",
    "Notice",
    "Outcome",
    "Overlap",
    "Promise",
    "Question",
    "ReleasedBy",
    "Role",
    "ScoreLine",
    "Scorecard",
    "Segment",
    "SideMeasures",
    "Signal",
    "SignalKind",
    "SlotStatus",
    "SlotVerdict",
    "Sound",
    "Span",
    "Ticket",
    "Transcript",
    "Utterance",
    "Verdict",
    "Word",
]
