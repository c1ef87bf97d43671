"""What sources hand in, and the protocol they keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A finished recording file, not yet opened.

    Attributes:
        relative: path below the source's folder, with `/`, for people and for matching.
        mtime_ns: time of last change, nanoseconds since 1970.
    """

    path: Path
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


@dataclass(frozen=True, slots=True)
class CallEntry:
    """One row about a call, parsed.

    Attributes:
        call_id: None when the row names only a file.
        file: the recording as the row writes it; None when the row names only a call.
        values: the other columns that the table has, by field name of `qa.types.Call` (and
            `fee_unpaid`); an empty cell is None. A column that the table lacks is not in here, so
            that it leaves what another source said.
    """

    table: str
    line: int
    call_id: str | None
    file: str | None
    values: Mapping[str, Any]


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
        notices, stations: None when the source says nothing about them.
    """

    origin: str
    files: tuple[FoundFile, ...] = ()
    calls: tuple[CallEntry, ...] = ()
    tickets: tuple[RecordEntry, ...] = ()
    agents: tuple[RecordEntry, ...] = ()
    answers: tuple[AnswersEntry, ...] = ()
    notices: tuple[NoticeEntry, ...] | None = None
    stations: tuple[StationEntry, ...] | None = None
    issues: tuple[Issue, ...] = field(default=())


class Source(Protocol):
    """A place that recordings, metadata or tickets come from."""

    def read(self) -> Intake:
        """Read all that is there now; the same content gives the same intake.

        Raises:
            IngestError: the source as a whole cannot be read.
        """
