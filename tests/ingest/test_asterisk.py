"""Asterisk's call records: every layout, transfers, doubles, half-written lines."""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from qa.errors import IngestError
from qa.ingest.cdr import CdrRules
from qa.ingest.join import join
from qa.ingest.rows import CallEntry, Intake, Voice
from qa.ingest.sources.asterisk import AsteriskSource
from qa.ingest.sources.merged import MergedSource
from qa.ingest.sources.recordings import RecordingsSource
from qa.types import Direction
from tests.ingest.cdr_lines import BASE, RULES, ZONE, asterisk, written
from tests.support.call_folders import settled

SECRET = "13904561827"


def read(tmp_path: Path, *lines: str, **options: object) -> Intake:
    file = written(tmp_path / "Master.csv", *lines)
    return AsteriskSource(file, RULES, **options).read()  # type: ignore[arg-type]


def only(intake: Intake) -> CallEntry:
    (entry,) = intake.calls
    return entry


@pytest.mark.parametrize(
    "more",
    [
        ("uniqueid",),
        ("uniqueid", "userfield"),
        ("uniqueid", "peeraccount", "linkedid", "sequence"),
        ("uniqueid", "userfield", "peeraccount", "linkedid", "sequence"),
    ],
)
def test_every_layout_of_cdr_csv(tmp_path: Path, more: tuple[str, ...]) -> None:
    entry = only(read(tmp_path, asterisk((*BASE, *more))))
    assert (entry.call_id, entry.line, entry.voice) == ("1763428345.1", 1, Voice.CDR)
    assert dict(entry.values) == {
        "started_at": datetime(2025, 11, 18, 1, 12, 25, tzinfo=UTC),
        "direction": Direction.INBOUND,
        "caller_number": "13900000001",
        "extension": "8001",
    }


@pytest.mark.parametrize("more", [(), ("userfield",), ("peeraccount", "linkedid", "sequence")])
def test_records_without_an_id_are_told_how_to_get_one(
    tmp_path: Path, more: tuple[str, ...]
) -> None:
    intake = read(tmp_path, asterisk((*BASE, *more)))
    (issue,) = intake.issues
    assert (intake.calls, issue.code, issue.line) == ((), "no_key", 1)
    assert "loguniqueid=yes" in issue.reason


def test_cdr_custom_in_its_usual_order_and_in_ones_own(tmp_path: Path) -> None:
    usual = (
        *("clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata"),
        *("start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
        *("accountcode", "uniqueid", "userfield", "sequence"),
    )
    line = asterisk(usual, billsec="71.250000")
    assert only(read(tmp_path, line, custom=True)).values["extension"] == "8001"
    columns = ["start", "", "src", "dstchannel", "uniqueid", "agent_id", "billsec", "file"]
    line = '1763428345,x,13900000001,SIP/8002-0000000a,pbx-1763428345.1,0108,71,/rec/"a".wav\n'
    broken = read(tmp_path, line, columns=columns)
    assert [issue.code for issue in broken.issues] == []
    entry = only(broken)
    assert (entry.call_id, entry.agents, entry.file) == ("pbx-1763428345.1", ("0108",), '"a".wav')
    assert entry.values["started_at"] == datetime.fromtimestamp(1763428345, UTC)


def test_a_file_with_a_header_names_its_own_fields(tmp_path: Path) -> None:
    header = "calldate,clid,src,dst,channel,dstchannel,billsec,disposition,uniqueid,recordingfile\n"
    line = (
        "2025-11-18 09:12:25,x,13900000001,8001,SIP/trunk-00000001,SIP/8001-00000002,71,ANSWERED,"
        "1763428345.1,in-8001-1763428345.1.wav\n"
    )
    entry = only(read(tmp_path, header, line))
    assert (entry.call_id, entry.file) == ("1763428345.1", "in-8001-1763428345.1.wav")


def test_times_of_another_zone(tmp_path: Path) -> None:
    rules = CdrRules(ZoneInfo("UTC"), re.compile("80.."))
    source = AsteriskSource(written(tmp_path / "Master.csv", asterisk()), rules)
    assert only(source.read()).values["started_at"] == datetime(2025, 11, 18, 9, 12, 25, tzinfo=UTC)


def test_outbound_internal_and_unanswered_calls(tmp_path: Path) -> None:
    intake = read(
        tmp_path,
        asterisk(
            uniqueid="1763428345.1",
            channel="PJSIP/8001-00000001",
            dstchannel="PJSIP/trunk-00000002",
            src="8001",
            dst="13900000009",
        ),
        asterisk(uniqueid="1763428346.1", channel="SIP/8001-00000001", src="8001"),
        asterisk(uniqueid="1763428347.1", answer=None, billsec=0, disposition="NO ANSWER"),
        asterisk(uniqueid="1763428348.1", billsec=0, disposition="BUSY"),
        asterisk(uniqueid="1763428349.1", channel="Local/8002@queue-0000003a;1", dstchannel=""),
    )
    said = {e.call_id: (e.values["direction"], e.values["caller_number"]) for e in intake.calls}
    assert said == {
        "1763428345.1": (Direction.OUTBOUND, "13900000009"),
        "1763428349.1": (Direction.OUTBOUND, "95598"),
    }
    assert {i.code: i.reason.split()[0] for i in intake.issues} == {
        "unanswered_calls": "2",
        "internal_calls": "1",
    }
    assert not any(issue.rejected for issue in intake.issues)


FULL = (*BASE, "uniqueid", "userfield", "peeraccount", "linkedid", "sequence")
TRANSFER = (
    asterisk(FULL, sequence=1, billsec=0, disposition="NO ANSWER", answer=None),
    asterisk(FULL, sequence=2, end="2025-11-18 09:14:00"),
    asterisk(
        FULL,
        sequence=3,
        uniqueid="1763428400.5",
        dstchannel="PJSIP/8002-00000009",
        start="2025-11-18 09:14:00",
        answer="2025-11-18 09:14:02",
    ),
)


def test_a_transferred_call_is_one_call_of_two_seats(tmp_path: Path) -> None:
    entry = only(read(tmp_path, *TRANSFER))
    assert (entry.call_id, entry.values["extension"]) == ("1763428345.1", "8001,8002")
    assert set(entry.aliases) == {"1763428345.1", "1763428400.5"}
    assert [leg.call_id for leg in entry.legs] == ["1763428345.1", "1763428400.5"]


def joined(tmp_path: Path, *lines: str) -> list[tuple[str, str | None, object]]:
    parts = (
        RecordingsSource(tmp_path / "in", ZONE),
        AsteriskSource(written(tmp_path / "Master.csv", *lines), RULES),
    )
    calls, issues = join(MergedSource(parts, "pbx").read())
    assert issues == ()
    assert {call.source for call in calls} == {"pbx"}
    return [
        (c.call_id, c.file.relative if c.file else None, (c.values or {}).get("extension"))
        for c in calls
    ]


def test_one_recording_of_a_transferred_call(tmp_path: Path) -> None:
    settled(tmp_path / "in" / "day" / "in-8001-139-20251118-091229-1763428345.1.wav", "a")
    assert joined(tmp_path, *TRANSFER) == [
        ("1763428345.1", "day/in-8001-139-20251118-091229-1763428345.1.wav", "8001,8002")
    ]


def test_two_recordings_of_a_transferred_call_are_two_calls(tmp_path: Path) -> None:
    settled(tmp_path / "in" / "x-1763428345.1.wav", "a")
    settled(tmp_path / "in" / "x-1763428400.5.wav", "b")
    assert joined(tmp_path, *TRANSFER) == [
        ("1763428345.1", "x-1763428345.1.wav", "8001"),
        ("1763428400.5", "x-1763428400.5.wav", "8002"),
    ]


def test_an_id_does_not_take_a_longer_one(tmp_path: Path) -> None:
    settled(tmp_path / "in" / "x-1763428345.17.wav", "a")
    assert joined(tmp_path, asterisk()) == [
        ("1763428345.1", None, "8001"),
        ("x-1763428345.17", "x-1763428345.17.wav", None),
    ]


def test_doubled_and_broken_records_are_told_one_by_one(tmp_path: Path) -> None:
    lines = [
        asterisk(),
        asterisk(),
        f'"{SECRET}","a"b,c\n',
        "1,2,3\n",
        asterisk(start="yesterday", uniqueid="1763428346.1"),
        asterisk(start=None, uniqueid="1763428347.1"),
        asterisk(src="9" * 81, uniqueid="1763428348.1"),
        asterisk(src="139\x07", uniqueid="1763428349.1"),
        "\n",
        asterisk(uniqueid="1763428350.1", clid='"two\nlines" <1>'),
    ]
    intake = read(tmp_path, *lines)
    assert [(i.line, i.code) for i in intake.issues] == [
        (3, "bad_quotes"),
        (4, "bad_record"),
        (5, "bad_time"),
        (6, "bad_time"),
        (7, "too_long"),
        (8, "bad_characters"),
        (2, "duplicate_key"),
    ]
    assert all(issue.rejected and SECRET not in issue.reason for issue in intake.issues)
    assert [entry.call_id for entry in intake.calls] == ["1763428345.1", "1763428350.1"]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_half_written_line_is_read_next_time(tmp_path: Path, cut: int) -> None:
    second = asterisk(uniqueid="1763428346.1")
    intake = read(tmp_path, asterisk(), second[:-cut])
    assert [entry.call_id for entry in intake.calls] == ["1763428345.1"]
    assert [(i.code, i.rejected) for i in intake.issues] == [("unfinished_line", False)]
    assert len(read(tmp_path, asterisk(), second).calls) == 2


@pytest.mark.parametrize("encode", ["utf-8-sig", "gbk", "utf-16"])
def test_encodings_and_windows_line_ends(tmp_path: Path, encode: str) -> None:
    text = (asterisk(clid="张三 <139>") + asterisk(uniqueid="1763428346.1")).replace("\n", "\r\n")
    (tmp_path / "Master.csv").write_bytes(text.encode(encode))
    intake = AsteriskSource(tmp_path / "Master.csv", RULES).read()
    assert (len(intake.calls), intake.issues) == (2, ())


@pytest.mark.parametrize("zeros", [1, 2, 3, 4096])
@pytest.mark.parametrize("after", ["", "\n"])
def test_zeros_of_a_power_cut_cost_their_own_lines(tmp_path: Path, zeros: int, after: str) -> None:
    ids = [f"176342834{n}.1" for n in range(5)]
    first, second, *others = (asterisk(uniqueid=one, clid="张三 <139>") for one in ids)
    hole = second[:40] + "\0" * zeros + after
    file = written(tmp_path / "Master.csv", first, hole, *others)
    source = AsteriskSource(file, RULES)
    intake = source.read()
    told = ids[3:] if not after else ids[2:]
    assert [entry.call_id for entry in intake.calls] == [ids[0], *told]
    assert [(i.line, i.rejected) for i in intake.issues] == [(2, True)]
    assert "139" not in intake.issues[0].reason
    with file.open("a") as stream:
        stream.write(asterisk(uniqueid="1763428349.1"))
    assert [entry.call_id for entry in source.read().calls] == [ids[0], *told, "1763428349.1"]


def test_a_header_that_comes_again_is_no_record(tmp_path: Path) -> None:
    header = ",".join((*BASE, "uniqueid", "userfield")) + "\n"
    file = written(tmp_path / "Master.csv", header, asterisk(), header)
    source = AsteriskSource(file, RULES)
    assert (len(source.read().calls), source.read().issues) == (1, ())
    with file.open("a") as stream:
        stream.write(header + asterisk(uniqueid="1763428346.1"))
    again = source.read()
    assert (len(again.calls), again.issues) == (2, ())


def test_an_open_quote_does_not_cost_the_file(tmp_path: Path) -> None:
    lines = ['"never closed\n'] * 3000
    intake = read(tmp_path, *lines, asterisk())
    assert len(intake.issues) == 3000
    assert only(intake).line == 3001


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="no such file"):
        AsteriskSource(tmp_path / "none.csv", RULES).read()
