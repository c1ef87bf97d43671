"""Several voices about one call are put together; who the agent was is not decided by rank."""

from datetime import UTC, datetime
from pathlib import Path

from qa.ingest.join import JoinedCall, join
from qa.ingest.names import compile_pattern
from qa.ingest.rows import Intake, Issue
from qa.ingest.sources.asterisk import AsteriskSource
from qa.ingest.sources.merged import MergedSource
from qa.ingest.sources.recordings import RecordingRules, RecordingsSource
from qa.ingest.sources.tables import TablesSource
from tests.ingest.cdr_lines import RULES, ZONE, asterisk, written
from tests.support.call_folders import settled

NAME = compile_pattern("{agent}_{started:%Y%m%d-%H%M%S}_{caller}.wav")


def taken(
    tmp_path: Path, *records: str, patterns: tuple[object, ...] = (NAME,)
) -> tuple[dict[str, JoinedCall], tuple[Issue, ...]]:
    (tmp_path / "in").mkdir(exist_ok=True)
    rules = RecordingRules(names=patterns)  # type: ignore[arg-type]
    parts = [
        RecordingsSource(tmp_path / "in", ZONE, rules),
        TablesSource(tmp_path / "in", ZONE),
        AsteriskSource(written(tmp_path / "Master.csv", *records), RULES),
    ]
    calls, issues = join(MergedSource(parts).read())
    assert len({call.call_id for call in calls}) == len(calls)
    return {call.call_id: call for call in calls}, issues


def test_caller_and_time_join_a_name_and_a_record(tmp_path: Path) -> None:
    settled(tmp_path / "in" / "108_20251118-091230_013900000001.wav", "a")
    settled(tmp_path / "in" / "108_20251118-094000_13900000001.wav", "b")
    calls, _ = taken(tmp_path, asterisk())
    call = calls["1763428345.1"]
    assert call.file is not None
    assert call.file.relative == "108_20251118-091230_013900000001.wav"
    assert call.values is not None
    assert call.values["extension"] == "8001"
    assert call.values["started_at"] == datetime(2025, 11, 18, 1, 12, 25, tzinfo=UTC)
    assert dict(call.claims) == {"cdr": None, "name": ("108",)}
    assert set(calls) == {"1763428345.1", "108_20251118-094000_13900000001"}


def test_two_calls_of_one_number_within_seconds_are_left_apart(tmp_path: Path) -> None:
    settled(tmp_path / "in" / "108_20251118-091230_13900000001.wav", "a")
    later = asterisk(
        uniqueid="1763428346.1", start="2025-11-18 09:12:31", answer="2025-11-18 09:12:33"
    )
    calls, _ = taken(tmp_path, asterisk(), later)
    assert {i: c.file is not None for i, c in calls.items()} == {
        "1763428345.1": False,
        "1763428346.1": False,
        "108_20251118-091230_13900000001": True,
    }


def test_rows_are_firmer_than_records_and_names(tmp_path: Path) -> None:
    settled(tmp_path / "in" / "108_20251118-091230_13900000001.wav", "a")
    settled(
        tmp_path / "in" / "calls.csv",
        "call_id,agent_id,started_at,ticket_id\n1763428345.1,109,2025-11-18 09:00,\n",
    )
    settled(
        tmp_path / "in" / "108_20251118-091230_13900000001.json", '{"ticket_id":"T1","rings":3}'
    )
    calls, issues = taken(tmp_path, asterisk())
    (call,) = calls.values()
    assert issues == ()
    assert call.call_id == "1763428345.1"
    assert call.values == {
        "started_at": datetime(2025, 11, 18, 1, 0, tzinfo=UTC),
        "ticket_id": "T1",
        "ring_count": 3,
        "direction": "inbound",
        "caller_number": "13900000001",
        "extension": "8001",
    }
    assert dict(call.claims) == {
        "table": ("109",),
        "sidecar": None,
        "cdr": None,
        "name": ("108",),
    }


def test_an_id_and_a_file_of_different_calls_are_told(tmp_path: Path) -> None:
    settled(tmp_path / "in" / "a.wav", "a")
    settled(tmp_path / "in" / "b.wav", "b")
    settled(tmp_path / "in" / "calls.csv", "file,call_id\na.wav,A\nb.wav,B\n")
    settled(tmp_path / "in" / "a.json", '{"call_id": "B"}')
    calls, issues = taken(tmp_path, patterns=())
    assert {i: c.file and c.file.relative for i, c in calls.items()} == {"A": "a.wav", "B": "b.wav"}
    assert [(i.code, i.file, i.rejected) for i in issues] == [("contradiction", "a.json", True)]


def test_a_row_without_recording_meets_the_file_that_names_it(tmp_path: Path) -> None:
    settled(tmp_path / "in" / "x-C7.wav", "a")
    settled(tmp_path / "in" / "calls.csv", "call_id,agent_id\nC7,108\n")
    calls, issues = taken(tmp_path, patterns=(compile_pattern("{*}-{call}.wav"),))
    (call,) = calls.values()
    assert (call.call_id, call.file is not None, issues) == ("C7", True, ())


def test_two_files_whose_names_hold_one_id_are_told(tmp_path: Path) -> None:
    for name in ("in-1763428345.1.wav", "out-1763428345.1.wav"):
        settled(tmp_path / "in" / name, name)
    calls, issues = taken(tmp_path, asterisk(), patterns=())
    assert {i: c.file is not None for i, c in calls.items()} == {
        "1763428345.1": False,
        "in-1763428345.1": True,
        "out-1763428345.1": True,
    }
    assert [issue.code for issue in issues] == ["ambiguous_file"]


def test_later_drops_replace_earlier_ones(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    settled(folder / "tickets.csv", "ticket_id,name\nT1,甲\nT2,乙\n")
    settled(folder / "tickets-2025-11-18.csv", "ticket_id,name\nT1,丙\nT1,丁\n")
    settled(folder / "tickets_2025-11-19.jsonl", '{"ticket_id":"T1","name":"戊"}\n')
    settled(folder / "calls-1.csv", "call_id,agent_id\nA,1\nB,1\n")
    settled(folder / "calls-2.csv", "call_id,agent_id\nA,2\n")
    settled(folder / "roster-11.csv", "seat,agent_id,day,from,to\n1,7,2025-11-18,8:00,12:00\n")
    settled(folder / "roster-12.csv", "seat,agent_id,day,from,to\n1,7,2025-12-18,8:00,12:00\n")
    intake: Intake = TablesSource(folder, ZONE).read()
    assert {t.key: t.values["name"] for t in intake.tickets} == {"T1": "戊", "T2": "乙"}
    assert {c.call_id: c.values["agent_id"] for c in intake.calls} == {"A": "2", "B": "1"}
    assert len(intake.roster or ()) == 2
    assert [(i.file, i.line, i.code) for i in intake.issues] == [
        ("tickets-2025-11-18.csv", 3, "duplicate_key")
    ]
