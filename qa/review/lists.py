"""The lists of calls, and how serious a call is; words only, quick to import."""

from enum import StrEnum


class Severity(StrEnum):
    """The most serious thing that still counts in a call."""

    NONE = "none"
    UNDECIDED = "undecided"
    HINT = "hint"
    SCORE = "score"
    FINE = "fine"
    CRITICAL = "critical"


SEVERITIES = tuple(Severity)
"""By rank: `call_status.severity` is a place in it."""


class Show(StrEnum):
    """Which list, and in which order."""

    REVIEW = "review"
    """Calls that somebody has to look at, the most serious first, then the newest."""
    FLAGGED = "flagged"
    """Calls with something that counts, reviewed or not, in the same order."""
    ALL = "all"
    """Every scored call, the newest first."""
