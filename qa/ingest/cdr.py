"""Call detail records: what telephone systems log of each call, turned into rows about calls.

One conversation can be several records: each attempt to reach an agent, each transfer. Records with
one linked id are one call. Only answered ones are conversations; the others are counted.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from qa.ingest.entries import MAX_ID_CHARS, Fault, call_values, parse_time
from qa.ingest.rows import CallEntry, Voice
from qa.ingest.scan import AUDIO_SUFFIXES
from qa.ingest.tables import Report, Row
from qa.types import Direction, ReleasedBy

OWN_FIELDS = ("agent_id", "extension", "direction", "ticket_id", "ring_count", "released_by")
"""Fields of `calls` that a record of one's own making may hold."""
_ANSWERED = {"ANSWERED", "NORMAL_CLEARING", "ALLOTTED_TIMEOUT", "MEDIA_TIMEOUT"}
_NEVER = datetime.max.replace(tzinfo=UTC)
_CHANNEL_END = re.compile(r"-[0-9a-fA-F]{6,8}(?:;\d)?$")


@dataclass(frozen=True, slots=True)
class CdrRules:
    """How records are read.

    Attributes:
        zone: of their times.
        extensions: fits the agents' telephones: the name of a channel's end point, or the number
            where records hold no channels.
    """

    zone: ZoneInfo
    extensions: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Record:
    """One call detail record.

    Attributes:
        linked_id: names the conversation; the channel's own id where the system logs no other.
        ids: those of its channels, the own one first.
        ends: end points of the calling and of the called side; empty where it is not an agent's.
        billed: seconds of conversation, None where the system does not say.
    """

    line: int
    linked_id: str
    ids: tuple[str, ...]
    start: datetime | None
    answer: datetime | None
    billed: int | None
    disposition: str
    numbers: tuple[str, str]
    ends: tuple[str, str]
    file: str | None
    own: Mapping[str, Any]

    def moved(self, lines: int) -> "Record":
        """Return the same record, so many lines further down."""
        return replace(self, line=self.line + lines) if lines else self

    @property
    def answered(self) -> bool:
        """Whether two people talked."""
        if self.billed is not None:
            return self.billed > 0 and self.disposition in {"", *_ANSWERED}
        return self.answer is not None

    @property
    def direction(self) -> Direction | None:
        """Who placed the call; None where no side, or both, is an agent's telephone."""
        placed, taken = map(bool, self.ends)
        if placed == taken:
            return None
        return Direction.OUTBOUND if placed else Direction.INBOUND


def record_of(row: Row, report: Report, rules: CdrRules) -> Record | None:
    """Parse one record; None when it was rejected.

    Fields: `uniqueid` or `uuid`, `linkedid`, `bleg_uuid`, `src`, `dst`, `channel`, `dstchannel`,
    `start`, `answer`, `duration`, `billsec`, `disposition` (or hang-up cause), `userfield`, `file`,
    `hangup_disposition`, and those of `OWN_FIELDS`.
    """
    cells = row.cells
    own_id = cells.get("uniqueid")
    if own_id is None:
        reason = "the record has no id; Asterisk logs it with loguniqueid=yes in cdr.conf"
        report.reject(row.line, "no_key", reason)
        return None
    own, faults = call_values({f: cells[f] for f in OWN_FIELDS if f in cells}, rules.zone)
    faults += tuple(_too_long(cells))
    moments = [_moment(cells.get(name), rules.zone) for name in ("start", "answer")]
    if cells.get("start") is None or moments[0] is None:
        reason = "start is no time such as 2025-11-18 09:12:30, or seconds since 1970"
        faults += (Fault("start", "bad_time", reason),)
    if faults:
        report.reject(row.line, faults[0].code, f"{faults[0].field}: {faults[0].reason}")
        return None
    ends = _ends(cells, rules)
    return Record(
        line=row.line,
        linked_id=cells.get("linkedid") or own_id,
        ids=tuple(dict.fromkeys(i for i in (own_id, cells.get("bleg_uuid")) if i)),
        start=moments[0],
        answer=moments[1],
        billed=_seconds(cells.get("billsec")),
        disposition=(cells.get("disposition") or "").upper(),
        numbers=(cells.get("src") or "", cells.get("dst") or ""),
        ends=ends,
        file=_recording(cells),
        own=own | _released(cells.get("hangup_disposition"), ends),
    )


def entries_of(
    records: Sequence[Record], report: Report
) -> tuple[tuple[CallEntry, ...], Mapping[str, int]]:
    """Put the records of each conversation together.

    Returns:
        Conversations in order of their first record; and how many calls were `unanswered` or
        `internal`, which are none.
    """
    counts = {"unanswered": 0, "internal": 0}
    entries = []
    for group in _conversations(records, report):
        answered = [record for record in group if record.answered]
        if not answered:
            counts["unanswered"] += 1
        elif all(all(record.ends) for record in answered):
            counts["internal"] += 1
        else:
            entries.append(_entry(group[0].linked_id, group, answered, report.file))
    return tuple(entries), counts


def _conversations(records: Sequence[Record], report: Report) -> list[list[Record]]:
    """Group records that share an id, each group in order of time; doubles are rejected."""
    groups: dict[str, list[Record]] = {}
    key_of: dict[str, str] = {}
    for record in records:
        ids = (record.linked_id, *record.ids)
        keys = list(dict.fromkeys(key_of[i] for i in ids if i in key_of)) or [record.linked_id]
        group = groups.setdefault(keys[0], [])
        for other in keys[1:]:  # a record that links what seemed to be two calls
            group += groups.pop(other)
        if any(_same(record, other) for other in group):
            report.reject(record.line, "duplicate_key", "the same record stands further up")
            continue
        group.append(record)
        key_of.update(dict.fromkeys((i for r in group for i in (r.linked_id, *r.ids)), keys[0]))
    return [
        sorted(group, key=lambda r: (r.start is None, r.start or _NEVER, r.line))
        for group in groups.values()
    ]


def _entry(
    call_id: str, group: Sequence[Record], answered: Sequence[Record], table: str
) -> CallEntry:
    """Make one conversation of its records; parts with different ids are its legs."""
    legs: dict[str, list[Record]] = defaultdict(list)
    for record in answered:
        legs[record.ids[0]].append(record)
    parts: tuple[CallEntry, ...] = ()
    if len(legs) > 1:
        parts = tuple(_entry(leg_id, some, some, table) for leg_id, some in legs.items())
    linked = () if call_id != group[0].linked_id else (call_id,)
    outer = [record for record in answered if not all(record.ends)]
    first = (outer or answered)[0]
    agents = tuple(dict.fromkeys(r.own["agent_id"] for r in answered if r.own.get("agent_id")))
    seats = dict.fromkeys(s for r in answered for s in (r.own.get("extension") or _seat(r),) if s)
    values: dict[str, Any] = {
        "started_at": min((r.start for r in group if r.start), default=None),
        "direction": first.direction,
        "caller_number": _customer(first) or None,
        "extension": _listed(seats),
    }
    for name in OWN_FIELDS:
        told = [record.own[name] for record in answered if record.own.get(name) is not None]
        if told and name not in ("agent_id", "extension"):
            values[name] = told[-1] if name == "released_by" else told[0]
    moments = {m for r in group for m in (r.start, r.answer) if m}
    return CallEntry(
        table,
        group[0].line,
        call_id,
        next((record.file for record in answered if record.file), None),
        {name: value for name, value in values.items() if value is not None},
        voice=Voice.CDR,
        agents=agents if any("agent_id" in record.own for record in answered) else None,
        aliases=tuple(dict.fromkeys((*linked, *(i for record in group for i in record.ids)))),
        moments=tuple(sorted(moments)),
        legs=parts,
    )


def _listed(seats: Iterable[str]) -> str | None:
    """List seats; those beyond what a call can hold are left out."""
    text = ""
    for seat in seats:
        longer = f"{text},{seat}" if text else seat
        text = longer if len(longer) <= MAX_ID_CHARS else text
    return text or None


def _same(record: Record, other: Record) -> bool:
    """Whether two records say the same, wherever they stand."""
    return (record.ids, record.start, record.answer, record.billed, record.ends) == (
        *(other.ids, other.start, other.answer, other.billed, other.ends),
    ) and (record.numbers, record.disposition) == (other.numbers, other.disposition)


def _seat(record: Record) -> str:
    """Name the agent's telephone: the called one, else the calling one."""
    return record.ends[1] or record.ends[0]


def _customer(record: Record) -> str:
    return record.numbers[1] if record.ends[0] and not record.ends[1] else record.numbers[0]


def _ends(cells: Mapping[str, str | None], rules: CdrRules) -> tuple[str, str]:
    """Name the agents' telephones on the calling and the called side."""
    sides = []
    for channel, number in (("channel", "src"), ("dstchannel", "dst")):
        text = cells.get(channel)
        name = end_point(text) if text else cells.get(number) if channel not in cells else None
        sides.append(name if name and rules.extensions.fullmatch(name) else "")
    return sides[0], sides[1]


def end_point(channel: str) -> str:
    """Name the end point of a channel: `PJSIP/8001-0000002a`, `sofia/internal/1001@host`."""
    name = _CHANNEL_END.sub("", channel.rpartition("/")[2])
    return name.partition("@")[0]


def _recording(cells: Mapping[str, str | None]) -> str | None:
    """Name the recording: its own field, or a user field that holds a file's name."""
    for name in ("file", "userfield"):
        text = (cells.get(name) or "").removeprefix("audio:")
        if name == "file" and text:
            return PurePosixPath(text.replace("\\", "/")).name or None
        if PurePosixPath(text).suffix.lower() in AUDIO_SUFFIXES:
            return PurePosixPath(text.replace("\\", "/")).name
    return None


def _released(text: str | None, ends: tuple[str, str]) -> dict[str, Any]:
    """Say who hung up, where it is certain.

    `recv_bye`: the calling side ended it. `send_bye` says only that the exchange did, for whatever
    reason; an agent's hang-up can cost a fine, so that is left unknown.
    """
    if text == "recv_bye" and bool(ends[0]) != bool(ends[1]):
        return {"released_by": ReleasedBy.AGENT if ends[0] else ReleasedBy.CUSTOMER}
    return {}


def _too_long(cells: Mapping[str, str | None]) -> list[Fault]:
    reason = "longer than any telephone system writes it"
    limits = {"uniqueid": 150, "linkedid": 150, "bleg_uuid": 150, "src": 80, "dst": 80}
    return [
        Fault(name, "too_long", reason)
        for name, limit in limits.items()
        if len(cells.get(name) or "") > limit
    ]


def _moment(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) in (9, 10, 16):
        seconds = int(text) / (1_000_000 if len(text) == 16 else 1)
        return datetime.fromtimestamp(seconds, UTC)
    return parse_time(text, zone)


def _seconds(text: str | None) -> int | None:
    found = re.fullmatch(r"([0-9]{1,7})(?:\.[0-9]+)?", text or "")  # cdr_custom may log 12.345678
    return int(found[1]) if found else None
