"""Judging in worker processes gives what judging here gives; many changes wait in a file."""

from pathlib import Path

import pytest

from qa.batch import changes, rejudging, rescoring
from qa.batch.changes import CallChange, Changes, RuleChange, Tally
from qa.batch.events import Advanced, Event
from qa.batch.rescoring import RescoreOptions, rescore
from qa.batch.runner import ingest_folder
from qa.config import BatchSettings, Settings
from tests.support.call_folders import hear_all, make_folder, open_store, rows_of, settings_for


def change(number: int) -> CallChange:
    rules = (RuleChange("TM01", None, "MET"),)
    return CallChange(f"c-{number:03}", None, None, number, rules)


def test_changes_beyond_the_first_wait_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "KEPT", 5)
    every = [change(number) for number in range(23)]
    kept = Changes()
    for start in range(0, 23, 4):
        kept.extend(every[start : start + 4])
    assert len(kept) == 23
    assert list(kept) == every == list(kept)
    assert kept[:3] == every[:3]
    assert kept[2:20] == every[2:20]
    assert [kept[i] for i in range(23)] == every
    assert kept[-1] == every[-1]
    with pytest.raises(IndexError):
        kept[23]
    assert kept == every
    assert kept != every[:-1]
    assert not Changes()


def test_tallies_add_up() -> None:
    one, other = Tally(calls=2), Tally(calls=3)
    one.agents["108"] = (1, 100, 90)
    other.agents["108"] = (2, 180, 200)
    other.broken["FP01"] = 1
    one.merge(other)
    assert (one.calls, one.agents, one.broken["FP01"]) == (5, {"108": (3, 280, 290)}, 1)


def test_worker_processes_publish_what_one_process_publishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = []
    for name, spread_from in (("here", 1_000), ("spread", 1)):
        settings: Settings = settings_for(tmp_path / name).model_copy(
            update={"batch": BatchSettings(workers=2)}
        )
        monkeypatch.setattr(rescoring, "SPREAD_FROM", spread_from)
        for module in (rescoring, rejudging):
            monkeypatch.setattr(module, "BATCH", 2)
        seen: list[int] = []

        def listen(event: Event, seen: list[int] = seen) -> None:
            if isinstance(event, Advanced):
                seen.append(event.count)

        with open_store(settings) as store:
            ingest_folder(store, make_folder(tmp_path / name / "in", 5))
            hear_all(store)
            result = rescore(store, settings, RescoreOptions(), listener=listen)
            assert (result.calls, len(result.changes), result.problems) == (5, 5, {})
            assert [c.call_id for c in result.changes] == sorted(c.call_id for c in result.changes)
            assert seen == [2, 2, 1]
            tables.append(
                [
                    rows_of(store, f"SELECT {columns} FROM {table} ORDER BY 1, 2")
                    for table, columns in (
                        ("scorecards", "scorecard_id, call_id, total, is_current, blob"),
                        ("verdicts", "*"),
                        ("runs", "kind, scored"),
                    )
                ]
            )
            assert not rescore(store, settings, RescoreOptions()).changes
    assert tables[0] == tables[1]
    assert len(tables[0][0]) == 5
