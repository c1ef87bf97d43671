"""What sources hand in, and the protocol they keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from qa.ingest.objects import ObjectFile


class Voice(StrEnum):
    """Who says something about a call, the firmest first; where two differ, the first is kept.

    Who the agent was is the exception: there nobody outvotes another (`qa.ingest.attribution`).
    """

    TABLE = "table"
    SIDECAR = "sidecar"
    CDR = "cdr"
    NAME = "name"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A finished recording file, not yet opened.

    Attributes:
        relative: path below the source's folder, with `/`, for people and for matching.
        mtime_ns: time of last change, nanoseconds since 1970.
    """

    path: Path | ObjectFile
    relative: str
    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that could not be used, or that a person should know.

    Attributes:
        line: line of the file where the row starts, from 1; None for the file as a whole.
        rejected: the row or file was left out; otherwise this is only a notice.
        code: what kind, stable for programs.
        reason: one sentence for people; never a value from the row.
    """

    file: str
    line: int | None
    rejected: bool
    code: str
    reason: str

    def moved(self, lines: int) -> "Issue":
        """Return the same issue, so many lines further down."""
        return self if self.line is None else replace(self, line=self.line + lines)


@dataclass(frozen=True, slots=True)
class CallEntry:
    """One row about a call, parsed.

    Attributes:
        call_id: None when the row names only a file.
        file: the recording as the row writes it; None when the row names only a call.
        values: the other columns that the table has, by field name of `qa.types.Call` (and
            `fee_unpaid` and `extension`); an empty cell is None. A column that the table lacks is
            not in here, so that it leaves what another source said.
        agents: who took part, where that can be several people; None leaves it to `values`.
        aliases: other ids of the call (of its channels) that its recording may be named after.
        moments: when its recording may have begun.
        legs: the parts of a transferred call, which become calls of their own where each has a
            recording.
    """

    table: str
    line: int
    call_id: str | None
    file: str | None
    values: Mapping[str, Any]
    voice: Voice = Voice.TABLE
    agents: tuple[str, ...] | None = None
    aliases: tuple[str, ...] = ()
    moments: tuple[datetime, ...] = ()
    legs: tuple["CallEntry", ...] = ()

    @property
    def claimed_agents(self) -> tuple[str, ...] | None:
        """Who answered, as this row says; None where it says nothing of it, empty for nobody."""
        if self.agents is not None or "agent_id" not in self.values:
            return self.agents
        agent_id = self.values["agent_id"]
        return (agent_id,) if agent_id else ()


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """One row about an agent or a ticket: its id and the other columns that the table has."""

    key: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NoticeEntry:
    """One festival notice; both days belong to it.

    Attributes:
        script: the greeting that it prescribes; None where it only names the festival.
        number: the notice's own number, for people.
    """

    festival: str
    first_day: date
    last_day: date
    script: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class StationEntry:
    """Which repair station serves a residential compound."""

    compound: str
    station: str


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """Who sat at a seat, from one moment (aware, included) to another (not included)."""

    seat: str
    agent_id: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class AnswersEntry:
    """What was keyed in after one callback, by field name of `qa.types.KeyedAnswers`.

    Attributes:
        call_id: None when the row names only a file.
        file: the recording as the row writes it; None when the row names only a call.
        values: the columns that the table has; an empty cell is None.
    """

    table: str
    line: int
    call_id: str | None
    file: str | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything that a source holds now.

    Attributes:
        origin: names the source for good; what it said before is replaced by what it says now.
        notices, stations, roster: None when the source says nothing about them.
        source: its name in the settings, which chooses the channel layout; None for a folder that
            was named on the command line.
    """

    origin: str
    files: tuple[FoundFile, ...] = ()
    calls: tuple[CallEntry, ...] = ()
    tickets: tuple[RecordEntry, ...] = ()
    agents: tuple[RecordEntry, ...] = ()
    answers: tuple[AnswersEntry, ...] = ()
    notices: tuple[NoticeEntry, ...] | None = None
    stations: tuple[StationEntry, ...] | None = None
    roster: tuple[RosterEntry, ...] | None = None
    issues: tuple[Issue, ...] = field(default=())
    source: str | None = None


class Source(Protocol):
    """A place that recordings, metadata or tickets come from."""

    def read(self) -> Intake:
        """Read all that is there now; the same content gives the same intake.

        Raises:
            IngestError: the source as a whole cannot be read.
        """
