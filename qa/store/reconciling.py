"""Reconciliation: what the telephone system, the recorder and the people say, held together.

Each finding names a call or a file, and says whether a person has to look. Nothing is changed.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from qa.codec import decode
from qa.ingest.attribution import AgentState, unpack_claims
from qa.ingest.rows import Voice
from qa.store.attributing import Spoken, listed_agents, spoken_number, with_claims
from qa.store.convert import chunks
from qa.store.problems import calls_without_recording
from qa.store.sides import is_one_sided
from qa.store.tables import (
    AgentRow,
    CallRow,
    IssueRow,
    RecordingRow,
    ScorecardRow,
    TranscriptRow,
    VerdictRow,
)
from qa.store.tables_ingest import RecordingSidesRow
from qa.types import Scorecard

OLDEST = datetime(2010, 1, 1, tzinfo=UTC)
"""A clock that shows less has never been set: recorders begin at 1970, 2000 or thereabouts."""
_SILENT_FAULTS = ("silent", "empty_file", "no_samples")
_SPOKEN_DIFFERS = ("number_differs", "number_not_said")


class Kind(StrEnum):
    """What can be wrong."""

    CALL_WITHOUT_RECORDING = "call_without_recording"
    RECORDING_WITHOUT_CALL = "recording_without_call"
    DUPLICATE_RECORDING = "duplicate_recording"
    SILENT_RECORDING = "silent_recording"
    ONE_SIDED_RECORDING = "one_sided_recording"
    RECORDER_FAULT = "recorder_fault"
    ODD_TIME = "odd_time"
    UNKNOWN_AGENT = "unknown_agent"
    NO_AGENT = "no_agent"
    AGENT_DISPUTED = "agent_disputed"
    AGENT_SPOKE_OTHERWISE = "agent_spoke_otherwise"
    REJECTED_INPUT = "rejected_input"


TO_DO: Mapping[Kind, str] = {
    Kind.CALL_WITHOUT_RECORDING: "look for the recording; if it is lost, have the recorder seen to",
    Kind.RECORDING_WITHOUT_CALL: "look for its call record, or name it in calls.csv",
    Kind.DUPLICATE_RECORDING: "see which call the recording is of; remove the other's copy",
    Kind.SILENT_RECORDING: "listen; several in a day point to the recorder",
    Kind.ONE_SIDED_RECORDING: "listen; several in a day point to the recorder",
    Kind.RECORDER_FAULT: "have the recorder or the line looked at today",
    Kind.ODD_TIME: "set the recorder's clock; name the true time of the call in calls.csv",
    Kind.UNKNOWN_AGENT: "add the agent to agents.csv, or correct the number",
    Kind.NO_AGENT: "find out who took it: qa attribute CALL --agent ID",
    Kind.AGENT_DISPUTED: "decide whose it is: qa attribute CALL --agent ID",
    Kind.AGENT_SPOKE_OTHERWISE: "listen to the greeting: another agent, or a wrong number? "
    "qa attribute CALL --agent ID decides",
    Kind.REJECTED_INPUT: "correct what the reason says and hand it in again",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not add up.

    Attributes:
        needs_person: whether it stays wrong until a person does something.
        day: of the call, in the call centre's zone; None where its time is unknown.
        place: the file, with the line where it is a row of a table.
        reason: what is wrong; no number or name of a customer.
        details: values for programs: who says what, counts.
    """

    kind: Kind
    needs_person: bool
    call_id: str | None = None
    day: date | None = None
    source: str | None = None
    place: str | None = None
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def to_do(self) -> str:
        """What a person should do about it."""
        return TO_DO[self.kind]


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts as suspicious.

    Attributes:
        day: only calls of this day, and none without a time; None for all.
        one_sided_ms: a channel with less speech than this counts as silent, milliseconds.
        fault_share, fault_calls: share and number of a source's calls in a day that are silent or
            one-sided, from which its recorder is taken to be faulty.
        with_records: sources that have call records: a recording without one is missing it.
        until: a call that begins later lies in the future; None where nobody asks.
    """

    day: date | None = None
    one_sided_ms: int = 1000
    fault_share: float = 0.2
    fault_calls: int = 5
    with_records: frozenset[str] = frozenset()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was found, by kind and then in order of day and call; `calls` is how many were seen."""

    calls: int
    findings: tuple[Finding, ...]

    @property
    def needs_person(self) -> bool:
        """Whether anything waits for a person."""
        return any(finding.needs_person for finding in self.findings)


def reconcile(session: Session, zone: ZoneInfo, limits: Limits) -> Reconciliation:
    """Hold calls, recordings and agents together.

    Call `qa.store.sides.keep_sides` before until nothing is left, so that one-sided recordings are
    known.
    """
    look = _Look(session, zone, limits)
    findings = [
        *look.missing_halves(),
        *look.duplicates(),
        *look.quiet_recordings(),
        *look.odd_times(),
        *look.agents(),
        *look.spoken_otherwise(),
        *look.rejected(),
    ]
    order = {kind: number for number, kind in enumerate(Kind)}
    findings.sort(key=lambda f: (order[f.kind], f.day or date.min, f.call_id or "", f.place or ""))
    return Reconciliation(look.count(), tuple(findings))


class _Look:
    """One look at the tables, limited to the calls that are wanted."""

    def __init__(self, session: Session, zone: ZoneInfo, limits: Limits) -> None:
        self._session, self._zone, self._limits = session, zone, limits
        self._wanted: list[ColumnElement[bool]] = [CallRow.replaced_by.is_(None)]
        if limits.day is not None:
            first = datetime.combine(limits.day, time(), zone)
            last = datetime.combine(limits.day + timedelta(days=1), time(), zone)
            self._wanted += [CallRow.started_at >= first, CallRow.started_at < last]

    def count(self) -> int:
        """Count the calls that are looked at."""
        return self._session.scalar(select(func.count()).where(*self._wanted)) or 0

    def missing_halves(self) -> Iterator[Finding]:
        """Find calls without recording, and recordings without call."""
        lost = calls_without_recording(self._session)
        for ids in chunks(lost):
            for row in self._calls(CallRow.call_id.in_(ids)):
                reason = "the call is known, its recording is not there"
                yield self._finding(Kind.CALL_WITHOUT_RECORDING, True, row, reason)
        lonely: ColumnElement[bool] = CallRow.has_metadata.is_(False)
        if self._limits.with_records:
            lonely = or_(lonely, CallRow.source.in_(self._limits.with_records))
        for row in self._calls(CallRow.recording_id.is_not(None), lonely):
            if not row.has_metadata:
                reason = "nothing is known of the call of this recording"
            elif {Voice.CDR.value, Voice.TABLE.value} & unpack_claims(row.agent_claims).keys():
                continue
            else:
                reason = "the source has call records, but none of this recording"
            yield self._finding(Kind.RECORDING_WITHOUT_CALL, True, row, reason)

    def duplicates(self) -> Iterator[Finding]:
        """Find the calls that share the bytes of their recording with another."""
        shared = (
            select(CallRow.recording_id)
            .join(RecordingRow, RecordingRow.recording_id == CallRow.recording_id)
            .where(CallRow.replaced_by.is_(None), RecordingRow.size_bytes > 0)
            .group_by(CallRow.recording_id)
            .having(func.count() > 1)
        )
        for row in self._calls(CallRow.recording_id.in_(shared)):
            reason = "another call has a recording of the very same bytes"
            details = {"recording_id": row.recording_id}
            yield self._finding(Kind.DUPLICATE_RECORDING, True, row, reason, details)

    def quiet_recordings(self) -> Iterator[Finding]:
        """Find silent and one-sided recordings, and sources that have too many of them in a day."""
        seen: Counter[tuple[str | None, date | None]] = Counter()
        quiet: dict[tuple[str | None, date | None], int] = defaultdict(int)
        for row, kind in self._heard():
            key = (row.source, self._day(row))
            seen[key] += 1
            if kind is None:
                continue
            quiet[key] += 1
            silent = kind is Kind.SILENT_RECORDING
            reason = "nobody is heard" if silent else "only one of the two channels holds speech"
            yield self._finding(kind, False, row, reason)
        for (source, day), count in quiet.items():
            share = count / seen[source, day]
            if count >= self._limits.fault_calls and share >= self._limits.fault_share:
                yield Finding(
                    *(Kind.RECORDER_FAULT, True, None, day, source, None),
                    f"{count} of {seen[source, day]} recordings are silent or one-sided",
                    {"quiet": count, "recordings": seen[source, day], "share": round(share, 3)},
                )

    def odd_times(self) -> Iterator[Finding]:
        """Find calls of a time that cannot be: the clock of their recorder is wrong.

        Whichever day is looked at, since any of them may be of that day.
        """
        odd = CallRow.started_at < OLDEST
        if self._limits.until is not None:
            odd = or_(odd, CallRow.started_at > self._limits.until)
        for row in self._session.scalars(select(CallRow).where(CallRow.replaced_by.is_(None), odd)):
            reason = "the call is said to be of a time that cannot be: the recorder's clock?"
            yield self._finding(Kind.ODD_TIME, True, row, reason)

    def agents(self) -> Iterator[Finding]:
        """Find calls of nobody, of unknown people, and of more than one."""
        disputed = CallRow.agent_state == AgentState.DISPUTED.value
        for row, claims in with_claims(self._session, list(self._calls(disputed))):
            reason = "the call belongs to nobody until a person decides: several are named"
            if row.agent_id is not None:
                reason = "the metadata names one agent, the roster another"
            details = {"claims": claims, "agent_id": row.agent_id, "seats": row.extension}
            yield self._finding(Kind.AGENT_DISPUTED, True, row, reason, details)
        if not listed_agents(self._session):
            return
        state = or_(CallRow.agent_state.is_(None), ~disputed)
        for row in self._calls(CallRow.has_metadata.is_(True), CallRow.agent_id.is_(None), state):
            yield self._finding(Kind.NO_AGENT, True, row, "nothing says who took the call")
        if self._session.scalar(select(AgentRow.agent_id).limit(1)) is None:
            return
        unknown = CallRow.agent_id.not_in(select(AgentRow.agent_id))
        for row in self._calls(CallRow.agent_id.is_not(None), unknown):
            reason = f"the agents' table has no number {row.agent_id}"
            yield self._finding(Kind.UNKNOWN_AGENT, True, row, reason, {"agent_id": row.agent_id})

    def spoken_otherwise(self) -> Iterator[Finding]:
        """Find calls whose agent was heard to say another number than the call has."""
        cards = (
            select(CallRow, ScorecardRow.blob)
            .join(
                ScorecardRow,
                and_(ScorecardRow.call_id == CallRow.call_id, ScorecardRow.is_current.is_(True)),
            )
            .join(VerdictRow, VerdictRow.scorecard_id == ScorecardRow.scorecard_id)
            .where(*self._wanted, VerdictRow.reason.in_(_SPOKEN_DIFFERS))
            .where(or_(CallRow.agent_state.is_(None), CallRow.agent_state != "settled"))
        )
        known = listed_agents(self._session)
        for row, blob in self._session.execute(cards.distinct()):
            spoken = spoken_number(decode(Scorecard, blob))
            if spoken is None or not spoken.differs or spoken.expected != row.agent_id:
                continue  # the call has got another agent since; it waits to be judged again
            reason = _spoken_reason(spoken, known)
            details = {"agent_id": row.agent_id, "spoken": spoken.number}
            yield self._finding(Kind.AGENT_SPOKE_OTHERWISE, True, row, reason, details)

    def rejected(self) -> Iterator[Finding]:
        """List rows and files that the last look at each source could not use."""
        if self._limits.day is not None:
            return  # they belong to no day
        rows = self._session.scalars(
            select(IssueRow)
            .where(IssueRow.rejected.is_(True), IssueRow.code != "unfinished_file")
            .order_by(IssueRow.root, IssueRow.position)
        )
        for row in rows:
            place = str(PurePosixPath(row.root) / row.file) + (f":{row.line}" if row.line else "")
            details = {"code": row.code}
            yield Finding(
                *(Kind.REJECTED_INPUT, True, None, None, None, place, row.reason, details)
            )

    def _heard(self) -> Iterator[tuple[CallRow, Kind | None]]:
        """Go through the calls whose recording was opened, with what is odd about its sound."""
        heard = (
            select(CallRow, RecordingRow.fault, RecordingSidesRow)
            .join(RecordingRow, RecordingRow.recording_id == CallRow.recording_id)
            .outerjoin(
                TranscriptRow,
                and_(
                    TranscriptRow.recording_id == CallRow.recording_id,
                    TranscriptRow.is_current.is_(True),
                ),
            )
            .outerjoin(
                RecordingSidesRow,
                RecordingSidesRow.transcript_key == TranscriptRow.transcript_key,
            )
            .where(*self._wanted)
            .execution_options(yield_per=1000)
        )
        for row, fault, sides in self._session.execute(heard):
            if fault in _SILENT_FAULTS or (sides is not None and sides.loudest_ms == 0):
                yield row, Kind.SILENT_RECORDING
            elif sides is not None:
                one = is_one_sided(sides, self._limits.one_sided_ms)
                yield row, Kind.ONE_SIDED_RECORDING if one else None

    def _calls(self, *conditions: ColumnElement[bool]) -> Iterator[CallRow]:
        wanted = select(CallRow).where(*self._wanted, *conditions)
        yield from self._session.scalars(wanted)

    def _finding(
        self,
        kind: Kind,
        needs_person: bool,
        row: CallRow,
        reason: str,
        details: Mapping[str, Any] | None = None,
    ) -> Finding:
        day = self._day(row)
        return Finding(
            *(kind, needs_person, row.call_id, day, row.source, row.path, reason, details or {})
        )

    def _day(self, row: CallRow) -> date | None:
        return row.started_at.astimezone(self._zone).date() if row.started_at else None


def _spoken_reason(spoken: Spoken, known: set[str]) -> str:
    if spoken.number is None:
        return f"what was said is not {spoken.expected}, the call's agent"
    if spoken.number in known:
        return (
            f"the call is {spoken.expected}'s, but {spoken.number} was said, the number of another "
            "agent: were seats swapped?"
        )
    return f"the call is {spoken.expected}'s, but {spoken.number} was said, who is on no list"


def details_text(finding: Finding) -> str:
    """Write a finding's details in one cell of a table."""
    return json.dumps(finding.details, ensure_ascii=False) if finding.details else ""
