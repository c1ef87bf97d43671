"""Rows that another program hands in: checked as tables are, and told place by place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.batch.handing_in import hand_in
from qa.batch.runner import ingest_folder
from qa.store.store import Store
from tests.support.call_folders import make_folder, open_store, rows_of, settings_for, snapshot


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(settings_for(tmp_path)) as store:
        yield store


def test_tickets_renew_the_calls_that_name_them(tmp_path: Path, store: Store) -> None:
    ingest_folder(store, make_folder(tmp_path / "in", 2))
    before = dict(rows_of(store, "SELECT call_id, context FROM calls"))
    rows = [
        {"工单号": "T0", "address": "一号楼", "finished_at": "2025-11-20 10:00"},
        {"ticket_id": "T9", "phone": 13904561827},
        {"ticket_id": "T0", "address": "二号楼"},
        {"address": "三号楼"},
        {"ticket_id": "T1", "completed_at": "soon"},
        {"ticket_id": ["T1"]},
        {"ticket_id": "T\x07"},
    ]
    handed = hand_in(store, "tickets", rows)
    assert handed.kept == 2
    assert [(i.line, i.code) for i in handed.issues] == [
        (6, "bad_value"),
        (7, "bad_characters"),
        (4, "no_key"),
        (5, "bad_time"),
    ]
    after = dict(rows_of(store, "SELECT call_id, context FROM calls"))
    assert {i for i in after if after[i] != before[i]} == {"A0"}
    assert rows_of(store, "SELECT ticket_id, address FROM tickets ORDER BY ticket_id") == [
        ("T0", "二号楼"),
        ("T9", None),
    ]
    state = snapshot(store)
    hand_in(store, "tickets", rows)
    assert snapshot(store) == state


def test_answers_need_a_call_and_may_come_before_it(tmp_path: Path, store: Store) -> None:
    rows = [
        {"call_id": "A1", "a": True, "b": "满意", "c": "否", "d": 9, "e": "=1+1"},
        {"file": "a.wav", "a": "是"},
        {"call_id": "A2", "d": 11},
    ]
    handed = hand_in(store, "answers", rows)
    assert (handed.kept, [(i.line, i.code) for i in handed.issues]) == (
        1,
        [(2, "no_key"), (3, "bad_points")],
    )
    ingest_folder(store, make_folder(tmp_path / "in", 2))
    assert rows_of(store, "SELECT call_id, solved, attitude, charged, points FROM answers") == [
        ("A1", 1, "满意", 0, 9)
    ]


def test_agents(store: Store) -> None:
    assert hand_in(store, "agents", [{"工号": "108", "姓名": "王丽"}]).kept == 1
    assert rows_of(store, "SELECT agent_id, name FROM agents") == [("108", "王丽")]
