"""What sources become in the store: agents by claims, late rosters, decisions, renamed files."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy

from qa.batch.intake import IntakeReport, Memory, merge_reports, take_in, take_in_all
from qa.batch.runner import ingest_folder
from qa.errors import NotFoundError
from qa.ingest.names import compile_pattern
from qa.ingest.rows import Source
from qa.ingest.sources.asterisk import AsteriskSource
from qa.ingest.sources.folder import FolderSource
from qa.ingest.sources.merged import MergedSource
from qa.ingest.sources.recordings import RecordingRules, RecordingsSource
from qa.ingest.sources.tables import TablesSource
from qa.store.problems import ingest_issues
from qa.store.queries import call_detail
from qa.store.reattributing import Ruling, settle_agent
from qa.store.store import Store
from tests.ingest.cdr_lines import BASE, RULES, ZONE, asterisk, written
from tests.support.call_folders import (
    hear_all,
    open_store,
    rows_of,
    settings_for,
    settled,
    snapshot,
)

NAME = compile_pattern("{agent}_{started:%Y%m%d-%H%M%S}_{caller}.wav")
FILE = "108_20251118-091230_13900000001.wav"
ROSTER = "seat,agent_id,day,from,to\n8001,{},2025-11-18,08:00,12:00\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(settings_for(tmp_path)) as store:
        yield store


def pbx(tmp_path: Path) -> Source:
    (tmp_path / "in").mkdir(exist_ok=True)
    parts: list[Source] = [
        RecordingsSource(tmp_path / "in", ZONE, RecordingRules(names=[NAME])),
        TablesSource(tmp_path / "in", ZONE),
    ]
    if (tmp_path / "Master.csv").exists():
        parts.append(AsteriskSource(tmp_path / "Master.csv", RULES))
    return MergedSource(parts, "pbx")


def agents(store: Store) -> dict[str, tuple[str | None, str | None]]:
    rows = rows_of(
        store, "SELECT call_id, agent_id, agent_state FROM calls WHERE replaced_by IS NULL"
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def settle(store: Store, call_id: str, agent_id: str | None) -> None:
    with store.writing() as session:
        settle_agent(session, call_id, Ruling(agent_id, "head", datetime.now(UTC)), store.zone)


def test_a_roster_that_comes_late_names_the_agent_and_renews_the_context(
    tmp_path: Path, store: Store
) -> None:
    written(tmp_path / "Master.csv", asterisk())
    take_in(store, pbx(tmp_path))
    assert agents(store) == {"1763428345.1": (None, None)}
    before = rows_of(store, "SELECT context FROM calls")
    settled(tmp_path / "in" / "roster.csv", ROSTER.format("109"))
    take_in(store, pbx(tmp_path))
    assert agents(store) == {"1763428345.1": ("109", "roster")}
    assert rows_of(store, "SELECT context FROM calls") != before
    settled(tmp_path / "in" / "roster.csv", ROSTER.format("110"))
    take_in(store, pbx(tmp_path))
    assert agents(store) == {"1763428345.1": ("110", "roster")}
    state = snapshot(store)
    assert take_in(store, pbx(tmp_path)).changed_calls == 0
    assert snapshot(store) == state


def test_voices_that_disagree_are_shown_and_a_person_decides(tmp_path: Path, store: Store) -> None:
    settled(tmp_path / "in" / FILE, "坐席: 您好")
    settled(tmp_path / "in" / FILE.replace(".wav", ".json"), '{"agent_id": "109"}')
    settled(tmp_path / "in" / "roster.csv", ROSTER.format("108"))
    written(tmp_path / "Master.csv", asterisk())
    take_in(store, pbx(tmp_path))
    assert agents(store) == {"1763428345.1": (None, "disputed")}
    with store.reading() as session:
        found = call_detail(session, "1763428345.1", store.zone).attribution
    assert found is not None
    assert found.disagrees
    assert dict(found.claims) == {"sidecar": ("109",), "name": ("108",), "roster": ("108",)}
    settle(store, "1763428345.1", "108")
    assert agents(store) == {"1763428345.1": ("108", "settled")}
    take_in(store, pbx(tmp_path))  # the voices still disagree; the decision stands
    assert agents(store) == {"1763428345.1": ("108", "settled")}
    settle(store, "1763428345.1", None)
    assert agents(store) == {"1763428345.1": (None, "disputed")}
    assert rows_of(store, "SELECT agent_id, ruled_by FROM agent_rulings ORDER BY ruling_id") == [
        ("108", "head"),
        (None, "head"),
    ]
    with pytest.raises(NotFoundError):
        settle(store, "none", "108")


def test_metadata_that_names_a_person_stands_against_the_roster_but_is_shown(
    tmp_path: Path, store: Store
) -> None:
    settled(tmp_path / "in" / "calls.csv", "call_id,agent_id\n1763428345.1,108\n")
    settled(tmp_path / "in" / "roster.csv", ROSTER.format("109"))
    written(tmp_path / "Master.csv", asterisk())
    take_in(store, pbx(tmp_path))
    assert agents(store) == {"1763428345.1": ("108", "disputed")}


def test_an_emptied_cell_takes_its_claim_back(tmp_path: Path, store: Store) -> None:
    settled(tmp_path / "in" / "calls.csv", "call_id,agent_id\nA,108\n")
    take_in(store, pbx(tmp_path))
    assert agents(store) == {"A": ("108", "named")}
    settled(tmp_path / "in" / "calls.csv", "call_id,agent_id\nA,\n")
    take_in(store, pbx(tmp_path))
    assert agents(store) == {"A": (None, None)}


def test_a_call_record_that_comes_later_takes_the_recording_over(
    tmp_path: Path, store: Store
) -> None:
    settled(tmp_path / "in" / FILE, "坐席: 您好")
    take_in(store, pbx(tmp_path))
    assert agents(store) == {FILE.removesuffix(".wav"): ("108", "named")}
    written(tmp_path / "Master.csv", asterisk())
    take_in(store, pbx(tmp_path))
    assert agents(store) == {"1763428345.1": ("108", "named")}
    assert rows_of(store, "SELECT source FROM calls WHERE replaced_by IS NULL") == [("pbx",)]
    state = snapshot(store)
    take_in(store, pbx(tmp_path))
    assert snapshot(store) == state


def test_an_id_in_a_files_name_gives_way_to_the_call_records(tmp_path: Path, store: Store) -> None:
    settled(tmp_path / "in" / "x-1763428400.5.wav", "坐席: 您好")
    rules = RecordingRules(names=[compile_pattern("{*}-{call}.wav")])
    records = tmp_path / "Master.csv"

    def look(*lines: str) -> list[str]:
        parts = [
            RecordingsSource(tmp_path / "in", ZONE, rules),
            AsteriskSource(written(records, *lines), RULES),
        ]
        take_in(store, MergedSource(parts))
        return list(agents(store))

    linked = (*BASE, "uniqueid", "peeraccount", "linkedid", "sequence")
    assert look() == ["1763428400.5"]
    line = asterisk(linked, uniqueid="1763428400.5", linkedid="1763428345.1")
    assert look(line) == ["1763428345.1"]
    assert look() == ["1763428345.1"]  # the records were rotated
    assert rows_of(store, "SELECT count(*) FROM calls") == [(2,)]


def test_a_renamed_file_keeps_its_call(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "in"
    settled(folder / "a.wav", "坐席: 您好 a")
    settled(folder / "b.wav", "坐席: 您好 b")
    ingest_folder(store, folder)
    hear_all(store)
    (folder / "a.wav").rename(folder / "renamed.wav")
    report = ingest_folder(store, folder)
    assert (report.new_calls, sorted(agents(store))) == (0, ["a", "b"])
    assert rows_of(store, "SELECT path FROM calls WHERE call_id = 'a'") == [
        (str(folder / "renamed.wav"),)
    ]
    # A copy is no new name: the other file is still there.
    settled(folder / "copy.wav", "坐席: 您好 b")
    assert ingest_folder(store, folder).new_calls == 1


def test_empty_files_are_neither_one_call_nor_copies_of_each_other(
    tmp_path: Path, store: Store
) -> None:
    folder = tmp_path / "in"
    for name in ("a.wav", "b.wav"):
        settled(folder / name, b"")
    report = ingest_folder(store, folder)
    assert (report.new_calls, report.issues) == (2, ())
    (folder / "a.wav").rename(folder / "c.wav")
    assert ingest_folder(store, folder).new_calls == 1


def test_a_share_that_is_not_mounted_forgets_nothing(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "in"
    settled(folder / "a.wav", "坐席: 您好")
    ingest_folder(store, folder)
    (folder / "a.wav").rename(tmp_path / "a.wav")
    ingest_folder(store, folder)
    assert rows_of(store, "SELECT count(*) FROM files") == [(1,)]
    (tmp_path / "a.wav").rename(folder / "a.wav")
    assert ingest_folder(store, folder).hashed == 0


def test_a_file_that_vanishes_before_it_is_read_is_listed(tmp_path: Path, store: Store) -> None:
    settled(tmp_path / "in" / "a.wav", "a")
    settled(tmp_path / "in" / "b.wav", "b")
    intake = FolderSource(tmp_path / "in", ZONE).read()
    (tmp_path / "in" / "a.wav").unlink()
    report = take_in_all(store, intake)
    assert [(i.code, i.file) for i in report.rejected] == [("vanished_file", "a.wav")]
    with store.reading() as session:
        assert [issue.code for issue in ingest_issues(session)] == ["vanished_file"]
    assert list(agents(store)) == ["b"]


def test_a_process_that_looks_again_writes_only_what_is_new(tmp_path: Path, store: Store) -> None:
    for number in range(5):
        settled(tmp_path / "in" / f"{number}.wav", f"坐席: 您好 {number}")
    memory = Memory()
    first = take_in_all(store, FolderSource(tmp_path / "in", ZONE).read(), memory=memory)
    assert (first.new_calls, first.hashed) == (5, 5)
    with store.writing() as session:  # a trace of whether the rows are written again
        session.execute(sqlalchemy.text("UPDATE calls SET context = 'trace'"))
    settled(tmp_path / "in" / "5.wav", "坐席: 您好 5")
    second = take_in_all(store, FolderSource(tmp_path / "in", ZONE).read(), memory=memory)
    assert (second.new_calls, second.changed_calls, second.hashed) == (1, 0, 1)
    assert rows_of(store, "SELECT count(*) FROM calls WHERE context = 'trace'") == [(5,)]
    whole = merge_reports([first, second])
    assert (whole.files, whole.hashed, whole.new_calls) == (11, 6, 6)
    assert replace(whole, files=0) != IntakeReport(0, 0, 0, 0, 0, (), (), ())
