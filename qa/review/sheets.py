"""The monthly assessment sheet (考核表) of one agent: what it holds, and its fingerprint.

Pure. A sheet of a closed month is kept as text and never changes; what is taken back later stands
on a later sheet.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.codec import from_plain, to_plain
from qa.review.booking import Entry, EntryKind
from qa.review.schedule import Terms


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One entry on a sheet, with all that leads to its clip.

    Attributes:
        fen: taken from the agent's pay; negative gives back.
        day: when it happened, `2025-11-18`.
    """

    entry_id: int
    kind: str
    item: str
    fen: int
    ordinal: int
    day: str
    why: str
    reverses: int | None = None
    call_id: str | None = None
    rule_id: str | None = None
    decision_id: int | None = None
    charge_id: int | None = None
    scorecard_id: int | None = None
    start_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What an agent did in a month, as counts.

    Attributes:
        points: sum of the scores of the scored calls; with `calls` it gives the mean exactly.
        confirmed_fines, praised: calls with a confirmed `fine` flag, with praise.
        appeals, appeals_upheld: about calls of the month.
        events_filed: abnormal events that the agent reported.
        missed, withheld: 漏报 and 知情不报 that a person confirmed.
        checked: spot checks of the agent's calls that are done.
    """

    calls: int = 0
    points: int = 0
    confirmed_fines: int = 0
    praised: int = 0
    appeals: int = 0
    appeals_upheld: int = 0
    events_filed: int = 0
    missed: int = 0
    withheld: int = 0
    checked: int = 0

    @property
    def mean(self) -> str:
        """The mean score with one decimal, rounded half up; a dash without calls."""
        if not self.calls:
            return "–"
        tenths = (self.points * 20 + self.calls) // (2 * self.calls)
        return f"{tenths // 10}.{tenths % 10}"

    def is_excellent(self, terms: Terms) -> bool:
        """Whether the month is excellent (003), by exact arithmetic."""
        enough = self.calls >= terms.excellent_calls
        return enough and self.points >= terms.excellent_score * self.calls


@dataclass(frozen=True, slots=True)
class Sheet:
    """An agent's month.

    Attributes:
        streak: excellent months in a row, this one included.
        rewarded: this month makes a row of three (or goes on with one) that is rewarded.
        terms: the readings of the schedule, as JSON.
    """

    month: str
    agent_id: str
    team: str | None
    work: Work
    is_excellent: bool
    streak: int
    rewarded: bool
    lines: tuple[SheetLine, ...]
    terms: str

    @property
    def fined(self) -> int:
        """Fen that the fines of the sheet take."""
        return sum(line.fen for line in self.lines if line.kind in ("fine", "joint"))

    @property
    def given_back(self) -> int:
        """Fen that its reversals give back."""
        return -sum(line.fen for line in self.lines if line.kind == EntryKind.REVERSAL.value)

    @property
    def rewards(self) -> int:
        """Fen that its rewards give."""
        return -sum(line.fen for line in self.lines if line.kind == EntryKind.REWARD.value)

    @property
    def total(self) -> int:
        """Fen that the sheet takes from the pay; negative gives."""
        return sum(line.fen for line in self.lines)

    @property
    def text(self) -> str:
        """The sheet as JSON, the same for the same sheet."""
        plain = to_plain(self)
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sheet_from(text: str) -> Sheet:
    """Read a sheet that was kept.

    Raises:
        ValueError: it is none.
    """
    sheet: Sheet = from_plain(Sheet, json.loads(text))
    return sheet


def fingerprint(text: str) -> str:
    """Compute the SHA-256 of a kept sheet, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def month_fingerprint(month: str, previous: str, sheets: Iterable[str]) -> str:
    """Compute the SHA-256 of a closed month over its sheets' own and the month closed before.

    Args:
        sheets: their fingerprints, in order of agent.
    """
    return fingerprint("\n".join([month, previous, *sheets]))


def sheet_lines(entries: Sequence[Entry]) -> tuple[SheetLine, ...]:
    """Write entries as lines, in the order of their numbers."""
    return tuple(_line(entry) for entry in sorted(entries, key=lambda entry: entry.entry_id))


def _line(entry: Entry) -> SheetLine:
    found = entry.evidence
    span = found.span if found else None
    return SheetLine(
        entry_id=entry.entry_id,
        kind=entry.kind.value,
        item=entry.item,
        fen=entry.fen,
        ordinal=entry.ordinal,
        day=entry.day.isoformat(),
        why=entry.why.value,
        reverses=entry.reverses,
        call_id=found.call_id if found else None,
        rule_id=found.rule_id if found else None,
        decision_id=found.decision_id if found else None,
        charge_id=found.charge_id if found else None,
        scorecard_id=found.scorecard_id if found else None,
        start_ms=span.start_ms if span else None,
        end_ms=span.end_ms if span else None,
    )
