"""Where to listen for a verdict."""

from dataclasses import dataclass
from enum import StrEnum

from qa.types import Match, Span, Verdict


class EvidenceKind(StrEnum):
    """What the evidence of a verdict is."""

    MATCH = "match"
    NEAREST = "nearest"
    SEARCHED = "searched"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The stretch to listen to, and the words heard there (empty where only a stretch is known)."""

    kind: EvidenceKind
    span: Span | None
    quote: str


def evidence_of(verdict: Verdict) -> Evidence:
    """Choose the best single piece of evidence.

    Returns:
        The first match; else the first slot that was said; else the nearest miss; else the stretch
        that was searched; else nothing.
    """
    said = (slot.match for slot in verdict.slots if slot.match)
    match = next(iter(verdict.matches), None) or next(said, None)
    if match:
        return _of(EvidenceKind.MATCH, match)
    missed = (slot.nearest for slot in verdict.slots if slot.nearest)
    nearest = verdict.nearest or next(missed, None)
    if nearest:
        return _of(EvidenceKind.NEAREST, nearest)
    kind = EvidenceKind.SEARCHED if verdict.searched else EvidenceKind.NONE
    return Evidence(kind, verdict.searched, "")


def _of(kind: EvidenceKind, match: Match) -> Evidence:
    return Evidence(kind, match.span, match.quote)
