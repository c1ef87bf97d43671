"""What a folder's contents become in the store, and what a second look changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.batch.intake import IntakeReport
from qa.batch.runner import ingest_folder
from qa.store.problems import calls_without_metadata, calls_without_recording, ingest_issues
from qa.store.queries import CallFilter, call_detail, list_calls
from qa.store.store import Store
from tests.support.call_folders import (
    hear_all,
    make_folder,
    open_store,
    rows_of,
    settings_for,
    settled,
    snapshot,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(settings_for(tmp_path)) as store:
        yield store


def listed(store: Store) -> dict[str, tuple[str | None, bool]]:
    with store.reading() as session:
        lines = list_calls(session, CallFilter(), store.zone)
        return {line.call_id: (line.agent_id, line.has_metadata) for line in lines}


def test_both_halves_without_the_other_are_listed(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "in"
    settled(folder / "alone.wav", "坐席: 您好")
    settled(folder / "calls.csv", "file,call_id,agent_id\nlost.wav,L1,108\n")
    report = ingest_folder(store, folder)
    assert (report.no_metadata, report.no_recording) == (("alone",), ("L1",))
    with store.reading() as session:
        assert calls_without_metadata(session) == [("alone", str(folder / "alone.wav"))]
        assert calls_without_recording(session) == ["L1"]
    settled(folder / "lost.wav", "坐席: 您好啊")  # it arrives after all
    report = ingest_folder(store, folder)
    assert (report.no_metadata, report.no_recording, report.hashed) == (("alone",), (), 1)


def test_metadata_that_arrives_later_takes_over_the_recording(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "in"
    settled(folder / "rec-1.wav", "坐席: 您好")
    ingest_folder(store, folder)
    assert listed(store) == {"rec-1": (None, False)}
    settled(folder / "calls.csv", "file,call_id,agent_id\nrec-1.wav,C1,108\n")
    report = ingest_folder(store, folder)
    assert (report.new_calls, report.hashed) == (1, 0)
    assert listed(store) == {"C1": ("108", True)}
    with store.reading() as session:
        assert call_detail(session, "rec-1", store.zone).call.call_id == "C1"
    before = snapshot(store)
    again = ingest_folder(store, folder)
    assert (again.new_calls, again.changed_calls) == (0, 0)
    assert snapshot(store) == before


def test_a_corrected_row_updates_and_a_missing_column_or_row_leaves(
    tmp_path: Path, store: Store
) -> None:
    folder = tmp_path / "in"
    settled(folder / "a.wav", "坐席: 您好")
    settled(folder / "calls.csv", "file,call_id,agent_id,ring_count\na.wav,A,108,2\n")
    ingest_folder(store, folder)
    settled(folder / "calls.csv", "file,call_id,agent_id\na.wav,A,109\n")
    assert ingest_folder(store, folder).changed_calls == 1
    assert rows_of(store, "SELECT agent_id, ring_count FROM calls") == [("109", 2)]
    settled(folder / "calls.csv", "file,call_id,agent_id,ring_count\na.wav,A,,x\n")
    report = ingest_folder(store, folder)
    assert [issue.code for issue in report.rejected] == ["bad_ring_count"]
    assert rows_of(store, "SELECT agent_id, ring_count FROM calls") == [("109", 2)]
    settled(folder / "calls.csv", "file,call_id,agent_id,ring_count\na.wav,A,,3\n")
    ingest_folder(store, folder)
    assert rows_of(store, "SELECT agent_id, ring_count FROM calls") == [(None, 3)]


def test_remarks_are_kept_until_the_next_look(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "in"
    settled(folder / "calls.csv", "call_id,ring_count,mood\nA,9999,x\n")
    ingest_folder(store, folder)
    with store.reading() as session:
        remarks = [(i.file, i.line, i.rejected, i.code) for i in ingest_issues(session)]
    assert remarks == [
        ("calls.csv", 1, False, "unknown_column"),
        ("calls.csv", 2, True, "bad_ring_count"),
    ]
    settled(folder / "calls.csv", "call_id,ring_count\nA,3\n")
    ingest_folder(store, folder)
    with store.reading() as session:
        assert ingest_issues(session) == []


def test_the_same_name_in_two_folders_is_two_calls(tmp_path: Path, store: Store) -> None:
    for day in ("monday", "tuesday"):
        settled(tmp_path / day / "001.wav", f"坐席: 您好 {day}")
        ingest_folder(store, tmp_path / day)
    names = sorted(listed(store))
    assert names[0] == "001"
    assert names[1].startswith("001-")
    before = snapshot(store)
    for day in ("tuesday", "monday"):
        ingest_folder(store, tmp_path / day)
    assert snapshot(store) == before


def test_a_folder_that_moved_keeps_its_calls(tmp_path: Path, store: Store) -> None:
    settled(tmp_path / "old" / "001.wav", "坐席: 您好")
    ingest_folder(store, tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    assert ingest_folder(store, tmp_path / "new").new_calls == 0
    assert list(listed(store)) == ["001"]


def test_only_changed_files_are_hashed_and_new_bytes_are_a_new_recording(
    tmp_path: Path, store: Store
) -> None:
    folder = make_folder(tmp_path / "in", 3)
    assert ingest_folder(store, folder).hashed == 3
    hear_all(store)
    settled(folder / "day" / "1.wav", "坐席: 您好，换了一个录音", age_s=50)
    report = ingest_folder(store, folder)
    assert (report.hashed, report.changed_calls) == (1, 1)
    with store.reading() as session:
        status = {c.call_id: c.status for c in list_calls(session, CallFilter(), store.zone)}
    assert status == {"A0": "unscored", "A1": "waiting", "A2": "unscored"}
    assert rows_of(store, "SELECT count(*) FROM recordings") == [(4,)]


def test_many_calls_in_batches(tmp_path: Path, store: Store) -> None:
    rows = [f"C{n},2025-11-18 09:00:{n % 60:02d},{n % 7},T{n % 50}" for n in range(1201)]
    folder = tmp_path / "in"
    settled(folder / "calls.csv", "\n".join(["call_id,started_at,agent_id,ticket_id", *rows]))
    settled(folder / "tickets.csv", "ticket_id,name\n" + "".join(f"T{n},甲\n" for n in range(50)))
    report: IntakeReport = ingest_folder(store, folder)
    assert report.new_calls == 1201
    contexts = rows_of(store, "SELECT call_id, context FROM calls ORDER BY call_id")
    settled(folder / "tickets.csv", "ticket_id,name\n" + "".join(f"T{n},乙\n" for n in range(1)))
    assert ingest_folder(store, folder).changed_calls == 0
    after = rows_of(store, "SELECT call_id, context FROM calls ORDER BY call_id")
    changed = {a[0] for a, b in zip(after, contexts, strict=True) if a != b}
    assert changed == {f"C{n}" for n in range(0, 1201, 50)}
